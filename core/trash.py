"""Removal in two moves: out of sight in one step, then away. A cut between them shows nothing."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from core.errors import disk_errors
from core.workspace import Workspace


def discard(workspace: Workspace, path: Path) -> None:
    """Move a file or folder out of sight in one step, then remove it.

    Raises WorkspaceError when the disk does not allow that.
    """
    remove(put_aside(workspace, path))


def put_aside(workspace: Workspace, path: Path) -> Path:
    """Move a file or folder into the trash in one step; returns where it lies then.

    It is called `FOLDER-NAME-NANOSECONDS` there. Raises WorkspaceError when the disk does not
    allow that.
    """
    with disk_errors(path, "remove a folder"):
        workspace.trash.mkdir(parents=True, exist_ok=True)
        aside = workspace.trash / f"{path.parent.name}-{path.name}-{time.time_ns()}"
        path.rename(aside)
    return aside


def empty(workspace: Workspace) -> None:
    """Remove what a removal that was cut off left behind."""
    if workspace.trash.is_dir():
        for path in workspace.trash.iterdir():
            remove(path)


def remove(path: Path) -> None:
    """Remove a file or folder; what can't be removed now stays for the next `empty`."""
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
