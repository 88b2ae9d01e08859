"""The verb about what is at work and what waits: part of `core.actions`."""

from __future__ import annotations

from dataclasses import dataclass

from core.run_actions import RunActions
from core.training.records import Run


@dataclass(frozen=True)
class QueueActions(RunActions):
    """Looking at the queue, over one workspace and its settings."""

    def queue(self) -> tuple[Run, ...]:
        """The runs that have not ended: those at work, then those that wait, in their order."""
        return tuple(sorted((run for run in self.runs() if run.is_live), key=_turn))


def _turn(run: Run) -> int:
    return run.place or 0
