"""How much memory an NVIDIA GPU has free, as its driver tells, and who may use it."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

from core import slots
from core.errors import ServingError
from core.messages import Record
from core.workspace import Workspace

BACK_S = 20.0
"""Longest wait until an ended engine's memory is free again."""
SLACK = 1024
"""MiB that may stay in use after an engine ended: drivers and displays vary."""


class GpuMemory(Record):
    """Memory of the GPU that engines run on, in MiB."""

    total: int
    used: int

    @property
    def free(self) -> int:
        return self.total - self.used


def gpu_memory() -> GpuMemory | None:
    """Memory of the first visible GPU; None without an NVIDIA driver that answers."""
    program = shutil.which("nvidia-smi")
    if program is None or os.environ.get("CUDA_VISIBLE_DEVICES") in ("", "-1"):
        return None
    command = [program, "--query-gpu=memory.total,memory.used", "--format=csv,noheader,nounits"]
    chosen = os.environ.get("CUDA_VISIBLE_DEVICES", "0").split(",")[0]
    try:
        told = subprocess.run(
            [*command, f"--id={chosen}"], capture_output=True, text=True, timeout=20, check=True
        )
        total, used = (int(part) for part in told.stdout.strip().splitlines()[0].split(","))
    except (OSError, subprocess.SubprocessError, ValueError, IndexError):
        return None
    return GpuMemory(total=total, used=used)


def await_given_back(before: int, peak: int, log: str) -> None:
    """Wait until an ended engine's GPU has its memory back.

    `before` and `peak` are MiB in use before the engine started and before it was stopped. Back
    means: within SLACK of `before`, or, as others may have begun to use the GPU since, more than
    half of the rise is gone. Raises ServingError when it stays.
    """
    deadline = time.monotonic() + BACK_S
    while (memory := gpu_memory()) is not None:
        if memory.used <= before + SLACK or memory.used < (before + peak) / 2:
            return
        if time.monotonic() > deadline:
            raise ServingError(
                f"The model server ended, but the GPU still has {memory.used} MiB in use; "
                f"before it started there were {before}.",
                f"log: {log}",
                "See with nvidia-smi who holds the memory, end it, then try again.",
            )
        time.sleep(0.1)


@contextmanager
def shared_slot(
    workspace: Workspace, memory: GpuMemory | None, engine_id: str, count: int = 1
) -> Iterator[tuple[int, ...]]:
    """Leases on `count` GPUs to pass on to an engine: no trainer starts there while it lives.

    Nothing without a GPU. Raises ServingError while a trainer has one of them, or there are fewer.
    """
    if memory is None:
        yield ()
        return
    here = slots.here()
    if len(here) < count:
        raise ServingError(
            f"The options for vLLM ask for {count} GPUs, and this machine has {len(here)}.",
            engine_id,
            "Set smaller sizes in DUOTUNE_VLLM_OPTIONS.",
        )
    leases = [slots.share(workspace, slot, engine_id) for slot in here[:count]]
    taken = tuple(lease for lease in leases if lease is not None)
    try:
        if len(taken) < count:
            raise ServingError(
                "A run is being trained on the GPU, and serving needs its memory.",
                engine_id,
                "Wait until it is done, or stop it first: it can be resumed later.",
            )
        yield taken
    finally:
        for lease in taken:
            os.close(lease)
