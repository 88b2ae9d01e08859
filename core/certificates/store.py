"""Where certificates lie: beside what they are about, written once and never changed."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import psutil
from pydantic import ValidationError

from core.certificates.records import Certificate
from core.disk import write_atomic
from core.errors import RunError
from core.workspace import Workspace, checked_id

FOLDER = "certificates"
WORK = ".work-"
"""How folders begin that are needed only while a certificate is made, by the process named next."""


def save(home: Path, certificate: Certificate) -> Path:
    """Write a certificate beside what it is about."""
    path = home / FOLDER / f"{checked_id(certificate.id)}.json"
    write_atomic(path, certificate.model_dump_json(indent=1))
    path.chmod(0o444)
    return path


def of(home: Path) -> tuple[Certificate, ...]:
    """All readable certificates of a run, library entry or export, newest first."""
    found = [_read(path) for path in (home / FOLDER).glob("cert-*.json")]
    whole = [one for one in found if one is not None]
    return tuple(sorted(whole, key=lambda one: (one.made_at, one.id), reverse=True))


def newest(home: Path) -> Certificate | None:
    """The last certificate; None when there is none."""
    return next(iter(of(home)), None)


def find(workspace: Workspace, certificate_id: str) -> Certificate:
    """A certificate by its id. Raises RunError when there is none."""
    name = f"{FOLDER}/{checked_id(certificate_id)}.json"
    for shelf in (workspace.runs, workspace.exports, workspace.library):
        for path in shelf.glob(f"*/{name}"):
            if (found := _read(path)) is not None:
                return found
    raise RunError("There is no such certificate.", certificate_id, "Make one: duotune parity RUN.")


def work_of(home: Path) -> Path:
    """Where this process may put what it needs only until a certificate is written."""
    return home / FOLDER / f"{WORK}{os.getpid()}"


def abandoned(home: Path) -> tuple[Path, ...]:
    """Such folders of processes that are gone."""
    found = (home / FOLDER).glob(f"{WORK}*")
    return tuple(path for path in found if not _lives(path.name.removeprefix(WORK)))


def _lives(number: str) -> bool:
    return number.isdigit() and psutil.pid_exists(int(number))


def _read(path: Path) -> Certificate | None:
    with suppress(OSError, ValidationError):
        return Certificate.model_validate_json(path.read_bytes())
    return None
