"""Streams slowed down to what a browser can draw."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")
EVERY_S = 0.1
"""Ten redraws a second: more freezes the page once a conversation is long."""


def _one_stage(_: object) -> object:
    return None


async def coalesce(
    source: AsyncIterator[T], every_s: float = EVERY_S, stage: Callable[[T], object] = _one_stage
) -> AsyncIterator[T]:
    """The newest value of a stream, at most each `every_s` seconds, and always the last one.

    A value at another `stage` than the one before is passed on at once. One task consumes the
    source from beginning to end, because cancel scopes inside it may only be left by the task that
    entered them. Closing this iterator cancels that task.
    """
    newest: list[T] = []
    arrived, hurry = asyncio.Event(), asyncio.Event()

    async def pump() -> None:
        at: object = None
        async for value in source:
            newest[:] = [value]
            arrived.set()
            if (now := stage(value)) != at:
                at = now
                hurry.set()

    def over(_: object) -> None:
        arrived.set()
        hurry.set()

    task = asyncio.create_task(pump())
    task.add_done_callback(over)
    try:
        while not (task.done() and not newest):
            await arrived.wait()
            arrived.clear()
            if newest:
                hurry.clear()
                yield newest.pop()
                if not task.done():
                    await _for(hurry, every_s)
                if task.done():
                    arrived.set()
        await task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _for(event: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
