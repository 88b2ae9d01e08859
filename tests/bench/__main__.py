"""`./duotune bench [PART ...]`: measure, print, write bench.json."""

from __future__ import annotations

import json
import os
import platform
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from core.identifiers import now
from tests.bench import (
    batch,
    coverage,
    events,
    gpu,
    judging,
    kills,
    opening,
    page,
    reading,
    report,
    step_time,
    watching,
)

Measure = Callable[[Path], Mapping[str, object]]
PARTS: dict[str, Measure] = {
    "opening": opening.measure,
    "step": step_time.measure,
    "events": events.measure,
    "watching": watching.measure,
    "batch": batch.measure,
    "page": page.measure,
    "reading": reading.measure,
    "report": report.measure,
    "judging": judging.measure,
    "coverage": coverage.measure,
    "kills": kills.measure,
    "gpu": gpu.measure,
}
GOALS = {
    "opening": "answering page 2 s, first page 1.5 s, on an idle machine",
    "step": "throughput_ratio at least 0.99, first_step_later_s at most 0.5; for LoRA and full",
    "events": "share_of_step below 0.005",
    "watching": "ratio 1 within what two runs differ by anyway",
    "batch": "each ratio at least 0.95, later_ms at most 20",
    "page": "memory flat, no task over 100 ms; DUOTUNE_BENCH_MINUTES=5 for five minutes",
    "reading": "validate 300 MB per cpu-second in 100 MB, exact duplicates 2 cpu-s more, an array "
    "2 cpu-s",
    "report": "cpu_s at most 2",
    "judging": "cpu_ms_per_call at most 0.5, the client library's own included; working_mb flat",
    "coverage": "too_low and too_high empty, better_or_worse at most 0.05, power known within 0.05 "
    "of stated",
    "kills": "20 of 20 end the same, two runs of one plan are identical",
    "gpu": "model FLOPs utilisation 0.5 at 8B, and no slower than plain TRL",
}
UNASKED = ("coverage", "kills", "gpu")
"""Take many minutes, or tell nothing without a GPU: measured only when they are named."""


def main(names: list[str]) -> int:
    """Measure the named parts, or all of them."""
    unknown = [name for name in names if name not in PARTS]
    if unknown:
        print(f"There is no part {', '.join(unknown)}; there are {', '.join(PARTS)}.")
        return 2
    result: dict[str, object] = {
        "at": now(),
        "cores": os.cpu_count(),
        "load_before": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
    }
    for name in names or [name for name in PARTS if name not in UNASKED]:
        with tempfile.TemporaryDirectory() as home:
            measured = PARTS[name](Path(home))
        result[name] = {**measured, "goal": GOALS[name]}
        print(f"{name}: {json.dumps(result[name])}", flush=True)
    Path("bench.json").write_text(json.dumps(result, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
