"""The tab in which two reports are compared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import gradio as gr

from core.errors import DuotuneError
from eval.records import Evaluation, Report
from ui.boundary import told
from ui.components import html
from ui.i18n import label
from ui.live import QUIET
from ui.markup import join, tag
from ui.present import numbers
from ui.present import report_compare as shown
from ui.rooms.report.room import ReportRoom
from ui.visit import Visit, visit_of
from ui.words import Voice

if TYPE_CHECKING:
    from ui.rooms.report.page import Page


class TwoTab:
    """The tab's widgets and what they show."""

    def __init__(self, room: ReportRoom) -> None:
        self.room = room
        gr.Markdown(label("two.hint"), elem_classes=["dt-hint"])
        self.other = gr.Dropdown(label=label("two.other"), elem_id="report-other")
        self.result = html("report-two")

    def outputs(self) -> list[Any]:
        return [self.other, self.result]

    def draw(self, visit: Visit, report: Report | None, other: str | None) -> list[Any]:
        """Reports to choose from, and the comparison with the chosen one."""
        voice = visit.voice
        finished = [e for e in self.room.watch.evaluations() if e.status == "succeeded"]
        others = [e for e in finished if report is not None and e.id != report.id]
        chosen = other if other in [e.id for e in others] else None
        choices = [(self._name(e), e.id) for e in others]
        return [gr.Dropdown(choices=choices, value=chosen), self.compared(report, chosen, voice)]

    def compared(self, report: Report | None, other: str | None, voice: Voice) -> str:
        """The other report against the one that is looked at, or why it can't be compared."""
        if report is None or other is None:
            return tag("p", voice("two.choose"), class_="dt-quiet")
        first = report.id
        try:
            found = self.room.watch.lasting(
                f"{first}/{other}/compared", lambda: self.room.actions.compare_reports(first, other)
            )
        except DuotuneError as error:
            lines = [tag("p", line) for line in voice.trouble(error)]
            return tag("div", join(lines), class_="dt-trouble", role="alert")
        return shown.comparison(found, voice)

    def _name(self, evaluation: Evaluation) -> str:
        names = {run.id: run.plan.name for run in self.room.watch.runs()}
        run_id = evaluation.request.run_id
        return f"{names.get(run_id, run_id)} · {numbers.day(evaluation.created)}"


def wire_two(page: Page) -> list[Any]:
    """Wire the tab; returns the events after which other rooms may differ: none."""
    tab, room = page.two, page.room

    @told
    def compare(chosen: str | None, other: str | None, request: gr.Request) -> str:
        return tab.compared(room.report(chosen), other, visit_of(request).voice)

    tab.other.input(compare, [page.chosen, tab.other], tab.result, **QUIET)
    return []
