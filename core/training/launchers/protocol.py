"""The launcher protocol: what is asked of every way to start a trainer, and what it answers."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Protocol

from core.messages import Record
from core.training.job import Launch
from core.training.plan import TrainingPlan
from core.workspace import RunFolder


class JobSpec(Record):
    """One attempt at a run, as a launcher needs to know it."""

    attempt: int
    folder: Path
    """The run folder: the only interface between launcher, trainer and app."""
    plan: TrainingPlan
    offline: bool
    """Never ask a model hub."""
    devices: tuple[str, ...] = ()
    """GPUs that were taken for it, as CUDA_VISIBLE_DEVICES names them."""
    leases: tuple[int, ...] = ()
    """Open leases that what is started shares, and holds as long as it lives."""


class Poll(Record):
    """How an attempt stands."""

    state: Literal["pending", "running", "exited", "lost"]
    """`pending` has said nothing yet; `lost` left without a last word."""
    exit_code: int | None = None
    """Only when exited: 0 done or stopped as asked, 1 failed."""


class Launcher(Protocol):
    """A way to start the trainer program; all of them write and read the same run folder."""

    def check(self, plan: TrainingPlan) -> None:
        """Raises PlanError when the plan's workers can't be started from this machine."""

    def submit(self, spec: JobSpec) -> Launch:
        """Start the attempt and record its handle; while it is alive, starts nothing again."""

    def poll(self, handle: Launch, folder: RunFolder) -> Poll:
        """How the attempt stands; an unknown one is `lost`, never an error."""

    def stop(self, handle: Launch, folder: RunFolder, grace_s: float) -> bool:
        """Ask for a checkpoint, wait so many seconds, then end it; True when nothing is left."""

    def kill(self, handle: Launch, grace_s: float) -> bool:
        """End it: SIGTERM, then SIGKILL after the grace; True when nothing is left."""
