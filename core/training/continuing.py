"""Going on with a run: from which step, what remains, and how more epochs change its plan."""

from __future__ import annotations

import math
from collections.abc import Sequence

from pydantic import ValidationError

from core.errors import PlanError, RunError
from core.training import status as statuses
from core.training.checkpoints import NAME
from core.training.events import AnyEvent, StepLogged
from core.training.plan import TrainingPlan
from core.training.records import Continuation, Run
from core.training.standing import stands
from core.workspace import Workspace

LEAST_STEPS = 3
"""Logged steps from which a step's time is worth telling."""


def continuation(workspace: Workspace, run: Run, extend: float | None = None) -> Continuation:
    """What going on with a run comes to; with `extend`, for so many epochs more.

    Raises RunError when there is nothing to go on with or from.
    """
    need_something_left(run, extend)
    plan, start = extended(run, extend), from_step(run)
    total = run.total_steps if extend is None else _total(run, plan)
    remaining = None if total is None else max(total - start, 0)
    pace = step_seconds(statuses.read_events(workspace.run(run.id)))
    found = Continuation(
        run_id=run.id,
        from_step=start,
        total_steps=total,
        remaining_steps=remaining,
        seconds=None if remaining is None or pace is None else remaining * pace,
        epochs=None if plan.max_steps is not None else plan.epochs,
        added_epochs=extend,
        restarts_schedule=extend is not None,
    )
    return found.model_copy(update={"sentences": tuple(_sentences(found, plan))})


def need_something_left(run: Run, extend: float | None) -> None:
    """Raises RunError when a run can't be gone on with."""
    if run.is_live:
        how = stands(run.status)
        raise RunError(f"Run '{run.plan.name}' {how}: there is nothing to resume.", run.id)
    if run.status == "cleared":
        raise RunError(
            f"Run '{run.plan.name}' was cleared away, with the checkpoints to go on from.",
            run.id,
            "Clone it: the copy starts from the beginning.",
        )
    if extend is None and run.status == "succeeded":
        raise RunError(
            f"Run '{run.plan.name}' has succeeded: there is nothing to resume.",
            run.id,
            "Extend it by some epochs, or clone it.",
        )
    if extend is not None and not 0 < extend <= 100:
        raise RunError(
            f"A run can't be extended by {extend:g} epochs.", run.id, "Use more than 0, up to 100."
        )
    if not (run.can_extend if extend is not None else run.can_resume):
        raise RunError(
            f"Run '{run.plan.name}' has no whole checkpoint to go on from.",
            run.id,
            "Start a new run with the same plan.",
        )


def from_step(run: Run) -> int:
    """The step of the checkpoint that a run would go on from; 0 without one."""
    match = NAME.fullmatch(run.last_checkpoint or "")
    return int(match.group(1)) if match else 0


def extended(run: Run, extend: float | None) -> TrainingPlan:
    """The plan with so many epochs more; where it counts steps, with as many as those take.

    Raises PlanError when the sum is more than a plan allows, RunError when steps can't be counted.
    """
    plan = run.plan
    if extend is None:
        return plan
    try:
        if plan.max_steps is None:
            return plan.edited({"epochs": round(plan.epochs + extend, 6)})
        return plan.edited({"max_steps": plan.max_steps + math.ceil(extend * _per_epoch(run))})
    except ValidationError as error:
        raise PlanError(
            f"{extend:g} more epochs are more than a plan may have.",
            run.id,
            "Extend it by fewer.",
        ) from error


def _per_epoch(run: Run) -> int:
    """Optimizer steps of one epoch, as the run's own steps tell."""
    if run.epoch and run.step:
        return max(1, round(run.step / run.epoch))
    raise RunError(
        "How many steps an epoch takes can't be told, because no step of this run was logged.",
        run.id,
        "Clone it with more steps instead.",
    )


def _total(run: Run, plan: TrainingPlan) -> int | None:
    """Steps of an extended plan: those of an epoch, as the run counted them, for each epoch.

    ceil(epochs * per_epoch) is how transformers counts; per_epoch = floor(total / epochs) turns
    that around for one epoch or more.
    """
    if plan.max_steps is not None:
        return plan.max_steps
    if run.total_steps is None:
        return None
    per_epoch = max(1, math.floor(run.total_steps / run.plan.epochs + 1e-9))
    return math.ceil(plan.epochs * per_epoch)


def step_seconds(found: Sequence[AnyEvent]) -> float | None:
    """Mean seconds of a step in the last attempt that trained, validation and saving included."""
    logged = [event for event in found if isinstance(event, StepLogged)]
    attempts = [event.attempt for event in logged]
    for attempt in sorted(set(attempts), reverse=True):
        own = [event for event in logged if event.attempt == attempt]
        steps = own[-1].step - own[0].step
        if len(own) >= LEAST_STEPS and steps > 0:
            return (own[-1].at - own[0].at).total_seconds() / steps
    return None


def _sentences(found: Continuation, plan: TrainingPlan) -> list[str]:
    told = [_where(found)]
    if found.seconds is not None:
        told.append(f"By its own pace so far that takes about {words_of(found.seconds)}.")
    if found.restarts_schedule:
        told.append(_schedule(found, plan))
    return told


def _where(found: Continuation) -> str:
    if found.from_step == 0:
        return "Starts from the beginning: there is no checkpoint of it yet."
    if found.total_steps is None:
        return f"Goes on from step {found.from_step}; how many remain is counted when it starts."
    return (
        f"Goes on from step {found.from_step} of {found.total_steps}: "
        f"{found.remaining_steps} steps remain."
    )


def _schedule(found: Continuation, plan: TrainingPlan) -> str:
    peak, start = f"{plan.learning_rate:g}", found.from_step
    if plan.scheduler == "constant":
        return f"The learning rate warms up again to {peak} at step {start}, and stays there."
    return (
        f"The learning rate starts a new schedule at step {start}: it warms up again to {peak} and "
        "falls over the steps that remain, because the old schedule had spent it."
    )


def words_of(seconds: float) -> str:
    """A time span as a person says it."""
    if seconds < 90:
        return f"{max(seconds, 1):.0f} s"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
