"""The Report room: start an evaluation, follow it, and read what it found."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import gradio as gr

from core.errors import RunError
from eval.records import Evaluation, EvaluationRequest
from ui.boundary import told
from ui.components import html, widget
from ui.files import offer
from ui.i18n import label
from ui.live import QUIET, Live
from ui.markup import tag
from ui.present import verdict
from ui.services import Services
from ui.visit import Visit, visit_of
from ui.words import Voice

Kind = Literal["html", "md", "json"]
KINDS: tuple[Kind, ...] = ("html", "md", "json")
LIMITS = (20, 50, 100, 200)
"""Questions to choose from as a most; all of them is the default."""


class ReportRoom:
    """What the room's callbacks share."""

    def __init__(self, services: Services) -> None:
        self.services = services

    def draw(self, visit: Visit, run_id: str | None, chosen: str | None) -> list[Any]:
        """Runs with a tuned model, all evaluations, and the chosen or newest one."""
        voice, watch = visit.voice, self.services.watch
        finished = [run for run in watch.runs() if run.has_model]
        ids = [run.id for run in finished]
        evaluations = watch.evaluations()
        names = {run.id: run.plan.name for run in watch.runs()}
        current = next((e for e in evaluations if e.id == chosen), None)
        current = current or next(iter(evaluations), None)
        return [
            gr.Dropdown(
                choices=[(run.plan.name, run.id) for run in finished],
                value=run_id if run_id in ids else next(iter(ids), None),
            ),
            verdict.choices(evaluations, names, current.id if current else None, voice),
            *self.evaluation(current, bool(finished), voice),
        ]

    def evaluation(self, current: Evaluation | None, finished: bool, voice: Voice) -> list[Any]:
        """How an evaluation stands or its verdict, whether it can go on, the report, its files."""
        no_files = [gr.DownloadButton(visible=False)] * len(KINDS)
        if current is None:
            waits = tag("p", voice("report.no_runs"), class_="dt-quiet") if not finished else ""
            return [waits, gr.Button(visible=False), {"html": ""}, *no_files]
        if current.status != "succeeded":
            run = self.services.watch.view(current.request.run_id).run
            shown = verdict.evaluation(current, run, voice)
            return [shown, gr.Button(visible=verdict.can_go_on(current)), {"html": ""}, *no_files]
        files = {kind: self.services.actions.report_file(current.id, kind) for kind in KINDS}
        report = self.services.watch.report(current.id)
        page = {"html": _read(files["html"]), "title": voice("report.frame"), "id": current.id}
        buttons = [self._download(current.id, kind, file) for kind, file in files.items()]
        return [verdict.card(report, voice), gr.Button(visible=False), page, *buttons]

    def start(self, run_id: str | None, rubric: str | None, limit: int) -> Evaluation:
        """Start an evaluation of a run by a rubric file, or the one that fits its data."""
        if run_id is None:
            raise RunError("There is no finished run to evaluate.", fix="Train one first.")
        chosen = self.services.actions.rubric_for(run_id, Path(rubric) if rubric else None)
        request = EvaluationRequest(run_id=run_id, rubric=chosen.as_yaml(), limit=limit or None)
        return self.services.actions.start_evaluation(request)

    def _download(self, report_id: str, kind: Kind, file: Path) -> Any:
        copy = offer(self.services.actions.workspace, f"{report_id}.{kind}", _read(file))
        return gr.DownloadButton(value=str(copy), visible=True)


def render(services: Services) -> Live:
    """Declare the room and wire it."""
    room = ReportRoom(services)
    chosen = gr.State(None)
    with gr.Row(elem_classes=["dt-room"]):
        with gr.Column(scale=3, min_width=280, elem_classes=["dt-panel"]):
            run, rubric, limit = _asked()
            start = gr.Button(label("report.start"), variant="primary", elem_id="report-start")
            gr.Markdown(label("report.list"), elem_classes=["dt-heading"])
            listed = widget("choices", "report-list", role="choices")
        with gr.Column(scale=8, min_width=320):
            status = html("report-verdict")
            go_on = gr.Button(
                label("report.continue"), visible=False, variant="primary",
                elem_id="report-continue",
            )  # fmt: skip
            downloads = _downloads()
            page = widget("report_frame", "report-page", role="frame")
    shown = [listed, status, go_on, page, *downloads]

    @told
    def begin(
        run_id: str | None, rubric_file: str | None, most: int, request: gr.Request
    ) -> list[Any]:
        started = room.start(run_id, rubric_file, most)
        return [started.id, *room.draw(visit_of(request), run_id, started.id)[1:]]

    @told
    def resume(run_id: str | None, report_id: str | None, request: gr.Request) -> list[Any]:
        if report_id is None:  # nothing was chosen by hand: the newest is shown
            report_id = services.watch.evaluations()[0].id
        services.actions.resume_evaluation(report_id)
        return [report_id, *room.draw(visit_of(request), run_id, report_id)[1:]]

    @told
    def choose(run_id: str | None, event: gr.EventData, request: gr.Request) -> list[Any]:
        report_id = str(event._data["id"])
        return [report_id, *room.draw(visit_of(request), run_id, report_id)[1:]]

    quiet = {"show_progress": "hidden", "api_visibility": "private"}
    started = start.click(begin, [run, rubric, limit], [chosen, *shown], **quiet)
    resumed = go_on.click(resume, [run, chosen], [chosen, *shown], **quiet)
    listed.choose(choose, run, [chosen, *shown], **QUIET)
    return Live(room.draw, [run, *shown], [run, chosen], [started, resumed])


def _asked() -> tuple[Any, Any, Any]:
    """What an evaluation is started with: run, rubric and limit."""
    run = gr.Dropdown(label=label("report.run"), elem_id="report-run")
    rubric = gr.File(
        label=label("report.rubric"), file_types=[".yaml", ".yml"], elem_id="report-rubric",
        height=110,
    )  # fmt: skip
    limit = gr.Dropdown(
        [(label("report.limit.all"), 0), *((str(n), n) for n in LIMITS)], value=0,
        label=label("report.limit"), elem_id="report-limit",
    )  # fmt: skip
    return run, rubric, limit


def _downloads() -> list[Any]:
    with gr.Row(elem_classes=["dt-toolbar"]):
        return [
            gr.DownloadButton(
                label(f"report.download.{kind}"), size="sm", visible=False,
                elem_id=f"report-{kind}", min_width=120,
            )
            for kind in KINDS
        ]  # fmt: skip


def _read(file: Path) -> str:
    return file.read_text(encoding="utf-8")
