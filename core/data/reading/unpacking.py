"""Unpack compressed data into a temporary file, and stop when it grows beyond all reason."""

from __future__ import annotations

import tempfile
import zlib
from collections.abc import Callable
from typing import BinaryIO, NamedTuple

from core.data.problems import Finding, file_error, size_text
from core.data.reading.source import MAX_FILE_BYTES, copying, file_size

STEP = 1 << 16
GZIP = zlib.MAX_WBITS | 16
MAX_RATIO = 250
"""Text shrinks to a tenth, repetitive JSON to a thirtieth; only bombs shrink much more."""
RATIO_FROM = 32 << 20
"""Small files may shrink as much as they like."""


class Unpacked(NamedTuple):
    """What came out of compressed data."""

    file: BinaryIO
    """Temporary; the caller closes it."""
    found: tuple[Finding, ...]
    """That it was cut off or damaged, when it was."""


def check_growth(name: str, packed: int, unpacked: int) -> None:
    """Raise NoUsableRows when data grows, or says it will, as no dialogue data does."""
    if unpacked > MAX_FILE_BYTES:
        raise file_error("archive_too_large", file=name, limit=size_text(MAX_FILE_BYTES))
    if unpacked > RATIO_FROM and unpacked > MAX_RATIO * packed:
        raise file_error("archive_bomb", file=name, ratio=str(MAX_RATIO))


def unpack_gzip(file: BinaryIO, name: str) -> Unpacked:
    """What a gzip file holds, as far as it is whole."""
    return unpack(lambda out: _inflate(file, name, out), name)


def unpack(write: Callable[[BinaryIO], bool], name: str) -> Unpacked:
    """A temporary file that is written by a function; it returns whether all was whole."""
    out = tempfile.TemporaryFile()  # noqa: SIM115  # it is the caller's to close
    try:
        with copying(name):
            is_whole = write(out)
            out.flush()
        if not file_size(out):
            raise file_error("file_empty" if is_whole else "archive_damaged", file=name)
    except BaseException:
        out.close()
        raise
    found = () if is_whole else (Finding("archive_cut_off", (), {"file": name}),)
    return Unpacked(out, found)


def _inflate(file: BinaryIO, name: str, out: BinaryIO) -> bool:
    file.seek(0)
    packed = file_size(file)
    inflater = zlib.decompressobj(GZIP)
    written = 0
    while chunk := file.read(STEP):
        try:
            while chunk:
                piece = inflater.decompress(chunk, STEP)
                written += out.write(piece)
                check_growth(name, packed, written)
                chunk = inflater.unconsumed_tail
                if inflater.eof:
                    chunk = inflater.unused_data.lstrip(b"\0")
                    if chunk:
                        inflater = zlib.decompressobj(GZIP)
        except zlib.error:
            return False
    return inflater.eof
