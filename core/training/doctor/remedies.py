"""The one change that helps against a cause: it never touches method, length or effective batch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from pydantic import Field

from core.messages import Record
from core.training.doctor.catalogue import RemedyName
from core.training.plan import TrainingPlan

Changes = dict[str, Any]


class Remedy(Record):
    """What one click does."""

    kind: Literal["continue", "again", "plan"]
    """`continue` the run as it is, start its plan `again` with changes, or make a new `plan`."""
    changes: Changes = Field(default_factory=dict)
    """Settings that differ when it is started again."""


def remedy(name: RemedyName | None, plan: TrainingPlan, can_continue: bool) -> Remedy | None:
    """The change that a cause asks for; None when this plan leaves nothing to change."""
    if name is None:
        return None
    if name == "new_plan":
        return Remedy(kind="plan")
    if name == "resume":
        return Remedy(kind="continue") if can_continue else Remedy(kind="again")
    changes = CHANGES[name](plan)
    return Remedy(kind="again", changes=changes) if changes else None


def halve_batch(plan: TrainingPlan) -> Changes:
    """Fewer rows at once and more accumulation: the effective batch stays exactly the same."""
    if plan.batch_size > 1:
        smaller = next(n for n in range(plan.batch_size // 2, 0, -1) if plan.batch_size % n == 0)
        times = plan.batch_size // smaller
        return {
            "batch_size": smaller,
            "gradient_accumulation": plan.gradient_accumulation * times,
        }
    if plan.gradient_checkpointing != "on":
        return {"gradient_checkpointing": "on"}  # the same results, computed twice to save memory
    return {}


def _differing(plan: TrainingPlan, wanted: Changes) -> Changes:
    return {name: value for name, value in wanted.items() if getattr(plan, name) != value}


CHANGES: dict[str, Callable[[TrainingPlan], Changes]] = {
    "halve_batch": halve_batch,
    "lower_rate": lambda plan: {"learning_rate": plan.learning_rate / 2},
    "plain_attention": lambda plan: _differing(plan, {"attention": "sdpa", "liger": "off"}),
    "no_kernels": lambda plan: _differing(plan, {"liger": "off"}),
    "no_compile": lambda plan: _differing(plan, {"compile": False}),
    "auto_precision": lambda plan: _differing(plan, {"precision": "auto"}),
    "no_trackers": lambda plan: _differing(plan, {"trackers": ()}),
}
