"""Asking: what the question box, its buttons and the choice of models do."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

import gradio as gr

from core.serving.records import Sampling
from ui.boundary import told
from ui.live import QUIET
from ui.present import pair as shown
from ui.talk import Talk
from ui.visit import visit_of

if TYPE_CHECKING:
    from ui.rooms.compare.page import Page

EVENT = {"show_progress": "hidden", "api_visibility": "private", "concurrency_limit": 64}
SKIP = gr.skip()


def sampling_of(temperature: float, top_p: float, max_tokens: float, seed: float) -> Sampling:
    """The sampling that the sliders say."""
    return Sampling(
        temperature=temperature, top_p=top_p, max_tokens=int(max_tokens), seed=int(seed or 0)
    )


def wire_engine(page: Page) -> list[Any]:
    """Start and stop; returns the events after which other rooms may differ."""
    room = page.room

    @told
    async def open_all(
        run_id: str | None, keys: list[str] | None, request: gr.Request
    ) -> AsyncIterator[list[Any]]:
        voice = visit_of(request).voice
        who = room.who(keys, run_id, voice)
        async for _ in room.openings.open(tuple(contender for contender, _ in who)):
            yield room.controls(who, voice)

    @told
    def close(run_id: str | None, keys: list[str] | None, request: gr.Request) -> list[Any]:
        room.actions.stop_engine()
        voice = visit_of(request).voice
        return room.controls(room.who(keys, run_id, voice), voice)

    given = [page.run, page.who]
    return [
        page.open.click(open_all, given, page.bar(), **EVENT),
        page.close.click(close, given, page.bar(), **EVENT),
    ]


def wire_asking(page: Page) -> list[Any]:
    """The question box; returns the events after which other rooms may differ."""
    room = page.room

    @told
    async def ask(
        run_id: str | None, keys: list[str] | None, text: str, system: str | None, talk: Talk,
        blind: bool, temperature: float, top_p: float, max_tokens: float, seed: float,
        request: gr.Request,
    ) -> AsyncIterator[list[Any]]:  # fmt: skip
        voice = visit_of(request).voice
        if not text.strip():
            return
        who = room.who(keys, run_id, voice)
        room.answering.check_idle(talk.session_id)
        async for standing in room.openings.open(tuple(contender for contender, _ in who)):
            opening = standing
            yield [*room.controls(who, voice), *[SKIP] * 4]
        if opening.error is not None:
            return
        question = talk.ask(text, system or "", sampling_of(temperature, top_p, max_tokens, seed))
        talk = room.begin(talk, who, run_id, blind)
        drawn = room.put(talk, question, opening, blind, voice)
        yield [*[SKIP] * 3, "", "", talk, drawn]

    @told
    def stop(talk: Talk) -> None:
        room.answering.stop(talk.session_id)

    given = [
        page.run, page.who, page.question, page.system, page.state, page.blind, *page.sampling,
    ]  # fmt: skip
    asking = gr.on(
        [page.send.click, page.question.submit], ask, given,
        [*page.bar(), page.question, page.reference, *page.places()], **EVENT,
    )  # fmt: skip
    page.stop.click(stop, page.state, None, **QUIET)
    return [follow(page, asking)]


def follow(page: Page, put: Any) -> Any:
    """After an event that may have put a question: follow its answers, then show them whole."""
    room = page.room

    @told
    async def grow(talk: Talk, request: gr.Request) -> AsyncIterator[Any]:
        if not talk.session_id:
            return
        async for growing in room.answering.follow(talk.session_id, visit_of(request).voice):
            yield growing

    @told
    def show(talk: Talk, request: gr.Request) -> Any:
        return room.drawn(talk, visit_of(request).voice) if talk.session_id else SKIP

    growing = put.success(grow, page.state, page.growing, **EVENT)
    return growing.then(show, page.state, page.talk, **QUIET)


def wire_choosing(page: Page) -> None:
    """Questions from the data, and a new conversation."""
    room = page.room

    @told
    def take(
        run_id: str | None, keys: list[str] | None, talk: Talk, blind: bool, request: gr.Request
    ) -> list[Any]:
        voice = visit_of(request).voice
        room.answering.check_idle(talk.session_id)
        fresh, system, question = room.take(run_id, talk.count)
        empty = room.empty(room.who(keys, run_id, voice), blind, voice, fresh=True)
        return [system, question, shown.reference(fresh.source, voice), fresh, empty]

    @told
    def clear(
        run_id: str | None, keys: list[str] | None, talk: Talk, blind: bool, request: gr.Request
    ) -> list[Any]:
        voice = visit_of(request).voice
        return ["", talk.fresh(), room.blank(keys, run_id, blind, voice)]

    @told
    def stand_as_trained(run_id: str | None, system: str | None) -> str:
        return system or room.system_prompt(run_id)

    page.run.change(stand_as_trained, [page.run, page.system], page.system, **QUIET)
    given = [page.run, page.who, page.state, page.blind]
    taken = [page.system, page.question, page.reference, *page.places()]
    page.sample.click(take, given, taken, **QUIET)
    page.clear.click(clear, given, [page.reference, *page.places()], **QUIET)
    page.blind.input(clear, given, [page.reference, *page.places()], **QUIET)


def wire_who(page: Page) -> None:
    """The run that it is about, and who answers: another choice is another conversation."""
    room = page.room

    @told
    def choose_run(run_id: str | None, talk: Talk, blind: bool, request: gr.Request) -> list[Any]:
        voice = visit_of(request).voice
        keys = room.kept(None, run_id)
        who = room.who(keys, run_id, voice) if keys else ()
        empty = room.empty(who, blind, voice, fresh=bool(talk.session_id))
        return [room.system_prompt(run_id), keys, room.engine(who, voice), "", talk.fresh(), empty]

    @told
    def choose_who(
        run_id: str | None, keys: list[str] | None, talk: Talk, blind: bool, request: gr.Request
    ) -> list[Any]:
        voice = visit_of(request).voice
        who = room.who(keys, run_id, voice)
        empty = room.empty(who, blind, voice, fresh=True)
        return [*room.controls(who, voice), talk.fresh(), empty]

    chosen = [page.system, page.who, page.engine, page.reference, *page.places()]
    page.run.input(choose_run, [page.run, page.state, page.blind], chosen, **QUIET)
    given = [page.run, page.who, page.state, page.blind]
    page.who.input(choose_who, given, [*page.bar(), *page.places()], **QUIET)
