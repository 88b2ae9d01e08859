"""From what a plan card holds to a proposal and back: one way for the Chat and the Train room."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from contextlib import suppress
from functools import lru_cache
from typing import Any, NamedTuple

from pydantic import ValidationError

from core.actions import Actions
from core.assistant.records import Pending
from core.data import store
from core.errors import DuotuneError
from core.models.licences import LicenceTerms
from core.training.batching import Batching
from core.training.fit import Fit
from core.training.plan import TrainingPlan
from core.training.plan_changes import PlanChanges
from core.training.preflight_folder import Preflight
from core.training.recommend import Proposal
from ui.present import plan as shown
from ui.present import plan_tools
from ui.present.plan_fit import Room
from ui.present.plan_settings import Choices
from ui.watch import Facts, Watch, file_facts, folder_facts
from ui.words import Voice

CHANGEABLE = tuple(PlanChanges.model_fields)
OWN = ("name", "description")
"""What the person calls it, which decides nothing else."""
ALWAYS = (*OWN, "base_model", "revision", "method", "objective")
"""What recommendations follow from, and so is the person's own in any case."""
FRESH_S = 60.0
"""How long an estimate of memory counts: what is free changes."""
CROWDED = ("tight", "does_not_fit")


class Page(NamedTuple):
    """What a page can do with a plan besides deciding about it."""

    has_tools: bool = False
    preflight: Preflight | None = None
    """The measurement that it shows."""


class Plans:
    """Proposals for plans, remembered, because a card is drawn more often than it changes."""

    def __init__(self, watch: Watch) -> None:
        self.watch = watch
        self.actions: Actions = watch.actions
        self._propose = lru_cache(maxsize=64)(self._propose_again)
        self._room = lru_cache(maxsize=32)(self._look_for_room)
        self._terms = lru_cache(maxsize=64)(self._look_up_terms)

    # -- proposals ----------------------------------------------------------------------------

    def proposal(self, dataset_id: str, changes: Mapping[str, Any]) -> Proposal:
        """The recommended plan with these changes, and what it would cost."""
        wanted = PlanChanges.model_validate(changes).model_dump(exclude_none=True)
        own = {name: wanted.pop(name) for name in OWN if name in wanted}
        facts = self._facts(dataset_id)
        found = self._propose(dataset_id, _key(wanted), facts)
        try:
            named = found.plan.edited(own)
        except ValidationError:  # a name that can't be one: told as it is for any other setting
            return self._propose(dataset_id, _key(wanted | own), facts)
        return found.model_copy(update={"plan": named})

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
        """The plan with every value as its card shows it, also where one follows from another.

        No changes at all leave it as it is.
        """
        changes = changes or plan.model_dump(include=set(CHANGEABLE))
        proposal = self.changed(plan, changes)
        wanted = PlanChanges.parse(changes).model_dump(exclude_none=True)
        moved = [name for name, value in wanted.items() if getattr(proposal.plan, name) != value]
        return self.changed(plan, changes, touched=moved) if moved else proposal

    def agreed(self, plan: TrainingPlan, changes: Mapping[str, Any]) -> TrainingPlan:
        """The plan that a card's button starts.

        Raises PlanError for values that don't fit, or a licence that was not accepted.
        """
        exact = self.exactly(plan, changes).plan
        question = self.actions.licence_question(exact.base_model, exact.licence_accepted)
        if question is not None:
            raise question
        return exact

    # -- cards --------------------------------------------------------------------------------

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
        serial: int | None = None,
        page: Page | None = None,
    ) -> dict[str, Any]:
        """The card's value; changes that can't be carried out become its errors."""
        errors: list[str] = []
        proposal = None
        try:
            proposal = self.changed(plan, changes, touched) if changes else self.of(plan)
        except DuotuneError as error:
            errors = voice.trouble(error)
        now = proposal.plan if proposal else plan
        page, terms = page or Page(), self.terms(now)
        begin = [(run.id, run.plan.name) for run in self.watch.runs() if run.has_model]
        card = shown.Card(
            key=key,
            plan=now,
            proposal=proposal,
            choices=Choices(self.model_names(), begin),
            warnings=_warnings(warnings, proposal, terms),
            errors=errors,
            terms=terms,
            room=self.room(now, page) if proposal else Room(),
            tools=self._tools(now, voice) if page.has_tools else "",
            can_decline=can_decline,
            revised=bool(changes),
            serial=serial,
        )
        return shown.value(card, voice)

    def _tools(self, plan: TrainingPlan, voice: Voice) -> str:
        runs = [(run.id, run.plan.name) for run in self.watch.runs()]
        return plan_tools.tools(plan, runs, voice)

    def model_names(self) -> list[str]:
        """What the card offers as base models."""
        return [facts.name for facts in self.actions.models()]

    # -- what a plan needs --------------------------------------------------------------------

    def room(self, plan: TrainingPlan, page: Page) -> Room:
        """Memory and time of a plan, as far as they are known."""
        same = plan.model_copy(update={"name": "-", "description": "", "reasons": {}})
        failed = page.preflight is not None and page.preflight.out_of_memory
        look = (same.model_dump_json(), failed, self._measured(), int(time.monotonic() // FRESH_S))
        fit, batching = self._room(*look)
        return Room(fit, batching, page.preflight, page.has_tools)

    def terms(self, plan: TrainingPlan) -> LicenceTerms | None:
        """The licence of a plan's base model; None while it can't be looked up."""
        return self._terms(plan.base_model, plan.revision, int(time.monotonic() // FRESH_S))

    def _look_for_room(
        self, plan: str, failed: bool, _measured: Facts, _minute: int
    ) -> tuple[Fit | None, Batching | None]:
        wanted = TrainingPlan.model_validate_json(plan)
        with suppress(DuotuneError):
            fit = self.actions.fit(wanted)
            crowded = failed or fit.verdict in CROWDED
            return fit, self.actions.smaller_batch(wanted, failed) if crowded else None
        return None, None

    def _look_up_terms(self, name: str, revision: str | None, _minute: int) -> LicenceTerms | None:
        known = next((facts for facts in self.actions.models() if facts.name == name), None)
        if known is not None:
            return known.terms
        with suppress(DuotuneError):
            return self.actions.inspect_model(name, revision).terms
        return None

    def _measured(self) -> Facts:
        """Changes when something was measured that estimates rest on."""
        workspace = self.actions.workspace
        return folder_facts(workspace.runs) + folder_facts(workspace.preflights)

    def _facts(self, dataset_id: str) -> Facts:
        """The same, and when the dataset was read again or deleted."""
        record = self.actions.workspace.dataset(dataset_id) / store.DATASET
        return self._measured() + file_facts(record)

    def _propose_again(self, dataset_id: str, changes: str, _facts: Facts) -> Proposal:
        return self.actions.propose_plan(dataset_id, PlanChanges.model_validate_json(changes))


def _key(changes: Mapping[str, Any]) -> str:
    return PlanChanges.model_validate(changes).model_dump_json(exclude_none=True)


def _warnings(
    given: tuple[str, ...], proposal: Proposal | None, terms: LicenceTerms | None
) -> tuple[str, ...]:
    """Each once; the licence has a question of its own in the card."""
    found = dict.fromkeys((*given, *(proposal.warnings if proposal else ())))
    licence = f" comes under the {terms.name}, which " if terms else None
    return tuple(one for one in found if licence is None or licence not in one)


def plan_of(pending: Pending) -> TrainingPlan | None:
    """The plan that waits for a decision; None when something else does."""
    plan = pending.arguments.get("plan")
    return TrainingPlan.model_validate(plan) if isinstance(plan, dict) else None
