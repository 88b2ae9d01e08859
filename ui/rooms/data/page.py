"""The room's page: its list of datasets, the parts that show one, and how they are wired."""

from __future__ import annotations

from typing import Any

import gradio as gr

from core.data.jobs import Job
from core.data.records import Dataset
from ui.boundary import told
from ui.components import html, widget
from ui.i18n import label
from ui.live import QUIET, Live
from ui.present import data_read
from ui.present import dataset as shown
from ui.rooms.data.acting import wire_acts
from ui.rooms.data.adding import wire_files
from ui.rooms.data.browser import QUEUED, Browser
from ui.rooms.data.deleting import Deleting
from ui.rooms.data.findings import Findings
from ui.rooms.data.learning import Learning
from ui.rooms.data.masks import Masks
from ui.rooms.data.more import More
from ui.rooms.data.room import Chosen, DataRoom, Drawn
from ui.rooms.data.splitting import Splitting
from ui.rooms.data.versions import Questions, Versions
from ui.services import Services
from ui.visit import Visit, visit_of
from ui.words import Voice


class Page:
    """All widgets of the room."""

    def __init__(self, services: Services) -> None:
        self.room = DataRoom(services)
        self.timer = gr.Timer(1, active=False)
        states = gr.State(""), gr.State(None), gr.State(None)
        with gr.Row(elem_classes=["dt-room"]):
            with gr.Column(scale=3, min_width=280, elem_classes=["dt-panel"]):
                self._declare_list()
                self.versions = Versions(self.room)
                self.masks = Masks(self.room)
                self.summary = html("data-summary")
                self.deleting = Deleting(self.room)
            with gr.Column(scale=7, min_width=320), gr.Column(visible=False) as self.details:
                self.questions = Questions(self.room)
                self._declare_tabs()
                self.browser = Browser(self.room)
        self.chosen = Chosen(self.dropdown, *states)
        self.parts = (
            self.questions, self.findings, self.versions, self.masks, self.learning, self.more,
            self.browser, self.deleting,
        )  # fmt: skip

    def _declare_list(self) -> None:
        self.dropdown = gr.Dropdown(label=label("data.choose"), elem_id="data-choose", value=None)
        self.upload = gr.UploadButton(
            label("data.upload"), elem_id="data-upload", variant="primary"
        )
        self.example = gr.Button(label("data.example"), elem_id="data-example")
        gr.Markdown(label("data.upload.hint"), elem_classes=["dt-hint"])
        self.notes = html("data-empty")
        self.refused = html("data-refused")
        self.job = widget("acts", "data-job", role="acts")

    def _declare_tabs(self) -> None:
        with gr.Tabs(elem_id="data-tabs"):
            with gr.Tab(label("data.problems"), id="findings", elem_id="data-tab-findings"):
                self.findings = Findings(self.room)
            with gr.Tab(label("data.read_tab"), id="read", elem_id="data-tab-read"):
                self.read = widget("acts", "data-read", role="acts")
            self.versions.declare_tab(label("data.changes"))
            with gr.Tab(label("data.split_tab"), id="split", elem_id="data-tab-split"):
                self.splitting = Splitting(self.room)
            learned = gr.Tab(label("data.learning"), id="learning", elem_id="data-tab-learning")
            with learned as self.learning_tab:
                self.learning = Learning(self.room)
            with gr.Tab(label("data.more"), id="more", elem_id="data-tab-more"):
                self.more = More(self.room)

    def listed(self) -> list[Any]:
        """The list of datasets, and what says which one is shown."""
        return [self.dropdown, self.notes, *self.standing()]

    def standing(self) -> list[Any]:
        """How the work on the chosen dataset stands."""
        chosen = self.chosen
        return [self.job, self.timer, chosen.following, chosen.ended, chosen.stamp]

    def list_anew(self, visit: Visit, chosen: str | None, following: str | None) -> Drawn:
        """The list with a dataset chosen."""
        now = self.room.look(visit, chosen, following)
        drawn: Drawn = {
            self.job: {"html": now.job},
            self.timer: gr.Timer(active=now.running is not None),
            self.chosen.following: now.running.id if now.running else None,
            self.chosen.stamp: self.room.shelf.stamp(now.value),
        }
        if now.ended is not None:
            drawn[self.chosen.ended] = now.ended.id
        return drawn | dict(zip((self.dropdown, self.notes), now.listed, strict=True))

    def looked_at(self) -> list[Any]:
        """The widgets that a click inside a view may set, besides the list."""
        return [
            *self.browser.outputs(), *self.findings.narrowed(), *self.splitting.outputs(),
            self.versions.view, self.masks.view, self.more.view, self.deleting.view,
        ]  # fmt: skip

    def follow(self, visit: Visit, job: Job) -> Drawn:
        """Show a job that was just started."""
        return self.list_anew(visit, job.dataset_id, job.id)

    def drawn(self) -> list[Any]:
        """The widgets that show the chosen dataset."""
        parts = [widget for part in self.parts for widget in part.outputs()]
        return [self.details, self.summary, self.read, *self.browser.drawn(), *parts]

    def draw(self, dataset: Dataset | None, voice: Voice) -> Drawn:
        """Everything that is quickly said of a dataset."""
        if dataset is None:
            beside = (self.versions.banner, self.masks.view, self.deleting.view)
            nothing: Drawn = {view: {"html": ""} for view in beside}
            return {self.details: gr.Column(visible=False), self.summary: "", **nothing}
        split = self.room.shelf.split(dataset)
        longest = self.room.shelf.longest(dataset)
        drawn: Drawn = {
            self.details: gr.Column(visible=True),
            self.summary: shown.summary(dataset, split, voice),
            self.read: {"html": data_read.read(dataset, longest, voice)},
        }
        for part in self.parts:
            drawn |= part.draw(dataset, voice)
        return drawn


def render(services: Services) -> Live:
    """Declare the room and wire it."""
    page = Page(services)
    chosen = page.chosen
    page.browser.wire(chosen)
    page.findings.wire(chosen)
    page.learning.wire(page.learning_tab, chosen, page.browser)
    _wire_choice(page)
    changes = [*wire_files(page), *wire_acts(page)]
    changes.append(page.learning.wire_job(chosen, page.follow, page.listed()))
    drawn = [page.dropdown, page.notes, page.timer]
    return Live(page.room.draw, drawn, [chosen.dataset, chosen.following], changes)


def _wire_choice(page: Page) -> None:
    """Draw a dataset when another one is chosen, and again when its texts were read."""
    chosen, room = page.chosen, page.room
    given = [chosen.dataset, chosen.following]

    @told
    def choose(dataset_id: str | None, following: str | None, request: gr.Request) -> Drawn:
        drawn = page.list_anew(visit_of(request), dataset_id, following)
        now = room.shelf.stamped(drawn[chosen.stamp])
        if now is not None and now.id == dataset_id:  # an open list would close
            del drawn[page.dropdown], drawn[page.notes]
        return drawn

    @told
    def draw(stamp: str, request: gr.Request) -> Drawn:
        return page.draw(room.shelf.stamped(stamp), visit_of(request).voice)

    @told
    def divide(stamp: str, request: gr.Request) -> Drawn:
        found = room.shelf.stamped(stamp)
        return page.splitting.draw(found, visit_of(request).voice) if found else gr.skip()

    @told
    def grown(stamp: str, request: gr.Request) -> Drawn:
        found = room.shelf.stamped(stamp)
        return page.more.draw(found, visit_of(request).voice) if found else gr.skip()

    # In the queue: only its answers make Gradio tell that a State has changed.
    chosen.dataset.change(choose, given, page.listed(), **QUEUED)
    page.timer.tick(choose, given, page.listed(), **QUEUED)
    # The stamp names the dataset, as the dropdown may show it only a moment later.
    drawn = chosen.stamp.change(draw, chosen.stamp, page.drawn(), **QUIET)
    chosen.ended.change(grown, chosen.stamp, page.more.outputs(), **QUEUED)
    drawn.then(divide, chosen.stamp, page.splitting.outputs(), **QUEUED)
