"""Watch a run or an evaluation from the terminal until it ends; leaving stops nothing."""

from __future__ import annotations

import time

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from core.actions import Actions
from core.training.records import Run
from eval.records import Evaluation
from ui.terminal_output import Terminal

POLL_S = 0.5


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
    words = run.phase or run.status
    if run.loss is not None:
        words += f", loss {run.loss:.3f}"
    if run.validation_loss is not None:
        words += f", validation {run.validation_loss:.3f}"
    if run.eta_s is not None:
        words += f", about {run.eta_s:.0f} s left"
    return words


def _quiet_words(run: Run) -> str:
    """A line for a log: changes only with the phase and with each measured validation loss."""
    words = f"{run.id}: {run.phase or run.status}"
    if run.validation_loss is not None:
        words += f", validation loss {run.validation_loss:.4f}"
    return words
