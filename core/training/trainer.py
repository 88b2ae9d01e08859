"""The trainer program: `python -m core.training.trainer RUN_DIR` carries out one attempt at a run.

It talks to nobody: what it is told lies in the run folder, and what it says goes there. Exit
status: 0 done or stopped as asked, 1 failed (an event says why), 75 another trainer has this run.
"""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path

from pydantic import ValidationError

from core.disk import await_lease
from core.training import checkpoints, events, manifests
from core.training.events import RunFailed, RunStarted, WarningRaised
from core.training.job import Job
from core.training.plan import TrainingPlan
from core.training.program.journal import Journal, StopRequest, say
from core.workspace import RunFolder

BUSY = 75
"""EX_TEMPFAIL: somebody else holds the lease."""


def main(arguments: list[str]) -> int:
    """Carry out one attempt; the one place where any error becomes a typed last event."""
    if len(arguments) != 1:
        say("Usage: python -m core.training.trainer RUN_DIR")
        return 2
    folder = RunFolder(Path(arguments[0]).resolve())
    if await_lease(folder.lease) is None:
        say(f"Another trainer works on {folder.run_id}.")
        return BUSY
    if manifests.is_whole(folder.adapter) and _ended_well(folder):
        say(f"{folder.run_id} is finished: there is nothing to do.")
        return 0
    journal = Journal(folder, _attempt_number(folder))
    try:
        _carry_out(folder, journal)
    except Exception as error:  # noqa: BLE001  the program's one boundary: types what escapes
        traceback.print_exc()
        from core.training.program.explaining import explained

        why = explained(error, folder)
        journal.last_words(RunFailed, problem=why.problem, where=why.where, fix=why.fix)
        return 1
    return 0


def _ended_well(folder: RunFolder) -> bool:
    return any(event.kind == "run_succeeded" for event in events.read(folder.events).events[-1:])


def _attempt_number(folder: RunFolder) -> int:
    """The number the job gives, or the next one when the program was started by hand."""
    before = max((event.attempt for event in events.read(folder.events).events), default=0)
    try:
        return max(_job(folder).attempt, before + 1)
    except (OSError, ValidationError):
        return before + 1


def _job(folder: RunFolder) -> Job:
    return Job.model_validate_json(folder.job.read_bytes())


def _carry_out(folder: RunFolder, journal: Journal) -> None:
    journal.open()
    stop = StopRequest(folder.stop)
    checkpoints.sweep(folder.checkpoints)
    choice = checkpoints.newest_valid(folder.checkpoints)
    start = choice.checkpoint.step if choice.checkpoint else 0
    journal.write(RunStarted, pid=os.getpid(), from_step=start)
    for sentence in choice.skipped:
        journal.write(WarningRaised, message=f"{sentence} Going on from step {start}.")
    checkpoints.set_aside(folder.checkpoints, newer_than=start)
    plan, job = TrainingPlan.model_validate_json(folder.plan.read_bytes()), _job(folder)

    from core.training.program.attempt import Attempt

    Attempt(folder, plan, job, journal, stop, choice.checkpoint).run()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
