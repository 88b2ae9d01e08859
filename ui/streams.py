"""Streams slowed down to what a browser can draw."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TypeVar

T = TypeVar("T")
EVERY_S = 0.1
"""Ten redraws a second: more freezes the page once a conversation is long."""


async def coalesce(source: AsyncIterator[T], every_s: float = EVERY_S) -> AsyncIterator[T]:
    """The newest value of a stream, at most each `every_s` seconds, and always the last one.

    One task consumes the source from beginning to end, because cancel scopes inside it may only
    be left by the task that entered them. Closing this iterator cancels that task.
    """
    newest: list[T] = []
    arrived = asyncio.Event()

    async def pump() -> None:
        async for value in source:
            newest[:] = [value]
            arrived.set()

    task = asyncio.create_task(pump())
    task.add_done_callback(lambda _: arrived.set())
    try:
        while not (task.done() and not newest):
            await arrived.wait()
            arrived.clear()
            if newest:
                yield newest.pop()
                await asyncio.wait({task}, timeout=every_s)
                if task.done():
                    arrived.set()
        await task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
