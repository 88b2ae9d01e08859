"""Run and its parts: how a run stands, derived from its folder and never stored twice."""

from __future__ import annotations

from typing import Literal

from core.messages import Record
from core.training.events import AnyEvent
from core.training.plan import TrainingPlan

Status = Literal[
    "queued",  # waits for its turn, or for memory that others give back
    "starting",  # launched, no event yet
    "running",
    "stopping",  # asked to stop, not yet left
    "stopped",  # left after a checkpoint, or never begun; can be continued
    "succeeded",
    "failed",  # the trainer said why
    "interrupted",  # the trainer died without a word; can be continued from its last checkpoint
    "cleared",  # ended long ago: its weights and log are gone, its plan and figures stay
]
AT_WORK = ("starting", "running", "stopping")
SILENT_S = 180.0
"""A trainer that gave no sign of life for so long may hang; its heartbeats are far closer."""
WARNED_DAYS = 3
"""How long before a run is cleared away the person is told."""
DAY_S = 86_400.0


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


class Returned(Record):
    """GPU memory that was asked back before a trainer started, in MiB."""

    before_mb: int | None
    """In use before it was asked back; None where it could not be measured."""
    after_mb: int | None
    warning: str = ""
    """Why it did not come back, when it did not."""

    @property
    def freed_mb(self) -> int | None:
        """What came back; None when it was not measured."""
        if self.before_mb is None or self.after_mb is None:
            return None
        return max(self.before_mb - self.after_mb, 0)


class Run(Record):
    """A run as it stands now."""

    id: str
    plan: TrainingPlan
    """As agreed, under the name that the person gives the run now."""
    status: Status
    created: str
    """ISO time, UTC."""
    attempt: int
    phase: str | None
    """What the trainer does; None when none is at work."""
    step: int
    total_steps: int | None
    eta_s: float | None = None
    """Seconds left; None when no trainer is at work or it has not logged a step yet."""
    tokens_per_s: float | None
    loss: float | None
    """Training loss of the last logged step."""
    validation_loss: float | None
    """The last measured one."""
    last_checkpoint: str | None
    """Name of the newest checkpoint whose manifest is whole."""
    result: RunResult | None = None
    """What the last attempt that succeeded kept; a later one may have failed since."""
    failure: Failure | None = None
    place: int | None = None
    """In the queue, from 1; None when the run does not wait."""
    waits_for: str = ""
    """What a queued run waits for, in a sentence."""
    began: bool = True
    """Whether any trainer was ever started for it."""
    start_step: int = 0
    """The step that the newest attempt went on from."""
    epoch: float | None = None
    """Passes over the training part so far; None before the first logged step."""
    last_sign_s: float | None = None
    """Seconds since the trainer last wrote an event or to its log; None when none is at work."""
    rss_mb: float | None = None
    """Main memory of the trainer, MiB; None when it is not at work or was not measured."""
    gpu_mb: float | None = None
    """The same of the GPU."""
    slots: tuple[str, ...] = ()
    """What its trainer has for itself: `gpu-0`, or `cpu`."""
    returned: Returned | None = None
    """What a model server gave back for it; None when none had to."""
    has_model: bool = False
    """Whether a finished model of it is whole on disk: it can be served, also after a later
    attempt failed."""
    note: str = ""
    """What the person wrote down about it."""
    ended: str | None = None
    """ISO time, UTC, of its last sign of life; None while it is live."""
    clears_at: str | None = None
    """When its weights and log are cleared away, ISO time, UTC; None when they are not."""
    kept_as: tuple[str, ...] = ()
    """Names in the model library under which its model is kept."""

    @property
    def is_live(self) -> bool:
        """Whether it has not ended: it is at work, or waits for it."""
        return self.is_at_work or self.status == "queued"

    @property
    def is_at_work(self) -> bool:
        """Whether a trainer is at work on it, or just starts."""
        return self.status in AT_WORK

    @property
    def can_resume(self) -> bool:
        """Whether it can be gone on with; without a checkpoint, from its beginning.

        What failed before its first checkpoint would only fail again.
        """
        if self.status == "failed":
            return bool(self.last_checkpoint) or not self.began
        return self.status in ("stopped", "interrupted")

    @property
    def can_extend(self) -> bool:
        """Whether more epochs can be added to it."""
        return bool(self.last_checkpoint) and (self.can_resume or self.status == "succeeded")

    @property
    def is_silent(self) -> bool:
        """Whether its trainer gave no sign of life for longer than a healthy one ever does."""
        return self.is_at_work and self.last_sign_s is not None and self.last_sign_s > SILENT_S


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


class Continuation(Record):
    """What going on with a run comes to, before anything is started."""

    run_id: str
    from_step: int
    """The step of the newest whole checkpoint; 0 starts from the beginning."""
    total_steps: int | None
    """None while no attempt has counted them."""
    remaining_steps: int | None
    seconds: float | None
    """Estimate from the run's own steps so far; None when they were not measured."""
    epochs: float | None
    """Passes in all, with what is added; None where the plan counts steps."""
    added_epochs: float | None = None
    restarts_schedule: bool = False
    """Whether the learning rate starts a new schedule at `from_step`."""
    sentences: tuple[str, ...] = ()
    """The same in words."""


class EvaluationFact(Record):
    """What a finished evaluation found of a run, in short."""

    report_id: str
    verdict: str
    """The sentence of its report."""
    base: float | None
    """Share of the rubric that the base model met, from 0 to 1; None when it was not measured."""
    tuned: float | None
    difference: float | None
    pairs: int
    """Questions that both sides have a score for."""
