"""What memory this machine has for a trainer, and how much of it is free."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from shutil import which
from typing import Literal

import psutil

from core.messages import Record
from core.serving import gpu
from core.training import machine
from core.training.program.arguments import Capabilities

MIB = 1 << 20
CGROUPS = Path("/sys/fs/cgroup")
OWN_CGROUPS = Path("/proc/self/cgroup")
UNLIMITED = 1 << 60
"""Bytes above which a limit is none: cgroup v1 writes a number near 2**63."""
BFLOAT16_FROM = 8.0
"""Compute capability from which a GPU computes in bfloat16 itself (CUDA C++ Programming Guide)."""


class Capacity(Record):
    """Memory of the device that a plan trains on, in bytes."""

    device: Literal["gpu", "cpu"]
    name: str
    total: int | None
    """Of the GPU; without one, of the machine or of the container around this process."""
    available: int | None
    """Free now; None where it could not be measured."""


def look(given_back: bool = False) -> Capacity:
    """This machine's memory for a trainer, measured now.

    With `given_back`, another program of ours holds the GPU and will have left it by then, so all
    of it counts.
    """
    here = machine.look()
    if here.gpu_name is None:
        total, available = main_memory()
        return Capacity(device="cpu", name=here.words, total=total, available=available)
    memory = gpu.gpu_memory()
    if memory is None:
        return Capacity(device="gpu", name=here.words, total=None, available=None)
    free = memory.total if given_back else memory.free
    return Capacity(device="gpu", name=here.words, total=memory.total * MIB, available=free * MIB)


def main_memory() -> tuple[int, int]:
    """Bytes of main memory in all and free, within the limits of every container around us."""
    memory = psutil.virtual_memory()
    total, available = int(memory.total), int(memory.available)
    for limit, used in limits(OWN_CGROUPS, CGROUPS):
        total, available = min(total, limit), min(available, max(limit - used, 0))
    return total, available


def limits(own: Path, mounted: Path) -> Iterator[tuple[int, int]]:
    """Memory limit and use of each cgroup that this process is in, where there is a limit.

    Use is without the file cache that the kernel drops first (inactive_file), as Kubernetes counts
    a working set. `own` is /proc/self/cgroup, `mounted` where the hierarchy lies.
    """
    for line in _lines(own):
        _, controllers, path = line.split(":", 2)
        if controllers == "":
            names = ("memory.max", "memory.current", "inactive_file")
            yield from _up(mounted, path, names)
        elif "memory" in controllers.split(","):
            names = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
            yield from _up(mounted / "memory", path, names)


def _up(root: Path, path: str, names: tuple[str, str, str]) -> Iterator[tuple[int, int]]:
    """The limits of a group and of all groups around it; a container sees only its own as root."""
    place = root / path.strip("/")
    for folder in (place, *place.parents):
        limit, used = _number(folder / names[0]), _number(folder / names[1])
        if limit is not None and used is not None and limit < UNLIMITED:
            yield limit, max(used - _statistic(folder / "memory.stat", names[2]), 0)
        if folder == root:
            return


def _lines(file: Path) -> list[str]:
    try:
        return [line for line in file.read_text().splitlines() if line.count(":") >= 2]
    except OSError:
        return []


def _number(file: Path) -> int | None:
    try:
        text = file.read_text().strip()
    except OSError:
        return None
    return int(text) if text.isdecimal() else None


def _statistic(file: Path, name: str) -> int:
    try:
        pairs = [line.split() for line in file.read_text().splitlines()]
    except OSError:
        return 0
    return next((int(pair[1]) for pair in pairs if pair[0] == name), 0)


def capabilities() -> Capabilities:
    """What the trainer will find here, as far as it can be told without torch."""
    here = machine.look()
    cuda = here.gpu_name is not None
    return Capabilities(
        cuda=cuda,
        bfloat16=cuda and (_compute_capability() or BFLOAT16_FROM) >= BFLOAT16_FROM,
        flash_attention=cuda and "flash_attn" in here.packages,
        liger="liger_kernel" in here.packages,
        bitsandbytes="bitsandbytes" in here.packages,
    )


@lru_cache(maxsize=1)
def _compute_capability() -> float | None:
    """Of the first GPU that may be used; None when its driver does not say."""
    program = which("nvidia-smi")
    if program is None:
        return None
    chosen = (os.environ.get("CUDA_VISIBLE_DEVICES") or "0").split(",")[0]
    command = [program, "--query-gpu=compute_cap", "--format=csv,noheader", f"--id={chosen}"]
    try:
        told = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
        return float(told.stdout.strip().splitlines()[0])
    except (OSError, subprocess.SubprocessError, ValueError, IndexError):
        return None
