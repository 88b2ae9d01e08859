"""More rows and even classes for the chosen dataset: planned first, started when agreed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from core.data.augment.balancing import train_pairs
from core.data.augment.context import Context
from core.data.augment.noise import NoiseRequest
from core.data.augment.planning import AugmentRequest, GrowthRequest
from core.data.augment.records import ParaphraseRequest
from core.data.jobs import Job
from core.data.records import Dataset
from core.errors import DataError
from ui.components import widget
from ui.markup import Html
from ui.present import data_augment as shown
from ui.rooms.data.room import DataRoom, Drawn
from ui.words import Voice

DECISIONS = {"accept": True, "reject": False, "undo": None}


class More:
    """The widget of the tab."""

    def __init__(self, room: DataRoom) -> None:
        self.room = room
        self.view = widget("acts", "data-more", role="acts")

    def outputs(self) -> list[Any]:
        """The one widget."""
        return [self.view]

    def draw(self, dataset: Dataset, voice: Voice) -> Drawn:
        """The form, and the proposals of the last augmentation if there was one."""
        return self._drawn(dataset, {}, voice)

    def _drawn(
        self,
        dataset: Dataset,
        values: Mapping[str, str],
        voice: Voice,
        plan: Html | None = None,
        balance: Html | None = None,
    ) -> Drawn:
        even = balance or shown.ask_for_balance(voice)
        found = self._proposals(dataset.id, voice)
        return {self.view: {"html": shown.more(values, plan, found, even, voice)}}

    def _proposals(self, dataset_id: str, voice: Voice) -> Html | None:
        job = self.job(dataset_id)
        if job is None:
            return None
        found = self.room.actions.augmentation(job.id)
        if not found.proposals.by_id and found.outcome is None:
            return None
        parents = self.room.actions.proposal_parents(job.id)
        return shown.proposals(found, parents, voice)

    def job(self, dataset_id: str) -> Job | None:
        """The newest augmentation of a dataset."""
        jobs = self.room.actions.jobs()
        return next((j for j in jobs if (j.kind, j.dataset_id) == ("augment", dataset_id)), None)

    def act(self, dataset: Dataset, event: dict[str, Any], voice: Voice) -> Drawn:
        """Plan an augmentation or even classes, or decide about proposals."""
        values = event.get("values", {})
        if event["do"] == "augment-plan":
            return self._drawn(dataset, values, voice, plan=self._plan(dataset, values, voice))
        if event["do"] == "balance-plan":
            plan = self.room.actions.balance_plan(dataset.id)
            return self._drawn(dataset, {}, voice, balance=shown.balance(plan, voice))
        self._decide(str(event["job"]), event)
        return self._drawn(dataset, {}, voice)

    def _plan(self, dataset: Dataset, values: Mapping[str, str], voice: Voice) -> Html:
        actions, request = self.room.actions, request_of(values)
        endpoint = None if isinstance(request, NoiseRequest) else actions.augment_endpoint()
        plan = actions.augmentation_plan(dataset.id, request)
        labels: dict[str, str] = {}
        if plan.growth is not None:
            context = Context(actions.examples(dataset.id), actions.split(dataset.id))
            labels = dict(train_pairs(context))
        return shown.takes(plan, endpoint, labels, voice)

    def _decide(self, job_id: str, event: dict[str, Any]) -> None:
        if event["do"] == "decide-sound":
            undecided = self.room.actions.augmentation(job_id).proposals.undecided
            ids = [one.id for one in undecided if one.sound]
            self.room.actions.decide_proposals(job_id, ids, accepted=True)
            return
        decision = DECISIONS[str(event["decide"])]
        self.room.actions.decide_proposals(job_id, [str(event["id"])], decision)

    def make(self, dataset_id: str, event: dict[str, Any]) -> str:
        """Start an augmentation, take its rows in, or even classes; the dataset to show then."""
        actions = self.room.actions
        if event["do"] == "augment-start":
            return actions.start_augmentation(dataset_id, request_of(event["values"])).dataset_id
        if event["do"] == "balance":
            return actions.balance(dataset_id).id
        return actions.accept_augmentation(str(event["job"])).id


def request_of(values: Mapping[str, str]) -> AugmentRequest:
    """What the form asks for.

    Raises DataError when a number does not fit.
    """
    rows = values.get("rows") or None
    variants = values.get("variants") or 1
    try:
        if values.get("how") == "noise":
            return NoiseRequest.model_validate(
                {"kinds": (values.get("noise"),), "rows": rows, "copies": variants}, strict=False
            )
        if values.get("how") == "growth":
            return GrowthRequest()
        return ParaphraseRequest.model_validate({"rows": rows, "variants": variants}, strict=False)
    except ValidationError as error:
        wrong = "; ".join(f"{item['loc'][0]}: {item['msg']}" for item in error.errors())
        raise DataError(f"These settings don't fit: {wrong}.", fix="Correct them.") from error
