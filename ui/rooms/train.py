"""The Train room: a form for the same plan the chat proposes, and every run with its curve."""

from __future__ import annotations

from typing import Any

import gradio as gr

from core.errors import DuotuneError, PlanError
from core.training.records import Run
from ui.boundary import told
from ui.components import html, widget
from ui.i18n import label
from ui.live import QUIET, Live
from ui.markup import Html, tag
from ui.plans import Plans
from ui.present import run as run_shown
from ui.services import Services
from ui.visit import Visit, visit_of

LOG_LINES = 200


class TrainRoom:
    """What the room's callbacks share."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.plans = Plans(services.actions)

    def draw(self, visit: Visit, dataset: str | None, chosen: str | None) -> list[Any]:
        """Datasets to train on, the list of runs, and the chosen or newest run."""
        voice = visit.voice
        datasets = self.services.watch.datasets()
        ids = [one.id for one in datasets]
        picked = dataset if dataset in ids else next(iter(ids), None)
        runs = self.services.watch.runs()
        current = chosen if any(run.id == chosen for run in runs) else None
        current = current or next((run.id for run in runs), None)
        choices = [(f"{one.name} ({one.summary.usable})", one.id) for one in datasets]
        return [
            gr.Dropdown(choices=choices, value=picked),
            run_shown.choices(runs, current, voice),
            *self.run(current, visit),
        ]

    def run(self, run_id: str | None, visit: Visit) -> list[Any]:
        """Panel, events and log of a run."""
        if run_id is None:
            return [run_shown.panel(None, visit.voice), "", ""]
        view = self.services.watch.view(run_id)
        log = self.services.actions.run_log(run_id, LOG_LINES)
        return [
            run_shown.panel(view, visit.voice),
            run_shown.events(view.events, visit.voice),
            _log(log or visit.voice("train.log.empty")),
        ]

    def plan(
        self, dataset_id: str | None, changes: dict[str, Any], touched: list[str], visit: Visit
    ) -> dict[str, Any]:
        """The plan card for a dataset."""
        if dataset_id is None:
            return {"key": "", "empty": visit.voice("train.no_data")}
        try:
            plan = self.plans.proposal(dataset_id, {}).plan
        except DuotuneError as error:
            return {"key": "", "empty": str(error)}
        return self.plans.card_value(
            dataset_id, plan, changes, visit.voice, touched=touched, can_decline=False
        )

    def start(self, dataset_id: str | None, changes: dict[str, Any]) -> Run:
        """Start the run that the card shows."""
        if dataset_id is None:
            raise PlanError("There is no dataset to train on.", fix="Add one in the Data room.")
        plan = self.plans.proposal(dataset_id, {}).plan
        return self.services.actions.start_training(self.plans.exactly(plan, changes).plan)


def render(services: Services) -> Live:
    """Declare the room and wire it."""
    room = TrainRoom(services)
    chosen = gr.State(None)
    with gr.Row(elem_classes=["dt-room"]):
        with gr.Column(scale=5, min_width=320, elem_classes=["dt-panel"]):
            gr.Markdown(label("train.new"), elem_classes=["dt-heading"])
            dataset = gr.Dropdown(label=label("train.dataset"), elem_id="train-dataset")
            plan = widget("plan_card", "train-plan", role="plan")
        with gr.Column(scale=7, min_width=320):
            gr.Markdown(label("train.runs"), elem_classes=["dt-heading"])
            runs = widget("choices", "train-runs", role="choices")
            panel = widget("chart+run_panel", "train-run", role="run")
            with gr.Accordion(label("train.events"), open=False, elem_id="train-events-open"):
                events = html("train-events")
            with gr.Accordion(label("train.log"), open=False, elem_id="train-log-open"):
                log = html("train-log")
    shown = [runs, panel, events, log]
    changes = [
        _wire_plan(room, dataset, plan, chosen, shown),
        *_wire_runs(room, dataset, chosen, shown),
    ]
    return Live(room.draw, [dataset, *shown], [dataset, chosen], changes)


def _wire_plan(room: TrainRoom, dataset: Any, plan: Any, chosen: Any, shown: list[Any]) -> Any:
    @told
    def offer(dataset_id: str | None, request: gr.Request) -> Any:
        return room.plan(dataset_id, {}, [], visit_of(request))

    @told
    def revise(dataset_id: str | None, event: gr.EventData, request: gr.Request) -> Any:
        data = event._data
        return room.plan(dataset_id, data["changes"], data["touched"], visit_of(request))

    @told
    def approve(dataset_id: str | None, event: gr.EventData, request: gr.Request) -> list[Any]:
        visit = visit_of(request)
        try:
            run = room.start(dataset_id, event._data["changes"])
        except DuotuneError as error:
            value = room.plan(dataset_id, event._data["changes"], [], visit)
            return [{**value, "errors": str(error).splitlines()}, *[gr.skip()] * 5]
        drawn = room.draw(visit, dataset_id, run.id)
        fresh = room.plan(dataset_id, {}, [], visit)
        return [{**fresh, "key": run.id}, run.id, *drawn[1:]]

    dataset.change(offer, dataset, plan, **QUIET)
    plan.revise(revise, dataset, plan, **QUIET)
    return plan.approve(
        approve, dataset, [plan, chosen, *shown], show_progress="hidden", api_visibility="private"
    )


def _wire_runs(room: TrainRoom, dataset: Any, chosen: Any, shown: list[Any]) -> list[Any]:
    @told
    def choose(dataset_id: str | None, event: gr.EventData, request: gr.Request) -> list[Any]:
        run_id = str(event._data["id"])
        return [run_id, *room.draw(visit_of(request), dataset_id, run_id)[1:]]

    @told
    def stop(dataset_id: str | None, event: gr.EventData, request: gr.Request) -> list[Any]:
        run = room.services.actions.stop_run(event._data["id"])
        return room.draw(visit_of(request), dataset_id, run.id)[1:]

    @told
    def resume(dataset_id: str | None, event: gr.EventData, request: gr.Request) -> list[Any]:
        run = room.services.actions.resume_run(event._data["id"])
        return room.draw(visit_of(request), dataset_id, run.id)[1:]

    runs, panel = shown[0], shown[1]
    runs.choose(choose, dataset, [chosen, *shown], **QUIET)
    return [
        panel.stop(stop, dataset, shown, **QUIET),
        panel.resume(resume, dataset, shown, **QUIET),
    ]


def _log(text: str) -> Html:
    return tag("pre", text, class_="dt-log", tabindex="0")
