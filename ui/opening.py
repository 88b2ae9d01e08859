"""Lanes being opened in the background: one opening per choice of models, whoever looks at it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from core.actions import Actions
from core.errors import DuotuneError
from core.serving.contenders import Contender, Lane

LOOK_S = 0.3
Chosen = tuple[Contender, ...]


@dataclass(frozen=True)
class Opening:
    """How an opening stands."""

    doing: str = ""
    """What it does now, in the engine's words; "" before the first."""
    done: bool = False
    lanes: tuple[Lane | None, ...] = ()
    """By contender; None for one that can't be asked."""
    errors: tuple[DuotuneError | None, ...] = ()
    """By contender; why one can't be asked."""

    @property
    def error(self) -> DuotuneError | None:
        """Why nobody can be asked; None while somebody can, or it is not over."""
        nobody = self.done and not any(self.lanes)
        return next((error for error in self.errors if error), None) if nobody else None

    @property
    def is_whole(self) -> bool:
        """Whether everybody can be asked."""
        return self.done and all(self.lanes)


class Openings:
    """Openings by who was chosen: one goes on when the page that asked for it is closed."""

    def __init__(self, actions: Actions) -> None:
        self.actions = actions
        self._tasks: dict[Chosen, asyncio.Task[None]] = {}
        self._doing: dict[Chosen, str] = {}
        self._ended: dict[Chosen, Opening] = {}

    def look(self, chosen: Chosen) -> Opening | None:
        """How an opening stands; None when nobody asked for it, or an engine of it is gone."""
        task = self._tasks.get(chosen)
        if task is not None and not task.done():
            return Opening(doing=self._doing.get(chosen, ""))
        ended = self._ended.get(chosen)
        if ended is not None and not self._still_serves(ended):
            del self._ended[chosen]
            return None
        return ended

    async def open(self, chosen: Chosen) -> AsyncIterator[Opening]:
        """Have the chosen served, telling what happens until each is open or has failed."""
        known = self.look(chosen)
        if known is not None and known.is_whole:
            yield known
            return
        if known is None or known.done:
            self._ended.pop(chosen, None)
            self._doing[chosen] = ""
            self._tasks[chosen] = asyncio.create_task(self._run(chosen))
        task = self._tasks[chosen]
        while not task.done():
            yield Opening(doing=self._doing.get(chosen, ""))
            await asyncio.wait({task}, timeout=LOOK_S)
        yield self._ended[chosen]

    def forget(self, chosen: Chosen) -> None:
        """Look at the engines anew the next time: one of them has failed to answer."""
        task = self._tasks.get(chosen)
        if task is None or task.done():
            self._ended.pop(chosen, None)

    async def _run(self, chosen: Chosen) -> None:
        self._ended[chosen] = await asyncio.to_thread(self._open, chosen)

    def _open(self, chosen: Chosen) -> Opening:
        """All together; where that fails, those who can without those who can't."""
        try:
            lanes = self._lanes(chosen, chosen)
            return Opening(done=True, lanes=lanes, errors=(None,) * len(chosen))
        except DuotuneError as error:
            together = error
        errors: list[DuotuneError | None] = []
        for contender in chosen:
            errors.append(self._why_not(contender, chosen))
        able = tuple(c for c, error in zip(chosen, errors, strict=True) if error is None)
        if len(able) in (0, len(chosen)):
            return _nobody(chosen, together)
        try:
            opened = iter(self._lanes(able, chosen))
        except DuotuneError as error:
            return _nobody(chosen, error)
        found: list[Lane | None] = [None if error else next(opened) for error in errors]
        return Opening(done=True, lanes=tuple(found), errors=tuple(errors))

    def _why_not(self, contender: Contender, chosen: Chosen) -> DuotuneError | None:
        try:
            self._lanes((contender,), chosen)
        except DuotuneError as error:
            return error
        return None

    def _lanes(self, wanted: Sequence[Contender], chosen: Chosen) -> tuple[Lane, ...]:
        def say(doing: str) -> None:
            self._doing[chosen] = doing

        return self.actions.open_lanes(wanted, say)

    def _still_serves(self, opening: Opening) -> bool:
        needed = {lane.endpoint.engine_id for lane in opening.lanes if lane is not None}
        serving = {served.engine.id for served in self.actions.served()}
        return needed <= {*serving, None}


def _nobody(chosen: Chosen, error: DuotuneError) -> Opening:
    return Opening(done=True, lanes=(None,) * len(chosen), errors=(error,) * len(chosen))
