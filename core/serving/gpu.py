"""How much memory an NVIDIA GPU has free, as its driver tells."""

from __future__ import annotations

import os
import shutil
import subprocess

from core.messages import Record


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
