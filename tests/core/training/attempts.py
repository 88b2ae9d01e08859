"""One attempt at a run carried out in this process: no trainer has to start for each."""

from __future__ import annotations

import signal
from pathlib import Path

from core.models.catalog import resolve
from core.settings import Settings
from core.training import checkpoints, events
from core.training.events import AnyEvent
from core.training.job import Job
from core.training.plan import TrainingPlan
from core.workspace import RunFolder
from tests.core.training.conftest import Data


def carry_out(data: Data, run_id: str, plan: TrainingPlan) -> RunFolder:
    """Begin a run, or go on with it from its newest checkpoint, to its end."""
    from core.training.program.attempt import Attempt
    from core.training.program.journal import Journal, StopRequest
    from core.training.program.workers import Workers

    folder = data.workspace.run(run_id)
    folder.root.mkdir(parents=True, exist_ok=True)
    folder.plan.write_text(plan.model_dump_json())
    job = Job(
        created="2026-11-21T10:00:00+00:00",
        attempt=1,
        model=resolve(plan.base_model, plan.revision, Settings(offline=True)),
        chat_template_kwargs=None,
        offline=True,
        machine="2 CPU cores",
    )
    folder.job.write_text(job.model_dump_json())
    begun = checkpoints.newest_valid(folder.checkpoints).checkpoint
    journal, before = Journal(folder, 1), signal.getsignal(signal.SIGTERM)
    journal.open()
    try:
        stop = StopRequest(folder.stop)
        Attempt(folder, plan, job, journal, stop, begun, Workers()).run()
    finally:
        journal.close()
        signal.signal(signal.SIGTERM, before)
    return folder


def happened(folder: RunFolder) -> list[AnyEvent]:
    return events.read(folder.events).events


def tensors(file: Path) -> dict[str, bytes]:
    """All weights of a safetensors file, bit by bit."""
    from safetensors import safe_open

    with safe_open(file, "pt") as found:
        return {
            name: found.get_tensor(name).float().numpy().tobytes()
            for name in found.keys()  # noqa: SIM118
        }
