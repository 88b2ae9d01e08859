"""Files handed to the browser: copies in the app's own folder, the only one it serves from."""

from __future__ import annotations

import os
import re
import shutil
import uuid
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from core.disk import sha256_text, write_atomic
from core.errors import disk_errors
from core.workspace import Workspace

LONGEST_NAME = 60
"""Characters of a file's name that come from what a person calls something."""


def offer(workspace: Workspace, name: str, content: str) -> Path:
    """Write a text where the browser may fetch it, under its own name, once per content."""
    file = workspace.exchange / f"out-{sha256_text(content)[:16]}" / name
    if not file.exists():
        write_atomic(file, content)
    return file


def offer_zip(workspace: Workspace, name: str, write: Callable[[Path], object]) -> Path:
    """Let `write` fill a folder, and offer that as a zip file with the folder in it."""
    place = workspace.exchange / f"out-{uuid.uuid4().hex[:16]}"
    place.mkdir(parents=True)
    try:
        write(place / name)
        made = shutil.make_archive(str(place / name), "zip", place, name)
    finally:
        shutil.rmtree(place / name, ignore_errors=True)
    return Path(made)


def lend(workspace: Workspace, file: Path) -> Path:
    """Let the browser fetch a large file: under a second name where the disk can, else a copy."""
    place = workspace.exchange / f"out-{uuid.uuid4().hex[:16]}"
    with disk_errors(place, "offer the file"):
        place.mkdir(parents=True)
        try:
            os.link(file, place / file.name)
        except OSError:
            shutil.copyfile(file, place / file.name)
    return place / file.name


def to_save(file: Path) -> dict[str, str]:
    """A file as widgets take it that let the browser save it, each time anew."""
    return {
        "id": uuid.uuid4().hex,
        "url": f"gradio_api/file={quote(str(file))}",
        "name": file.name,
    }


def file_name(text: str) -> str:
    """What a person calls something, as far as it can be a file's name."""
    words = re.sub(r"[^\w.-]+", "-", text).strip("-.")[:LONGEST_NAME]
    return words or "plan"
