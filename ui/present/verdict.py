"""The verdict of a report: its words, its figures, and how sure they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from core.training.records import Run
from eval.records import Estimate, Evaluation, Report
from ui.markup import Html, badge, join, tag
from ui.present import numbers
from ui.words import Voice

TONE = {
    "better": "good",
    "better_and_worse": "warn",
    "no_difference": "plain",
    "worse": "bad",
    "too_few_examples": "warn",
    "not_measured": "warn",
}
EVALUATION_TONE = {
    "starting": "live",
    "running": "live",
    "succeeded": "good",
    "failed": "bad",
    "interrupted": "warn",
    "stopped": "warn",
}


def short(report: Report, voice: Voice) -> str:
    """The verdict in a few words."""
    words = voice(f"verdict.{report.verdict.kind}")
    change = report.headline.estimate.difference
    if change is None or report.verdict.kind in ("not_measured", "too_few_examples"):
        return words
    return voice(
        "verdict.short.difference", verdict=words, difference=numbers.difference(change, voice)
    )


def card(report: Report, voice: Voice) -> Html:
    """The verdict with the two scores, the difference, its interval and its reservations."""
    estimate = report.headline.estimate
    unscored = estimate.unscored_base + estimate.unscored_tuned
    foot = [voice("verdict.samples", n=numbers.count(report.samples))]
    if unscored:
        foot.append(voice("verdict.unscored", n=unscored))
    warnings = join(tag("li", warning) for warning in cautions(report, voice))
    return tag(
        "section",
        tag(
            "header",
            tag("h3", voice(f"verdict.{report.verdict.kind}"), aria_level=2),
            badge(report.run_name, TONE[report.verdict.kind]),
        ),
        tag("p", sentence(report, voice), class_="dt-sentence"),
        bars(estimate, voice),
        tag("p", " · ".join([_interval(estimate, voice), *foot]), class_="dt-quiet"),
        tag("ul", warnings, class_="dt-warnings") if report.warnings else None,
        tag("details", tag("summary", voice("verdict.rule")), tag("p", report.verdict.rule)),
        class_="dt-verdict",
    )


def sentence(report: Report, voice: Voice) -> str:
    """The conclusion in the reader's language."""
    chinese = report.verdict.sentence_zh if voice.language == "zh" else ""
    return chinese or report.verdict.sentence


def cautions(report: Report, voice: Voice) -> list[str]:
    """What to mind, in the reader's language."""
    if voice.language == "zh" and len(report.warnings_zh) == len(report.warnings):
        return list(report.warnings_zh)
    return [voice.said(warning) for warning in report.warnings]


def bars(estimate: Estimate, voice: Voice) -> Html:
    """Base and tuned as two bars of 100 points."""
    rows = (
        tag(
            "div",
            tag("dt", voice(f"side.{side}")),
            tag("dd", tag("i", style=f"width:{100 * (share or 0):.1f}%"), class_=f"dt-bar-{side}"),
            tag("dd", numbers.points(share, voice), class_="dt-number"),
        )
        for side, share in (("base", estimate.base), ("tuned", estimate.tuned))
    )
    return tag("dl", join(rows), class_="dt-bars")


def evaluation(live: Evaluation, run: Run | None, voice: Voice) -> Html:
    """How an evaluation stands: phase, progress, or why it ended early."""
    lines: list[Html | None] = []
    if live.status in ("starting", "running"):
        lines = [_progress(live), tag("p", progress(live, voice), class_="dt-phase", role="status")]
    elif live.problem:
        if live.total:
            ended = voice("report.ended_at", done=live.done, total=live.total)
            lines = [tag("p", ended, class_="dt-phase")]
        told = join(tag("p", voice.said(x)) for x in (live.problem, live.where, live.fix) if x)
        lines.append(tag("div", told, class_="dt-trouble", role="alert"))
    return tag(
        "section",
        tag(
            "header",
            tag("h3", run.plan.name if run else live.request.run_id, aria_level=2),
            badge(voice(f"status.{live.status}"), EVALUATION_TONE[live.status]),
        ),
        *lines,
        class_="dt-evaluation",
    )


def can_go_on(ended: Evaluation) -> bool:
    """Whether it ended early, so that it can go on with the answers that it has."""
    return ended.status in ("failed", "interrupted", "stopped")


def progress(live: Evaluation, voice: Voice) -> str:
    """Phase and counts in words."""
    phase = voice.known(f"report.phase.{live.phase or 'none'}", live.phase or "")
    if live.total is None:
        return phase
    words = voice("report.progress", phase=phase, done=live.done, total=live.total)
    if live.failed:
        words += " · " + voice("report.failed_so_far", n=live.failed)
    return words


def _progress(live: Evaluation) -> Html | None:
    if not live.total:
        return None
    percent = 100 * live.done / live.total
    return tag(
        "div",
        tag("div", style=f"width:{percent:.1f}%"),
        class_="dt-progress",
        role="progressbar",
        aria_valuenow=round(percent),
        aria_valuemin=0,
        aria_valuemax=100,
    )


def _interval(estimate: Estimate, voice: Voice) -> str:
    if estimate.difference is None:
        return voice("not_measured")
    change = f"{voice('verdict.difference')} {numbers.difference(estimate.difference, voice)}"
    if estimate.low is None or estimate.high is None:
        return change
    low, high = (numbers.difference(end, voice) for end in (estimate.low, estimate.high))
    return f"{change} · {voice('verdict.interval', low=low, high=high)}"


def choices(
    found: Sequence[Evaluation], run_names: Mapping[str, str], current: str | None, voice: Voice
) -> dict[str, Any]:
    """The value of `components/choices.js`: all evaluations, newest first."""
    items = [
        {
            "id": one.id,
            "title": run_names.get(one.request.run_id, one.request.run_id),
            "detail": f"{datetime.fromisoformat(one.created).astimezone():%Y-%m-%d %H:%M}",
            "badge": voice(f"status.{one.status}"),
            "tone": EVALUATION_TONE[one.status],
        }
        for one in found
    ]
    return {
        "items": items,
        "selected": current,
        "empty": voice("report.none"),
        "label": voice("report.list"),
    }
