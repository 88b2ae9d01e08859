"""Watch a run or an evaluation from the terminal until it ends, and show how it ended."""

from __future__ import annotations

import time

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


def follow_run(actions: Actions, run_id: str, terminal: Terminal) -> Run:
    """Show a run's progress until it is no longer live; returns how it ended."""
    with _progress(terminal) as progress:
        task = progress.add_task("starting", total=None)
        said = ""
        while True:
            run = actions.run(run_id).run
            progress.update(
                task, completed=run.step, total=run.total_steps, description=_run_words(run)
            )
            if not terminal.watched and (words := _quiet_words(run)) != said:
                said = words
                terminal.say(words)
            if not run.is_live:
                return run
            time.sleep(POLL_S)


def follow_evaluation(actions: Actions, evaluation_id: str, terminal: Terminal) -> Evaluation:
    """Show an evaluation's progress until it ends; returns how it ended."""
    with _progress(terminal) as progress:
        task = progress.add_task("starting", total=None)
        said = ""
        while True:
            evaluation = actions.evaluation(evaluation_id)
            words = f"evaluation: {evaluation.phase or evaluation.status}"
            progress.update(
                task, completed=evaluation.done, total=evaluation.total, description=words
            )
            if not terminal.watched and words != said:
                said = words
                terminal.say(words)
            if evaluation.status not in ("starting", "running"):
                return evaluation
            time.sleep(POLL_S)


def follow_batch(actions: Actions, batch_id: str, terminal: Terminal) -> Batch:
    """Show a batch's progress until it ends; returns how it ended."""
    with _progress(terminal) as progress:
        task = progress.add_task("starting", total=None)
        said = ""
        while True:
            batch = actions.batch(batch_id)
            now = batch.progress
            progress.update(
                task, completed=now.done + now.failed, total=now.total, description=now.phase
            )
            if not terminal.watched and now.phase != said:
                said = now.phase
                terminal.say(said)
            if batch.status != "running":
                return batch
            time.sleep(JOB_POLL_S)


def follow_job(actions: Actions, started: Job, terminal: Terminal) -> Job:
    """Show the progress of long work on data until it ends; returns how it ended."""
    with _progress(terminal) as progress:
        task = progress.add_task("starting", total=None)
        said = ""
        while True:
            job = actions.job(started.id)
            now = job.progress
            progress.update(task, completed=now.done, total=now.total, description=now.phase)
            if not terminal.watched and now.phase != said:
                said = now.phase
                terminal.say(f"{job.id}: {said}")
            if job.status != "running":
                return job
            time.sleep(JOB_POLL_S)


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
