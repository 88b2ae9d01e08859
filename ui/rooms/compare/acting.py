"""What clicks inside the conversation ask for: votes, repetitions, rows, and earlier turns."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

import gradio as gr

from core.comparing.records import Session, Turn
from core.errors import RunError
from ui.boundary import told
from ui.markup import text
from ui.rooms.compare.talking import EVENT, SKIP, follow
from ui.talk import Talk
from ui.visit import visit_of
from ui.words import Voice

if TYPE_CHECKING:
    from ui.rooms.compare.page import Page
    from ui.rooms.compare.room import CompareRoom

AGAIN = frozenset({"again", "again-all"})


def say(words: str, voice: Voice) -> None:
    """Tell in passing that something was done."""
    gr.Info(text(words), title=voice("done.title"))


def wire_acts(page: Page) -> list[Any]:
    """Listen to the conversation; returns the events after which other parts may differ."""
    room = page.room

    @told
    async def act(
        talk: Talk, run_id: str | None, keys: list[str] | None, event: gr.EventData,
        request: gr.Request,
    ) -> AsyncIterator[list[Any]]:  # fmt: skip
        voice, data = visit_of(request).voice, dict(event._data)
        if data["do"] in AGAIN:
            async for drawn in again(room, talk, data, voice):
                yield [*drawn, *[SKIP] * 3]
        elif data.get("back") and not room.knows(str(data["session"])):
            blank = room.blank(keys, run_id, False, voice)
            yield [*[SKIP] * 3, talk.fresh(), blank, *[SKIP] * 3]
        else:
            before, talk = talk, do(room, talk, data, voice)
            also = going_on(room, talk) if talk.session_id != before.session_id else [SKIP] * 3
            yield [*[SKIP] * 3, talk, room.drawn(talk, voice), *also]

    outputs = [*page.bar(), *page.places(), *page.asked_as()]
    acted = page.talk.act(act, [page.state, page.run, page.who], outputs, **EVENT)
    return [follow(page, acted)]


def going_on(room: CompareRoom, talk: Talk) -> list[Any]:
    """Who answers, the system prompt and blindness, as a conversation that is opened has them."""
    session = room.actions.comparison(talk.session_id)
    keys = room.kept([contender.key for contender in session.contenders], None)
    return [keys, session.turns[-1].question.system, session.blind]


def do(room: CompareRoom, talk: Talk, data: dict[str, Any], voice: Voice) -> Talk:
    """Carry out a click that needs no answer of a model; returns what the page shows then.

    Raises what the verbs raise.
    """
    values = data.get("values") or {}
    match data["do"]:
        case "open":
            return opened(room, talk, str(data["session"]))
        case "earlier":
            return talk.wider()
        case "vote":
            room.actions.vote(talk.session_id, str(data["turn"]), data["choice"])
        case "bad":
            _, turn = found(room, talk, data)
            which = turn.order[int(data["place"]) - 1]
            room.actions.mark_bad(talk.session_id, turn.id, which, values.get("wanted", ""))
            say(voice("compare.bad.kept", n=len(room.actions.corrections())), voice)
        case "case":
            _, turn = found(room, talk, data)
            wanted, note = values.get("wanted", ""), values.get("note", "")
            room.actions.save_case(talk.session_id, turn.id, turn.order[0], wanted, note)
            say(voice("compare.case.kept", n=len(room.actions.cases())), voice)
    return talk


def opened(room: CompareRoom, talk: Talk, session_id: str) -> Talk:
    """The page's place in another conversation; a page that comes back to one that is gone stays.

    Raises RunError when there is none of this name, or nothing was asked in it.
    """
    room.answering.check_idle(talk.session_id)
    if not room.actions.comparison(session_id).turns:
        raise RunError("There is no such comparison.", session_id, "Choose one from the list.")
    return talk.opened(session_id)


def found(room: CompareRoom, talk: Talk, data: dict[str, Any]) -> tuple[Session, Turn]:
    """The question that was clicked in.

    Raises RunError when it is gone, or nobody may be told yet who answered what.
    """
    session = room.actions.comparison(talk.session_id)
    turn = session.turn(str(data["turn"]))
    if turn is None:
        raise RunError("There is no such question in this comparison.", session.title)
    if turn.hidden:
        raise RunError(
            "A blind question has no vote yet, and the link would tell who answered.",
            session.title,
            "Vote first, or show who answered.",
        )
    return session, turn


async def again(
    room: CompareRoom, talk: Talk, data: dict[str, Any], voice: Voice
) -> AsyncIterator[list[Any]]:
    """One place or all of them answer the newest question once more."""
    room.answering.check_idle(talk.session_id)
    session, turn = found(room, talk, data)
    if turn.id != session.turns[-1].id:
        raise RunError(
            "Only the newest question can be answered again: later ones build on its answers.",
            session.title,
        )
    which = list(turn.order)
    if data["do"] == "again":
        which = [turn.order[int(data["place"]) - 1]]
    who = tuple(zip(session.contenders, session.titles, strict=True))
    async for standing in room.openings.open(session.contenders):
        opening = standing
        yield [*room.controls(who, voice), SKIP, SKIP]
    drawn = room.answering.put(session, turn, opening, which, voice, talk.window)
    yield [SKIP, SKIP, SKIP, SKIP, drawn]
