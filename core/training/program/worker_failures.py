"""Why several workers ended: each leaves its reason in the run folder, and the first cause counts.

When one worker dies, the others fail too, because they lose contact; that is never the cause.
"""

from __future__ import annotations

import shutil
import signal
import socket
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from pydantic import ValidationError

from core.disk import write_atomic
from core.errors import DuotuneError, RunError
from core.messages import Record
from core.training.program.workers import Workers
from core.workspace import RunFolder

CONTACT_WORDS = (
    "connection closed by peer",
    "connection reset",
    "connection refused",
    "broken pipe",
    "gloo",
    "nccl",
    "tcpstore",
    "remote process exited",
)
LOST = "lost.json"
FOLLOWING = (signal.SIGTERM, signal.SIGABRT)
"""Signals that a worker gets, or gives itself, after another one died."""
RESUME = (
    "Resume the run: it goes on from its last checkpoint. If it happens again, the machine may be "
    "short of memory: lower batch_size and raise gradient_accumulation by as much."
)


class WorkerFailure(Record):
    """What a worker said when it failed."""

    attempt: int
    rank: int
    world: int
    host: str
    at: float
    """Seconds since the epoch."""
    problem: str
    where: str
    fix: str
    lost_contact: bool
    """It only noticed that another worker was gone."""

    def as_error(self) -> RunError:
        place = f"rank {self.rank} of {self.world} on {self.host}"
        return RunError(self.problem, ", ".join(filter(None, (self.where, place))), self.fix)


def forget(folder: RunFolder) -> None:
    """Remove what workers of earlier attempts left."""
    shutil.rmtree(folder.workers, ignore_errors=True)
    folder.workers.mkdir(parents=True)


def note(folder: RunFolder, workers: Workers, attempt: int, error: Exception) -> WorkerFailure:
    """Write down why this worker fails, for whoever started it."""
    why = explain(error, folder)
    failure = WorkerFailure(
        attempt=attempt,
        rank=workers.rank,
        world=workers.world,
        host=socket.gethostname(),
        at=time.time(),
        problem=why.problem,
        where=why.where,
        fix=why.fix,
        lost_contact=has_lost_contact(error),
    )
    write_atomic(folder.workers / f"failure-{workers.rank}.json", failure.model_dump_json())
    return failure


def explain(error: Exception, folder: RunFolder) -> DuotuneError:
    """The error as one that a person can act on, seen by one of several workers."""
    if isinstance(error, DuotuneError):
        return error
    if has_lost_contact(error):
        return RunError("The workers lost contact with each other.", fix=RESUME)
    from core.training.program.explaining import explained

    return explained(error, folder)


def has_lost_contact(error: Exception) -> bool:
    """Whether an error only says that another worker can't be reached."""
    if isinstance(error, DuotuneError):
        return False
    text = f"{type(error).__name__} {error}".lower()
    return "out of memory" not in text and any(word in text for word in CONTACT_WORDS)


def own_failure(folder: RunFolder, attempt: int) -> WorkerFailure | None:
    """The first failure in an attempt that was not merely the loss of another worker."""
    found = _read(folder, attempt)
    return next((failure for failure in found if not failure.lost_contact), None)


def cause(folder: RunFolder, attempt: int, exits: Mapping[int, int], world: int) -> RunError:
    """Why the workers of an attempt ended, naming the one that was first to blame.

    `exits` has the exit status of each worker that failed, by rank; a signal's is negative.
    """
    if said := own_failure(folder, attempt):
        return said.as_error()
    silent = silent_ranks(folder, attempt, exits)
    for rank in silent:
        where = f"rank {rank}"
        if exits[rank] < 0:
            name = signal.Signals(-exits[rank]).name
            return RunError(f"Worker {rank} of {world} was killed by {name}.", where, RESUME)
        return RunError(f"Worker {rank} of {world} ended without a word.", where, RESUME)
    lost = next(iter(_read(folder, attempt)), None)
    return lost.as_error() if lost else RunError("The workers ended without a word.", fix=RESUME)


def silent_ranks(folder: RunFolder, attempt: int, exits: Mapping[int, int]) -> list[int]:
    """Workers that ended by themselves and could not say why, those that were killed first."""
    heard = {failure.rank for failure in _read(folder, attempt)}
    found = [r for r, code in exits.items() if r not in heard and -code not in FOLLOWING]
    return sorted(found, key=lambda rank: (exits[rank] >= 0, rank))


class Lost(Record):
    """Workers that were lost, after which all were started again."""

    attempt: int
    ranks: tuple[int, ...]


def note_lost(folder: RunFolder, attempt: int, ranks: Iterable[int]) -> None:
    """Write down which workers were lost, for the ones that are started in their place.

    What the others said is forgotten: they only lost contact with those.
    """
    exits = dict.fromkeys(ranks, 1)
    lost = Lost(attempt=attempt, ranks=tuple(silent_ranks(folder, attempt, exits)))
    write_atomic(folder.workers / LOST, lost.model_dump_json())
    for path, failure in _found(folder):
        if failure.lost_contact:
            path.unlink(missing_ok=True)


def restart_told(folder: RunFolder, attempt: int, world: int) -> str:
    """Why the workers of an attempt were started again, in a sentence; "" when they were not."""
    try:
        lost = Lost.model_validate_json((folder.workers / LOST).read_bytes())
    except (OSError, ValidationError):
        return ""
    if lost.attempt != attempt:
        return ""
    if not lost.ranks:
        return "The workers lost contact with each other, so all of them were started again."
    ranks = ", ".join(map(str, lost.ranks))
    return f"Worker {ranks} of {world} was lost, so all of them were started again."


def _read(folder: RunFolder, attempt: int) -> list[WorkerFailure]:
    found = [failure for _, failure in _found(folder) if failure.attempt == attempt]
    return sorted(found, key=lambda failure: failure.at)


def _found(folder: RunFolder) -> Iterator[tuple[Path, WorkerFailure]]:
    for path in folder.workers.glob("failure-*.json"):
        try:
            yield path, WorkerFailure.model_validate_json(path.read_bytes())
        except (OSError, ValidationError):
            continue
