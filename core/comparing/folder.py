"""Where comparisons, batches and what came of them live in a workspace."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.workspace import Workspace, checked_id


@dataclass(frozen=True)
class ComparingFolder:
    """The files of everything that is compared; one folder below the workspace."""

    root: Path

    @classmethod
    def of(cls, workspace: Workspace) -> ComparingFolder:
        return cls(workspace.root / "comparing")

    @property
    def sessions(self) -> Path:
        """One file of events for each conversation with several models."""
        return self.root / "sessions"

    def session(self, session_id: str) -> Path:
        return self.sessions / f"{checked_id(session_id)}.jsonl"

    @property
    def links(self) -> Path:
        """Snapshots that somebody else may read, each under the hash of its token."""
        return self.root / "links"

    @property
    def cases(self) -> Path:
        """Questions kept to be asked again, one a line."""
        return self.root / "cases.jsonl"

    @property
    def corrections(self) -> Path:
        """Rows made from bad answers, each with the answer that was wanted, one a line."""
        return self.root / "corrections.jsonl"

    @property
    def cache(self) -> Path:
        """Answers by what was asked of which weights; may be deleted at any time."""
        return self.root / "answers.sqlite"

    @property
    def batches(self) -> Path:
        return self.root / "batches"

    def batch(self, batch_id: str) -> Path:
        return self.batches / checked_id(batch_id)

    @property
    def speeds(self) -> Path:
        """Measurements of speed, newest last by name."""
        return self.root / "speed"

    def speed(self, speed_id: str) -> Path:
        return self.speeds / f"{checked_id(speed_id)}.json"
