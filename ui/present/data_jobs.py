"""Long work on data: how far it is, how to end it, and how it ended."""

from __future__ import annotations

from core.data.jobs import Job
from ui.markup import Html, tag
from ui.present import numbers
from ui.present.data_parts import act
from ui.words import Voice


def job(found: Job | None, voice: Voice) -> Html | str:
    """A running or failed piece of work; "" when there is nothing to say."""
    if found is None or found.status == "done":
        return ""
    title = voice(f"data.job.{found.kind}")
    if found.status == "failed":
        return _failed(found, title, voice)
    if found.status == "cancelled":
        told = tag("p", voice("data.job.cancelled", what=title))
        return tag("div", told, _go_on(found, voice), class_="dt-job")
    cancel = act("cancel", voice("data.job.cancel"), id=found.id)
    return tag(
        "div",
        tag("p", tag("b", title), " ", tag("span", _far(found, voice), class_="dt-quiet")),
        _bar(found),
        tag("div", cancel, class_="dt-actions"),
        class_="dt-job",
        role="status",
    )


def _far(found: Job, voice: Voice) -> str:
    now = found.progress
    phase = voice.known(f"data.phase.{now.phase.replace(' ', '_')}", now.phase)
    if not (now.done or now.total):
        return phase
    if now.total is None:
        return voice("data.job.far", phase=phase, done=numbers.count(now.done))
    done, total = numbers.count(now.done), numbers.count(now.total)
    return voice("data.job.far_of", phase=phase, done=done, total=total)


def _bar(found: Job) -> Html | None:
    now = found.progress
    if not now.total:
        return None
    share = min(100.0, 100 * now.done / now.total)
    return tag("div", tag("div", style=f"width:{share:.1f}%"), class_="dt-progress")


def _failed(found: Job, title: str, voice: Voice) -> Html:
    result = found.result
    told = [result.problem, result.fix] if result else []
    lines = (tag("p", voice.said(line)) for line in told if line)
    head = tag("p", voice("data.job.failed", what=title))
    return tag("div", head, *lines, _go_on(found, voice), class_="dt-trouble", role="alert")


def _go_on(found: Job, voice: Voice) -> Html:
    return tag("div", act("resume", voice("data.job.resume"), id=found.id), class_="dt-actions")


def reading(file: str, voice: Voice) -> Html:
    """That a file is being read right now."""
    return tag("p", voice("data.reading", file=file), class_="dt-job dt-phase", role="status")


def working(voice: Voice) -> Html:
    """That something is being made right now."""
    return tag("p", voice("data.working"), class_="dt-job dt-phase", role="status")
