"""What one trainer process does with a run folder, alone or as a worker among several."""

from __future__ import annotations

import os
import traceback

from core.errors import PlanError
from core.training import checkpoints
from core.training.checkpoints import Choice
from core.training.events import RunStarted, WarningRaised
from core.training.job import Job
from core.training.plan import TrainingPlan
from core.training.program.journal import Journal, StopRequest
from core.training.program.workers import AgreedStop, Workers
from core.workspace import RunFolder


def work(folder: RunFolder, journal: Journal, workers: Workers) -> None:
    """Train as one of the run's workers, from the newest whole checkpoint on.

    Raises whatever goes wrong; checkpoints stay.
    """
    journal.open()
    workers.join()
    alone = workers.world == 1
    stop = StopRequest(folder.stop) if alone else AgreedStop(folder.stop, workers)
    choice = workers.first(lambda: _choose(folder))
    start = choice.checkpoint.step if choice.checkpoint else 0
    journal.write(RunStarted, pid=os.getpid(), from_step=start)
    notes = [f"{sentence} Going on from step {start}." for sentence in choice.skipped]
    if again := _restart_told(folder, journal.attempt, workers):
        notes.append(f"{again} Going on from step {start}.")
    for message in notes:
        journal.write(WarningRaised, message=message)
    plan = read_plan(folder)
    _need_all(plan, workers)

    from core.training.program.attempt import Attempt

    Attempt(folder, plan, read_job(folder), journal, stop, choice.checkpoint, workers).run()


def work_supervised(folder: RunFolder, workers: Workers, attempt: int) -> Exception | None:
    """Do one worker's part; what went wrong is noted for the supervisor, which says what counts.

    Returns the error, None when there was none.
    """
    from core.training.program import worker_failures

    journal = workers.journal(Journal(folder, attempt))
    try:
        work(folder, journal, workers)
    except Exception as error:  # noqa: BLE001  a worker's boundary: types what escapes
        traceback.print_exc()
        worker_failures.note(folder, workers, attempt, error)
        return error
    finally:
        journal.close()
    return None


def read_plan(folder: RunFolder) -> TrainingPlan:
    """The run's plan; raises OSError or ValidationError when that can't be read."""
    return TrainingPlan.model_validate_json(folder.plan.read_bytes())


def read_job(folder: RunFolder) -> Job:
    """What the trainer is told beside the plan; raises as `read_plan` does."""
    return Job.model_validate_json(folder.job.read_bytes())


def _restart_told(folder: RunFolder, attempt: int, workers: Workers) -> str:
    if workers.attempt is None:
        return ""
    from core.training.program import worker_failures

    return worker_failures.restart_told(folder, attempt, workers.world)


def _choose(folder: RunFolder) -> Choice:
    """The checkpoint to go on from, with everything newer out of the way."""
    checkpoints.sweep(folder.checkpoints)
    choice = checkpoints.newest_valid(folder.checkpoints)
    step = choice.checkpoint.step if choice.checkpoint else 0
    checkpoints.set_aside(folder.checkpoints, newer_than=step)
    return choice


def _need_all(plan: TrainingPlan, workers: Workers) -> None:
    if plan.workers != workers.world:
        raise PlanError(
            f"The plan counts on {plan.workers} workers, and {workers.world} were started.",
            fix="Start as many processes as the plan has workers: its batch and its steps count "
            "on them.",
        )
