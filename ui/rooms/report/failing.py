"""The tab of failures: exclude or correct the training rows nearest to them, and train again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from core.data.records import Dataset
from core.errors import DataError
from core.training import plan_files
from core.training.plan import TrainingPlan
from eval.records import Report
from ui.boundary import told
from ui.components import html, widget
from ui.files import file_name, offer, to_save
from ui.markup import Html
from ui.present import report_parts as shown
from ui.rooms.compare.acting import say
from ui.rooms.report.room import EVENT, ReportRoom
from ui.visit import Visit, visit_of
from ui.words import Voice

if TYPE_CHECKING:
    from ui.rooms.report.page import Page


class FailuresTab:
    """The tab's widgets and what they show."""

    def __init__(self, room: ReportRoom) -> None:
        self.room = room
        self.next = widget("acts", "report-next", role="acts")
        self.groups = widget("acts", "report-failures", role="acts")
        self.trouble = html("report-failures-none")
        self.made = gr.State("")
        """The version of the data that was made last."""

    def outputs(self) -> list[Any]:
        return [self.groups]

    def draw(self, visit: Visit, report: Report | None) -> list[Any]:
        """Groups of failures of the report that is looked at."""
        return [{"html": shown.failures(report, visit.voice) if report else ""}]

    # -- acting -------------------------------------------------------------------------------

    def act(self, report: Report, made: str, data: dict[str, Any]) -> Dataset:
        """Exclude or correct rows: of the version made last, or of the run's data.

        Raises DataError when no row is ticked, or what the verbs raise.
        """
        values = data.get("values") or {}
        dataset_id = made or self.room.watch.view(report.run_id).run.plan.dataset_id
        if data["do"] == "correct":
            answers = {int(data["row"]): str(values.get("answer", ""))}
            return self.room.actions.correct_rows(dataset_id, answers)
        rows = shown.chosen_rows(values)
        if not rows:
            raise DataError("No row is chosen.", report.run_name, "Tick a row first.")
        return self.room.actions.exclude_rows(dataset_id, rows)

    def offer(self, dataset: Dataset, report: Report, voice: Voice) -> dict[str, Html]:
        return {"html": shown.next_run(dataset, report.run_name, voice)}

    def plan(self, report: Report, dataset_id: str, voice: Voice) -> TrainingPlan:
        """The run's plan for another version of its data; raises what a proposal raises."""
        name = voice("failures.run_name", name=report.run_name)
        return self.room.actions.replan(report.run_id, dataset_id, name)

    def saved(self, plan: TrainingPlan) -> Path:
        name = f"{file_name(plan.name)}.plan.toml"
        return offer(self.room.actions.workspace, name, plan_files.dump(plan))


def wire_failures(page: Page) -> list[Any]:
    """Wire the tab; returns the events after which other rooms may differ."""
    tab, room = page.failures, page.room

    @told
    def mend(chosen: str | None, made: str, event: gr.EventData, request: gr.Request) -> list[Any]:
        report = room.need_report(chosen)
        dataset = tab.act(report, made, dict(event._data))
        return [dataset.id, tab.offer(dataset, report, visit_of(request).voice)]

    @told
    def again(chosen: str | None, event: gr.EventData, request: gr.Request) -> Any:
        voice, data = visit_of(request).voice, dict(event._data)
        report = room.need_report(chosen)
        plan = tab.plan(report, str(data["dataset"]), voice)
        if data["do"] == "plan-again":
            dataset = room.actions.dataset(str(data["dataset"]))
            return {**tab.offer(dataset, report, voice), "file": to_save(tab.saved(plan))}
        started = room.actions.start_training(plan)
        say(voice("failures.started", name=started.plan.name), voice)
        return {"html": ""}

    return [
        tab.groups.act(mend, [page.chosen, tab.made], [tab.made, tab.next], **EVENT),
        tab.next.act(again, page.chosen, tab.next, **EVENT),
    ]
