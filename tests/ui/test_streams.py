"""A stream is slowed down, loses nothing at its end, and ends its source when it is closed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

from ui.streams import coalesce


def test_the_last_value_always_comes_and_few_before_it() -> None:
    async def source() -> AsyncIterator[int]:
        for n in range(500):
            yield n
            await asyncio.sleep(0)

    async def collect() -> list[int]:
        return [n async for n in coalesce(source(), every_s=0.05)]

    seen = asyncio.run(collect())
    assert seen[0] == 0 or seen[0] < 499
    assert seen[-1] == 499
    assert len(seen) < 50


def test_a_value_before_a_long_pause_is_not_held_back() -> None:
    async def source() -> AsyncIterator[str]:
        yield "first"
        yield "second"
        await asyncio.sleep(30)

    async def collect() -> list[str]:
        seen = []
        async with aclosing(coalesce(source(), every_s=0.01)) as values:  # type: ignore[type-var]
            async for value in values:
                seen.append(value)
                if value == "second":
                    break
        return seen

    assert asyncio.run(asyncio.wait_for(collect(), 5))[-1] == "second"


def test_what_begins_another_stage_waits_for_nothing() -> None:
    async def source() -> AsyncIterator[str]:
        yield "one"
        await asyncio.sleep(0.01)
        yield "one two"
        await asyncio.sleep(0.01)
        yield "ONE"
        await asyncio.sleep(0.01)

    async def collect() -> list[str]:
        return [text async for text in coalesce(source(), every_s=30, stage=str.isupper)]

    assert asyncio.run(asyncio.wait_for(collect(), 5)) == ["one", "ONE"]


def test_closing_ends_the_source_in_the_task_that_began_it() -> None:
    tasks = []

    async def source() -> AsyncIterator[int]:
        tasks.append(asyncio.current_task())
        try:
            for n in range(100):
                yield n
                await asyncio.sleep(0.005)
        finally:
            tasks.append(asyncio.current_task())

    async def use() -> None:
        async with aclosing(coalesce(source(), every_s=0.01)) as values:  # type: ignore[type-var]
            async for _ in values:
                break

    asyncio.run(use())
    assert len(tasks) == 2
    assert tasks[0] is tasks[1]


def test_an_error_of_the_source_arrives() -> None:
    async def source() -> AsyncIterator[int]:
        yield 1
        raise ValueError("broken")

    async def collect() -> list[int]:
        return [n async for n in coalesce(source(), every_s=0.01)]

    with pytest.raises(ValueError, match="broken"):
        asyncio.run(collect())


def test_an_empty_source_ends() -> None:
    async def source() -> AsyncIterator[int]:
        return
        yield 1

    async def collect() -> list[int]:
        return [n async for n in coalesce(source())]

    assert asyncio.run(collect()) == []
