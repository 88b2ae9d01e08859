"""Slots: who may use a GPU, or, without one, the processor; one holder each at a time.

A slot is a lease file in the workspace. The program that trains or serves inherits the lease, so
the kernel frees it on any death, and nobody else can believe the slot to be free before.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from core.disk import await_lease, lease_is_held
from core.workspace import Workspace

PROCESSOR = "cpu"
ASK_S = 20.0
"""Longest wait for the GPU's driver."""
PAUSE_S = 0.05
LOOKED_AT_S = 0.3
"""Others look at a lease for an instant: only a refusal that lasts longer means a holder."""


@dataclass(frozen=True)
class Holding:
    """Slots that were taken; `release` gives this process's share of them back."""

    slots: tuple[str, ...]
    leases: tuple[int, ...]

    @property
    def devices(self) -> tuple[str, ...]:
        """The GPUs among them, as CUDA_VISIBLE_DEVICES names them."""
        return tuple(slot.removeprefix("gpu-") for slot in self.slots if slot != PROCESSOR)

    def release(self) -> None:
        """Close the leases: they stay held as long as a program that inherited them lives."""
        for lease in self.leases:
            os.close(lease)


def here(environ: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """The slots of this machine that this process may use: each GPU, else the processor."""
    return tuple(f"gpu-{device}" for device in devices(environ)) or (PROCESSOR,)


def devices(environ: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """NVIDIA GPUs that this process may use, as CUDA_VISIBLE_DEVICES names them."""
    allowed = environ.get("CUDA_VISIBLE_DEVICES")
    if allowed in ("", "-1"):
        return ()
    found = _installed()
    if not found or allowed is None:
        return found
    return tuple(device.strip() for device in allowed.split(",") if device.strip())


def _installed() -> tuple[str, ...]:
    program = shutil.which("nvidia-smi")
    if program is None:
        return ()
    command = [program, "--query-gpu=index", "--format=csv,noheader"]
    try:
        told = subprocess.run(command, capture_output=True, text=True, timeout=ASK_S, check=True)
    except (OSError, subprocess.SubprocessError):
        return ()
    return tuple(line.strip() for line in told.stdout.splitlines() if line.strip().isdecimal())


def lease_file(workspace: Workspace, slot: str) -> Path:
    """Where a slot's lease lies."""
    return workspace.locks / f"{re.sub('[^A-Za-z0-9-]', '-', slot)}.lease"


def take(workspace: Workspace, slots: Sequence[str], count: int, holder: str) -> Holding | None:
    """Take so many of these slots for a run or an engine; None when too few are free.

    `holder` is its id, which others are told.
    """
    taken: list[tuple[str, int]] = []
    for slot in slots:
        if len(taken) == count:
            break
        lease = await_lease(lease_file(workspace, slot), LOOKED_AT_S)
        if lease is not None:
            _sign(lease, holder)
            taken.append((slot, lease))
    holding = Holding(tuple(slot for slot, _ in taken), tuple(lease for _, lease in taken))
    if len(taken) == count:
        return holding
    holding.release()
    return None


@contextmanager
def held(
    workspace: Workspace, slots: Sequence[str], count: int, holder: str
) -> Iterator[Holding | None]:
    """As `take`; this process's share is given back at the end."""
    holding = take(workspace, slots, count, holder)
    try:
        yield holding
    finally:
        if holding is not None:
            holding.release()


def share(workspace: Workspace, slot: str, holder: str) -> int | None:
    """Take a slot together with others who share it; None while one has it alone.

    Engines beside each other share a GPU; a trainer has it alone. Returns the open lease.
    """
    path = lease_file(workspace, slot)
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + LOOKED_AT_S
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                os.close(descriptor)
                return None
            time.sleep(PAUSE_S)
        else:
            break
    _sign(descriptor, holder)
    os.set_inheritable(descriptor, True)
    return descriptor


def _sign(lease: int, holder: str) -> None:
    os.ftruncate(lease, 0)
    os.pwrite(lease, holder.encode(), 0)


def holder(workspace: Workspace, slot: str) -> str | None:
    """The id of who holds a slot now; None when nobody does."""
    path = lease_file(workspace, slot)
    return path.read_text(encoding="utf-8") if lease_is_held(path) else None
