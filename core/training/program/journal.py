"""The trainer's side of the run folder: events out, stop requests in."""

from __future__ import annotations

import signal
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

from core.disk import write_atomic
from core.errors import WorkspaceError
from core.training import events
from core.training.events import Event, Heartbeat, Phase
from core.training.program.meter import Meter
from core.workspace import RunFolder

RESERVE_BYTES = 64 * 1024
QUIET_S, QUIET_MOST_S, QUIET_SHARE = 15.0, 60.0, 1 / 240
"""A heartbeat comes after so long without an event: a share of the attempt's age between these
bounds, so that a run of days is not drowned in them."""


class Journal:
    """Writes events of one attempt; keeps a little disk space to say that the disk is full.

    Any thread may write. Between `open` and `last_words` it says by itself that it lives.
    """

    def __init__(self, folder: RunFolder, attempt: int) -> None:
        self.folder, self.attempt = folder, attempt
        self.meter = Meter()
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._ended = False
        self._pulse: threading.Thread | None = None
        self._phase: Phase = "loading"
        self._opened = self._phase_began = self._wrote = time.monotonic()

    def open(self) -> None:
        """Make ready to write; raises WorkspaceError when the disk is full already."""
        events.finish_last_line(self.folder.events)
        write_atomic(self.folder.reserve, bytes(RESERVE_BYTES))
        self._pulse = threading.Thread(target=self._beat_on, name="heartbeat", daemon=True)
        self._pulse.start()

    def write(self, kind: type[Event], **fields: object) -> None:
        """Append one event; after the last words nothing is written any more.

        Raises WorkspaceError when the disk is full.
        """
        event = kind.model_validate({"attempt": self.attempt, **fields})
        with self._lock:
            if not self._ended:
                self._append(event)

    def last_words(self, kind: type[Event], **fields: object) -> None:
        """Append the event that ends the attempt, giving the reserve back if that is needed."""
        self.close()
        try:
            self.write(kind, **fields)
        except (WorkspaceError, OSError):
            self.folder.reserve.unlink(missing_ok=True)
            events.finish_last_line(self.folder.events)
            self.write(kind, **fields)
        self._ended = True
        self.folder.reserve.unlink(missing_ok=True)

    def close(self) -> None:
        """End the heartbeats."""
        self._over.set()
        if self._pulse is not None:
            self._pulse.join()

    def _append(self, event: Event) -> None:
        """Write and note when; the lock is held."""
        events.append(self.folder.events, event)
        self._wrote = time.monotonic()
        if isinstance(event, events.PhaseChanged):
            self._phase, self._phase_began = event.phase, self._wrote

    def _beat_on(self) -> None:
        wait_s = QUIET_S
        while not self._over.wait(wait_s):
            with self._lock:
                wait_s = self._beat()

    def _beat(self) -> float:
        """Say that the trainer lives if all was quiet for long; seconds until the next look."""
        now = time.monotonic()
        quiet = min(max((now - self._opened) * QUIET_SHARE, QUIET_S), QUIET_MOST_S)
        if (left := self._wrote + quiet - now) > 0:
            return left
        held = self.meter.look()
        beat = Heartbeat(
            attempt=self.attempt,
            phase=self._phase,
            seconds=round(now - self._phase_began, 1),
            rss_mb=held.rss_mb,
            gpu_mb=held.gpu_mb,
        )
        with suppress(WorkspaceError, OSError):  # a full disk is told by the next real event
            self._append(beat)
        return quiet


class StopRequest:
    """Whether the person asked to stop: by the run's STOP file or by SIGTERM."""

    def __init__(self, stop_file: Path) -> None:
        self._file, self._signalled = stop_file, False
        if threading.current_thread() is threading.main_thread():  # a Ray worker's is not
            signal.signal(signal.SIGTERM, self._on_signal)

    def _on_signal(self, _number: int, _frame: object) -> None:
        self._signalled = True

    @property
    def asked(self) -> bool:
        return self._signalled or self._file.exists()


def say(text: str) -> None:
    """A line for the log."""
    print(text, file=sys.stderr, flush=True)
