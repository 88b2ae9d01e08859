"""Which rows of the training data an objective learns from: pairs, or each dialogue once.

The trainer leaves the others out and says so; here it is asked before a start.
"""

from __future__ import annotations

from collections.abc import Iterable

from core.data.identity import SharedAnswers
from core.data.records import Example
from core.errors import PlanError
from core.training.plan import TrainingPlan


def count_trained(plan: TrainingPlan, train: Iterable[Example]) -> int:
    """How many training rows a plan learns from, before any is cut or left out for its length."""
    if plan.objective == "dpo":
        return sum(example.rejected is not None for example in train)
    shared = SharedAnswers()
    return sum(not shared.repeats(example) for example in train)


def notes(plan: TrainingPlan) -> list[str]:
    """What of a plan is not done when preferences are trained, in sentences."""
    if plan.objective != "dpo" or not plan.dropout:
        return []
    return ["Dropout is off: with it, the reference would be another model at each step."]


def need_pairs(plan: TrainingPlan, train: Iterable[Example]) -> None:
    """Raises PlanError when a plan prefers answers and no training row has a rejected one."""
    if plan.objective != "dpo" or any(example.rejected for example in train):
        return
    raise PlanError(
        "No training row has a rejected answer beside its chosen one, so there is nothing to "
        "prefer.",
        plan.dataset_id,
        "Use data with chosen and rejected answers, or set objective to sft.",
    )
