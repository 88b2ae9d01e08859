"""Certifications: certificates in the making, each in its own process: started, watched, ended."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from core.certificates import store
from core.certificates.certify import Wish
from core.certificates.records import Verdict
from core.certificates.source import Source
from core.data.jobs import JobFolder, JobStatus, end_program, run_program, state_of
from core.disk import last_record, write_atomic
from core.errors import RunError
from core.identifiers import new_id, now
from core.messages import Record
from core.serving.engines import Engines
from core.settings import DEFAULT_HUB, Settings
from core.trash import discard
from core.workspace import Workspace

PROGRAM = "core.certificates.certify_program"
ENGINE_SETTINGS = ("DUOTUNE_ENGINE", "DUOTUNE_VLLM")
"""How the names of settings begin that say how models are served."""
LOST = "The certification ended without a word."


class CertificationRequest(Record):
    """What is to be certified."""

    name: str
    """A run's id, or the name of a model in the library."""
    export_id: str | None = None
    """One of its exports, where that is what is looked at."""
    home: Path
    """Where its certificates stand."""
    wish: Wish
    created: str
    """ISO time, UTC."""


class CertificationProgress(Record):
    """What is done now, in words."""

    told: str


class Proved(Record):
    """What a certification came to."""

    certificate_id: str
    verdict: Verdict
    sentence: str


class Certification(Record):
    """One certification, as it stands now."""

    id: str
    request: CertificationRequest
    status: JobStatus
    told: str
    """"" once it has ended."""
    proved: Proved | None
    """None until it is done."""
    problem: str = ""
    where: str = ""
    fix: str = ""


@dataclass(frozen=True)
class CertificationFolder(JobFolder):
    """The files of one certification: what the app and its program share."""

    @classmethod
    def of(cls, workspace: Workspace, certification_id: str) -> CertificationFolder:
        return cls(workspace.certification(certification_id))

    @property
    def proved(self) -> Path:
        return self.root / "proved.json"


def start(
    workspace: Workspace, settings: Settings, source: Source, export_id: str | None, wish: Wish
) -> Certification:
    """Start certifying a model, or one of its exports; returns at once.

    What ended before of the same model is forgotten; its certificates stay. Raises RunError while
    another certification of it goes on.
    """
    before = [one for one in certifications(workspace) if one.request.name == source.id]
    alike = [one for one in before if one.request.export_id == export_id]
    if going := next((one for one in alike if one.status == "running"), None):
        raise RunError(
            f"'{source.name}' is being certified already.", going.id, "Wait for it, or cancel it."
        )
    for one in alike:
        discard(workspace, workspace.certification(one.id))
    folder = CertificationFolder.of(workspace, new_id("cer"))
    home = workspace.export(export_id) if export_id else source.home
    request = CertificationRequest(
        name=source.id, export_id=export_id, home=home, wish=wish, created=now()
    )
    write_atomic(folder.request, request.model_dump_json(indent=1))
    run_program(PROGRAM, workspace, folder, environment(settings))
    return status(workspace, folder.root.name)


def environment(settings: Settings) -> dict[str, str]:
    """What a program that certifies must know: as environment variables, never on the disk."""
    engine = {k: v for k, v in os.environ.items() if k.startswith(ENGINE_SETTINGS)}
    given = engine | {
        "HF_HUB_OFFLINE": "1" if settings.offline else "0",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "HF_ENDPOINT": settings.hub_endpoint,
        "DUOTUNE_HUB_ENDPOINT": settings.hub_endpoint,
        "DUOTUNE_VLLM_PYTHON": str(settings.vllm_python or ""),
        "DUOTUNE_LLAMA_CPP": str(settings.llama_cpp or ""),
    }
    if settings.hub_endpoint != DEFAULT_HUB:
        given["HF_HUB_DISABLE_XET"] = "1"  # a mirror passes plain HTTP on, and nothing else
    token = settings.hub_token
    return given | ({"HF_TOKEN": token.get_secret_value()} if token else {})


def status(workspace: Workspace, certification_id: str) -> Certification:
    """How a certification stands. Raises RunError when there is none of this name."""
    folder = CertificationFolder.of(workspace, certification_id)
    try:
        request = CertificationRequest.model_validate_json(folder.request.read_bytes())
    except (OSError, ValidationError) as error:
        raise RunError(
            "There is no such certification.", certification_id, "Start another one."
        ) from error
    state, result = state_of(folder, LOST)
    seen = last_record(folder.progress, CertificationProgress)
    return Certification(
        id=certification_id,
        request=request,
        status=state,
        told=seen.told if seen and state == "running" else "",
        proved=_proved(folder) if state == "done" else None,
        **(result.model_dump(include={"problem", "where", "fix"}) if result else {}),
    )


def _proved(folder: CertificationFolder) -> Proved | None:
    with suppress(OSError, ValidationError):
        return Proved.model_validate_json(folder.proved.read_bytes())
    return None


def certifications(workspace: Workspace) -> tuple[Certification, ...]:
    """All readable certifications, newest first."""
    found = []
    for path in workspace.certifications.glob("cer-*"):
        with suppress(RunError, OSError):
            found.append(status(workspace, path.name))
    return tuple(sorted(found, key=lambda one: (one.request.created, one.id), reverse=True))


def cancel(workspace: Workspace, settings: Settings, certification_id: str) -> Certification:
    """End a certification; nothing of it stays. Nothing happens to one that has ended."""
    found = status(workspace, certification_id)
    if found.status == "running":
        end_program(CertificationFolder.of(workspace, certification_id))
        clear(workspace, settings, found.request.home)
    return status(workspace, certification_id)


def clear(workspace: Workspace, settings: Settings, home: Path) -> None:
    """Remove what killed certifications of a model left: half files, and engines on them."""
    left, engines = store.abandoned(home), Engines(workspace, settings)
    for engine in engines.living() if left else ():
        if any(Path(engine.model_path).is_relative_to(work) for work in left):
            engines.stop(engine)
    for work in left:
        discard(workspace, work)
