"""The room's page: the form for a new run, tabs about runs and models, and how they are wired."""

from __future__ import annotations

from typing import Any

import gradio as gr

from core.training.records import Continuation
from ui.i18n import label
from ui.live import KEEP, Live
from ui.rooms.train.models import Models
from ui.rooms.train.needing import Needing, wire_need
from ui.rooms.train.planning import Planning
from ui.rooms.train.room import Draft, Drawn, TrainRoom
from ui.rooms.train.running import Running
from ui.rooms.train.several import Comparing, Library, Sweeping
from ui.rooms.train.wiring import wire_models, wire_plan, wire_runs, wire_several
from ui.services import Services
from ui.visit import Visit


class Page:
    """All widgets of the room."""

    def __init__(self, services: Services) -> None:
        self.room = TrainRoom(services)
        with gr.Row(elem_classes=["dt-room"]):
            with gr.Column(scale=5, min_width=320, elem_classes=["dt-panel"]):
                self.planning = Planning(self.room)
                self.needing = Needing(self.room, self.planning)
                self.planning.declare_card()
            with (
                gr.Column(scale=7, min_width=320),
                gr.Tabs(elem_id="train-tabs", selected="runs") as self.tabs,
            ):
                self._declare_tabs()

    def _declare_tabs(self) -> None:
        with gr.Tab(label("runs.tab"), id="runs", elem_id="train-tab-runs"):
            self.running = Running(self.room)
        with gr.Tab(label("compare_runs.tab"), id="compare", elem_id="train-tab-compare"):
            self.comparing = Comparing(self.room)
        with gr.Tab(label("sweeps.tab"), id="sweeps", elem_id="train-tab-sweeps"):
            self.sweeping = Sweeping(self.room)
        with gr.Tab(label("library.tab"), id="library", elem_id="train-tab-library"):
            self.library = Library(self.room)
        with gr.Tab(label("model.tab"), id="models", elem_id="train-tab-models"):
            self.models = Models(self.room)

    def live(self) -> list[Any]:
        """What the clock draws, in the order of `draw`."""
        return [
            self.planning.dataset, self.planning.card, self.planning.draft, self.needing.view,
            *self.running.outputs(), self.comparing.choose, self.sweeping.view, self.library.view,
            self.models.fetching, self.models.catalog,
        ]  # fmt: skip

    def inputs(self) -> list[Any]:
        """What `draw` is told of the page."""
        running, planning = self.running, self.planning
        return [
            planning.dataset, planning.draft, running.chosen, running.search, running.going_on
        ]  # fmt: skip

    def draw(
        self,
        visit: Visit,
        dataset: str | None,
        draft: Draft,
        chosen: str | None,
        search: str,
        longer: Continuation | None,
    ) -> list[Any]:
        """Everything in the room from disk; not the form, which the person is at."""
        return [
            self.planning.datasets(dataset),
            *self._measuring(visit, draft),
            self.needing.draw(draft, visit.voice),
            *self.running.draw(visit, chosen, search, longer),
            *self.comparing.draw(visit),
            *self.sweeping.draw(visit),
            *self.library.draw(visit),
            *self.models.draw(visit),
        ]

    def _measuring(self, visit: Visit, draft: Draft) -> list[Any]:
        """The card while its plan is measured, and once more when that has ended."""
        if not self.room.watch.datasets():
            return [self.planning.value(Draft(), visit.voice), KEEP]
        found = self.planning.preflight(draft)
        if found is None:
            return [KEEP, KEEP]
        value = self.planning.value(draft, visit.voice)
        value |= {"answered": found.id, "revised": False}
        return [value, draft]

    def show_run(self, visit: Visit, run_id: str | None) -> Drawn:
        """A run in the tab of the runs."""
        return {self.tabs: gr.Tabs(selected="runs"), **self.running.drawn(visit, run_id)}


def render(services: Services) -> Live:
    """Declare the room and wire it."""
    page = Page(services)
    changes = [*wire_plan(page), *wire_runs(page), *wire_several(page), *wire_models(page)]
    changes += wire_need(page)
    return Live(page.draw, page.live(), page.inputs(), changes)
