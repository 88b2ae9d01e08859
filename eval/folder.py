"""The files of one evaluation: what the app and the evaluation program share."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.workspace import Workspace


@dataclass(frozen=True)
class ReportFolder:
    """One folder under the workspace's `reports`."""

    root: Path

    @classmethod
    def of(cls, workspace: Workspace, report_id: str) -> ReportFolder:
        """The folder of a report; raises WorkspaceError for what is no identifier."""
        return cls(workspace.report(report_id))

    @property
    def report_id(self) -> str:
        return self.root.name

    @property
    def request(self) -> Path:
        return self.root / "request.json"

    @property
    def rubric(self) -> Path:
        """The rubric as a file of its own, for people."""
        return self.root / "rubric.yaml"

    @property
    def launch(self) -> Path:
        """When it was first asked for, and which process was started last."""
        return self.root / "launch.json"

    @property
    def lease(self) -> Path:
        """Held by the evaluation program for as long as it lives."""
        return self.root / "program.lease"

    @property
    def log(self) -> Path:
        return self.root / "log.txt"

    @property
    def progress(self) -> Path:
        return self.root / "progress.jsonl"

    @property
    def comparisons(self) -> Path:
        return self.root / "comparisons.jsonl"

    @property
    def verdicts(self) -> Path:
        return self.root / "verdicts.jsonl"

    @property
    def failure(self) -> Path:
        """Why the program gave up; absent when it did not."""
        return self.root / "failure.json"

    @property
    def report(self) -> Path:
        """The report; written last, so its presence means that all of it is there."""
        return self.root / "report.json"

    @property
    def html(self) -> Path:
        return self.root / "report.html"

    @property
    def markdown(self) -> Path:
        return self.root / "report.md"
