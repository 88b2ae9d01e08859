"""Answers under way: put first, then followed by the page, one conversation at a time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

from core.actions import Actions
from core.comparing.asking import Asking, Growing
from core.comparing.clients import Clients
from core.comparing.records import Session, Turn
from core.errors import RunError
from core.serving.contenders import Lane
from ui.opening import Opening, Openings
from ui.present import lanes
from ui.streams import coalesce
from ui.words import Voice

EVERY_S = 0.15
"""Redraws of several growing answers: each costs the page the same whatever was added."""


def _begun(growing: Growing) -> frozenset[int]:
    """Who has said something: nobody's first word waits for a redraw of the others."""
    return frozenset(which for which, answer in growing.items() if answer.text)


@dataclass(frozen=True)
class Waiting:
    """A question that is written down and not asked yet."""

    turn_id: str
    able: dict[int, Lane]


class Answering:
    """Questions that wait for their page to follow them, and those being answered."""

    def __init__(self, actions: Actions, openings: Openings) -> None:
        self.actions, self.openings = actions, openings
        self.clients = Clients()
        self._waiting: dict[str, Waiting] = {}
        self._under_way: dict[str, Asking] = {}

    def put(
        self, session: Session, turn: Turn, opening: Opening, which: Sequence[int], voice: Voice,
        window: int,
    ) -> Any:  # fmt: skip
        """Let some contenders answer a turn as soon as the page follows; what it shows until then.

        Those that could not be opened have their reason at once.
        """
        for number in which:
            error = opening.errors[number]
            if error is not None:
                why = " ".join(filter(None, (error.problem, error.fix)))
                self.actions.keep_failure(session, turn, number, why)
        able = {n: lane for n in which if (lane := opening.lanes[n]) is not None}
        self._waiting[session.id] = Waiting(turn.id, able)
        began = self.actions.comparison(session.id).without(turn.id, able)
        return lanes.talk(began, able, window, voice)

    async def follow(self, session_id: str, voice: Voice) -> AsyncIterator[dict[str, Any]]:
        """The growing answers of a conversation's newest question, where one waits.

        Leaving it stops the answers and keeps what was said.
        """
        waiting = self._waiting.pop(session_id, None)
        session = self.actions.comparison(session_id) if waiting else None
        turn = session.turn(waiting.turn_id) if session and waiting else None
        if waiting is None or session is None or turn is None or not waiting.able:
            return
        asking = self.actions.ask_lanes(session, turn, waiting.able, self.clients)
        self._under_way[session.id] = asking
        try:
            async for growing in coalesce(asking.follow(), EVERY_S, _begun):
                yield {"turn": turn.id, "lanes": lanes.growing(turn, growing, voice)}
        finally:
            self._under_way.pop(session.id, None)
        if any(generation.error for generation in asking.now.values()):
            self.openings.forget(session.contenders)

    def check_idle(self, session_id: str) -> None:
        """Raises RunError while a question of a conversation is being answered."""
        if session_id in self._under_way:
            raise RunError(
                "The question before this one is still being answered.",
                fix="Wait for the answers, or stop them.",
            )

    def stop(self, session_id: str) -> None:
        """Let the answers of a conversation end where they are."""
        self._waiting.pop(session_id, None)
        asking = self._under_way.get(session_id)
        if asking is not None:
            asking.stop()
