"""Does an export fit: what it takes of disk and memory, against what is free."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

from core.certificates.source import Source
from core.errors import WorkspaceError
from core.exporting import merge
from core.exporting.records import Content, GgufType, Kind
from core.messages import Record

SMALL = 32 << 20
"""Bytes for tokenizer, card and the rest."""
GGUF_BYTES: dict[GgufType, float] = {"f32": 4, "f16": 2, "bf16": 2, "q8_0": 34 / 32, "auto": 2}
"""Bytes a parameter takes; q8_0 stores 32 numbers in 34 bytes (ggml's block_q8_0)."""


class Room(Record):
    """What an export takes and what there is, in bytes."""

    disk: int
    disk_free: int
    memory: int | None
    """Main memory for merging; None where nothing is merged."""


def need(source: Source, kind: Kind, content: Content, gguf: GgufType, directory: Path) -> Room:
    """See that an export fits.

    Raises WorkspaceError with the figures when it does not.
    """
    disk, there = wanted(source, kind, content, gguf), free(directory)
    if disk > there:
        raise WorkspaceError(
            f"The export takes {disk / 1e9:.2f} GB of disk, and {there / 1e9:.2f} GB are free.",
            str(directory),
            "Free some space, or give a folder on another disk with --dir.",
        )
    merges = content == "merged" and source.is_adapter
    memory = merge.precision(source)[1] if merges else None
    return Room(disk=disk, disk_free=there, memory=memory)


def wanted(source: Source, kind: Kind, content: Content, gguf: GgufType) -> int:
    """Bytes of disk that an export takes while it is made."""
    shape = source.base.shape
    own = size(source.published.rglob("*"))
    whole = (shape.weight_bytes if shape else 0) if source.is_adapter else own
    held = (own if content == "adapter" else whole) + SMALL
    if kind == "zip":
        return 2 * held
    if kind == "gguf":
        return held + int((shape.parameters if shape else 0) * GGUF_BYTES[gguf])
    return held


def size(paths: Iterable[Path]) -> int:
    """Bytes of all files among these."""
    return sum(path.stat().st_size for path in paths if path.is_file())


def free(directory: Path) -> int:
    """Bytes free on the disk of a folder, which need not be there yet."""
    there = next(place for place in (directory, *directory.parents) if place.is_dir())
    return shutil.disk_usage(there).free
