"""Where datasets, runs, engines and reports live on disk: the only builder of paths."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from core.disk import write_atomic
from core.errors import WorkspaceError, disk_errors

ID = re.compile(r"[a-z]{2,6}-[0-9a-z-]{4,60}")


def checked_id(value: str) -> str:
    """An identifier that is safe as a folder name.

    Raises WorkspaceError for anything else, so no text from outside can leave the workspace.
    """
    if not ID.fullmatch(value):
        raise WorkspaceError(
            f"'{value[:80]}' is not an identifier of this workspace.",
            fix="Use an identifier exactly as Duotune shows it, such as run-20261121-1030-ab12.",
        )
    return value


@dataclass(frozen=True)
class Workspace:
    """A folder that holds everything; copying it copies everything."""

    root: Path

    @classmethod
    def open(cls, root: Path) -> Workspace:
        """Make the folder (private to its user) if needed, and prove that it can be written.

        Raises WorkspaceError when it can't.
        """
        root = root.expanduser().resolve()
        with disk_errors(root, "open the workspace"):
            root.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_atomic(root / "VERSION", "1\n")
        return cls(root)

    @property
    def datasets(self) -> Path:
        return self.root / "datasets"

    @property
    def runs(self) -> Path:
        return self.root / "runs"

    @property
    def engines(self) -> Path:
        return self.root / "engines"

    @property
    def adapters(self) -> Path:
        """Immutable, content-addressed copies of adapters that engines load from."""
        return self.root / "adapters"

    @property
    def reports(self) -> Path:
        return self.root / "reports"

    @property
    def chats(self) -> Path:
        return self.root / "chats"

    @property
    def jobs(self) -> Path:
        """Long work on data, each in a folder of its own."""
        return self.root / "jobs"

    @property
    def keys(self) -> Path:
        """What masked personal data stood for: kept apart from the datasets, for this user only."""
        return self.root / "keys"

    @property
    def start_lease(self) -> Path:
        """Held while a run is being started, so that two never start at once."""
        return self.runs / "start.lease"

    @property
    def exchange(self) -> Path:
        """Files that a browser uploaded or may fetch; old ones are cleared away by the app."""
        return self.root / "exchange"

    @property
    def app_lease(self) -> Path:
        return self.root / "app.lease"

    @property
    def app_record(self) -> Path:
        """Where the running app says which address it answers at."""
        return self.root / "app.json"

    def dataset(self, dataset_id: str) -> Path:
        return self.datasets / checked_id(dataset_id)

    def run(self, run_id: str) -> RunFolder:
        return RunFolder(self.runs / checked_id(run_id))

    def engine(self, engine_id: str) -> Path:
        return self.engines / checked_id(engine_id)

    def adapter(self, adapter_id: str) -> Path:
        return self.adapters / checked_id(adapter_id)

    def report(self, report_id: str) -> Path:
        return self.reports / checked_id(report_id)

    def job(self, job_id: str) -> Path:
        return self.jobs / checked_id(job_id)

    def mask_key(self, dataset_id: str) -> Path:
        return self.keys / f"{checked_id(dataset_id)}.json"

    def chat(self, chat_id: str) -> Path:
        return self.chats / checked_id(chat_id)


@dataclass(frozen=True)
class RunFolder:
    """The files of one run: the interface between the app and the trainer program."""

    root: Path

    @property
    def run_id(self) -> str:
        return self.root.name

    @property
    def plan(self) -> Path:
        """The resolved TrainingPlan, nulls kept."""
        return self.root / "plan.json"

    @property
    def job(self) -> Path:
        """What the trainer is told beside the plan: data files, model path, workspace facts."""
        return self.root / "job.json"

    @property
    def events(self) -> Path:
        return self.root / "events.jsonl"

    @property
    def log(self) -> Path:
        return self.root / "log.txt"

    @property
    def lease(self) -> Path:
        """Held by the trainer for as long as it lives."""
        return self.root / "trainer.lease"

    @property
    def launch(self) -> Path:
        """Which process was started for the newest attempt."""
        return self.root / "launch.json"

    @property
    def reserve(self) -> Path:
        """A little space that is given back when the disk is full, so that the run can say so."""
        return self.root / "reserve"

    @property
    def stop(self) -> Path:
        """Its existence asks the trainer to checkpoint, then leave."""
        return self.root / "STOP"

    @property
    def checkpoints(self) -> Path:
        return self.root / "checkpoints"

    @property
    def adapter(self) -> Path:
        """The finished adapter; exists only after it was checked."""
        return self.root / "adapter"

    @property
    def parity(self) -> Path:
        """Prompt log-probabilities by PEFT that a served adapter must agree with."""
        return self.root / "parity.json"
