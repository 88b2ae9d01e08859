"""The tab of the report: how the evaluation stands or its verdict, the page, and its files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from core.evaluation_actions import ReportKind
from eval.records import Evaluation, EvaluationParts, Report
from eval.rendering.page import in_language
from ui.boundary import told
from ui.components import html, widget
from ui.files import offer
from ui.i18n import label
from ui.live import QUIET
from ui.markup import tag
from ui.present import report_parts, verdict
from ui.rooms.report.room import EVENT, ReportRoom
from ui.rooms.report.rubric import Editing
from ui.visit import Visit, visit_of
from ui.words import Voice

if TYPE_CHECKING:
    from ui.rooms.report.page import Page

KINDS = ("html", "md", "json", "examples")


class ReadingTab:
    """The tab's widgets and what they show."""

    def __init__(self, room: ReportRoom) -> None:
        self.room = room
        self.status = html("report-verdict")
        with gr.Row(elem_classes=["dt-toolbar"]):
            self.go_on = gr.Button(
                label("report.continue"), visible=False, variant="primary",
                elem_id="report-continue",
            )  # fmt: skip
            self.stop = gr.Button(label("report.stop"), visible=False, elem_id="report-stop")
        with gr.Row(elem_classes=["dt-toolbar"]):
            self.files = [
                gr.DownloadButton(
                    label(f"report.download.{kind}"), size="sm", visible=False,
                    elem_id=f"report-{kind}", min_width=120,
                )
                for kind in KINDS
            ]  # fmt: skip

    def declare_page(self) -> None:
        """The report itself, last: it is long."""
        self.page = widget("report_frame", "report-page", role="frame")

    def outputs(self) -> list[Any]:
        return [self.status, self.go_on, self.stop, *self.files, self.page]

    def draw(self, visit: Visit, current: Evaluation | None) -> list[Any]:
        """How an evaluation stands or its verdict, what can be done, its files and its page."""
        voice, hidden = visit.voice, gr.Button(visible=False)
        no_files = [gr.DownloadButton(visible=False)] * len(KINDS)
        if current is None:
            waits = "" if self.room.finished() else voice("report.no_runs")
            status = tag("p", waits, class_="dt-quiet") if waits else ""
            return [status, hidden, hidden, *no_files, {"html": ""}]
        if current.status != "succeeded":
            run = self.room.watch.view(current.request.run_id).run
            live = current.status in ("starting", "running")
            return [
                verdict.evaluation(current, run, voice),
                gr.Button(visible=verdict.can_go_on(current)),
                gr.Button(visible=live),
                *no_files,
                {"html": ""},
            ]
        report = self.room.watch.report(current.id)
        shown = [verdict.card(report, voice), report_parts.glance(report, voice)]
        buttons = [self._download(report, kind, voice) for kind in KINDS]
        return ["".join(shown), hidden, hidden, *buttons, self._page(report, voice)]

    def _page(self, report: Report, voice: Voice) -> dict[str, str]:
        file = self.room.actions.report_file(report.id, "html")
        page = in_language(_read(file), voice.language)
        return {"html": page, "title": voice("report.frame"), "id": f"{report.id}/{voice.language}"}

    def _download(self, report: Report, kind: str, voice: Voice) -> Any:
        wanted: ReportKind = _file_of(kind, voice)
        file = self.room.actions.report_file(report.id, wanted)
        if not file.exists() and wanted == "zh.md":
            wanted, file = "md", self.room.actions.report_file(report.id, "md")
        if not file.exists():
            return gr.DownloadButton(visible=False)
        text = _read(file)
        if file.suffix == ".html":
            text = in_language(text, voice.language)
        copy = offer(self.room.actions.workspace, f"{report.id}.{wanted}", text)
        return gr.DownloadButton(value=str(copy), visible=True)


def _file_of(kind: str, voice: Voice) -> ReportKind:
    if kind == "examples":
        return "examples.html"
    if kind == "md":
        return "zh.md" if voice.language == "zh" else "md"
    return "html" if kind == "html" else "json"


def wire_reading(page: Page) -> list[Any]:
    """Start, stop, go on and choose; returns the events after which other rooms may differ."""
    room = page.room
    looked_at = page.looked_at()
    outputs = [page.chosen, *page.shown()]

    def drawn(request: gr.Request, report_id: str, looked: tuple[Any, ...]) -> list[Any]:
        return [report_id, *page.draw_shown(visit_of(request), report_id, *looked)]

    @told
    def begin(
        request: gr.Request, run_id: str | None, limit: int, parts: list[str] | None,
        editing: Editing, *looked: Any,
    ) -> list[Any]:  # fmt: skip
        run_id = room.run_of(run_id)
        chosen = page.rubric.chosen(run_id, editing)
        wanted = room.request(run_id, chosen, limit, measured(parts or []))
        return drawn(request, room.actions.start_evaluation(wanted).id, looked)

    @told
    def resume(request: gr.Request, chosen: str | None, *looked: Any) -> list[Any]:
        report_id = chosen or room.watch.evaluations()[0].id  # nothing chosen: the newest is shown
        room.actions.resume_evaluation(report_id)
        return drawn(request, report_id, looked)

    @told
    def stop(request: gr.Request, chosen: str | None, *looked: Any) -> list[Any]:
        report_id = chosen or room.watch.evaluations()[0].id
        room.actions.stop_evaluation(report_id)
        return drawn(request, report_id, looked)

    @told
    def choose(event: gr.EventData, request: gr.Request, *looked: Any) -> list[Any]:
        return drawn(request, str(event._data["id"]), looked)

    asked = [page.run, page.limit, page.parts, page.rubric.state, *looked_at]
    page.listed.choose(choose, looked_at, outputs, **QUIET)
    tab = page.reading
    return [
        page.start.click(begin, asked, outputs, **EVENT),
        tab.go_on.click(resume, [page.chosen, *looked_at], outputs, **EVENT),
        tab.stop.click(stop, [page.chosen, *looked_at], outputs, **EVENT),
    ]


def measured(parts: list[str]) -> EvaluationParts:
    """What is measured besides, from the boxes that are ticked."""
    return EvaluationParts(
        controls="controls" in parts,
        forgetting="forgetting" in parts,
        likelihood="likelihood" in parts,
        baselines="baselines" in parts,
    )


def _read(file: Path) -> str:
    return file.read_text(encoding="utf-8")
