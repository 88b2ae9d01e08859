"""How long a run may take, told only from a run that was measured on the same kind of machine."""

from __future__ import annotations

from typing import NamedTuple

from core.data import store
from core.data.records import Dataset
from core.errors import DuotuneError
from core.training import runs
from core.training import status as statuses
from core.training.events import AnyEvent, DataPrepared, PhaseChanged, StepLogged
from core.training.plan import TrainingPlan
from core.training.records import Run
from core.workspace import Workspace


class Estimate(NamedTuple):
    """Seconds, and where they come from."""

    seconds: float
    basis: str


class Speed(NamedTuple):
    """What an earlier run took."""

    run: Run
    tokens_per_row: float
    tokens_per_s: float
    other_s: float
    """Loading, preparing, checking and saving: what training itself did not take."""


def estimate(
    workspace: Workspace, plan: TrainingPlan, dataset: Dataset, steps: int
) -> Estimate | None:
    """Seconds by the newest finished run of the same base model here; None when there is none."""
    for run in runs.list_runs(workspace):
        if run.status != "succeeded" or run.plan.base_model != plan.base_model:
            continue
        speed, scale = _speed(workspace, run), _scale(workspace, run, dataset)
        if speed is None or scale is None:
            continue
        tokens = steps * plan.effective_batch * speed.tokens_per_row * scale
        return Estimate(
            speed.other_s + tokens / speed.tokens_per_s,
            f"Run '{run.plan.name}' trained this base model at {speed.tokens_per_s:,.0f} tokens "
            f"per second on this kind of machine ({runs.machine()}).",
        )
    return None


def _speed(workspace: Workspace, run: Run) -> Speed | None:
    """Measured figures of a run that was done in one go on a machine like this one."""
    folder = workspace.run(run.id)
    job, events = statuses.read_job(folder), statuses.read_events(folder)
    if job is None or job.machine != runs.machine() or run.attempt != 1 or run.result is None:
        return None
    prepared = next((e for e in events if isinstance(e, DataPrepared)), None)
    trained = _training_s(events)
    if prepared is None or not prepared.train_rows or not run.tokens_per_s or trained is None:
        return None
    return Speed(
        run,
        prepared.train_tokens / prepared.train_rows,
        run.tokens_per_s,
        max(run.result.seconds - trained, 0.0),
    )


def _training_s(events: tuple[AnyEvent, ...]) -> float | None:
    """Seconds from the start of training to its last step; validation included."""
    began = next(
        (e.at for e in events if isinstance(e, PhaseChanged) and e.phase == "training"), None
    )
    ended = next((e.at for e in reversed(events) if isinstance(e, StepLogged)), None)
    return (ended - began).total_seconds() if began and ended else None


def _scale(workspace: Workspace, run: Run, dataset: Dataset) -> float | None:
    """How much longer this data's rows are than those of the measured run, by characters."""
    if run.plan.dataset_id == dataset.id:
        return 1.0
    try:
        other = store.load(workspace, run.plan.dataset_id)
    except DuotuneError:
        return None
    rows = [d.summary.characters / max(d.summary.usable, 1) for d in (dataset, other)]
    return rows[0] / rows[1] if rows[1] else None
