"""A run as its panel shows it: state, progress, figures, curve, and what can be done."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from core.training.events import AnyEvent, DataPrepared, StepLogged
from core.training.records import Run, RunView
from ui.markup import Html, badge, facts, join, tag
from ui.present import numbers
from ui.words import Voice

MOST_POINTS = 300
"""Points a series is drawn with; more can't be seen on a screen."""
TONE = {
    "starting": "live",
    "running": "live",
    "stopping": "live",
    "stopped": "warn",
    "succeeded": "good",
    "failed": "bad",
    "interrupted": "warn",
}

NOTHING: dict[str, Any] = {"id": "", "empty": ""}
"""The panel's value where no run is worth a word."""

Point = tuple[int, float]


def panel(view: RunView | None, voice: Voice) -> dict[str, Any]:
    """The value of `components/run_panel.js`."""
    if view is None:
        return {"id": "", "empty": voice("train.no_run")}
    run = view.run
    return {
        "id": run.id,
        "name": run.plan.name,
        "status": voice(f"status.{run.status}"),
        "tone": TONE[run.status],
        "fraction": _fraction(run),
        "phase": _phase(run, voice),
        "failure": _failure(run, voice),
        "facts": [{"name": name, "value": value} for name, value in figures(run, voice)],
        "total": run.total_steps,
        "series": [
            _series("train", view.curve.train, voice),
            _series("validation", view.curve.validation, voice),
        ],
        "notes": _notes(run, voice),
        "actions": _actions(run, voice),
        "labels": {
            "progress": voice("run.progress"),
            "chart": voice("run.chart"),
            "step": voice("run.step"),
        },
    }


def _failure(run: Run, voice: Voice) -> dict[str, str] | None:
    if run.failure is None:
        return None
    return {name: voice.said(text) for name, text in run.failure.model_dump().items()}


def figures(run: Run, voice: Voice) -> list[tuple[str, str]]:
    """The figures that matter in the run's present state."""
    if run.result is not None:
        name = voice("run.best")
        if run.result.best_step is not None:
            name = voice("run.best_at", step=run.result.best_step)
        return [
            (name, numbers.loss(run.result.best_loss, voice)),
            (voice("run.took"), numbers.duration(run.result.seconds, voice)),
            (voice("run.model"), run.plan.base_model),
        ]
    shown = [
        (voice("run.loss"), numbers.loss(run.loss, voice)),
        (voice("run.validation"), numbers.loss(run.validation_loss, voice)),
    ]
    if run.is_live:
        shown.insert(0, (voice("run.left"), numbers.duration(run.eta_s, voice)))
        shown.append((voice("run.speed"), numbers.rate(run.tokens_per_s, voice)))
    return shown


def downsample(points: Sequence[Point], most: int = MOST_POINTS) -> list[Point]:
    """At most `most` points, evenly spread, first and last kept."""
    if len(points) <= most:
        return list(points)
    stride = (len(points) - 1) / (most - 1)
    return [points[round(i * stride)] for i in range(most)]


def events(happened: Sequence[AnyEvent], voice: Voice) -> Html:
    """What happened, newest first, without the many logged steps."""
    told = [event for event in happened if not isinstance(event, StepLogged)]
    lines = (
        tag(
            "li",
            tag("time", f"{event.at.astimezone():%H:%M:%S}"),
            tag("span", told_as(event, voice)),
        )
        for event in reversed(told)
    )
    return tag("ol", join(lines), class_="dt-events")


def told_as(event: AnyEvent, voice: Voice) -> str:
    """One event in words."""
    values: dict[str, Any] = event.model_dump()
    if event.kind == "run_started":
        values["step"] = event.from_step
    elif event.kind == "phase_changed":
        values["phase"] = voice(f"run.phase.{event.phase}")
    elif event.kind == "evaluated":
        values["loss"] = numbers.loss(event.loss, voice)
    elif event.kind == "run_succeeded":
        values["time"] = numbers.duration(event.seconds, voice)
    elif event.kind == "warning_raised":
        values["message"] = voice.said(event.message)
    elif event.kind == "run_failed":
        values["problem"] = voice.said(event.problem)
    elif isinstance(event, DataPrepared):
        return _data_prepared(event, voice)
    return voice(f"event.{event.kind}", **values)


def _data_prepared(event: DataPrepared, voice: Voice) -> str:
    words = voice(
        "event.data_prepared",
        rows=numbers.count(event.train_rows),
        tokens=numbers.count(event.train_tokens),
        supervised=numbers.count(event.supervised_tokens),
    )
    cut, dropped = len(event.cut_rows), len(event.dropped_rows)
    if cut or dropped:
        words += voice("event.data_prepared.cut", cut=cut, dropped=dropped)
    return words


def progress(run: Run, voice: Voice) -> str:
    """Step of total, in words."""
    if run.total_steps is None:
        return voice("run.step_alone", step=run.step) if run.step else voice("run.no_step")
    return voice("run.step_of", step=run.step, total=run.total_steps)


def _phase(run: Run, voice: Voice) -> str:
    if run.is_live and run.phase:
        phase = voice.known(f"run.phase.{run.phase}", run.phase)
        return voice("run.phase", step=progress(run, voice), phase=phase)
    return progress(run, voice)


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


def _notes(run: Run, voice: Voice) -> list[str]:
    if run.result is not None and not run.result.changes_model:
        return [voice("run.unchanged")]
    if run.status == "interrupted":
        return [voice("run.interrupted" if run.last_checkpoint else "run.interrupted.lost")]
    return []


def _actions(run: Run, voice: Voice) -> list[dict[str, str]]:
    if run.status in ("starting", "running"):
        return [{"event": "stop", "label": voice("run.stop")}]
    if run.can_resume:
        return [{"event": "resume", "label": voice("run.resume")}]
    return []


def card(run: Run, voice: Voice) -> Html:
    """The run inside the conversation; the panel beside it has the curve."""
    lines = [(voice("run.model"), run.plan.base_model), *figures(run, voice)]
    return tag(
        "div",
        tag(
            "header",
            tag("b", run.plan.name),
            badge(voice(f"status.{run.status}"), TONE[run.status]),
        ),
        tag("p", _phase(run, voice)),
        facts(dict(lines).items()),
        class_="dt-card",
    )


def choices(runs: Sequence[Run], current: str | None, voice: Voice) -> dict[str, Any]:
    """The value of `components/choices.js`: all runs, newest first."""
    items = [
        {
            "id": run.id,
            "title": run.plan.name,
            "detail": f"{progress(run, voice)} · {run.plan.base_model} · {started(run)}",
            "badge": voice(f"status.{run.status}"),
            "tone": TONE[run.status],
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
