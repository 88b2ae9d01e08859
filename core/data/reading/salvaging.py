"""Unpack what there is of a ZIP archive that is cut off, so that its list of files is missing."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from core.data.problems import NoUsableRows
from core.data.reading.archives import ENCRYPTED, IGNORED, MAX_ENTRIES
from core.data.reading.source import file_size
from core.data.reading.unpacking import STEP, Unpacked, check_growth, unpack

LOCAL = b"PK\x03\x04"
LOCAL_SIZE = 30
DEFLATED = 8
RAW = -zlib.MAX_WBITS
NEAR = 64
"""Bytes that may stand between two files of an archive."""


class Salvaged(NamedTuple):
    """One file of a broken archive."""

    name: str
    unpacked: Unpacked


class _Local(NamedTuple):
    """What stands before each file in an archive."""

    name: str
    begin: int
    is_readable: bool
    size: int
    """Packed; 0 when that is said only after the file."""


def salvage(file: BinaryIO, name: str) -> Iterator[Salvaged]:
    """The files of an archive in their order, as far as they are there."""
    position: int | None = 0
    for _ in range(MAX_ENTRIES):
        local = None if position is None else _read_local(file, position)
        if local is None:
            return
        if not local.is_readable or not local.name or local.name.endswith("/"):
            position = _next_local(file, local.begin + local.size)
            continue
        packed = _Packed(file, local.begin, name)
        try:
            unpacked = unpack(packed.inflate, local.name)
        except NoUsableRows:
            return
        if not IGNORED.search(local.name):
            yield Salvaged(local.name, unpacked)
        position = _next_local(file, packed.position)


def _read_local(file: BinaryIO, position: int) -> _Local | None:
    file.seek(position)
    head = file.read(LOCAL_SIZE)
    if len(head) < LOCAL_SIZE or not head.startswith(LOCAL):
        return None
    flags, method, name_size, extra_size = (
        int.from_bytes(head[at : at + 2], "little") for at in (6, 8, 26, 28)
    )
    name = file.read(name_size).decode("utf-8", "replace")
    begin = position + LOCAL_SIZE + name_size + extra_size
    is_readable = method == DEFLATED and not flags & ENCRYPTED
    return _Local(name, begin, is_readable, int.from_bytes(head[18:22], "little"))


def _next_local(file: BinaryIO, position: int) -> int | None:
    file.seek(position)
    found = file.read(NEAR).find(LOCAL)
    return None if found < 0 else position + found


class _Packed:
    """Deflated data at a position, of unknown length."""

    def __init__(self, file: BinaryIO, position: int, name: str) -> None:
        self._file, self._name = file, name
        self.position = position

    def inflate(self, out: BinaryIO) -> bool:
        """Write all of it out; returns whether it was whole."""
        packed, written = file_size(self._file), 0
        inflater = zlib.decompressobj(RAW)
        while not inflater.eof:
            self._file.seek(self.position)
            if not (chunk := self._file.read(STEP)):
                return False
            try:
                piece = inflater.decompress(chunk, STEP)
            except zlib.error:
                return False
            written += out.write(piece)
            check_growth(self._name, packed, written)
            left = len(inflater.unconsumed_tail) + len(inflater.unused_data)
            self.position += len(chunk) - left
        return True
