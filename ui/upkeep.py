"""What an open app does by itself: clears away what is due, and sees that the queue goes on."""

from __future__ import annotations

import logging
import threading

from core.actions import Actions
from core.errors import DuotuneError
from core.training import retention

POLL_S = 10.0

_log = logging.getLogger(__name__)


class Upkeep:
    """A thread that looks after a workspace until it is told to end."""

    def __init__(self, actions: Actions, poll_s: float = POLL_S) -> None:
        self.actions, self.poll_s = actions, poll_s
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)

    def start(self) -> None:
        """Begin, with one look at once."""
        self._thread.start()

    def end(self) -> None:
        """Look no more; a look under way is waited for."""
        self._ended.set()
        self._thread.join(timeout=self.poll_s)

    def _work(self) -> None:
        self.look(first=True)
        while not self._ended.wait(self.poll_s):
            self.look()

    def look(self, first: bool = False) -> None:
        """Look once; trouble with the disk is told in the log, and may be gone at the next look."""
        try:
            if first or retention.is_due(self.actions.workspace):
                self.actions.keep_house()
            else:
                self.actions.runs()  # which sees that what waits is started
        except (DuotuneError, OSError) as error:
            _log.warning("The workspace could not be looked after: %s", error)
