"""Downloads of base models, each in its own process: started, watched, cancelled, resumed.

What a download has written stays on disk, so it survives the app and goes on where it stopped.
"""

from __future__ import annotations

from contextlib import suppress

from pydantic import ValidationError

from core.data.jobs import JobFolder, JobStatus, end_program, run_program, state_of
from core.disk import last_record, sha256_text, write_atomic
from core.errors import ModelError
from core.identifiers import now
from core.messages import Record
from core.models import catalog, hub
from core.models.fetching import FetchProgress
from core.settings import Settings
from core.workspace import Workspace

PROGRAM = "core.models.download_program"
LOST = "The download ended without a word."


class DownloadRequest(Record):
    """What is to be fetched."""

    model: str
    revision: str | None
    created: str


class Download(Record):
    """One download, as it stands now."""

    id: str
    model: str
    revision: str | None
    created: str
    status: JobStatus
    phase: str
    commit: str | None
    bytes_done: int
    bytes_total: int | None
    """None until the hub was asked."""
    bytes_per_s: float | None
    eta_s: float | None
    """Seconds; None while no speed was measured, or nothing is under way."""
    problem: str = ""
    where: str = ""
    fix: str = ""


def start(
    workspace: Workspace, settings: Settings, model: str, revision: str | None = None
) -> Download:
    """Start a download, or go on with one that was broken off; one under way is only returned.

    Raises ModelError for what is no Hub model, or while no hub may be asked.
    """
    if model == catalog.STARTER or catalog.looks_local(model):
        raise ModelError(f"{model} is on this machine already.", fix="Pick it for a plan.")
    hub.check_id(model)
    if settings.offline:
        raise hub.HubUnreachable(
            f"{model} can't be downloaded: the model hub may not be asked (HF_HUB_OFFLINE).",
            fix="Unset HF_HUB_OFFLINE, then start the app again.",
        )
    download_id = f"dl-{sha256_text('@'.join([model, revision or '']))[:16]}"
    folder = JobFolder(workspace.download(download_id))
    with suppress(ModelError):
        if (before := status(workspace, download_id)).status == "running":
            return before
    for path in (folder.result, folder.process, folder.cancelled, folder.progress):
        path.unlink(missing_ok=True)
    request = DownloadRequest(model=model, revision=revision, created=now())
    write_atomic(folder.request, request.model_dump_json(indent=1))
    run_program(PROGRAM, workspace, folder, _environment(settings))
    return status(workspace, download_id)


def _environment(settings: Settings) -> dict[str, str]:
    """What the program must know: it reaches it as environment variables and never the disk."""
    token = settings.hub_token
    return {
        "HF_ENDPOINT": settings.hub_endpoint,
        "HF_HUB_OFFLINE": "0",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    } | ({"HF_TOKEN": token.get_secret_value()} if token else {})


def status(workspace: Workspace, download_id: str) -> Download:
    """How a download stands. Raises ModelError when there is none of this name."""
    folder = JobFolder(workspace.download(download_id))
    try:
        request = DownloadRequest.model_validate_json(folder.request.read_bytes())
    except (OSError, ValidationError) as error:
        raise ModelError(
            "There is no such download.", download_id, "`duotune models downloads` lists them."
        ) from error
    state, result = state_of(folder, LOST)
    seen = last_record(folder.progress, FetchProgress) or FetchProgress(phase="starting")
    running = state == "running"
    return Download(
        id=download_id,
        model=request.model,
        revision=request.revision,
        created=request.created,
        status=state,
        phase=seen.phase if running else state,
        commit=seen.commit,
        bytes_done=seen.bytes_done,
        bytes_total=seen.bytes_total,
        bytes_per_s=seen.bytes_per_s if running else None,
        eta_s=seen.eta_s if running else None,
        **(result.model_dump(include={"problem", "where", "fix"}) if result else {}),
    )


def list_downloads(workspace: Workspace) -> tuple[Download, ...]:
    """All readable downloads, newest first."""
    found = []
    for path in workspace.downloads.glob("dl-*"):
        with suppress(ModelError, OSError):
            found.append(status(workspace, path.name))
    return tuple(sorted(found, key=lambda download: download.created, reverse=True))


def cancel(workspace: Workspace, download_id: str) -> Download:
    """End a download; what it has fetched stays, and is not fetched again.

    Raises ModelError when there is none of this name.
    """
    if status(workspace, download_id).status == "running":
        end_program(JobFolder(workspace.download(download_id)))
    return status(workspace, download_id)
