"""Put what tools about runs answered into sentences, in the person's language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.assistant.names import FIELDS, STATUS, duration, pick, value
from core.assistant.records import Language
from core.assistant.replies import joined, reply
from core.assistant.results_runs import (
    PlanFits,
    PreflightSeen,
    QueueSeen,
    RunChanged,
    RunDiagnosed,
    RunKept,
    RunResult,
    RunsCompared,
    SweepSeen,
    SweepStarted,
)
from core.wording import said


def tell(result: RunResult, language: Language) -> str:
    """A result as the assistant says it."""
    match result:
        case RunDiagnosed():
            return diagnosis(result, language)
        case PlanFits():
            return fit(result, language)
        case PreflightSeen():
            return preflight(result, language)
        case SweepStarted():
            return reply("sweep_started", language, runs=result.runs)
        case SweepSeen():
            return sweep(result, language)
        case RunsCompared():
            return compared(result, language)
        case QueueSeen():
            return queue(result, language)
        case RunKept():
            return reply("kept", language, run=result.run_name, name=result.name)
        case RunChanged():
            return reply(result.how, language, name=result.name, before=result.before)


def line(result: RunResult, language: Language) -> str:
    """The same in a few words, for the line of its tool."""
    match result:
        case RunDiagnosed():
            return said(result.cause, language) or pick(STATUS, result.status, language)
        case PlanFits() | PreflightSeen():
            return result.plan_name
        case SweepStarted():
            return str(result.runs)
        case SweepSeen() | RunKept() | RunChanged():
            return result.name
        case RunsCompared():
            return " / ".join(str(run["name"]) for run in result.runs)
        case QueueSeen():
            return f"{len(result.at_work)} + {len(result.waiting)}"


def diagnosis(found: RunDiagnosed, language: Language) -> str:
    """Cause, evidence and what to do."""
    if not found.cause:
        status = pick(STATUS, found.status, language)
        return reply("diagnosis_well", language, name=found.run_name, status=status)
    parts = [
        reply("diagnosis", language, name=found.run_name, cause=said(found.cause, language)),
        said(found.fix, language),
    ]
    told = joined(parts, language)
    if found.evidence:
        told += "\n\n" + reply("diagnosis_evidence", language, evidence=found.evidence)
    if found.remedy is None:
        return told
    return f"{told}\n\n{reply('remedy_plan', language)}" if found.remedy == "plan" else told


def changes(given: Mapping[str, Any], language: Language) -> str:
    """Settings with their values, such as `batch size = 4, gradient accumulation = 2`."""
    named = (f"{pick(FIELDS, n, language)} = {value(v, language)}" for n, v in given.items())
    return ("，" if language == "zh" else ", ").join(named)


def fit(found: PlanFits, language: Language) -> str:
    """Whether it fits, how long it takes, and what would make it fit."""
    parts = [reply(f"fit_{found.verdict}", language, name=found.plan_name)]
    parts += [said(sentence, language) for sentence in found.sentences]
    if found.seconds is None:
        parts.append(reply("fit_time_unknown", language))
    else:
        parts.append(reply("fit_time", language, duration=duration(found.seconds, language)))
    told = joined(parts, language)
    if found.would_fit:
        told += "\n\n" + _ways_out(found.would_fit, found.changes, language)
    if not found.measured:
        told += "\n\n" + reply("fit_measure", language)
    return told


def _ways_out(found: tuple[str, ...], given: Mapping[str, Any], language: Language) -> str:
    lines = [f"- {said(sentence, language)}" for sentence in found]
    if given:
        lines.append(reply("fit_change", language, said=as_typed(given, language)))
    return "\n".join(lines)


def as_typed(given: Mapping[str, Any], language: Language) -> str:
    """Settings as a person says them to the assistant."""
    named = (f"{pick(FIELDS, name, language)} {value(v)}" for name, v in given.items())
    return ("，" if language == "zh" else ", ").join(named)


def preflight(found: PreflightSeen, language: Language) -> str:
    """How a measurement stands, or what it came to."""
    if found.status == "running":
        return reply("preflight_started", language, name=found.plan_name)
    parts = [said(sentence, language) for sentence in found.sentences]
    if found.status == "done":
        parts.insert(0, reply(f"fit_{found.verdict}", language, name=found.plan_name))
    if found.cost is not None:
        facts = {"cost": f"{found.cost:.2f}", "currency": found.currency}
        parts.append(reply("preflight_cost", language, **facts))
    told = joined(parts, language)
    if found.would_fit or found.changes:
        told += "\n\n" + _ways_out(found.would_fit, found.changes, language)
    return told


def sweep(found: SweepSeen, language: Language) -> str:
    """The trials, the best first, and what that means."""
    lines = [reply("sweep", language, name=found.name)]
    for trial in found.trials:
        facts = {
            "values": as_typed(trial["values"], language),
            "loss": loss(trial["best_loss"], language),
            "status": pick(STATUS, trial["status"], language),
        }
        lines.append(reply("sweep_line", language, **facts))
    return "\n".join([*lines, said(found.sentence, language)])


def together(seconds: Sequence[float | None], language: Language) -> str:
    """How long several runs take, one after another, where that is known of each."""
    known = [each for each in seconds if each is not None]
    if len(known) < len(seconds):
        return reply("sweep_time_unknown", language)
    return reply("sweep_time", language, duration=duration(sum(known), language))


def compared(found: RunsCompared, language: Language) -> str:
    """What came of each run, and which settings differ."""
    lines = [reply("compared", language)]
    for run in found.runs:
        facts = {
            "name": run["name"],
            "status": pick(STATUS, run["status"], language),
            "loss": loss(run["best_loss"], language),
        }
        lines.append(reply("compared_line", language, **facts))
    if not found.settings:
        lines.append(reply("compared_same", language))
    for field, values in found.settings.items():
        told = " / ".join(value(one, language) for one in values)
        named = pick(FIELDS, field, language)
        lines.append(reply("compared_setting", language, field=named, values=told))
    if not found.same_data:
        lines.append(reply("compared_other_data", language))
    return "\n".join(lines)


def loss(given: float | None, language: Language) -> str:
    return reply("not_measured", language) if given is None else f"{given:.4f}"


def queue(found: QueueSeen, language: Language) -> str:
    """What is at work, and what waits."""
    separator = "、" if language == "zh" else ", "
    parts = [
        reply(key, language, names=separator.join(f"“{name}”" for name in names))
        for key, names in (("queue_at_work", found.at_work), ("queue_waiting", found.waiting))
        if names
    ]
    if not parts:
        return reply("queue_empty", language)
    return joined([*parts, said(found.waits_for, language)], language)
