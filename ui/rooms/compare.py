"""The Compare room: one question, two answers, from base and tuned side by side."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr

from core.errors import RunError
from core.serving.records import Pair, Sampling
from core.training.records import Run
from ui.boundary import told
from ui.components import html
from ui.i18n import label
from ui.live import QUIET, Live
from ui.opening import Openings
from ui.present import pair as shown
from ui.services import Services
from ui.streams import coalesce
from ui.talk import Talk, from_sample
from ui.visit import Visit, visit_of
from ui.words import Voice

EVENT = {"show_progress": "hidden", "api_visibility": "private", "concurrency_limit": 16}


@dataclass(frozen=True)
class Widgets:
    """The room's parts."""

    run: Any
    engine: Any
    open: Any
    close: Any
    talk: Any
    """State: the Talk of this page."""
    taken: Any
    """State: how many questions were taken from the test part."""
    base: Any
    tuned: Any
    base_figures: Any
    tuned_figures: Any
    reference: Any
    question: Any
    send: Any
    stop: Any
    clear: Any
    sample: Any
    system: Any
    sampling: tuple[Any, ...]

    def panes(self) -> list[Any]:
        """What an answer changes."""
        return [self.talk, self.base, self.tuned, self.base_figures, self.tuned_figures]


class CompareRoom:
    """What the room's callbacks share."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.openings = Openings(services.actions)

    def draw(self, visit: Visit, chosen: str | None) -> list[Any]:
        """The finished runs, and how the engine stands for the chosen one."""
        runs = self._finished()
        ids = [run.id for run in runs]
        run_id = chosen if chosen in ids else next(iter(ids), None)
        choices = [(run.plan.name, run.id) for run in runs]
        served = self.services.actions.engine() is not None
        return [
            gr.Dropdown(choices=choices, value=run_id),
            self.engine(run_id, visit.voice),
            gr.Button(visible=run_id is not None and not served),
            gr.Button(visible=served),
        ]

    def engine(self, run_id: str | None, voice: Voice) -> str:
        """The engine's card for a run."""
        if run_id is None:
            return shown.closed(voice("compare.no_runs"))
        standing = self.openings.look(run_id)
        model = self.services.watch.view(run_id).run.plan.base_model
        engine = self.services.actions.engine()
        if standing is None and engine is not None:
            key = "compare.warm" if engine.base_model == model else "compare.other"
            return shown.closed(voice(key, model=engine.base_model))
        return shown.engine(standing, model, voice)

    def panes(self, talk: Talk, voice: Voice) -> list[Any]:
        """Both transcripts with their figures."""
        base, tuned = talk.last or (None, None)
        return [
            talk,
            shown.transcript(talk.base, base),
            shown.transcript(talk.tuned, tuned),
            shown.figures(base, voice),
            shown.figures(tuned, voice, same_as=base),
        ]

    async def ask(
        self, pair: Pair, talk: Talk, sampling: Sampling, voice: Voice
    ) -> AsyncIterator[list[Any]]:
        """Both panes while the answers grow."""
        answers = self.services.actions.ask_both(pair, talk.base, sampling, talk.tuned)
        async for both in coalesce(answers):
            talk = replace(talk, last=both)
            yield self.panes(talk, voice)

    def take(self, run_id: str | None, taken: int) -> tuple[Talk, str, str]:
        """The next held-out question of the run's dataset.

        Raises RunError when there is no run or no test row.
        """
        if run_id is None:
            raise RunError("There is no finished run yet.", fix="Train one first.")
        dataset_id = self.services.watch.view(run_id).run.plan.dataset_id
        samples = self.services.actions.samples(dataset_id)
        if not samples:
            raise RunError("The dataset of this run has no test rows.", dataset_id)
        # A stride that shares no factor with most sizes: neighbours in a file look alike.
        return from_sample(samples[taken * 37 % len(samples)])

    def system_prompt(self, run_id: str | None) -> str:
        """The system message that the run's data uses, so that both sides stand as in training."""
        if run_id is None:
            return ""
        dataset_id = self.services.watch.view(run_id).run.plan.dataset_id
        samples = self.services.actions.samples(dataset_id)
        return from_sample(samples[0])[1] if samples else ""

    def newest_finished(self) -> str:
        """The run that is meant while the page has not yet shown which there are.

        Raises RunError when there is none.
        """
        finished = self._finished()
        if not finished:
            raise RunError("There is no finished run yet.", fix="Train one first.")
        return finished[0].id

    def _finished(self) -> list[Run]:
        return [run for run in self.services.watch.runs() if run.status == "succeeded"]


def render(services: Services) -> Live:
    """Declare the room and wire it."""
    room = CompareRoom(services)
    widgets = _declare()
    changes = _wire_engine(room, widgets)
    _wire_talk(room, widgets)
    _wire_rest(room, widgets)
    drawn = [widgets.run, widgets.engine, widgets.open, widgets.close]
    return Live(room.draw, drawn, [widgets.run], changes)


def _declare() -> Widgets:
    talk, taken = gr.State(Talk()), gr.State(0)
    with gr.Row(elem_classes=["dt-toolbar", "dt-compare-bar"]):
        run = gr.Dropdown(label=label("compare.run"), elem_id="compare-run", min_width=260)
        engine = html("compare-engine")
        opener = gr.Button(label("compare.open"), elem_id="compare-open", min_width=130)
        closer = gr.Button(
            label("compare.close"), elem_id="compare-close", min_width=130, visible=False
        )
    with gr.Row(equal_height=True, elem_classes=["dt-panes"]):
        base, base_figures = _pane("base")
        tuned, tuned_figures = _pane("tuned")
    reference = html("compare-reference")
    question = gr.Textbox(
        label=label("compare.prompt"), placeholder=label("compare.prompt.hint"),
        lines=2, max_lines=8, elem_id="compare-question",
    )  # fmt: skip
    with gr.Row(elem_classes=["dt-toolbar"]):
        send = gr.Button(
            label("compare.send"), variant="primary", elem_id="compare-send", min_width=120
        )
        stop = gr.Button(label("compare.stop"), elem_id="compare-stop", min_width=100)
        sample = gr.Button(label("compare.sample"), elem_id="compare-sample", min_width=200)
        clear = gr.Button(label("compare.clear"), elem_id="compare-clear", min_width=140)
    system, sampling = _settings()
    return Widgets(
        run, engine, opener, closer, talk, taken, base, tuned, base_figures, tuned_figures,
        reference, question, send, stop, clear, sample, system, sampling,
    )  # fmt: skip


def _pane(side: str) -> tuple[Any, Any]:
    with gr.Column(min_width=300, elem_classes=["dt-pane", f"dt-pane-{side}"]):
        gr.Markdown(label(f"side.{side}"), elem_classes=["dt-heading"])
        chat = gr.Chatbot(
            show_label=False,
            label=label(f"side.{side}"),
            height=330,
            render_markdown=False,
            buttons=[],
            feedback_options=None,
            elem_id=f"compare-{side}",
            layout="bubble",
        )
        return chat, html(f"compare-{side}-figures")


def _settings() -> tuple[Any, tuple[Any, ...]]:
    usual = Sampling()
    with gr.Accordion(label("compare.settings"), open=False, elem_id="compare-settings"):
        system = gr.Textbox(label=label("compare.system"), lines=2, elem_id="compare-system")
        with gr.Row():
            sampling = (
                gr.Slider(
                    0, 2, usual.temperature, step=0.05, label=label("compare.temperature"),
                    info=label("compare.temperature.info"), elem_id="compare-temperature",
                ),
                gr.Slider(0.05, 1, usual.top_p, step=0.05, label=label("compare.top_p")),
                gr.Slider(1, 2048, usual.max_tokens, step=1, label=label("compare.max_tokens")),
                gr.Number(usual.seed, label=label("compare.seed"), precision=0),
            )  # fmt: skip
    return system, sampling


def _wire_engine(room: CompareRoom, widgets: Widgets) -> list[Any]:
    @told
    async def open_both(run_id: str | None, request: gr.Request) -> AsyncIterator[list[Any]]:
        visit = visit_of(request)
        if run_id is None:
            raise RunError(visit.voice("compare.no_runs"))
        async for _ in room.openings.open(run_id):
            yield room.draw(visit, run_id)[1:]

    @told
    def close(run_id: str | None, request: gr.Request) -> list[Any]:
        room.services.actions.stop_engine()
        return room.draw(visit_of(request), run_id)[1:]

    there = [widgets.engine, widgets.open, widgets.close]
    return [
        widgets.open.click(open_both, widgets.run, there, **EVENT),
        widgets.close.click(close, widgets.run, there, **EVENT),
    ]


def _wire_talk(room: CompareRoom, widgets: Widgets) -> None:
    @told
    async def ask(
        run_id: str | None,
        question: str,
        system: str,
        talk: Talk,
        temperature: float,
        top_p: float,
        max_tokens: float,
        seed: float,
        request: gr.Request,
    ) -> AsyncIterator[list[Any]]:
        visit = visit_of(request)
        voice = visit.voice
        if not question.strip():
            return
        run_id = run_id or room.newest_finished()
        sampling = Sampling(
            temperature=temperature, top_p=top_p, max_tokens=int(max_tokens), seed=int(seed or 0)
        )
        pair = None
        async for standing in room.openings.open(run_id):
            pair = standing.pair
            yield [*room.draw(visit, run_id)[1:], *[gr.skip()] * 6]
        if pair is None:
            return
        talk = talk.asked(system, question)
        yield [*[gr.skip()] * 3, "", *room.panes(talk, voice)]
        async for drawn in room.ask(pair, talk, sampling, voice):
            yield [*[gr.skip()] * 4, *drawn]

    @told
    def stop(talk: Talk, request: gr.Request) -> list[Any]:
        return room.panes(talk.stopped(), visit_of(request).voice)

    asking = gr.on(
        [widgets.send.click, widgets.question.submit],
        ask,
        [widgets.run, widgets.question, widgets.system, widgets.talk, *widgets.sampling],
        [widgets.engine, widgets.open, widgets.close, widgets.question, *widgets.panes()],
        **EVENT,
    )
    widgets.stop.click(stop, widgets.talk, widgets.panes(), cancels=asking, **QUIET)


def _wire_rest(room: CompareRoom, widgets: Widgets) -> None:
    @told
    def take(run_id: str | None, taken: int, request: gr.Request) -> list[Any]:
        voice = visit_of(request).voice
        talk, system, question = room.take(run_id, taken)
        told_there = shown.reference(talk.sample, voice)
        return [taken + 1, system, question, told_there, *room.panes(talk, voice)]

    @told
    def clear(request: gr.Request) -> list[Any]:
        return ["", *room.panes(Talk(), visit_of(request).voice)]

    @told
    def choose(run_id: str | None, request: gr.Request) -> list[Any]:
        voice = visit_of(request).voice
        drawn = room.panes(Talk(), voice)
        return [room.system_prompt(run_id), room.engine(run_id, voice), "", *drawn]

    widgets.sample.click(
        take,
        [widgets.run, widgets.taken],
        [widgets.taken, widgets.system, widgets.question, widgets.reference, *widgets.panes()],
        **QUIET,
    )
    widgets.clear.click(clear, None, [widgets.reference, *widgets.panes()], **QUIET)
    widgets.run.change(
        choose, widgets.run, [widgets.system, widgets.engine, widgets.reference, *widgets.panes()],
        **QUIET,
    )  # fmt: skip
