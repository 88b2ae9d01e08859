"""How many calls to an endpoint are under way at once: fewer when it is overrun, then more."""

from __future__ import annotations

import asyncio
import time
from collections import deque

LONGEST_WAIT_S = 60.0
"""A server that asks for a longer rest is asked again after this."""


class Pace:
    """A gate whose width halves when the endpoint can't keep up and grows by one per width of
    good replies, as TCP's congestion avoidance does (RFC 5681)."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.slowed = 0
        """Times the endpoint could not keep up."""
        self.highest = 0
        """Calls under way at once, at most."""
        self._width = float(most)
        self._active = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._closed_until = 0.0
        self._last_slowed = 0.0

    async def __aenter__(self) -> float:
        """Wait for a place; the moment it was had tells `slower` which calls it is about."""
        while self._active >= int(self._width):
            place = asyncio.get_running_loop().create_future()
            self._waiting.append(place)
            await place
        self._active += 1
        self.highest = max(self.highest, self._active)
        try:
            while (rest := self._closed_until - time.monotonic()) > 0:
                await asyncio.sleep(rest)
        except BaseException:
            self._leave()
            raise
        return time.monotonic()

    async def __aexit__(self, *_: object) -> None:
        self._leave()

    def slower(self, began: float, rest_s: float = 0.0) -> None:
        """The endpoint could not take a call that began then: half as many, after a rest.

        Calls that began before the last slowing only say again what is known.
        """
        now = time.monotonic()
        self._closed_until = max(self._closed_until, now + min(rest_s, LONGEST_WAIT_S))
        if began >= self._last_slowed:
            self.slowed += 1
            self._last_slowed = now
            self._width = max(1.0, self._width / 2)

    def went_well(self) -> None:
        """A call was answered."""
        if self._width < self.most:
            self._width = min(float(self.most), self._width + 1 / self._width)

    def _leave(self) -> None:
        self._active -= 1
        free = int(self._width) - self._active
        while free > 0 and self._waiting:
            place = self._waiting.popleft()
            if not place.done():
                place.set_result(None)
                free -= 1
