"""Long work on a dataset in its own process: started, watched, cancelled."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from core.disk import append_line, last_record, lease_is_held, write_atomic
from core.errors import DataError
from core.identifiers import new_id, now
from core.messages import Record
from core.processes import ProcessId, end_group, is_alive, start_detached
from core.workspace import Workspace

ROOT = Path(__file__).resolve().parents[2]
"""The folder that holds the package `core`, wherever the app was started from."""

JobKind = Literal["inspect", "tokens", "augment"]
JobStatus = Literal["running", "done", "failed", "cancelled"]


class JobRequest(Record):
    """What is to be done."""

    kind: JobKind
    dataset_id: str
    options: dict[str, Any] = Field(default_factory=dict)
    created: str


class JobProgress(Record):
    """How far it is."""

    phase: str
    done: int = 0
    total: int | None = None
    counts: dict[str, int] = Field(default_factory=dict)
    """What came of it so far, by name, such as `proposed`."""


class JobResult(Record):
    """How it ended."""

    dataset_id: str | None = None
    """The dataset that it made or completed."""
    problem: str = ""
    where: str = ""
    fix: str = ""


class Job(Record):
    """One piece of long work, as it stands now."""

    id: str
    kind: JobKind
    dataset_id: str
    created: str
    status: JobStatus
    progress: JobProgress
    result: JobResult | None


@dataclass(frozen=True)
class JobFolder:
    """The files of one job: what the app and the job program share."""

    root: Path

    @property
    def request(self) -> Path:
        return self.root / "request.json"

    @property
    def process(self) -> Path:
        return self.root / "process.json"

    @property
    def lease(self) -> Path:
        return self.root / "program.lease"

    @property
    def log(self) -> Path:
        return self.root / "log.txt"

    @property
    def progress(self) -> Path:
        return self.root / "progress.jsonl"

    @property
    def result(self) -> Path:
        return self.root / "result.json"

    @property
    def cancelled(self) -> Path:
        return self.root / "cancelled"

    @property
    def proposals(self) -> Path:
        """What an augmentation proposes, to be accepted row by row."""
        return self.root / "proposals.jsonl"

    @property
    def outcome(self) -> Path:
        """What an augmentation did, counted; written also when it was stopped."""
        return self.root / "outcome.json"

    def tell(self, progress: JobProgress) -> None:
        """Write how far it is."""
        append_line(self.progress, progress.model_dump_json())


def start(
    workspace: Workspace, kind: JobKind, dataset_id: str, options: dict[str, Any] | None = None,
    secrets: dict[str, str] | None = None,
) -> Job:  # fmt: skip
    """Start a job; `secrets` reach its process as environment variables and never the disk."""
    folder = JobFolder(workspace.job(new_id("job")))
    request = JobRequest(kind=kind, dataset_id=dataset_id, options=options or {}, created=now())
    write_atomic(folder.request, request.model_dump_json(indent=1))
    return _launch(workspace, folder, secrets)


def resume(workspace: Workspace, job_id: str, secrets: dict[str, str] | None = None) -> Job:
    """Go on with a job that was cancelled or failed: what it kept is not done again.

    Nothing happens to one that runs or is done. Raises DataError when there is none of this name.
    """
    job = status(workspace, job_id)
    if job.status not in ("cancelled", "failed"):
        return job
    folder = JobFolder(workspace.job(job_id))
    for path in (folder.result, folder.process, folder.cancelled):
        path.unlink(missing_ok=True)
    return _launch(workspace, folder, secrets)


def _launch(workspace: Workspace, folder: JobFolder, secrets: dict[str, str] | None) -> Job:
    folder.tell(JobProgress(phase="starting"))
    run_program("core.data.job_program", workspace, folder, secrets)
    return status(workspace, folder.root.name)


def run_program(
    module: str, workspace: Workspace, folder: JobFolder, secrets: dict[str, str] | None = None
) -> None:
    """Start a program of ours on a job's folder, apart from this process.

    `secrets` reach it as environment variables; nothing else of Duotune's settings does.
    """
    # -P: a folder called `core` where the app was started must not be taken for ours
    argv = [sys.executable, "-P", "-m", module, str(folder.root)]
    env = {name: value for name, value in os.environ.items() if not name.startswith("DUOTUNE_")}
    before = os.environ.get("PYTHONPATH")
    env["PYTHONPATH"] = os.pathsep.join([str(ROOT), *([before] if before else [])])
    env |= {"DUOTUNE_HOME": str(workspace.root), **(secrets or {})}
    process = start_detached(argv, folder.log, env)
    write_atomic(folder.process, process.model_dump_json())


def token_counts_file(workspace: Workspace, dataset_id: str) -> Path:
    """Where the counted tokens of a dataset's rows are."""
    return workspace.dataset(dataset_id) / "tokens.jsonl"


def status(workspace: Workspace, job_id: str) -> Job:
    """How a job stands now. Raises DataError when there is none of this name."""
    folder = JobFolder(workspace.job(job_id))
    request = request_of(workspace, job_id)
    state, result = state_of(folder, "The work on the data ended without a word.")
    return Job(
        id=job_id,
        kind=request.kind,
        dataset_id=request.dataset_id,
        created=request.created,
        status=state,
        progress=last_record(folder.progress, JobProgress) or JobProgress(phase="starting"),
        result=result,
    )


def request_of(workspace: Workspace, job_id: str) -> JobRequest:
    """What a job is to do. Raises DataError when there is none of this name."""
    try:
        path = JobFolder(workspace.job(job_id)).request
        return JobRequest.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise DataError("There is no such job.", job_id, "Start it again.") from error


def list_jobs(workspace: Workspace) -> tuple[Job, ...]:
    """All readable jobs, newest first."""
    found = []
    for path in workspace.jobs.glob("job-*"):
        with suppress(DataError, OSError):
            job = status(workspace, path.name)
            # The moment of writing tells jobs of the same second apart.
            found.append((job.created, JobFolder(path).request.stat().st_mtime_ns, job))
    return tuple(job for *_, job in sorted(found, key=lambda one: one[:2], reverse=True))


def cancel(workspace: Workspace, job_id: str) -> Job:
    """End a job; what it has written so far stays. Nothing happens to one that has ended."""
    folder = JobFolder(workspace.job(job_id))
    if status(workspace, job_id).status == "running":
        end_program(folder)
    return status(workspace, job_id)


def end_program(folder: JobFolder) -> None:
    """End a job's program for good; what it has written so far stays."""
    write_atomic(folder.cancelled, now() + "\n")
    if (process := _process(folder)) is not None:
        end_group(process, grace_s=2.0)


def state_of(folder: JobFolder, lost: str) -> tuple[JobStatus, JobResult | None]:
    """How a job stands, from its files and its process; `lost` tells of one that was killed."""
    if folder.result.exists():
        result = JobResult.model_validate_json(folder.result.read_bytes())
        return ("failed" if result.problem else "done"), result
    process = _process(folder)
    alive = lease_is_held(folder.lease) or (process is not None and is_alive(process))
    if folder.cancelled.exists():
        return "cancelled", None
    if alive or process is None:
        return "running", None
    if folder.result.exists():  # it finished between these looks
        return state_of(folder, lost)
    return "failed", JobResult(problem=lost, where=str(folder.log), fix="Start it again.")


def _process(folder: JobFolder) -> ProcessId | None:
    try:
        return ProcessId.model_validate_json(folder.process.read_bytes())
    except (OSError, ValidationError):
        return None
