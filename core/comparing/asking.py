"""One question under way to several lanes: each grows at its own speed, and each can fail alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import aclosing

from core.serving.records import Generation

Stream = AsyncGenerator[Generation, None]
Growing = dict[int, Generation]
"""How far each contender has come, by its number."""
Ended = Callable[[int, Generation], None]


class Asking:
    """Several answers that grow; stopping it, or leaving it, keeps what was said so far."""

    def __init__(self, streams: Mapping[int, Stream], ended: Ended) -> None:
        """`ended` is told each answer once, as it ended: whole, failed, or stopped."""
        self.now: Growing = {which: Generation(text="", done=False) for which in streams}
        self._streams, self._ended = streams, ended
        self._changed = asyncio.Event()
        self._told: set[int] = set()
        self._stopped = False

    def stop(self) -> None:
        """Let every answer end where it is."""
        self._stopped = True
        self._changed.set()

    async def follow(self) -> AsyncIterator[Growing]:
        """The answers while they grow; the last state has all of them ended.

        Closing the iterator ends every request on its server.
        """
        tasks = [asyncio.create_task(self._one(which)) for which in self._streams]
        for task in tasks:
            task.add_done_callback(lambda _: self._changed.set())
        try:
            over = False
            while not over:
                await self._changed.wait()
                self._changed.clear()
                over = self._stopped or all(task.done() for task in tasks)
                if not over:
                    yield dict(self.now)
        finally:
            for task in tasks:
                task.cancel()
            failures = await asyncio.gather(*tasks, return_exceptions=True)
            for which in self._streams:
                self._end(which)
        for failure in failures:
            if isinstance(failure, Exception):
                raise failure
        yield dict(self.now)

    async def _one(self, which: int) -> None:
        async with aclosing(self._streams[which]) as answer:
            async for generation in answer:
                self.now[which] = generation
                self._changed.set()
        if self.now[which].done:
            self._end(which)

    def _end(self, which: int) -> None:
        """Tell how an answer ended; one that has not is stopped."""
        if which in self._told:
            return
        self._told.add(which)
        if not self.now[which].done:
            stopped = {"done": True, "finish_reason": "abort"}
            self.now[which] = self.now[which].model_copy(update=stopped)
        self._ended(which, self.now[which])
