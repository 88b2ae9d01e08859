"""What an open app does by itself: clears away what is due, sees to the queue and the engines."""

from __future__ import annotations

import logging
import threading

from core.actions import Actions
from core.errors import DuotuneError
from core.run_actions import Say, silent
from core.training import retention

POLL_S = 10.0

_log = logging.getLogger(__name__)


class Upkeep:
    """A thread that looks after a workspace until it is told to end."""

    def __init__(self, actions: Actions, poll_s: float = POLL_S, say: Say = silent) -> None:
        self.actions, self.poll_s, self.say = actions, poll_s, say
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)

    def start(self) -> None:
        """Begin, with one look at once."""
        self._thread.start()

    def end(self) -> None:
        """Look no more, and leave engines as the settings say; a look under way is waited for."""
        self._ended.set()
        self._thread.join(timeout=self.poll_s)
        try:
            self.actions.leave_engines(self.say)
        except DuotuneError as error:
            self.say(str(error))

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
            self.actions.tend_engines(_log.warning)
        except (DuotuneError, OSError) as error:
            _log.warning("The workspace could not be looked after: %s", error)
