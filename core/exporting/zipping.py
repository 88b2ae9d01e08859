"""One zip file of an export, written in one pass and read back."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

from core.errors import RunError, disk_errors

PIECE = 1 << 20
PACKED = (".safetensors", ".gguf")
"""Files of numbers, which deflate makes hardly smaller for much time."""


def pack(folder: Path, target: Path, root: str, tell: Callable[[int, int], None]) -> None:
    """Write a folder as `target`, all of it under `root`; `tell` hears bytes done of all bytes.

    Zip64 from the first byte on, and never more than a piece of a file in memory. Raises
    WorkspaceError when the disk is full, RunError when the file does not read back.
    """
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    total, done = sum(path.stat().st_size for path in files), 0
    with (
        disk_errors(target, "write the zip file"),
        zipfile.ZipFile(target, "w", allowZip64=True) as archive,
    ):
        for path in files:
            inside = zipfile.ZipInfo.from_file(path, f"{root}/{path.relative_to(folder)}")
            stored = path.suffix in PACKED
            inside.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
            with path.open("rb") as source, archive.open(inside, "w", force_zip64=True) as out:
                while piece := source.read(PIECE):
                    out.write(piece)
                    done += len(piece)
                    tell(done, total)
    check(target)


def check(target: Path) -> None:
    """See that every file of a zip reads back with its checksum; raises RunError."""
    with zipfile.ZipFile(target) as archive:
        damaged = archive.testzip()
    if damaged is not None:
        raise RunError(f"{damaged} in the zip file does not read back.", str(target), "Try again.")


def move(source: Path, target: Path) -> None:
    """Show a finished file or folder under its own name, in one step.

    Raises RunError when something is there already.
    """
    if target.exists():
        raise RunError(
            "There is something already where the export should stand.",
            str(target),
            "Move it away, or give another folder with --dir.",
        )
    with disk_errors(target, "show the export"):
        if source.is_dir() or source.stat().st_dev == target.parent.stat().st_dev:
            source.rename(target)
        else:
            shutil.move(source, target)
