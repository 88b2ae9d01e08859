"""The list of runs and everything about the one that is shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gradio as gr

from core.errors import RunError
from core.training.records import Continuation, Run
from ui import leaving
from ui.components import html, widget
from ui.i18n import label
from ui.live import KEEP
from ui.present import plan_list, run_events, run_tools
from ui.present import run as shown
from ui.rooms.train.room import Drawn, TrainRoom
from ui.steering import steer
from ui.visit import Visit
from ui.words import Voice

LOG_LINES = 200
LOGS_FOUND = 200
"""Lines that a search shows."""


class Running:
    """The widgets of the tab."""

    def __init__(self, room: TrainRoom) -> None:
        self.room = room
        self.chosen = gr.State(None)
        self.going_on = gr.State(None)
        self.runs = widget("choices", "train-runs", role="choices")
        self.panel = widget("chart+run_panel", "train-run", role="run")
        self.tools = widget("acts", "train-tools", role="acts")
        with gr.Accordion(label("train.settings"), open=False, elem_id="train-settings-open"):
            self.settings = html("train-settings")
        with gr.Accordion(label("train.events"), open=False, elem_id="train-events-open"):
            self.events = html("train-events")
        with gr.Accordion(label("train.log"), open=False, elem_id="train-log-open"):
            self.search = gr.Textbox(
                show_label=False, label=label("train.log.search"), max_lines=1, container=False,
                placeholder=label("train.log.search"), elem_id="train-log-search",
            )  # fmt: skip
            self.log = html("train-log")

    def outputs(self) -> list[Any]:
        """What `draw` sets, in its order."""
        return [self.runs, self.panel, self.tools, self.settings, self.events, self.log]

    def draw(
        self,
        visit: Visit,
        chosen: str | None,
        search: str | None,
        longer: Continuation | None = None,
    ) -> list[Any]:
        """The list, and the chosen or newest run; a search in its log stays as it is.

        `longer` is what training on was asked to come to.
        """
        voice, run = visit.voice, self.room.current(chosen)
        listed = shown.choices(self.room.watch.runs(), run.id if run else None, voice)
        if run is None:
            return [listed, shown.panel(None, voice), {"html": ""}, "", "", ""]
        view = self.room.watch.view(run.id)
        log: Any = KEEP
        if not (search or "").strip():
            log = run_events.log(self.room.watch.log(run.id, LOG_LINES), voice)
        return [
            listed,
            shown.panel(view, voice, self.room.watch.beside(view.run)),
            {"html": run_tools.tools(view.run, voice, longer, self.beyond(view.run))},
            plan_list.listed(view.run.plan, voice),
            run_events.events(view.events, voice),
            log,
        ]

    def beyond(self, run: Run) -> run_tools.Beyond:
        """Where an ended run comes from, what came of it, and how its model can leave."""
        if run.is_live:
            return run_tools.Beyond()
        leaves = leaving.of_run(self.room.watch, run) if run.has_model else None
        return run_tools.Beyond(self.room.watch.lineage(run), leaves)

    def drawn(self, visit: Visit, run_id: str | None) -> Drawn:
        """The same after something was done, with a run chosen."""
        values = dict(zip(self.outputs(), self.draw(visit, run_id, ""), strict=True))
        return {**values, self.chosen: run_id, self.going_on: None}

    def found(self, run_id: str | None, text: str, voice: Voice) -> Any:
        """The lines of the log that hold a text; its end without one."""
        run = self.room.current(run_id)
        if run is None:
            return ""
        if not text.strip():
            return run_events.log(self.room.watch.log(run.id, LOG_LINES), voice)
        search = self.room.actions.search_log(run.id, text.strip(), LOGS_FOUND)
        return run_events.found(search, voice)

    # -- what a click asks for ----------------------------------------------------------------

    def do(self, asked: str, run_id: str, values: Mapping[str, str]) -> Run:
        """Carry out what changes a run, or starts one from it; returns the run to show.

        Raises RunError, or what a start raises.
        """
        if asked == "extend":
            return self.room.actions.resume_run(run_id, extend=epochs_of(values, run_id))
        if asked == "label":
            return self._label(run_id, values)
        return steer(self.room.actions, asked, run_id)

    def _label(self, run_id: str, values: Mapping[str, str]) -> Run:
        run = self.room.watch.view(run_id).run
        name, note = values.get("name", "").strip(), values.get("note", "").strip()
        if name != run.plan.name:
            run = self.room.actions.rename_run(run_id, name)
        if note != run.note:
            run = self.room.actions.note_run(run_id, note)
        return run

    def longer(self, run_id: str, values: Mapping[str, str]) -> Continuation:
        """What training on for so many epochs comes to."""
        return self.room.actions.continuation(run_id, epochs_of(values, run_id))


def epochs_of(values: Mapping[str, str], run_id: str) -> float:
    """The number of epochs that a form asks for; raises RunError when it is none."""
    try:
        return float(values.get("epochs", "").replace(",", "."))
    except ValueError as error:
        raise RunError(
            "How many epochs more is not said in a number.", run_id, "Write a number, such as 2."
        ) from error
