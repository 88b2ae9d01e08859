"""Watch a run or an evaluation from the terminal until it ends, and show how it ended."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple, TypeVar

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from core.actions import Actions
from core.comparing.batch import Batch
from core.data.jobs import Job
from core.errors import RunError
from core.training.records import Run
from core.training.standing import stands
from eval.records import Evaluation
from ui import terminal_views as views
from ui.terminal_output import Terminal
from ui.terminal_runs_views import run_line

POLL_S = 0.5
JOB_POLL_S = 0.2
"""Work on a small dataset takes a second or two."""


Work = TypeVar("Work")


class Seen(NamedTuple):
    """How something under way stands."""

    words: str
    """Shown beside the bar."""
    done: float
    total: float | None
    is_over: bool
    line: str = ""
    """Said in a log whenever it changes; left out, the words."""


def follow_run(actions: Actions, run_id: str, terminal: Terminal) -> Run:
    """Show a run's progress until it is no longer live; returns how it ended."""

    def seen(run: Run) -> Seen:
        return Seen(_run_words(run), run.step, run.total_steps, not run.is_live, _quiet_words(run))

    return _follow(lambda: actions.run(run_id).run, seen, terminal)


def follow_evaluation(actions: Actions, evaluation_id: str, terminal: Terminal) -> Evaluation:
    """Show an evaluation's progress until it ends; returns how it ended."""

    def seen(now: Evaluation) -> Seen:
        words = f"evaluation: {now.phase or now.status}"
        return Seen(words, now.done, now.total, now.status not in ("starting", "running"))

    return _follow(lambda: actions.evaluation(evaluation_id), seen, terminal)


def follow_batch(actions: Actions, batch_id: str, terminal: Terminal) -> Batch:
    """Show a batch's progress until it ends; returns how it ended."""

    def seen(batch: Batch) -> Seen:
        now = batch.progress
        return Seen(now.phase, now.done + now.failed, now.total, batch.status != "running")

    return _follow(lambda: actions.batch(batch_id), seen, terminal, JOB_POLL_S)


def follow_job(actions: Actions, started: Job, terminal: Terminal) -> Job:
    """Show the progress of long work on data until it ends; returns how it ended."""

    def seen(job: Job) -> Seen:
        now = job.progress
        line = f"{job.id}: {now.phase}"
        return Seen(now.phase, now.done, now.total, job.status != "running", line)

    return _follow(lambda: actions.job(started.id), seen, terminal, JOB_POLL_S)


def _follow(
    look: Callable[[], Work],
    seen: Callable[[Work], Seen],
    terminal: Terminal,
    every_s: float = POLL_S,
) -> Work:
    """Look again and again until it is over; a terminal sees a bar, a log each new line."""
    said = ""
    with _progress(terminal) as progress:
        task = progress.add_task("starting", total=None)
        while True:
            found = look()
            now = seen(found)
            progress.update(task, completed=now.done, total=now.total, description=now.words)
            if not terminal.watched and (line := now.line or now.words) != said:
                said = line
                terminal.say(line)
            if now.is_over:
                return found
            time.sleep(every_s)


def _progress(terminal: Terminal) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:g}/{task.total}"),
        TimeElapsedColumn(),
        console=terminal.progress,
        disable=not terminal.watched,
        transient=True,
    )


def _run_words(run: Run) -> str:
    if run.status == "queued":
        return f"queued, place {run.place}: {run.waits_for}"
    words = run.phase or run.status
    if run.loss is not None:
        words += f", loss {run.loss:.3f}"
    if run.validation_loss is not None:
        words += f", validation {run.validation_loss:.3f}"
    if run.eta_s is not None:
        words += f", about {run.eta_s:.0f} s left"
    return f"{words}, not responding" if run.is_silent else words


def _quiet_words(run: Run) -> str:
    """A line for a log: changes only with the phase and with each measured validation loss."""
    if run.status == "queued":
        return f"{run.id}: queued, place {run.place}. {run.waits_for}"
    words = f"{run.id}: {run.phase or run.status}"
    if run.validation_loss is not None:
        words += f", validation loss {run.validation_loss:.4f}"
    return f"{words}, not responding" if run.is_silent else words


def show_run(actions: Actions, run_id: str, follow: bool, output: Terminal) -> None:
    """Show how a run stands, after watching it to its end if asked."""
    run = follow_run(actions, run_id, output) if follow else actions.run(run_id).run
    output.show(run, run_line(run))
    if not follow:
        output.say("It goes on by itself: `duotune runs` shows how it stands.")
    elif run.status != "succeeded":
        raise typer.Exit(1)


def show_evaluation(actions: Actions, started: Evaluation, output: Terminal) -> None:
    """Watch an evaluation to its end, show its report and where it is.

    Raises RunError when it ends without a report.
    """
    evaluation = follow_evaluation(actions, started.id, output)
    if evaluation.status != "succeeded":
        raise RunError(
            evaluation.problem or f"The evaluation {stands(evaluation.status)}.",
            evaluation.where,
            evaluation.fix or f"`duotune resume {evaluation.id}` goes on: its answers are kept.",
        )
    report = actions.report(evaluation.id)
    output.show(report, views.report_view(report))
    output.say(f"The whole report: {actions.report_file(report.id, 'html')}")
