"""What this machine has that decides which plans it can carry out, without importing torch."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from collections.abc import Mapping
from functools import lru_cache

from core.messages import Record

OPTIONAL = ("bitsandbytes", "flash_attn", "liger_kernel", "ray", "kernels")
"""Packages that some settings need, by the name they are imported under."""


class Machine(Record):
    """GPUs, processor cores and optional packages."""

    gpus: int
    """NVIDIA GPUs that may be used."""
    gpu_name: str | None
    """The first one's; None without a GPU."""
    cores: int
    packages: frozenset[str]
    """Of the optional ones, those that are installed."""

    @property
    def words(self) -> str:
        """This machine in words, as far as training speed depends on it."""
        if self.gpu_name is None:
            return f"{self.cores} CPU cores"
        return self.gpu_name if self.gpus == 1 else f"{self.gpus} x {self.gpu_name}"


@lru_cache(maxsize=1)
def look() -> Machine:
    """This machine; asked once, because a driver takes a second to answer."""
    names = gpu_names(os.environ)
    return Machine(
        gpus=len(names),
        gpu_name=names[0] if names else None,
        cores=os.cpu_count() or 1,
        packages=frozenset(name for name in OPTIONAL if importlib.util.find_spec(name)),
    )


def gpu_names(environ: Mapping[str, str]) -> tuple[str, ...]:
    """The NVIDIA GPUs that may be used, as their driver names them; none without a driver."""
    program = shutil.which("nvidia-smi")
    visible = environ.get("CUDA_VISIBLE_DEVICES")
    if program is None or visible in ("", "-1"):
        return ()
    command = [program, "--query-gpu=name", "--format=csv,noheader"]
    if visible is not None:
        command.append(f"--id={visible}")
    try:
        told = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return ()
    return tuple(line.strip() for line in told.stdout.splitlines() if line.strip())
