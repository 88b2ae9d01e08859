"""Run and its parts: how a run stands, derived from its folder and never stored twice."""

from __future__ import annotations

from typing import Literal

from core.messages import Record
from core.training.events import AnyEvent
from core.training.plan import TrainingPlan

Status = Literal[
    "starting",  # launched, no event yet
    "running",
    "stopping",  # asked to stop, not yet left
    "stopped",  # left after a checkpoint; can be resumed
    "succeeded",
    "failed",  # the trainer said why
    "interrupted",  # the trainer died without a word; can be resumed from its last checkpoint
]


class RunResult(Record):
    """What a finished run kept."""

    best_step: int | None
    best_loss: float | None
    last_step: int
    seconds: float
    changes_model: bool


class Failure(Record):
    """Why a run ended early."""

    problem: str
    where: str = ""
    fix: str = ""


class Run(Record):
    """A run as it stands now."""

    id: str
    plan: TrainingPlan
    status: Status
    created: str
    """ISO time, UTC."""
    attempt: int
    phase: str | None
    step: int
    total_steps: int | None
    eta_s: float | None
    tokens_per_s: float | None
    loss: float | None
    """Training loss of the last logged step."""
    validation_loss: float | None
    """The last measured one."""
    last_checkpoint: str | None
    """Name of the newest checkpoint whose manifest is whole."""
    result: RunResult | None = None
    failure: Failure | None = None

    @property
    def is_live(self) -> bool:
        return self.status in ("starting", "running", "stopping")

    @property
    def can_resume(self) -> bool:
        return self.status in ("stopped", "interrupted", "failed") and bool(self.last_checkpoint)


class Curve(Record):
    """Loss over steps, ready to draw: points are (step, loss)."""

    train: tuple[tuple[int, float], ...]
    validation: tuple[tuple[int, float], ...]


class RunView(Record):
    """A run with everything a page shows of it."""

    run: Run
    curve: Curve
    events: tuple[AnyEvent, ...]
    """Newest last."""
