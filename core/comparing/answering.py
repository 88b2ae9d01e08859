"""Many questions through all lanes: as many at a time as each server takes, nothing asked twice."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, NamedTuple

from core.comparing.cache import AnswerCache, key_of
from core.comparing.prompts import Item
from core.errors import ServingError
from core.messages import Record
from core.serving import chat
from core.serving.contenders import Lane
from core.serving.records import Generation, Sampling

if TYPE_CHECKING:
    from openai import AsyncOpenAI

GIVE_UP_AFTER = 12
"""Requests in a row that one server left unanswered: it is gone, and asking on would only wait."""


class Answered(Record):
    """One contender's answer to one question of a batch."""

    item: str
    contender: int
    generation: Generation
    cached: bool = False
    """It was had before; its times are those of then."""


class Lanes(NamedTuple):
    """Who is asked, and what their answers are kept under."""

    lanes: tuple[Lane, ...]
    contents: tuple[str, ...]
    """Which weights answer in each lane, or a name that no other batch has."""
    sampling: Sampling


Done = Callable[[Answered], None]
Wanted = Sequence[tuple[Item, int]]
"""Questions with the contender whose answer is missing."""


async def answer_all(
    wanted: Wanted, lanes: Lanes, cache: AnswerCache, concurrency: int, done: Done
) -> None:
    """Get the missing answers, `concurrency` requests under way at each server.

    `done` is told every answer, also one that failed. Raises ServingError when a server has
    stopped answering; what the others answered is told by then.
    """
    missing = [pair for pair in wanted if not _known(pair, lanes, cache, done)]
    servers: dict[str, list[tuple[Item, int]]] = {}
    for pair in missing:
        servers.setdefault(lanes.lanes[pair[1]].endpoint.base_url, []).append(pair)
    gone: list[ServingError] = []
    async with AsyncExitStack() as stack, asyncio.TaskGroup() as group:
        for pairs in servers.values():
            endpoint = lanes.lanes[pairs[0][1]].endpoint
            client = await stack.enter_async_context(chat.open_client(endpoint))
            server = _Server(client, lanes, cache, done, gone)
            queue = iter(pairs)
            for _ in range(min(max(concurrency, 1), len(pairs))):
                group.create_task(server.work(queue))
    if gone:
        raise gone[0]


def _known(pair: tuple[Item, int], lanes: Lanes, cache: AnswerCache, done: Done) -> bool:
    item, which = pair
    key = key_of(lanes.contents[which], lanes.lanes[which], item.messages, lanes.sampling)
    found = cache.get(key)
    if found is None:
        return False
    done(Answered(item=item.id, contender=which, generation=found, cached=True))
    return True


class _Server:
    """One address and who asks it."""

    def __init__(
        self, client: AsyncOpenAI, lanes: Lanes, cache: AnswerCache, done: Done,
        gone: list[ServingError],
    ) -> None:  # fmt: skip
        self.client, self.lanes, self.cache, self.done = client, lanes, cache, done
        self.gone, self.silent = gone, 0

    async def work(self, queue: Iterator[tuple[Item, int]]) -> None:
        for item, which in queue:
            if self.silent >= GIVE_UP_AFTER:
                return
            await self._ask(item, which)

    async def _ask(self, item: Item, which: int) -> None:
        lane = self.lanes.lanes[which]
        answer = await chat.complete(lane.endpoint, item.messages, self.lanes.sampling, self.client)
        self.silent = self.silent + 1 if answer.error else 0
        if self.silent == GIVE_UP_AFTER:
            self.gone.append(
                ServingError(
                    f"The last {GIVE_UP_AFTER} questions got no answer: {answer.error}",
                    lane.title,
                    "Go on with the batch: answers that it has are kept.",
                )
            )
        content = self.lanes.contents[which]
        self.cache.put(key_of(content, lane, item.messages, self.lanes.sampling), answer)
        self.done(Answered(item=item.id, contender=which, generation=answer))


def missing(
    items: Sequence[Item], contenders: int, had: Mapping[tuple[str, int], Answered]
) -> list[tuple[Item, int]]:
    """What is still to be asked: nothing twice, failures again.

    Who is asked first alternates, so that nobody is always the one that waits.
    """
    wanted: list[tuple[Item, int]] = []
    for number, item in enumerate(items):
        order = range(contenders) if number % 2 == 0 else reversed(range(contenders))
        for which in order:
            before = had.get((item.id, which))
            if before is None or before.generation.error is not None:
                wanted.append((item, which))
    return wanted
