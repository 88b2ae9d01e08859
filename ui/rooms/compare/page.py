"""The room's page: its tabs and widgets, and what of them is drawn again by the clock."""

from __future__ import annotations

from typing import Any

import gradio as gr

from core.serving.contenders import MOST_LANES
from core.serving.records import Sampling
from ui.components import html, widget
from ui.i18n import label
from ui.live import KEEP, Live
from ui.present import comparison
from ui.rooms.compare.batch import BatchTab, Looking
from ui.rooms.compare.room import CompareRoom
from ui.rooms.compare.speed import SpeedTab
from ui.services import Services
from ui.talk import Talk
from ui.visit import Visit


class Page:
    """All widgets of the room."""

    def __init__(self, services: Services) -> None:
        self.room = CompareRoom(services)
        self.state = gr.State(Talk())
        self._declare_bar()
        with gr.Tabs(elem_id="compare-tabs") as self.tabs:
            with gr.Tab(label("compare.tab.talk"), id="talk", elem_id="compare-tab-talk"):
                self._declare_talk()
            with gr.Tab(label("compare.tab.batch"), id="batch", elem_id="compare-tab-batch"):
                self.batch = BatchTab(self.room)
            with gr.Tab(label("compare.tab.speed"), id="speed", elem_id="compare-tab-speed"):
                self.speed = SpeedTab(self.room)
            with gr.Tab(label("compare.tab.history"), id="history", elem_id="compare-tab-history"):
                self.history = widget("acts", "compare-history", role="acts")

    def _declare_bar(self) -> None:
        with gr.Row(elem_classes=["dt-toolbar", "dt-compare-bar"]):
            self.run = gr.Dropdown(
                label=label("compare.run"), elem_id="compare-run", min_width=200, scale=2
            )
            self.who = gr.Dropdown(
                label=label("compare.who"), elem_id="compare-who", min_width=280, scale=4,
                multiselect=True, max_choices=MOST_LANES,
            )  # fmt: skip
        with gr.Row(elem_classes=["dt-toolbar", "dt-compare-bar"]):
            self.engine = html("compare-engine")
            self.open = gr.Button(label("compare.open"), elem_id="compare-open", min_width=130)
            self.close = gr.Button(
                label("compare.close"), elem_id="compare-close", min_width=130, visible=False
            )

    def _declare_talk(self) -> None:
        self.talk = widget("vote_keys+lanes", "compare-talk", role="talk-of-all")
        self.growing = widget("growing", "compare-growing", role="growing")
        self.reference = html("compare-reference")
        self.question = gr.Textbox(
            label=label("compare.prompt"), placeholder=label("compare.prompt.hint"),
            lines=2, max_lines=8, elem_id="compare-question",
        )  # fmt: skip
        with gr.Row(elem_classes=["dt-toolbar"]):
            self.send = gr.Button(
                label("compare.send"), variant="primary", elem_id="compare-send", min_width=120
            )
            self.stop = gr.Button(label("compare.stop"), elem_id="compare-stop", min_width=100)
            self.sample = gr.Button(
                label("compare.sample"), elem_id="compare-sample", min_width=200
            )
            self.clear = gr.Button(label("compare.clear"), elem_id="compare-clear", min_width=140)
            self.blind = gr.Checkbox(
                False, label=label("compare.blind"), elem_id="compare-blind", container=False,
                min_width=220,
            )  # fmt: skip
        self._declare_settings()
        with gr.Accordion(label("compare.endpoint"), open=False, elem_id="compare-elsewhere"):
            self.elsewhere = widget("acts", "compare-endpoints", role="acts")

    def _declare_settings(self) -> None:
        usual = Sampling()
        with gr.Accordion(label("compare.settings"), open=False, elem_id="compare-settings"):
            self.system = gr.Textbox(
                label=label("compare.system"), lines=2, elem_id="compare-system"
            )
            with gr.Row():
                self.sampling = (
                    gr.Slider(
                        0, 2, usual.temperature, step=0.05, label=label("compare.temperature"),
                        info=label("compare.temperature.info"), elem_id="compare-temperature",
                    ),
                    gr.Slider(0.05, 1, usual.top_p, step=0.05, label=label("compare.top_p")),
                    gr.Slider(
                        1, 2048, usual.max_tokens, step=1, label=label("compare.max_tokens"),
                        elem_id="compare-max-tokens",
                    ),
                    gr.Number(usual.seed, label=label("compare.seed"), precision=0),
                )  # fmt: skip

    # -- drawing by the clock -----------------------------------------------------------------

    def live(self, changes: list[Any]) -> Live:
        """What the shell draws again."""
        outputs = [
            self.run, self.who, *self.bar(), self.talk, self.history, self.elsewhere,
            *self.batch.outputs(), self.speed.result,
        ]  # fmt: skip
        inputs = [self.run, self.who, self.state, self.blind, self.batch.state]
        return Live(self.draw, outputs, inputs, changes)

    def draw(
        self, visit: Visit, run_id: str | None, keys: list[str] | None, talk: Talk, blind: bool,
        looking: Looking,
    ) -> list[Any]:  # fmt: skip
        """Who can answer, how the engine stands for those chosen, and what was asked before."""
        room, voice = self.room, visit.voice
        finished = room.finished()
        ids = [run.id for run in finished]
        run_id = run_id if run_id in ids else next(iter(ids), None)
        kept = room.kept(keys, run_id)
        who = room.who(kept, run_id, voice) if kept else ()
        return [
            gr.Dropdown(choices=[(run.plan.name, run.id) for run in finished], value=run_id),
            gr.Dropdown(choices=room.choices(voice), value=kept),
            *room.controls(who, voice),
            KEEP if talk.session_id else room.empty(who, bool(blind), voice),
            {"html": comparison.history(room.past(), voice)},
            {"html": comparison.endpoints(room.actions.endpoints(), voice)},
            *self.batch.draw(visit, looking),
            *self.speed.draw(visit),
        ]

    def bar(self) -> list[Any]:
        """How the engine stands."""
        return [self.engine, self.open, self.close]

    def asked_as(self) -> list[Any]:
        """Who answers, under which system prompt, and whether it is hidden."""
        return [self.who, self.system, self.blind]

    def places(self) -> list[Any]:
        """What a change of the conversation changes."""
        return [self.state, self.talk]
