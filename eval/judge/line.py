"""Many questions to one judge, several at once, until all are asked or the judge has gone."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

J = TypeVar("J")
GIVE_UP_AFTER = 12
"""Questions in a row without a readable reply: the judge is gone, and asking on would only wait."""
LONGEST_SILENCE_S = 300.0
"""Nobody should wait longer than this for a judge of which nothing was heard."""
NOBODY = ("timeout", "unreachable", "busy", "error", "garbled")
"""Troubles in which no model said anything."""
GONE = "the judge stopped answering"


class Line:
    """Whether anybody still answers."""

    def __init__(self) -> None:
        self._silent = 0
        self._hard: set[str] = set()
        """Samples without a readable reply since the last one."""
        self._last_heard = time.monotonic()

    @property
    def gone(self) -> bool:
        return (
            self._silent >= GIVE_UP_AFTER
            or len(self._hard) >= GIVE_UP_AFTER
            or (self._silent > 0 and time.monotonic() - self._last_heard > LONGEST_SILENCE_S)
        )

    def heard(self, sample_id: str, trouble: str) -> None:
        """What was wrong with a reply; "" for nothing.

        Nonsense counts like silence: it would cost as many calls. What may lie in one answer, such
        as its length, says little about the next, so only other samples count.
        """
        if not trouble or trouble in ("unsure", "swayed"):
            self._silent, self._last_heard = 0, time.monotonic()
            self._hard.clear()
        elif trouble in NOBODY or trouble == "invalid":
            self._silent += 1
        else:
            self._hard.add(sample_id)


async def ask_all(jobs: Iterable[J], ask: Callable[[J], Awaitable[None]], at_once: int) -> None:
    """Do all jobs in their order, so many at once; the first error ends them all."""
    waiting = iter(jobs)

    async def work() -> None:
        for job in waiting:
            await ask(job)

    try:
        async with asyncio.TaskGroup() as workers:
            for _ in range(max(at_once, 1)):
                workers.create_task(work())
    except ExceptionGroup as failures:  # a full disk is one error for a person, not a group
        raise failures.exceptions[0] from failures
