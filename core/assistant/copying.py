"""A plan that is there already, such as a run's, as one that is proposed again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.training.plan import TrainingPlan
from core.training.plan_changes import PlanChanges
from core.training.recommend import Proposal

if TYPE_CHECKING:
    from core.actions import Actions

ALWAYS = ("name", "description", "base_model", "revision", "method", "objective", "start_from")
"""What recommendations follow from, and so is always said."""


def proposal_of(actions: Actions, plan: TrainingPlan) -> tuple[dict[str, Any], Proposal]:
    """What of a plan differs from the recommended one, and the plan as a proposal.

    Raises what a proposal raises, also when the plan's data is gone.
    """
    given = plan.model_dump(include=set(PlanChanges.model_fields))
    always = {name: given[name] for name in ALWAYS if given[name] not in (None, "")}
    usual = actions.propose_plan(plan.dataset_id, PlanChanges.parse(always)).plan
    own = {n: v for n, v in given.items() if v is not None and getattr(usual, n) != v}
    found = actions.propose_plan(plan.dataset_id, PlanChanges.parse(always | own))
    exact = found.plan.edited(given)  # also what has no value in it, such as no limit of steps
    return always | own, found.model_copy(
        update={"plan": exact.model_copy(update={"reasons": plan.reasons})}
    )
