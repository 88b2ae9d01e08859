"""What changed in the workspace since the last look, found by file facts rather than by reading."""

from __future__ import annotations

from pathlib import Path
from threading import Lock

from core.actions import Actions
from core.disk import lease_is_held
from core.training.records import Run, RunView
from eval.records import Evaluation

Facts = tuple[tuple[str, int, int, bool], ...]


class Watch:
    """Runs and evaluations, read again only when their files say that something happened."""

    def __init__(self, actions: Actions) -> None:
        self.actions = actions
        self._lock = Lock()
        self._known: dict[str, tuple[Facts, tuple[Run, ...] | tuple[Evaluation, ...]]] = {}
        self._views: dict[str, tuple[Facts, RunView]] = {}

    def facts(self) -> Facts:
        """Changes whenever a run, an evaluation or the engine does."""
        space = self.actions.workspace
        return (
            *_folder_facts(space.runs, "events.jsonl", "trainer.lease", "STOP"),
            *_folder_facts(space.reports, "events.jsonl", "progress.json", "report.json", "*"),
            *_folder_facts(space.engines, "*"),
            *_folder_facts(space.datasets),
        )
