"""Put an action's measured results into sentences, in the person's language."""

from __future__ import annotations

from core.assistant import telling_data as of_data
from core.assistant import telling_library as of_library
from core.assistant import telling_runs as of_runs
from core.assistant import telling_worth as of_worth
from core.assistant.names import (
    FIELDS,
    METHODS,
    PHASES,
    PREFERENCES,
    STATUS,
    duration,
    pick,
    plural,
    value,
)
from core.assistant.records import Language
from core.assistant.replies import joined, reply
from core.assistant.results import (
    Difference,
    EngineStopped,
    EvaluationSeen,
    Failed,
    ModelsListed,
    PairOpened,
    PlanProposed,
    ReportSeen,
    Result,
    RunSeen,
    RunsListed,
)
from core.assistant.results_data import DataResult
from core.assistant.results_library import LibraryResult
from core.assistant.results_runs import RunResult
from core.assistant.results_worth import WorthResult
from core.training.plan import TrainingPlan
from core.wording import said

AFTER_FAILURE = {
    "import_data": "data_failed",
    "propose_plan": "plan_failed",
    "start_training": "start_failed",
    "open_pair": "pair_failed",
    "import_model": "import_failed",
    "delete_dataset": "delete_data_failed",
    "need_for_training": "need_failed",
}


def tell(result: Result, language: Language) -> str:
    """A result as the assistant says it."""
    if isinstance(result, RunResult):
        return of_runs.tell(result, language)
    if isinstance(result, DataResult):
        return of_data.tell(result, language)
    match result:
        case PlanProposed():
            return plan(result, language)
        case RunSeen():
            return run(result, language)
        case EvaluationSeen():
            return evaluation(result, language)
        case ReportSeen():
            return report(result, language)
        case PairOpened():
            text = reply("pair", language, name=result.run_name, tokens=result.tokens)
            return joined((text, result.note), language)
        case EngineStopped():
            return reply("engine_stopped" if result.was_running else "engine_idle", language)
        case Failed():
            return reply(AFTER_FAILURE.get(result.verb, "not_done"), language)
        case _:
            return listing(result, language)


def line(result: Result, language: Language) -> str:
    """A result in a few words, for the line of its tool."""
    if isinstance(result, RunResult):
        return of_runs.line(result, language)
    if isinstance(result, DataResult):
        return of_data.line(result, language)
    match result:
        case PlanProposed():
            return result.plan.name
        case RunSeen():
            return f"{result.name}: {pick(STATUS, result.status, language)}"
        case EvaluationSeen():
            return f"{result.run_name}: {pick(STATUS, result.status, language)}"
        case PairOpened() | ReportSeen():
            return result.run_name
        case Failed():
            return said(result.problem, language)
        case _:
            return _line_of_list(result, language)


def _line_of_list(result: Result, language: Language) -> str:
    if isinstance(result, LibraryResult):
        return of_library.line(result, language)
    if isinstance(result, WorthResult):
        return of_worth.line(result, language)
    match result:
        case RunsListed():
            return str(result.total)
        case ModelsListed():
            return str(len(result.models))
        case _:
            return tell(result, language)


def plan(proposed: PlanProposed, language: Language) -> str:
    """A plan in one paragraph, with what should be minded."""
    chosen = proposed.plan
    length = f"{chosen.epochs:g} " + ("轮" if language == "zh" else plural("epoch", chosen.epochs))
    steps = f"{proposed.steps} " + ("步" if language == "zh" else plural("step", proposed.steps))
    if chosen.max_steps is not None:
        length = steps
    else:
        length += f"（约 {steps}）" if language == "zh" else f" (about {steps})"
    parts = [
        reply(
            "plan",
            language,
            name=chosen.name,
            model=chosen.base_model,
            method=method(chosen, language),
            length=length,
            rate=f"{chosen.learning_rate:g}",
            batch=chosen.effective_batch,
            train=proposed.train_rows,
            validation=proposed.validation_rows,
            test=proposed.test_rows,
        )
    ]
    if proposed.seconds is not None:
        parts.append(reply("plan_seconds", language, duration=duration(proposed.seconds, language)))
    parts += [
        reply("report_warning", language, warning=said(each, language))
        for each in proposed.warnings
    ]
    return joined(parts, language)


def method(chosen: TrainingPlan, language: Language) -> str:
    """How a plan trains, in words."""
    told = pick(METHODS, chosen.method, language).format(rank=chosen.rank)
    if chosen.objective == "sft":
        return told
    return told + PREFERENCES[0] if language == "en" else PREFERENCES[1] + told


def reasons(chosen: TrainingPlan, language: Language) -> str:
    """Why each setting has its value."""
    colon = "：" if language == "zh" else ": "
    lines = [
        f"- {pick(FIELDS, field, language)} = {value(getattr(chosen, field), language)}{colon}"
        f"{said(reason, language)}"
        for field, reason in chosen.reasons.items()
    ]
    return "\n".join([reply("plan_reasons", language), *lines])


def run(seen: RunSeen, language: Language) -> str:
    """How a run stands, or how it ended and what to do."""
    facts = {"name": seen.name, "step": seen.step}
    if seen.status == "stopping":
        return reply("stopping", language, **facts)
    if seen.is_live:
        return _live(seen, language)
    if seen.status == "succeeded":
        return _succeeded(seen, language)
    parts = [reply(seen.status, language, **facts)]
    if seen.problem:
        parts.append(_why(seen, language))
    if seen.can_resume and seen.last_checkpoint:
        parts.append(reply("can_resume", language, checkpoint=seen.last_checkpoint))
    return joined(parts, language)


def _why(seen: RunSeen | EvaluationSeen, language: Language) -> str:
    parts = {"problem": seen.problem, "where": seen.where, "fix": seen.fix}
    return reply("why", language, **{name: said(text, language) for name, text in parts.items()})


def _live(seen: RunSeen, language: Language) -> str:
    if not seen.step or seen.total_steps is None:
        phase = pick(PHASES, seen.phase or "loading", language)
        return reply("running_early", language, name=seen.name, phase=phase)
    parts = [reply("running", language, name=seen.name, step=seen.step, total=seen.total_steps)]
    if seen.loss is not None:
        parts.append(reply("running_loss", language, loss=f"{seen.loss:.3f}"))
    if seen.validation_loss is not None:
        parts.append(reply("running_validation", language, loss=f"{seen.validation_loss:.3f}"))
    if seen.eta_s is not None:
        parts.append(reply("running_eta", language, duration=duration(seen.eta_s, language)))
    return joined(parts, language)


def _succeeded(seen: RunSeen, language: Language) -> str:
    parts = [reply("succeeded", language, name=seen.name, step=seen.step)]
    if seen.seconds is not None:
        parts.append(reply("succeeded_time", language, duration=duration(seen.seconds, language)))
    if seen.best_loss is not None:
        loss = {"loss": f"{seen.best_loss:.3f}", "best_step": seen.best_step}
        parts.append(reply("succeeded_loss", language, **loss))
    text = "，".join(parts) + "。" if language == "zh" else ", ".join(parts) + "."
    changed = "" if seen.changes_model is not False else reply("no_change", language)
    return joined((text.replace(", in ", " in "), changed), language)


def evaluation(seen: EvaluationSeen, language: Language) -> str:
    """How an evaluation stands, or why it ended."""
    if seen.status in ("failed", "interrupted", "stopped"):
        parts = [reply("evaluation_failed", language, name=seen.run_name)]
        if seen.problem:
            parts.append(_why(seen, language))
        return joined([*parts, reply("evaluate_again", language)], language)
    phase = pick(PHASES, seen.phase or "engine", language)
    if seen.total is None:
        return reply("evaluation_early", language, name=seen.run_name, phase=phase)
    counted = {"done": seen.done, "total": seen.total}
    text = reply("evaluation", language, name=seen.run_name, phase=phase, **counted)
    if seen.failed:
        text = joined((text, reply("evaluation_failures", language, failed=seen.failed)), language)
    return text


def report(seen: ReportSeen, language: Language) -> str:
    """The verdict, then each criterion; the remarks stand in the report itself."""
    verdict = seen.verdict_zh if language == "zh" and seen.verdict_zh else seen.verdict
    lines = [reply("report", language, verdict=verdict, samples=seen.samples)]
    lines += [_criterion(each, language) for each in seen.criteria]
    if seen.warnings:
        lines.append(reply("report_remarks", language, count=len(seen.warnings)))
    return "\n".join(lines)


def _criterion(each: Difference, language: Language) -> str:
    interval = ""
    if each.difference is not None and each.low is not None and each.high is not None:
        ends = f"{100 * each.low:+.1f} … {100 * each.high:+.1f}"
        interval = f" ({100 * each.difference:+.1f}, 95%: {ends})"
    shares = {"base": share(each.base, language), "tuned": share(each.tuned, language)}
    text = each.text.rstrip(".。")
    if each.doubted:
        text += f" [{said('its judge is not reliable', language)}]"
    return reply("report_line", language, text=text, interval=interval, **shares)


def listing(result: Result, language: Language) -> str:
    """A list with its head."""
    if isinstance(result, LibraryResult):
        return of_library.tell(result, language)
    if isinstance(result, WorthResult):
        return of_worth.tell(result, language)
    match result:
        case RunsListed(runs=runs, total=total):
            if not runs:
                return reply("no_run", language)
            lines = [f"- {each.name}: {pick(STATUS, each.status, language)}" for each in runs]
            return "\n".join([reply("runs", language, total=total), *lines])
        case ModelsListed(models=models):
            lines = [f"- {each['name']}: {said(each['note'], language)}" for each in models]
            return "\n".join([reply("models", language), *lines])
        case _:
            return reply("ended", language)


def share(given: float | None, language: Language) -> str:
    """A share from 0 to 1 in per cent."""
    return reply("not_measured", language) if given is None else f"{100 * given:.1f}%"
