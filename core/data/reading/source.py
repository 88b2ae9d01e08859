"""Source: an open file whose bytes are UTF-8 text, and the checks before one is opened."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from core.data.problems import file_error, shorten, size_text

MAX_FILE_BYTES = 1 << 30
"""Larger files are refused, packed or unpacked."""
NAME_CHARACTERS = 120


@dataclass(frozen=True)
class Source:
    """An open file whose bytes, from `start`, are UTF-8 text (as far as they are valid)."""

    name: str
    file: BinaryIO
    start: int
    """Where the text begins: after a byte order mark."""

    def read(self, offset: int, size: int) -> bytes:
        """Bytes at a position; fewer only at the end."""
        return os.pread(self.file.fileno(), size, offset)


def shown_name(path: Path) -> str:
    """A file's name, fit to stand inside a sentence."""
    return shorten(path.name, NAME_CHARACTERS)


@contextmanager
def open_file(path: Path) -> Iterator[BinaryIO]:
    """Open an ordinary file of a readable size; NoUsableRows says why another one is refused."""
    _check_file(path, shown_name(path))
    try:
        file = path.open("rb", buffering=1 << 17)
    except OSError as error:
        raise file_error("file_unreadable", file=shown_name(path), reason=_reason(error)) from error
    with file:
        yield file


def file_size(file: BinaryIO) -> int:
    """How many bytes an open file has."""
    return os.fstat(file.fileno()).st_size


@contextmanager
def copying(name: str) -> Iterator[None]:
    """Turn what the disk refuses while a temporary copy is written into a sentence."""
    try:
        yield
    except OSError as error:
        raise file_error("copy_failed", file=name, reason=_reason(error)) from error


def _check_file(path: Path, name: str) -> None:
    shown = shorten(str(path), 500)
    try:
        status = path.stat()
    except FileNotFoundError as error:
        raise file_error("file_missing", file=shown) from error
    except (OSError, ValueError) as error:
        raise file_error("file_unreadable", file=shown, reason=_reason(error)) from error
    if stat.S_ISDIR(status.st_mode):
        raise file_error("file_is_folder", file=shown)
    if not stat.S_ISREG(status.st_mode):
        raise file_error("file_not_regular", file=shown)
    if not status.st_size:
        raise file_error("file_empty", file=name)
    if status.st_size > MAX_FILE_BYTES:
        size, limit = size_text(status.st_size), size_text(MAX_FILE_BYTES)
        raise file_error("file_too_large", file=name, size=size, limit=limit)


def _reason(error: OSError | ValueError) -> str:
    text = error.strerror if isinstance(error, OSError) else None
    return shorten((text or "the path is not valid").lower())
