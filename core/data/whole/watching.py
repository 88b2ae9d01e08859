"""How long work over a whole dataset tells how far it is, and is stopped."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class Stopped(Exception):
    """The work was asked to stop; nothing was saved."""


def _nobody(done: int, total: int) -> None:
    """Nobody wants to know."""


def _never() -> bool:
    return False


class Watch(NamedTuple):
    """Whoever waits for the work."""

    progress: Callable[[int, int], None] = _nobody
    """Called with the rows that are done, and all rows."""
    should_stop: Callable[[], bool] = _never

    def at(self, done: int, total: int) -> None:
        """Say how far the work is; raises Stopped when it is to stop."""
        if self.should_stop():
            raise Stopped
        self.progress(done, total)


UNWATCHED = Watch()
