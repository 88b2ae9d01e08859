"""Where datasets, runs, engines and reports live on disk: the only builder of paths."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from core.disk import sha256_text, write_atomic
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
    def downloads(self) -> Path:
        """How downloads of base models stand; the models lie in the hub client's cache."""
        return self.root / "downloads"

    @property
    def keys(self) -> Path:
        """What masked personal data stood for: kept apart from the datasets, for this user only."""
        return self.root / "keys"

    @property
    def endpoints(self) -> Path:
        """Models served elsewhere that the person saved, with their keys: for this user only."""
        return self.keys / "endpoints.json"

    @property
    def prepared(self) -> Path:
        """Rows as token ids, kept for the next run on the same data; may be deleted at any time."""
        return self.root / "prepared"

    @property
    def preflights(self) -> Path:
        """What was measured of plans before they ran, each in a folder like a run's."""
        return self.root / "preflights"

    @property
    def trials(self) -> Path:
        """What base models answered before any training, a file for each dataset and model."""
        return self.root / "trials"

    @property
    def judge_exams(self) -> Path:
        """How judges did in the exam, a file for each judge and version of the exam."""
        return self.root / "judge_exams"

    @property
    def library(self) -> Path:
        """Tuned models that the person keeps, each in a folder of its own."""
        return self.root / "library"

    @property
    def exports(self) -> Path:
        """Models on their way out of here: each in a folder of its own, with how it stands."""
        return self.root / "exports"

    @property
    def certifications(self) -> Path:
        """Certificates in the making: each in a folder of its own, with how it stands."""
        return self.root / "certifications"

    @property
    def trash(self) -> Path:
        """Where a folder is moved in one step before it is removed."""
        return self.root / "trash"

    @property
    def locks(self) -> Path:
        """Leases on what only one process may use at a time, such as a GPU."""
        return self.root / "locks"

    @property
    def clock(self) -> Path:
        """How much time this workspace has seen: no clock that jumps can lengthen it."""
        return self.root / "clock.json"

    @property
    def keeper_lease(self) -> Path:
        """Held by the process that starts what waits, while anything waits."""
        return self.runs / "keeper.lease"

    @property
    def keeper_mark(self) -> Path:
        """When that process was last started; gone when it ended because nothing waited."""
        return self.runs / "keeper.started"

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

    def preflight(self, preflight_id: str) -> Path:
        return self.preflights / checked_id(preflight_id)

    def engine(self, engine_id: str) -> Path:
        return self.engines / checked_id(engine_id)

    def adapter(self, adapter_id: str) -> Path:
        return self.adapters / checked_id(adapter_id)

    def report(self, report_id: str) -> Path:
        return self.reports / checked_id(report_id)

    def job(self, job_id: str) -> Path:
        return self.jobs / checked_id(job_id)

    def download(self, download_id: str) -> Path:
        return self.downloads / checked_id(download_id)

    def export(self, export_id: str) -> Path:
        return self.exports / checked_id(export_id)

    def certification(self, certification_id: str) -> Path:
        return self.certifications / checked_id(certification_id)

    def trial(self, dataset_id: str, weights: str) -> Path:
        """`weights` tells one model from another."""
        return self.trials / f"{checked_id(dataset_id)}-{sha256_text(weights)[:16]}.jsonl"

    def mask_key(self, dataset_id: str) -> Path:
        return self.keys / f"{checked_id(dataset_id)}.json"

    def chat(self, chat_id: str) -> Path:
        return self.chats / checked_id(chat_id)

    @property
    def sweeps(self) -> Path:
        """Which runs were started together to be compared."""
        return self.root / "sweeps"

    def sweep(self, sweep_id: str) -> Path:
        return self.sweeps / f"{checked_id(sweep_id)}.json"


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
    def workers(self) -> Path:
        """What several workers of an attempt leave: why each failed, and their launcher's files."""
        return self.root / "workers"

    @property
    def reserve(self) -> Path:
        """A little space that is given back when the disk is full, so that the run can say so."""
        return self.root / "reserve"

    @property
    def ticket(self) -> Path:
        """The newest request to start the run, and what came of it."""
        return self.root / "ticket.json"

    @property
    def label(self) -> Path:
        """What the person calls the run now, and their note on it; the plan stays as agreed."""
        return self.root / "label.json"

    @property
    def ended(self) -> Path:
        """When the run was first seen to have ended, by the workspace's own count of time."""
        return self.root / "ended.json"

    @property
    def cleared(self) -> Path:
        """Its existence says that the run's weights and log were cleared away."""
        return self.root / "cleared.json"

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
    def model(self) -> Path:
        """The finished model where no adapter is published; exists only after it was checked."""
        return self.root / "model"

    def published(self, is_adapter: bool) -> Path:
        """The result of the run: ask with the plan's `publishes_adapter`."""
        return self.adapter if is_adapter else self.model

    @property
    def parity(self) -> Path:
        """Prompt log-probabilities that what is served must agree with."""
        return self.root / "parity.json"
