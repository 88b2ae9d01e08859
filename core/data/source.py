"""A data file's text as UTF-8 bytes, or one sentence about why it can't be read as text."""

from __future__ import annotations

import codecs
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from core.data.problems import file_error, shorten, size_text

MAX_FILE_BYTES = 1 << 30
"""Usable rows are held in memory, at about four times their size."""
HEAD_BYTES = 1 << 16
STEP = 1 << 20

SIGNATURES = (
    (b"PK\x03\x04", "a ZIP archive or an Excel workbook"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"PAR1", "a Parquet file"),
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"SQLite format 3", "a database"),
)
# Longest first: UTF-32's mark begins with UTF-16's.
MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


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


@contextmanager
def open_source(path: Path) -> Iterator[Source]:
    """Open a data file as UTF-8 text; UTF-16 and UTF-32 with a byte order mark are decoded.

    Raises NoUsableRows when there is no such file, or it isn't text.
    """
    name = shorten(path.name, 120)
    _check_file(path, name)
    try:
        file = path.open("rb")
    except OSError as error:
        raise file_error("file_unreadable", file=name, reason=_reason(error)) from error
    with file:
        head = file.read(HEAD_BYTES)
        file.seek(0)
        encoding = next((name for mark, name in MARKS if head.startswith(mark)), None)
        if encoding is None:
            _check_text(name, head)
            start = len(codecs.BOM_UTF8) if head.startswith(codecs.BOM_UTF8) else 0
            yield Source(name, file, start)
        else:
            with tempfile.TemporaryFile() as decoded:
                _decode(name, file, encoding, decoded)
                yield Source(name, decoded, len(codecs.BOM_UTF8))


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
    if status.st_size > MAX_FILE_BYTES:
        size, limit = size_text(status.st_size), size_text(MAX_FILE_BYTES)
        raise file_error("file_too_large", file=name, size=size, limit=limit)


def _reason(error: OSError | ValueError) -> str:
    text = error.strerror if isinstance(error, OSError) else None
    return shorten((text or "the path is not valid").lower())


def _check_text(name: str, head: bytes) -> None:
    kind = next((kind for mark, kind in SIGNATURES if head.startswith(mark)), None)
    # A few NULs inside a text (a crash leaves them) cost their rows only.
    like_json = head.removeprefix(codecs.BOM_UTF8).lstrip()[:1] in (b"{", b"[")
    if kind is None and b"\0" in head and (b"\0" in head[:4] or not like_json):
        # Text in UTF-16 has a NUL beside every ASCII character.
        even, odd = head[::2].count(0), head[1::2].count(0)
        one_sided = max(even, odd) > len(head) // 4 and min(even, odd) == 0
        kind = "UTF-16 text without a byte order mark" if one_sided else "a binary file"
    if kind is not None:
        raise file_error("file_binary", file=name, kind=kind)


def _decode(name: str, file: BinaryIO, encoding: str, decoded: BinaryIO) -> None:
    decoder = codecs.getincrementaldecoder(encoding)()
    done = 0
    while True:
        chunk = file.read(STEP)
        try:
            text = decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            raise file_error(
                "file_broken_encoding",
                file=name,
                encoding=encoding[: encoding.rindex("-")].upper(),
                byte=str(done + error.start + 1),
            ) from error
        decoded.write(text.encode())
        if not chunk:
            break
        done += len(chunk)
    decoded.flush()
