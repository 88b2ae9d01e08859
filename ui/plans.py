"""From what a plan card holds to a proposal and back: one way for the Chat and the Train room."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any

from core.actions import Actions
from core.assistant.records import Pending
from core.errors import DuotuneError
from core.training.plan import TrainingPlan
from core.training.plan_changes import PlanChanges
from core.training.recommend import Proposal
from ui.present import plan as shown
from ui.watch import Facts, folder_facts
from ui.words import Voice

CHANGEABLE = tuple(PlanChanges.model_fields)
ALWAYS = ("name", "description", "base_model")
"""What is the person's own in any case."""


class Plans:
    """Proposals for plans, remembered, because a card is drawn more often than it changes."""

    def __init__(self, actions: Actions) -> None:
        self.actions = actions
        self._propose = lru_cache(maxsize=64)(self._propose_again)

    def proposal(self, dataset_id: str, changes: Mapping[str, Any]) -> Proposal:
        """The recommended plan with these changes, and what it would cost."""
        wanted = PlanChanges.model_validate(changes).model_dump_json(exclude_none=True)
        return self._propose(dataset_id, wanted, folder_facts(self.actions.workspace.runs))

    def of(self, plan: TrainingPlan) -> Proposal:
        """The proposal that a plan came from."""
        return self.changed(plan, plan.model_dump(include=set(CHANGEABLE)))

    def changed(
        self, plan: TrainingPlan, changes: Mapping[str, Any], touched: Collection[str] = ()
    ) -> Proposal:
        """A plan with every value of its card, recommended ones keeping their reasons.

        A value counts as the person's own when it was touched or is not the recommended one.
        Raises PlanError for values that don't fit.
        """
        given = PlanChanges.parse({"description": plan.description or None, **changes})
        wanted = given.model_dump(exclude_none=True)
        always = {name: wanted[name] for name in ALWAYS if name in wanted}
        usual = self.proposal(plan.dataset_id, always).plan
        own = {n: v for n, v in wanted.items() if n in touched or getattr(usual, n) != v}
        return self.proposal(plan.dataset_id, always | own)

    def exactly(self, plan: TrainingPlan, changes: Mapping[str, Any]) -> Proposal:
        """The plan with every value as its card shows it, also where one follows from another."""
        proposal = self.changed(plan, changes)
        wanted = PlanChanges.parse(changes).model_dump(exclude_none=True)
        moved = [name for name, value in wanted.items() if getattr(proposal.plan, name) != value]
        return self.changed(plan, changes, touched=moved) if moved else proposal

    def model_names(self) -> list[str]:
        """What the card offers as base models."""
        return [facts.name for facts in self.actions.models()]

    def pending_value(self, pending: Pending | None, voice: Voice) -> dict[str, Any]:
        """The card for what waits in a conversation, if anything does."""
        if pending is None:
            return shown.NOTHING
        plan = plan_of(pending)
        if plan is None:
            return shown.question(pending, voice)
        return self.card_value(pending.call_id, plan, {}, voice, warnings=pending.warnings)

    def card_value(
        self,
        key: str,
        plan: TrainingPlan,
        changes: Mapping[str, Any],
        voice: Voice,
        *,
        touched: Collection[str] = (),
        warnings: tuple[str, ...] = (),
        can_decline: bool = True,
    ) -> dict[str, Any]:
        """The card's value; changes that can't be carried out become its errors."""
        errors: list[str] = []
        proposal = None
        try:
            proposal = self.changed(plan, changes, touched) if changes else self.of(plan)
        except DuotuneError as error:
            errors = voice.trouble(error)
        card = shown.Card(
            key=key,
            plan=proposal.plan if proposal else plan,
            proposal=proposal,
            models=self.model_names(),
            warnings=(*warnings, *(w for w in _warnings(proposal) if w not in warnings)),
            errors=errors,
            can_decline=can_decline,
            revised=bool(changes),
        )
        return shown.value(card, voice)

    def _propose_again(self, dataset_id: str, changes: str, _measured: Facts) -> Proposal:
        return self.actions.propose_plan(dataset_id, PlanChanges.model_validate_json(changes))


def _warnings(proposal: Proposal | None) -> tuple[str, ...]:
    return tuple(proposal.warnings) if proposal else ()


def plan_of(pending: Pending) -> TrainingPlan | None:
    """The plan that waits for a decision; None when something else does."""
    plan = pending.arguments.get("plan")
    return TrainingPlan.model_validate(plan) if isinstance(plan, dict) else None
