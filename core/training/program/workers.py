"""Several trainer processes as one: who speaks, what all agree on, and who is to blame.

The ranks of torch.distributed; rank 0 alone writes events, manifests and the result.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from core.training.events import Event
from core.training.program.journal import Journal, StopRequest

T = TypeVar("T")
ATTEMPT = "DUOTUNE_ATTEMPT"
"""Set by a supervisor for its workers: the attempt that they are part of."""
WATCH_S = 1.0


@dataclass
class Workers:
    """This process's place among the processes that train one model."""

    rank: int = 0
    world: int = 1
    attempt: int | None = None
    """Given by a supervisor, which holds the run's lease; None without one."""
    _flags: Any = field(default=None, repr=False)
    """The gloo group for small decisions; None with a single process."""

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> Workers | None:
        """The place that torchrun, or whatever sets its variables, gave; None for no worker."""
        if "RANK" not in environ or "WORLD_SIZE" not in environ:
            return None
        given = environ.get(ATTEMPT)
        rank, world = int(environ["RANK"]), int(environ["WORLD_SIZE"])
        return cls(rank, world, int(given) if given else None)

    @property
    def speaks(self) -> bool:
        """Whether this is the one that writes events, manifests and the result."""
        return self.rank == 0

    def join(self) -> None:
        """Connect with the others; waits for them."""
        if self.world == 1:
            return
        import torch
        import torch.distributed as dist

        if not dist.is_initialized():
            if torch.cuda.is_available():
                torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
            dist.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
        # Decisions are made on the CPU: asking a GPU each step would make it wait.
        self._flags = dist.new_group(backend="gloo")

    def first(self, look: Callable[[], T]) -> T:
        """What rank 0 found, for all; the others wait for it."""
        if self._flags is None:
            return look()
        import torch.distributed as dist

        found: list[Any] = [look() if self.speaks else None]
        dist.broadcast_object_list(found, src=0, group=self._flags)
        return found[0]

    def any(self, flags: Iterable[bool]) -> list[bool]:
        """For each flag, whether it is set in any of the processes."""
        if self._flags is None:
            return list(flags)
        import torch
        import torch.distributed as dist

        votes = torch.tensor([int(flag) for flag in flags], dtype=torch.uint8)
        dist.all_reduce(votes, op=dist.ReduceOp.MAX, group=self._flags)
        return [bool(vote) for vote in votes.tolist()]

    def alike(self, value: float) -> bool:
        """Whether all have exactly the same number."""
        if self._flags is None:
            return True
        import torch
        import torch.distributed as dist

        ends = torch.tensor([value, -value], dtype=torch.float64)
        dist.all_reduce(ends, op=dist.ReduceOp.MAX, group=self._flags)
        return bool(ends[0] == -ends[1])

    def wait(self) -> None:
        """Return once all have come here."""
        self.any([False])

    def journal(self, journal: Journal) -> Journal:
        """The journal itself for the one that speaks, a silent one for the others."""
        return journal if self.speaks else SilentJournal(journal.folder, journal.attempt)


class SilentJournal(Journal):
    """What the other ranks write to."""

    def open(self) -> None:
        pass

    def write(self, kind: type[Event], **fields: object) -> None:
        pass

    def last_words(self, kind: type[Event], **fields: object) -> None:
        pass


class AgreedStop(StopRequest):
    """A request to stop that all processes follow at the same step."""

    def __init__(self, stop_file: Path, workers: Workers) -> None:
        super().__init__(stop_file)
        self._workers, self._agreed = workers, False

    def agree(self) -> bool:
        """Ask all; called by all at the same point."""
        self._agreed = self._workers.any([super().asked])[0]
        return self._agreed

    @property
    def asked(self) -> bool:
        """What was agreed last, so that no process acts alone."""
        return self._agreed


def leave_with_parent() -> None:
    """End this process when its supervisor is gone, so that none trains on unwatched.

    torchrun gives each worker a session of its own, so that ending the supervisor's does not.
    """
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(WATCH_S)
        os._exit(1)

    threading.Thread(target=watch, name="supervisor-watch", daemon=True).start()
