"""What the events of a run cost: writing one a step against the step itself."""

from __future__ import annotations

import time
from pathlib import Path
from statistics import median

from core.training.events import CheckpointSaved, StepLogged
from core.training.program.journal import Journal
from core.workspace import RunFolder
from tests.bench import step_time

WRITES = 1000
ROUNDS = 5


def measure(home: Path) -> dict[str, object]:
    """Processor ms of a logged step's event and of an idle heartbeat, and their share of a step.

    The step is the starter's, measured in the same minute.
    """
    folder = RunFolder(home / "run-20261121-100000-ab12")
    folder.root.mkdir()
    journal = Journal(folder, 1)
    journal.open()
    writes = [_write_steps(journal) for _ in range(ROUNDS)]
    idle_s = _idle_s()
    journal.last_words(CheckpointSaved, step=WRITES, name="end")
    step_s = median(step_time.duotune_steps(home / "steps").steps)
    write_s = median(writes) / WRITES
    return {
        "write_ms": round(write_s * 1000, 4),
        "heartbeat_cpu_s_per_hour": round(idle_s * 3600, 3),
        "step_ms": round(step_s * 1000, 1),
        "share_of_step": round(write_s / step_s, 5),
        "writes": WRITES * ROUNDS,
    }


def _write_steps(journal: Journal) -> float:
    """Processor seconds for as many events as a run has at most, memory reading included."""
    began = time.process_time()
    for step in range(WRITES):
        held = journal.meter.take()
        journal.write(
            StepLogged,
            step=step,
            total=WRITES,
            epoch=step / 500,
            loss=1.2345678,
            learning_rate=1.9e-4,
            grad_norm=0.7654321,
            tokens_per_s=2345.678,
            eta_s=123.456,
            metrics={"entropy": 1.234567, "mean_token_accuracy": 0.654321},
            **held._asdict(),
        )
    return time.process_time() - began


def _idle_s() -> float:
    """Processor seconds that the waiting heartbeat takes in each second of silence."""
    began, cpu = time.monotonic(), time.process_time()
    time.sleep(2.0)
    return (time.process_time() - cpu) / (time.monotonic() - began)
