"""The pre-flight program: `python -m core.training.program.preflight_program FOLDER`.

It carries out one attempt in miniature, writes what it measured to `outcome.json`, and removes
what it trained. Exit status: 0 measured, 1 not, 75 another process does this already.
"""

from __future__ import annotations

import os
import sys
import threading
import time
import traceback
from pathlib import Path

import psutil

from core.disk import await_lease, write_atomic
from core.errors import DuotuneError
from core.training import preflight_folder
from core.training.eta import Measured, Spent
from core.training.events import RunStarted
from core.training.job import Job
from core.training.plan import TrainingPlan
from core.training.preflight_folder import Outcome
from core.training.program.journal import Journal, StopRequest, say
from core.training.program.workers import Workers
from core.training.records import Failure
from core.workspace import RunFolder

BUSY = 75
MIB = 1 << 20
CUDA_CONTEXT = 600 * MIB
"""What the driver takes beside torch; counted where it can't be asked."""
LOOK_S = 0.1
OUT_OF_MEMORY = "There is not enough memory for this plan."
SMALLER = "A smaller batch_size with more gradient_accumulation gives the same result."


def main(arguments: list[str]) -> int:
    """Measure; the one place where any error becomes a typed outcome."""
    if len(arguments) != 1:
        say("Usage: python -m core.training.program.preflight_program FOLDER")
        return 2
    folder = RunFolder(Path(arguments[0]).resolve())
    if await_lease(folder.lease) is None:
        say(f"Another process measures {folder.run_id}.")
        return BUSY
    journal = Journal(folder, 1)
    MemoryWatch(folder, preflight_folder.request_of(folder).limit).start()
    try:
        outcome = Outcome(measured=_measured(folder, journal))
    except Exception as error:  # noqa: BLE001  the program's one boundary: types what escapes
        traceback.print_exc()
        outcome = _failed(error, folder)
    journal.close()
    preflight_folder.sweep(folder)
    write_atomic(preflight_folder.outcome_file(folder), outcome.model_dump_json(indent=1))
    return 0 if outcome.measured else 1


def _failed(error: Exception, folder: RunFolder) -> Outcome:
    from core.training.program.explaining import explained

    why: DuotuneError = explained(error, folder)
    failure = Failure(problem=why.problem, where=why.where, fix=why.fix)
    return Outcome(failure=failure, out_of_memory=why.problem == OUT_OF_MEMORY)


class MemoryWatch(threading.Thread):
    """Ends this process before it takes the memory that the app and the system need.

    Without a GPU, memory that runs out lets the system end any process, the app included.
    """

    def __init__(self, folder: RunFolder, limit: int | None) -> None:
        super().__init__(name="memory", daemon=True)
        self.folder, self.limit = folder, limit

    def run(self) -> None:
        own = psutil.Process()
        while self.limit is not None:
            if (held := own.memory_info().rss) > self.limit:
                self._give_up(held)
            time.sleep(LOOK_S)

    def _give_up(self, held: int) -> None:
        failure = Failure(
            problem=OUT_OF_MEMORY,
            where=f"{held / 1e9:.1f} GB were taken",
            fix=SMALLER,
        )
        outcome = Outcome(failure=failure, out_of_memory=True)
        write_atomic(preflight_folder.outcome_file(self.folder), outcome.model_dump_json(indent=1))
        preflight_folder.sweep(self.folder)
        os._exit(1)


def _measured(folder: RunFolder, journal: Journal) -> Measured:
    """Carry out the miniature and put together what it measured."""
    plan = TrainingPlan.model_validate_json(folder.plan.read_bytes())
    job = Job.model_validate_json(folder.job.read_bytes())
    journal.open()
    from core.training.program.trial import Moment, Peaks, Trial, measured

    age_s = time.time() - psutil.Process().create_time()
    startup = Spent(seconds=age_s, cpu_s=Moment.now().cpu)
    journal.write(RunStarted, pid=os.getpid(), from_step=0)
    own = {"trackers": (), "early_stopping": None, "launcher": "local", "workers": 1}
    alone = plan.model_copy(update=own)
    stop = StopRequest(folder.stop)
    trial = Trial(folder, alone, job, journal, stop, None, Workers())
    trial.run()
    return measured(trial, startup, Peaks(_bytes(journal.meter.peak_rss_mb), _gpu_bytes(journal)))


def _bytes(mib: float | None) -> int | None:
    return None if mib is None else round(mib * MIB)


def _gpu_bytes(journal: Journal) -> int | None:
    """What torch took at most, and the driver's own share, which other programs miss, too."""
    journal.meter.look()
    reserved = journal.meter.peak_gpu_mb
    return None if reserved is None else round(reserved * MIB) + CUDA_CONTEXT


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
