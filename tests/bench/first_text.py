"""Time to first text side by side in the compare room, against two plain calls at once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from statistics import median

from core.actions import Actions
from core.comparing.records import Question
from core.messages import Message
from core.serving.contenders import Lane
from core.serving.records import Sampling
from tests.bench import direct
from tests.bench.direct import Asked
from ui.opening import Opening, Openings
from ui.rooms.compare.answering import Answering
from ui.words import Voice

QUESTIONS = 24
SAMPLING = Sampling(max_tokens=24)


def measure(
    actions: Actions, lanes: Sequence[Lane], questions: Sequence[Sequence[Message]]
) -> dict[str, object]:
    """Medians in ms over questions, each put both ways, in alternating order."""
    return asyncio.run(_measured(actions, lanes, questions[: QUESTIONS + 1]))


async def _measured(
    actions: Actions, lanes: Sequence[Lane], questions: Sequence[Sequence[Message]]
) -> dict[str, object]:
    room = Answering(actions, Openings(actions))
    pairs: list[tuple[float, float]] = []
    async with direct.open_http() as client:

        async def plain(text: str) -> float:
            message = (Message(role="user", content=text),)
            seconds = [
                direct.first_text_s(client, Asked(lane.endpoint, message), SAMPLING)
                for lane in lanes
            ]
            return max(await asyncio.gather(*seconds))

        for number, question in enumerate(questions):
            text = question[-1].content
            if number % 2:
                ours, theirs = await _in_room(room, lanes, text), await plain(text)
            else:
                theirs, ours = await plain(text), await _in_room(room, lanes, text)
            pairs.append((ours * 1000, theirs * 1000))
    del pairs[0]  # the first opens connections
    return {
        "both_begun_ms": round(median(ours for ours, _ in pairs), 1),
        "both_begun_ms_direct": round(median(theirs for _, theirs in pairs), 1),
        "later_ms": round(median(ours - theirs for ours, theirs in pairs), 1),
    }


async def _in_room(room: Answering, lanes: Sequence[Lane], text: str) -> float:
    """Seconds from the page's following of a new question until it is told text of every lane."""
    actions = room.actions
    who = [lane.contender for lane in lanes]
    session = actions.start_comparison(who, [lane.title for lane in lanes])
    turn = actions.put_question(session.id, Question(text=text, sampling=SAMPLING))
    session = actions.comparison(session.id)
    opening = Opening(done=True, lanes=tuple(lanes), errors=(None,) * len(lanes))
    room.put(session, turn, opening, turn.order, Voice("en"), 1)
    began, begun = time.perf_counter(), 0.0
    async for state in room.follow(session.id, Voice("en")):
        if not begun and all(lane and lane["text"] for lane in state["lanes"]):
            begun = time.perf_counter() - began
    return begun
