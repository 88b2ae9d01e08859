"""The room's page: what an evaluation is started with, and a tab for each thing done with it."""

from __future__ import annotations

from typing import Any

import gradio as gr

from ui.components import html, widget
from ui.i18n import label
from ui.live import Live
from ui.present import verdict
from ui.rooms.report.curve import CurveFold
from ui.rooms.report.failing import FailuresTab
from ui.rooms.report.reading import ReadingTab
from ui.rooms.report.room import ReportRoom
from ui.rooms.report.rubric import Editing, RubricTab
from ui.rooms.report.two import TwoTab
from ui.rooms.report.voting import VotesTab, Voting
from ui.services import Services
from ui.visit import Visit

LIMITS = (20, 50, 100, 200)
"""Questions to choose from as a most; all of them is the default."""
PARTS = ("controls", "forgetting", "likelihood", "baselines")


class Page:
    """All widgets of the room."""

    def __init__(self, services: Services) -> None:
        self.room = ReportRoom(services)
        self.chosen = gr.State(None)
        with gr.Row(elem_classes=["dt-room"]):
            with gr.Column(scale=3, min_width=280, elem_classes=["dt-panel"]):
                self._declare_start()
            with gr.Column(scale=8, min_width=320):
                self._declare_tabs()

    def _declare_start(self) -> None:
        self.run = gr.Dropdown(label=label("report.run"), elem_id="report-run")
        self.used = html("report-used")
        self.limit = gr.Dropdown(
            [(label("report.limit.all"), 0), *((str(n), n) for n in LIMITS)], value=0,
            label=label("report.limit"), elem_id="report-limit",
        )  # fmt: skip
        with gr.Accordion(label("report.parts"), open=False, elem_id="report-parts-fold"):
            self.parts = gr.CheckboxGroup(
                [(label(f"report.part.{name}"), name) for name in PARTS],
                value=[name for name in PARTS if name != "baselines"],
                show_label=False, container=False, elem_id="report-parts",
            )  # fmt: skip
        self.estimate = html("report-estimate")
        self.start = gr.Button(label("report.start"), variant="primary", elem_id="report-start")
        gr.Markdown(label("report.list"), elem_classes=["dt-heading"])
        self.listed = widget("choices", "report-list", role="choices")

    def _declare_tabs(self) -> None:
        with gr.Tabs(elem_id="report-tabs"):
            with gr.Tab(label("report.tab.report"), id="report", elem_id="report-tab-report"):
                self.reading = ReadingTab(self.room)
                self.curve = CurveFold(self.room)
                self.reading.declare_page()
            with gr.Tab(label("report.tab.failures"), id="failures", elem_id="report-tab-failures"):
                self.failures = FailuresTab(self.room)
            with gr.Tab(label("report.tab.votes"), id="votes", elem_id="report-tab-votes"):
                self.votes = VotesTab(self.room)
            with gr.Tab(label("report.tab.two"), id="two", elem_id="report-tab-two"):
                self.two = TwoTab(self.room)
            with gr.Tab(label("report.tab.rubric"), id="rubric", elem_id="report-tab-rubric"):
                self.rubric = RubricTab(self.room)

    # -- drawing ------------------------------------------------------------------------------

    def live(self, changes: list[Any]) -> Live:
        """What the shell draws again."""
        outputs = [self.run, *self.started(), *self.shown(), *self.rubric.outputs()]
        inputs = [
            self.run,
            self.chosen,
            self.limit,
            self.votes.state,
            self.two.other,
            self.curve.asked,
            self.rubric.state,
        ]
        return Live(self.draw, outputs, inputs, changes)

    def started(self) -> list[Any]:
        """What follows from what an evaluation would be started with."""
        return [self.used, self.estimate]

    def shown(self) -> list[Any]:
        """What follows from which evaluation is looked at."""
        return [
            self.listed, *self.reading.outputs(), *self.curve.outputs(),
            *self.failures.outputs(), *self.votes.outputs(), *self.two.outputs(),
        ]  # fmt: skip

    def looked_at(self) -> list[Any]:
        """What `draw_shown` is told besides which evaluation is looked at."""
        return [self.votes.state, self.two.other, self.curve.asked]

    def draw(
        self, visit: Visit, run_id: str | None, chosen: str | None, limit: int, voting: Voting,
        other: str | None, asked: str, editing: Editing,
    ) -> list[Any]:  # fmt: skip
        """Runs to evaluate, what that would take, all evaluations, and the one looked at."""
        finished = self.room.finished()
        ids = [run.id for run in finished]
        run_id = run_id if run_id in ids else next(iter(ids), None)
        return [
            gr.Dropdown(choices=[(run.plan.name, run.id) for run in finished], value=run_id),
            *self.rubric.draw_used(visit, run_id, limit, editing),
            *self.draw_shown(visit, chosen, voting, other, asked),
            *self.rubric.draw(visit, run_id, editing),
        ]

    def draw_shown(
        self, visit: Visit, chosen: str | None, voting: Voting, other: str | None, asked: str
    ) -> list[Any]:
        """The list, and every tab for the evaluation that is looked at."""
        room, voice = self.room, visit.voice
        evaluations = room.watch.evaluations()
        names = {run.id: run.plan.name for run in room.watch.runs()}
        current = room.current(chosen)
        report = room.report(chosen)
        return [
            verdict.choices(evaluations, names, current.id if current else None, voice),
            *self.reading.draw(visit, current),
            *self.curve.draw(visit, current, asked),
            *self.failures.draw(visit, report),
            *self.votes.draw(visit, report, voting),
            *self.two.draw(visit, report, other),
        ]
