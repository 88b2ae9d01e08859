"""The trainer program: `python -m core.training.trainer RUN_DIR` carries out one attempt at a run.

It talks to nobody: what it is told lies in the run folder, and what it says goes there. Exit
status: 0 done or stopped as asked, 1 failed (an event says why), 75 another trainer has this run.
A plan with several workers makes it their supervisor; started by torchrun, it is one of them.
"""

from __future__ import annotations

import atexit
import os
import sys
import threading
import traceback
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from pydantic import ValidationError

from core.disk import await_lease
from core.errors import DuotuneError, RunError
from core.training import events, manifests, queue
from core.training.events import RunFailed, RunStopped, RunSucceeded
from core.training.program.journal import Journal, say
from core.training.program.workers import Workers, leave_with_parent
from core.training.program.working import read_job, read_plan, work, work_supervised
from core.workspace import RunFolder, Workspace

BUSY = 75
"""EX_TEMPFAIL: somebody else holds the lease."""


def main(arguments: list[str]) -> int:
    """Carry out one attempt, or one worker's part of it."""
    if len(arguments) != 1:
        say("Usage: python -m core.training.trainer RUN_DIR")
        return 2
    folder, workers = RunFolder(Path(arguments[0]).resolve()), Workers.of(os.environ)
    if workers and workers.attempt is not None:
        leave_with_parent()
        return 1 if work_supervised(folder, workers, workers.attempt) else 0
    if (workers is None or workers.speaks) and await_lease(folder.lease) is None:
        say(f"Another trainer works on {folder.run_id}.")
        return BUSY
    if _is_finished(folder):
        say(f"{folder.run_id} is finished: there is nothing to do.")
        return 0
    try:
        return _attempt(folder, workers)
    finally:
        if workers is None:
            _let_next_begin(folder)


def _let_next_begin(folder: RunFolder) -> None:
    """The last act: what waits for this run's end is started, though no app may be open."""
    with suppress(DuotuneError, OSError):  # this run has ended, whatever becomes of the next
        queue.wake(Workspace(folder.root.parent.parent))


def _attempt(folder: RunFolder, workers: Workers | None) -> int:
    """The one place where any error becomes a typed last event."""
    journal = Journal(folder, _attempt_number(folder))
    if workers:
        journal = workers.journal(journal)
    try:
        if workers:
            work(folder, journal, workers)
        else:
            _carry_out(folder, journal)
    except Exception as error:  # noqa: BLE001  the program's one boundary: types what escapes
        with suppress(OSError):  # a full disk takes no log either, and must still be told of
            traceback.print_exc()
        why = _explained(error, folder, several=workers is not None)
        journal.last_words(RunFailed, problem=why.problem, where=why.where, fix=why.fix)
        return 1
    return 0


def _explained(error: Exception, folder: RunFolder, several: bool) -> DuotuneError:
    if several:
        from core.training.program.worker_failures import explain as explained
    else:
        from core.training.program.explaining import explained
    return explained(error, folder)


def _carry_out(folder: RunFolder, journal: Journal) -> None:
    """Train here, or see that the plan's workers do."""
    plan = read_plan(folder)
    if plan.launcher == "local":
        work(folder, journal, Workers())
        return
    if plan.launcher == "accelerate":
        from core.training.program.torchrun import supervise
    else:
        from core.training.program.ray_train import supervise
    try:
        supervise(folder, plan, journal.attempt)
    except RunError:
        if not _ended_well(folder, journal.attempt):
            raise
        traceback.print_exc()  # the result is whole: a worker only stumbled on its way out


def _is_finished(folder: RunFolder) -> bool:
    """Whether there is nothing to do: the attempt that is asked for, or a later one, succeeded."""
    last = _last_word(folder)
    whole = any(manifests.is_whole(place) for place in (folder.adapter, folder.model))
    return whole and isinstance(last, RunSucceeded) and last.attempt >= _asked_for(folder)


def _asked_for(folder: RunFolder) -> int:
    """The attempt that the job is for; 0 when it can't be read."""
    try:
        return read_job(folder).attempt
    except (OSError, ValidationError):
        return 0


def _ended_well(folder: RunFolder, attempt: int) -> bool:
    last = _last_word(folder)
    return isinstance(last, RunSucceeded | RunStopped) and last.attempt == attempt


def _last_word(folder: RunFolder) -> events.AnyEvent | None:
    return next(reversed(events.read(folder.events).events), None)


def _attempt_number(folder: RunFolder) -> int:
    """The number the job gives, or the next one when the program was started by hand."""
    before = max((event.attempt for event in events.read(folder.events).events), default=0)
    return max(_asked_for(folder), before + 1)


def leave(code: int) -> NoReturn:
    """End the process without taking the interpreter apart.

    With torch loaded that takes about a third as long as loading it, while the run's lease and GPU
    stay held; it frees nothing that the kernel does not. Others' threads and last acts are awaited.
    """
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    leave(main(sys.argv[1:]))
