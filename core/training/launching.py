"""Start, ask after and end the trainer of a run, whichever launcher its plan names."""

from __future__ import annotations

from core.processes import ProcessId
from core.slots import Holding
from core.training.job import Launch
from core.training.launchers import JobSpec, Poll, launcher_named
from core.training.launchers.environment import environment
from core.training.launchers.processes import is_here, read_handle
from core.training.plan import TrainingPlan
from core.workspace import RunFolder

__all__ = ["check", "environment", "is_alive", "kill", "launch", "poll", "stop"]


def check(plan: TrainingPlan) -> None:
    """Raises PlanError when the plan's workers can't be started from this machine."""
    launcher_named(plan.launcher).check(plan)


def launch(
    folder: RunFolder, attempt: int, offline: bool, holding: Holding | None = None
) -> ProcessId:
    """Start an attempt at the plan in a run folder, and record there what was started.

    The same attempt again, while it is alive, starts nothing. `holding` is what was taken for it
    on this machine.
    """
    plan = TrainingPlan.model_validate_json(folder.plan.read_bytes())
    spec = JobSpec(
        attempt=attempt,
        folder=folder.root,
        plan=plan,
        offline=offline,
        devices=holding.devices if holding else (),
        leases=holding.leases if holding else (),
    )
    return launcher_named(plan.launcher).submit(spec).process


def is_alive(handle: Launch) -> bool:
    """Whether what was started for an attempt still runs on this machine."""
    return is_here(handle)


def poll(folder: RunFolder) -> Poll:
    """How the newest attempt at a run stands; a run that was never started is lost."""
    handle = read_handle(folder)
    if handle is None:
        return Poll(state="lost")
    return launcher_named(handle.launcher).poll(handle, folder)


def stop(folder: RunFolder, grace_s: float) -> bool:
    """Ask for a checkpoint, wait so many seconds, then end it; True when nothing is left."""
    handle = read_handle(folder)
    return handle is None or launcher_named(handle.launcher).stop(handle, folder, grace_s)


def kill(folder: RunFolder, grace_s: float = 10.0) -> bool:
    """End the newest attempt with all its workers; True when nothing of it is left."""
    handle = read_handle(folder)
    return handle is None or launcher_named(handle.launcher).kill(handle, grace_s)
