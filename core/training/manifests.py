"""A manifest written last makes a folder count: every file in it by size and SHA-256."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import ValidationError

from core.disk import sha256_file, write_atomic
from core.errors import disk_errors
from core.messages import Record

NAME = "MANIFEST.json"


class FileFact(Record):
    """One file as it was when the folder was complete."""

    bytes: int
    sha256: str


class Manifest(Record):
    """All files of a folder except the manifest itself, by name."""

    files: dict[str, FileFact]


def write(folder: Path) -> Manifest:
    """Flush every file of a folder to disk, then write its manifest.

    Raises WorkspaceError when the disk is full.
    """
    files = {}
    with disk_errors(folder, "complete a folder"):
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.name != NAME:
                _flush(path)
                files[path.relative_to(folder).as_posix()] = FileFact(
                    bytes=path.stat().st_size, sha256=sha256_file(path)
                )
    manifest = Manifest(files=files)
    write_atomic(folder / NAME, manifest.model_dump_json(indent=1))
    return manifest


def _flush(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def read(folder: Path) -> Manifest | None:
    """The folder's manifest; None when there is none, or none that can be read."""
    try:
        return Manifest.model_validate_json((folder / NAME).read_bytes())
    except (OSError, ValidationError):
        return None


def is_whole(folder: Path) -> bool:
    """Whether every file is there in its full size: cheap enough to ask every second."""
    manifest = read(folder)
    if manifest is None or not manifest.files:
        return False
    return all(_size(folder / name) == fact.bytes for name, fact in manifest.files.items())


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None


def damage(folder: Path) -> str | None:
    """What differs from the manifest, in words; None when every byte is as it was written."""
    manifest = read(folder)
    if manifest is None or not manifest.files:
        return "its list of files is missing or unreadable"
    for name, fact in manifest.files.items():
        path = folder / name
        if _size(path) != fact.bytes:
            return f"{name} is missing or has another size"
        if sha256_file(path) != fact.sha256:
            return f"{name} has other bytes than were written"
    return None
