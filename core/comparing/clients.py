"""HTTP clients that stay open between questions: making one costs about 80 ms of a core."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from core.serving import chat
from core.serving.records import Endpoint

if TYPE_CHECKING:
    from openai import AsyncOpenAI

MOST = 16
"""Addresses that are remembered: each start of an engine makes a new one."""
Address = tuple[str, str]
Opened = tuple["AsyncOpenAI", AsyncExitStack]
"""A client, and what closes it once nobody holds it any more."""


class Clients:
    """One client for each address and key of an event loop."""

    def __init__(self) -> None:
        self._by_loop: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[Address, Opened]] = (
            WeakKeyDictionary()
        )

    async def of(self, endpoint: Endpoint) -> AsyncOpenAI:
        """The open client for an endpoint, of the running event loop."""
        known = self._by_loop.setdefault(asyncio.get_running_loop(), {})
        address = (endpoint.base_url, endpoint.api_key.get_secret_value())
        opened = known.pop(address, None)
        if opened is None:
            stack = AsyncExitStack()
            opened = await stack.enter_async_context(chat.open_client(endpoint)), stack
        known[address] = opened  # the newest last
        if len(known) > MOST:
            del known[next(iter(known))]
        return opened[0]
