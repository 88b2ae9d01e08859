"""A run as its panel shows it: state, progress, figures, curve, and what can be done."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from core.training.doctor.diagnosing import Diagnosis
from core.training.notices import notices
from core.training.records import Continuation, Run, RunView
from ui.markup import Html, badge, facts, tag
from ui.present import numbers, run_doctor, run_health
from ui.present.run_events import checked
from ui.words import Voice

MOST_POINTS = 300
"""Points a series is drawn with; more can't be seen on a screen."""
RECENT_S = 15.0
"""A sign of life that is younger is just now: a trainer at work gives one every few seconds."""
TONE = {
    "queued": "plain",
    "starting": "live",
    "running": "live",
    "stopping": "live",
    "stopped": "warn",
    "succeeded": "good",
    "failed": "bad",
    "interrupted": "warn",
    "cleared": "plain",
}

NOTHING: dict[str, Any] = {"id": "", "empty": ""}
"""The panel's value where no run is worth a word."""

Point = tuple[int, float]


class Beside(NamedTuple):
    """What core found out about a run, besides how it stands."""

    diagnosis: Diagnosis | None = None
    """Why it ended badly or hangs."""
    continuation: Continuation | None = None
    """What going on with it comes to; None where there is nothing to go on with."""


def panel(view: RunView | None, voice: Voice, beside: Beside | None = None) -> dict[str, Any]:
    """The value of `components/run_panel.js`."""
    if view is None:
        return {"id": "", "empty": voice("train.no_run")}
    run, beside = view.run, beside or Beside()
    return {
        "id": run.id,
        "name": run.plan.name,
        "status": status(run, voice),
        "tone": TONE[run.status],
        "fraction": _fraction(run),
        "phase": phase(run, voice),
        "sign": _sign_of_life(run, voice),
        "failure": _failure(run, voice) if beside.diagnosis is None else None,
        "doctor": run_doctor.card(beside.diagnosis, run, voice) if beside.diagnosis else None,
        "facts": [{"name": name, "value": value} for name, value in figures(run, voice)],
        "total": run.total_steps,
        "series": [
            _series("train", view.curve.train, voice),
            _series("validation", view.curve.validation, voice),
        ],
        "health": run_health.told(run.plan, view.curve, voice),
        "notes": [*_notes(run, beside, voice), *checked(view.events, voice)],
        "next": _next(beside, voice),
        "actions": _actions(run, beside, voice),
        "labels": {
            "progress": voice("run.progress"),
            "chart": voice("run.chart"),
            "step": voice("run.step"),
        },
    }


def status(run: Run, voice: Voice) -> str:
    """How the run stands, with its place when it waits."""
    if run.place is not None:
        return voice("run.queued", place=run.place)
    return voice("run.silent") if run.is_silent else voice(f"status.{run.status}")


def _failure(run: Run, voice: Voice) -> dict[str, str] | None:
    if run.failure is None:
        return None
    return {name: voice.said(text) for name, text in run.failure.model_dump().items()}


def figures(run: Run, voice: Voice) -> list[tuple[str, str]]:
    """The figures that matter in the run's present state."""
    if run.is_live:
        return _live_figures(run, voice)
    shown = [
        (voice("run.loss"), numbers.loss(run.loss, voice)),
        (voice("run.validation"), numbers.loss(run.validation_loss, voice)),
    ]
    if run.result is not None:
        name = voice("run.best")
        if run.result.best_step is not None:
            name = voice("run.best_at", step=run.result.best_step)
        shown = [
            (name, numbers.loss(run.result.best_loss, voice)),
            (voice("run.took"), numbers.duration(run.result.seconds, voice)),
        ]
    shown.append((voice("run.model"), run.plan.base_model))
    if run.kept_as:
        shown.append((voice("run.kept_as"), ", ".join(run.kept_as)))
    elif run.clears_at:
        shown.append((voice("run.clears_at"), numbers.day(run.clears_at)))
    return shown


def _live_figures(run: Run, voice: Voice) -> list[tuple[str, str]]:
    if run.status == "queued":
        return [(voice("run.model"), run.plan.base_model)]
    shown = [
        (voice("run.left"), numbers.duration(run.eta_s, voice)),
        (voice("run.loss"), numbers.loss(run.loss, voice)),
        (voice("run.validation"), numbers.loss(run.validation_loss, voice)),
        (voice("run.speed"), numbers.rate(run.tokens_per_s, voice)),
        (voice("run.memory"), numbers.mebibytes(run.rss_mb, voice)),
    ]
    if run.epoch is not None:
        told = voice("run.epoch_of", epoch=f"{run.epoch:.2f}", total=f"{run.plan.epochs:g}")
        alone = f"{run.epoch:.2f}"
        shown.insert(1, (voice("run.epoch"), told if run.plan.max_steps is None else alone))
    if run.gpu_mb is not None or any(slot.startswith("gpu") for slot in run.slots):
        shown.append((voice("run.gpu_memory"), numbers.mebibytes(run.gpu_mb, voice)))
    return shown


def downsample(points: Sequence[Point], most: int = MOST_POINTS) -> list[Point]:
    """At most `most` points, evenly spread, first and last kept."""
    if len(points) <= most:
        return list(points)
    stride = (len(points) - 1) / (most - 1)
    return [points[round(i * stride)] for i in range(most)]


def progress(run: Run, voice: Voice) -> str:
    """Step of total, in words."""
    if run.total_steps is None:
        return voice("run.step_alone", step=run.step) if run.step else voice("run.no_step")
    return voice("run.step_of", step=run.step, total=run.total_steps)


def phase(run: Run, voice: Voice) -> str:
    """How far it is, and what its trainer does or what it waits for."""
    if run.status == "queued":
        return voice.said(run.waits_for)
    if run.is_live and run.phase:
        doing = voice.known(f"run.phase.{run.phase}", run.phase)
        return voice("run.phase", step=progress(run, voice), phase=doing)
    return progress(run, voice)


def _sign_of_life(run: Run, voice: Voice) -> str:
    """In steps of five seconds, so that the panel is not drawn anew for every one."""
    if run.last_sign_s is None:
        return ""
    if run.last_sign_s < RECENT_S:
        return voice("run.sign.now")
    seconds = 5 * round(run.last_sign_s / 5)
    return voice("run.sign", time=numbers.duration(seconds, voice))


def _fraction(run: Run) -> float | None:
    if run.status == "succeeded":
        return 1.0
    return min(1.0, run.step / run.total_steps) if run.total_steps else None


def _series(name: str, points: Sequence[Point], voice: Voice) -> dict[str, Any]:
    return {
        "name": name,
        "label": voice(f"run.series.{name}"),
        "points": [[step, round(loss, 6)] for step, loss in downsample(points)],
    }


def _notes(run: Run, beside: Beside, voice: Voice) -> list[str]:
    told = [voice.said(sentence) for sentence in notices(run)]
    if run.result is not None and not run.result.changes_model:
        told.append(voice("run.unchanged"))
    if run.status == "interrupted" and beside.diagnosis is None:
        told.append(voice("run.interrupted" if run.last_checkpoint else "run.interrupted.lost"))
    return told


def _next(beside: Beside, voice: Voice) -> str:
    """What the Continue button does, before it is pressed."""
    told = beside.continuation.sentences if beside.continuation else ()
    return voice.sentences(voice.said(sentence) for sentence in told)


def _actions(run: Run, beside: Beside, voice: Voice) -> list[dict[str, Any]]:
    found: list[tuple[str, str]] = []
    if run.status == "queued":
        found = [("up", voice("run.up"))] if run.place is not None and run.place > 1 else []
        found.append(("stop", voice("run.leave_queue")))
    elif run.status in ("starting", "running"):
        found = [("stop", voice("run.stop"))]
    elif run.status == "stopping":
        found = [("stop", voice("run.stop_now"))]
    elif run.can_resume:
        step = beside.continuation.from_step if beside.continuation else 0
        found = [("resume", voice("run.resume_from", step=step) if step else voice("run.resume"))]
    cured = beside.diagnosis is not None and beside.diagnosis.remedy is not None
    advised = run_doctor.button(beside.diagnosis, voice) if beside.diagnosis else None
    if advised is not None and advised["do"] != "resume":
        return [{**advised, "primary": True}, *({"do": do, "label": label} for do, label in found)]
    primary = run.can_resume or cured
    return [{"do": do, "label": label, "primary": primary} for do, label in found]


def card(run: Run, voice: Voice) -> Html:
    """The run inside the conversation; the panel beside it has the curve."""
    lines = [(voice("run.model"), run.plan.base_model), *figures(run, voice)]
    head = tag("header", tag("b", run.plan.name), badge(status(run, voice), TONE[run.status]))
    return tag(
        "div", head, tag("p", phase(run, voice)), facts(dict(lines).items()), class_="dt-card"
    )


def choices(runs: Sequence[Run], current: str | None, voice: Voice) -> dict[str, Any]:
    """The value of `components/choices.js`: all runs, newest first."""
    items = [
        {
            "id": run.id,
            "title": run.plan.name,
            "detail": f"{progress(run, voice)} · {run.plan.base_model} · {started(run)}",
            "badge": status(run, voice),
            "tone": "bad" if run.is_silent else TONE[run.status],
        }
        for run in runs
    ]
    return {
        "items": items,
        "selected": current,
        "empty": voice("train.no_runs"),
        "label": voice("train.runs"),
    }


def started(run: Run) -> str:
    """When the run was made, in the machine's own time."""
    return f"{datetime.fromisoformat(run.created).astimezone():%Y-%m-%d %H:%M}"
