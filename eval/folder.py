"""The files of one evaluation: what the app and the evaluation program share."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from core.messages import Record
from core.workspace import Workspace

R = TypeVar("R", bound=Record)


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
    def preferences(self) -> Path:
        """What a judge preferred, pair by pair; absent when it was not asked."""
        return self.root / "preferences.jsonl"

    @property
    def judge_replies(self) -> Path:
        """Every reply of a judge that could be read, by what was asked: an SQLite file."""
        return self.root / "judge.sqlite"

    @property
    def votes(self) -> Path:
        """What people voted; absent before the first vote."""
        return self.root / "votes.jsonl"

    @property
    def failure(self) -> Path:
        """Why the program gave up; absent when it did not."""
        return self.root / "failure.json"

    @property
    def stopped(self) -> Path:
        """When a person stopped it; absent when nobody did."""
        return self.root / "stopped"

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

    @property
    def examples(self) -> Path:
        """Every question with both answers and verdicts, for people."""
        return self.root / "examples.html"

    @property
    def example_rows(self) -> Path:
        """The same as rows, with the score of each side: what the report's figures come from."""
        return self.root / "examples.jsonl"


def read_rows(path: Path, kind: type[R]) -> list[R]:
    """The records of a JSONL file; none when there is no file.

    A line that a killed program left half-written is passed over.
    """
    found = []
    for line in path.read_bytes().splitlines() if path.exists() else ():
        try:
            found.append(kind.model_validate_json(line))
        except ValidationError:
            continue
    return found
