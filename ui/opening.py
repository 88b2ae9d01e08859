"""Base and tuned being opened in the background: one opening per run, whoever looks at it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

from core.actions import Actions
from core.errors import DuotuneError
from core.serving.records import Pair

LOOK_S = 0.3


@dataclass(frozen=True)
class Opening:
    """How an opening stands."""

    doing: str = ""
    """What it does now, in the engine's words; "" before the first."""
    pair: Pair | None = None
    error: DuotuneError | None = None


class Openings:
    """Pairs by run: opening goes on when the page that asked for it is closed."""

    def __init__(self, actions: Actions) -> None:
        self.actions = actions
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._doing: dict[str, str] = {}
        self._ended: dict[str, Opening] = {}

    def look(self, run_id: str) -> Opening | None:
        """How the opening of a run stands; None when nobody asked, or the engine is gone."""
        task = self._tasks.get(run_id)
        if task is not None and not task.done():
            return Opening(doing=self._doing.get(run_id, ""))
        ended = self._ended.get(run_id)
        if ended is not None and ended.pair is not None and not self._still_serves(ended.pair):
            del self._ended[run_id]
            return None
        return ended

    async def open(self, run_id: str) -> AsyncIterator[Opening]:
        """Open base and tuned of a run, telling what happens until it is open or failed."""
        known = self.look(run_id)
        if known is not None and known.pair is not None:
            yield known
            return
        if known is None or known.error is not None:
            self._ended.pop(run_id, None)
            self._doing[run_id] = ""
            self._tasks[run_id] = asyncio.create_task(self._run(run_id))
        task = self._tasks[run_id]
        while not task.done():
            yield Opening(doing=self._doing.get(run_id, ""))
            await asyncio.wait({task}, timeout=LOOK_S)
        yield self._ended[run_id]

    async def _run(self, run_id: str) -> None:
        def say(doing: str) -> None:
            self._doing[run_id] = doing

        try:
            pair = await asyncio.to_thread(self.actions.open_pair, run_id, say)
            self._ended[run_id] = Opening(pair=pair)
        except DuotuneError as error:
            self._ended[run_id] = Opening(error=error)

    def _still_serves(self, pair: Pair) -> bool:
        engine = self.actions.engine()
        return engine is not None and engine.id == pair.base.engine_id
