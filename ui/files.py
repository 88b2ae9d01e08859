"""Files handed to the browser: copies in the app's own folder, the only one it serves from."""

from __future__ import annotations

from pathlib import Path

from core.disk import sha256_text, write_atomic
from core.workspace import Workspace


def offer(workspace: Workspace, name: str, content: str) -> Path:
    """Write a text where the browser may fetch it, under its own name, once per content."""
    file = workspace.exchange / f"out-{sha256_text(content)[:16]}" / name
    if not file.exists():
        write_atomic(file, content)
    return file
