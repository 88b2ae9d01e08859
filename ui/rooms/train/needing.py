"""Before the plan: whether training is needed at all, asked of its base model as it is."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING, Any

import gradio as gr

from core.errors import DuotuneError, PlanError
from core.training.recommend import Proposal
from eval.need.records import MOST_ASKED
from ui.boundary import told
from ui.components import widget
from ui.live import QUIET
from ui.present import plan_need as shown
from ui.rooms.train.planning import Planning
from ui.rooms.train.room import QUEUED, Draft, TrainRoom
from ui.trials import Subject, Trial, Trials, Wish
from ui.visit import visit_of
from ui.words import Voice

if TYPE_CHECKING:
    from ui.rooms.train.page import Page

Value = dict[str, str]


class Needing:
    """The fold's widget and what it shows."""

    def __init__(self, room: TrainRoom, planning: Planning) -> None:
        self.room, self.planning = room, planning
        self.trials = Trials(room.actions)
        self.view = widget("acts", "train-need", role="acts")

    def draw(self, draft: Draft, voice: Voice) -> Value:
        """The question for the plan of the card, or what came of it; "" while there is no plan."""
        try:
            proposal = self._proposal(draft)
        except DuotuneError:  # the card says why there is none
            return {"html": ""}
        return self._told(proposal, self.trials.look(Subject.of(proposal.plan)), voice)

    async def ask(
        self, draft: Draft, values: Mapping[str, str], voice: Voice
    ) -> AsyncIterator[Value]:
        """Try the base model, drawing what happens.

        Raises PlanError for a number of questions that is none, and what a proposal raises.
        """
        proposal, wish = self._proposal(draft), wish_of(values)
        async for trial in self.trials.ask(proposal.plan, wish):
            yield self._told(proposal, trial, voice)

    def follow(self, *events: Any) -> None:
        """Draw again after what shows another plan, which no other room needs to know of."""

        @told
        def changed(draft: Draft, request: gr.Request) -> Value:
            return self.draw(draft, visit_of(request).voice)

        for event in events:
            event.then(changed, self.planning.draft, self.view, **QUIET)

    def _proposal(self, draft: Draft) -> Proposal:
        return self.room.plans.exactly(self.planning.base(draft), draft.changes)

    def _told(self, proposal: Proposal, trial: Trial | None, voice: Voice) -> Value:
        asked = shown.Asked(proposal.plan, proposal.validation_rows)
        return {"html": shown.need(asked, trial, voice)}


def wish_of(values: Mapping[str, str]) -> Wish:
    """What the form asks for; raises PlanError for a number of questions that is none."""
    text = values.get("limit", "").strip() or str(MOST_ASKED)
    if not text.isdecimal() or int(text) < 1:
        raise PlanError(
            f"A base model is asked 1 question or more, and '{text}' is no such number.",
            fix="Write a number, such as 40.",
        )
    return Wish(int(text), values.get("system", "").strip())


def wire_need(page: Page) -> list[Any]:
    """Wire the fold; returns the events after which other rooms may differ: an engine runs."""
    tab, draft = page.needing, page.planning.draft

    @told
    async def act(draft: Draft, event: gr.EventData, request: gr.Request) -> AsyncIterator[Value]:
        async for drawn in tab.ask(draft, event._data.get("values", {}), visit_of(request).voice):
            yield drawn

    return [tab.view.act(act, draft, tab.view, **QUEUED)]
