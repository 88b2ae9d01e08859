"""What the trainer process holds of main memory and of the GPU's.

Asked by a thread that may run before torch is there, so torch is looked for and never imported.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, NamedTuple

import psutil

MIB = 2**20
SELF = Path("/proc/self/status")


class Held(NamedTuple):
    """Memory in MiB; None where there is no GPU in use, or the system can't tell."""

    rss_mb: float | None
    gpu_mb: float | None = None
    """In tensors at most since the last `take`."""
    gpu_reserved_mb: float | None = None
    """Taken from the driver at most since the last `take`."""


class Meter:
    """Reads memory, and remembers the most that was ever seen."""

    def __init__(self) -> None:
        self.peak_gpu_mb: float | None = None
        """The most that torch took from the driver, MiB."""

    def look(self) -> Held:
        """What is held, without beginning a new stretch."""
        rss = round(psutil.Process().memory_info().rss / MIB, 1)
        cuda = _cuda()
        if cuda is None:
            return Held(rss)
        # Nested is what torch keeps; the flat form, which the usual getters make, takes longer.
        facts = cuda.memory_stats_as_nested_dict()
        used, reserved = (
            round(facts[kind]["all"]["peak"] / MIB, 1)
            for kind in ("allocated_bytes", "reserved_bytes")
        )
        self.peak_gpu_mb = max(reserved, self.peak_gpu_mb or 0.0)
        return Held(rss, used, reserved)

    def take(self) -> Held:
        """What was held since the last `take`; a new stretch begins."""
        held = self.look()
        if cuda := _cuda():
            cuda.reset_peak_memory_stats()
        return held

    def peaks(self) -> dict[str, float | None]:
        """The most that was held up to now, as the event that ends a run names it."""
        self.look()
        return {"peak_rss_mb": self.peak_rss_mb, "peak_gpu_mb": self.peak_gpu_mb}

    @property
    def peak_rss_mb(self) -> float | None:
        """The most main memory that this process ever held, MiB, as Linux counts it."""
        try:
            lines = SELF.read_text().splitlines()
        except OSError:
            return None
        found = [int(line.split()[1]) for line in lines if line.startswith("VmHWM:")]
        return round(found[0] / 1024, 1) if found else None


def _cuda() -> Any | None:
    """`torch.cuda` once something uses a GPU; a half-imported torch counts as none."""
    cuda = getattr(sys.modules.get("torch"), "cuda", None)
    ready = getattr(cuda, "is_initialized", None)
    return cuda if ready is not None and ready() else None
