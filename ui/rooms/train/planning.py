"""The form for a new run: recommended, copied from a run or opened from a file, then started."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr

from core.data.records import Dataset
from core.errors import DuotuneError, PlanError
from core.training import plan_files
from core.training.plan import TrainingPlan
from core.training.plan_diff import differences
from core.training.preflight_folder import Preflight
from core.training.records import Run
from core.training.sweep import Sweep
from ui.components import widget
from ui.files import file_name, offer, offer_zip, to_save
from ui.i18n import label
from ui.markup import Html
from ui.plans import Page
from ui.present import plan_tools
from ui.rooms.train.room import Draft, Drawn, TrainRoom
from ui.words import Voice

Value = dict[str, Any]


class Planning:
    """The widgets of the left column, and what their events do."""

    def __init__(self, room: TrainRoom) -> None:
        self.room = room
        self.draft = gr.State(Draft())
        gr.Markdown(label("train.new"), elem_classes=["dt-heading"])
        self.dataset = gr.Dropdown(label=label("train.dataset"), elem_id="train-dataset")

    def declare_card(self) -> None:
        """The plan itself, below what is asked before it."""
        self.card = widget("plan_fields+plan_card", "train-plan", role="plan")
        self.opened = gr.UploadButton(
            label("tools.open"), file_types=[".toml"], size="sm", elem_id="train-open-plan"
        )

    def outputs(self) -> list[Any]:
        """What another plan sets."""
        return [self.dataset, self.card, self.draft]

    # -- drawing ------------------------------------------------------------------------------

    def datasets(self, wanted: str | None) -> Any:
        """The list of datasets, the newest chosen while nothing else is."""
        found = self.room.watch.datasets()
        choices = [(f"{one.name} ({one.summary.usable})", one.id) for one in found]
        return gr.Dropdown(choices=choices, value=self._known(wanted, found))

    def _known(self, wanted: str | None, found: tuple[Dataset, ...]) -> str | None:
        ids = [one.id for one in found]
        return wanted if wanted in ids else next(iter(ids), None)

    def show(self, draft: Draft, voice: Voice, goto: str = "train-plan") -> Drawn:
        """A plan in the card, with its dataset chosen, and the page scrolled to `goto`."""
        return {
            self.dataset: self.datasets(draft.dataset_id),
            self.card: {**self.value(draft, voice), "goto": goto},
            self.draft: draft,
        }

    def value(
        self,
        draft: Draft,
        voice: Voice,
        serial: int | None = None,
        errors: list[str] | None = None,
        difference: Html | str = "",
    ) -> Value:
        """The card's value for a draft."""
        if draft.dataset_id is None:
            return {"key": "", "empty": voice("train.no_data")}
        try:
            base = self.base(draft)
        except DuotuneError as error:
            return {"key": "", "empty": " ".join(voice.trouble(error))}
        shown = self.room.plans.card_value(
            draft.key or draft.dataset_id, base, draft.changes, voice,
            touched=draft.touched, can_decline=False, serial=serial,
            page=Page(has_tools=True, preflight=self.preflight(draft)),
        )  # fmt: skip
        told = {"errors": errors} if errors else {}
        return {**shown, "difference": str(difference), "answered": time.monotonic(), **told}

    def base(self, draft: Draft) -> TrainingPlan:
        """The plan that the card's changes are made to.

        Raises PlanError when there is no data to train on, and what a proposal raises.
        """
        if draft.dataset_id is None:
            raise PlanError("There is no dataset to train on.", fix="Add one in the Data room.")
        return draft.plan or self.room.plans.proposal(draft.dataset_id, {}).plan

    def preflight(self, draft: Draft) -> Preflight | None:
        """The measurement that the card shows."""
        found = self.room.watch.preflights() if draft.preflight else ()
        return next((one for one in found if one.id == draft.preflight), None)

    def recommended(self, dataset_id: str | None) -> Draft:
        """What is recommended for a dataset, with a measurement that goes on."""
        running = (p for p in self.room.watch.preflights() if p.status == "running")
        now = next((one.id for one in running if one.plan.dataset_id == dataset_id), None)
        return Draft(dataset_id=dataset_id, preflight=now)

    def copy(self, plan: TrainingPlan) -> Draft:
        """A draft that begins with another plan's settings."""
        return Draft(dataset_id=plan.dataset_id, plan=plan, key=f"copy-{uuid.uuid4().hex}")

    def with_model(self, draft: Draft, name: str) -> Draft:
        """The draft with another base model, which brings its own recommended settings."""
        kept = {k: v for k, v in draft.changes.items() if k in draft.touched}
        kept.pop("revision", None)
        touched = (*(k for k in draft.touched if k != "revision"), "base_model")
        return replace(
            draft,
            changes={**kept, "base_model": name},
            touched=tuple(dict.fromkeys(touched)),
            key=f"model-{uuid.uuid4().hex}",
        )

    # -- deciding -----------------------------------------------------------------------------

    def agreed(self, draft: Draft) -> TrainingPlan:
        """The plan exactly as the card shows it; raises PlanError when it can't be started."""
        return self.room.plans.agreed(self.base(draft), draft.changes)

    def start(self, draft: Draft) -> Run:
        """Start the run that the card shows, or let it wait for its turn."""
        return self.room.actions.start_training(self.agreed(draft))

    def exact(self, draft: Draft) -> TrainingPlan:
        """The same plan, whether or not it could be started."""
        return self.room.plans.exactly(self.base(draft), draft.changes).plan

    def measure(self, draft: Draft, *, again: bool) -> Draft:
        """Measure memory and time of the plan, or find what was measured."""
        found = self.room.actions.start_preflight(self.exact(draft), again=again)
        return replace(draft, preflight=found.id)

    def sweep(self, draft: Draft, values: Mapping[str, str]) -> Sweep:
        """Queue a run for every combination of the values that were typed."""
        return self.room.actions.start_sweep(self.agreed(draft), varied(values))

    def difference(self, draft: Draft, other: str, voice: Voice) -> Html:
        """How the plan differs from what is recommended, or from a run's."""
        plan = self.exact(draft)
        if other == plan_tools.RECOMMENDED:
            before = self.room.plans.proposal(plan.dataset_id, {"base_model": plan.base_model}).plan
            name = voice("tools.recommended")
        else:
            before = self.room.watch.view(other).run.plan
            name = before.name
        return plan_tools.difference(differences(before, plan), name, voice)

    # -- files --------------------------------------------------------------------------------

    def saved(self, plan: TrainingPlan) -> dict[str, str]:
        """A plan as a file to be saved."""
        name = f"{file_name(plan.name)}.plan.toml"
        return to_save(offer(self.room.actions.workspace, name, plan_files.dump(plan)))

    def script(self, plan: TrainingPlan) -> dict[str, str]:
        """A plan as a TRL script with its data, zipped."""
        write = lambda folder: self.room.actions.export_script(plan, folder)  # noqa: E731
        return to_save(offer_zip(self.room.actions.workspace, file_name(plan.name), write))

    def open(self, path: Path, dataset_id: str | None) -> tuple[Draft, bool]:
        """A plan's file as a draft, and whether its data is here.

        Without its data, its settings are meant for the dataset that is chosen.
        """
        plan = plan_files.load(path)
        here = any(one.id == plan.dataset_id for one in self.room.watch.datasets())
        if not here and dataset_id is None:
            raise PlanError(
                "The data that this plan was made for is not in this workspace.",
                plan.dataset_id,
                "Add it in the Data room, then open the plan again.",
            )
        return self.copy(plan if here else plan.edited({"dataset_id": dataset_id})), here


def varied(values: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Settings with the values to try, from the form of a sweep.

    Raises PlanError when one has none.
    """
    found: dict[str, tuple[str, ...]] = {}
    for place in range(1, plan_tools.VARIED + 1):
        name = values.get(f"setting{place}", "")
        given = values.get(f"values{place}", "").replace("，", ",").replace("、", ",")
        parts = tuple(part.strip() for part in given.split(",") if part.strip())
        if not name or (place > 1 and not parts):
            continue
        if not parts or name in found:
            raise PlanError(
                "A sweep needs values for one or two different settings.",
                name,
                "Write them with commas, such as 1e-4, 2e-4.",
            )
        found[name] = parts
    return found
