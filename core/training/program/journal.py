"""The trainer's side of the run folder: events out, stop requests in."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from core.disk import write_atomic
from core.errors import WorkspaceError
from core.training import events
from core.training.events import Event
from core.workspace import RunFolder

RESERVE_BYTES = 64 * 1024


class Journal:
    """Writes events of one attempt; keeps a little disk space to say that the disk is full."""

    def __init__(self, folder: RunFolder, attempt: int) -> None:
        self.folder, self.attempt = folder, attempt

    def open(self) -> None:
        """Make ready to write; raises WorkspaceError when the disk is full already."""
        events.finish_last_line(self.folder.events)
        write_atomic(self.folder.reserve, bytes(RESERVE_BYTES))

    def write(self, kind: type[Event], **fields: object) -> None:
        """Append one event.

        Raises WorkspaceError when the disk is full.
        """
        event = kind.model_validate({"attempt": self.attempt, **fields})
        events.append(self.folder.events, event)

    def last_words(self, kind: type[Event], **fields: object) -> None:
        """Append the event that ends the attempt, giving the reserve back if that is needed."""
        try:
            self.write(kind, **fields)
        except (WorkspaceError, OSError):
            self.folder.reserve.unlink(missing_ok=True)
            events.finish_last_line(self.folder.events)
            self.write(kind, **fields)
        self.folder.reserve.unlink(missing_ok=True)


class StopRequest:
    """Whether the person asked to stop: by the run's STOP file or by SIGTERM."""

    def __init__(self, stop_file: Path) -> None:
        self._file, self._signalled = stop_file, False
        signal.signal(signal.SIGTERM, self._on_signal)

    def _on_signal(self, _number: int, _frame: object) -> None:
        self._signalled = True

    @property
    def asked(self) -> bool:
        return self._signalled or self._file.exists()


def say(text: str) -> None:
    """A line for the log."""
    print(text, file=sys.stderr, flush=True)
