"""Row: a piece of a file with its decoded value, or with what is wrong with its text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import msgspec

from core.data.problems import Path, size_text
from core.data.reading.locating import key_twice, value_offset
from core.data.reading.malformed import Fault, diagnose

MAX_ROW_BYTES = 8 << 20
"""About two million tokens of English: more than any model reads at once."""
TOGETHER, TOGETHER_BYTES = 1_000, 4 << 20
"""So many rows, or bytes of rows, are read ahead."""
CONTAINERS = (dict, list)
SPACED_COLONS = (b" :", b"\t:", b"\n:", b"\r:")
SPACED_KEY = re.compile(rb'"[ \t\n\r]+:')
_decode = msgspec.json.Decoder().decode


class Row(NamedTuple):
    """One row of a file."""

    number: int | None
    """Counted from 1; None for something that concerns the whole file."""
    offset: int
    """The byte of the file where the row begins."""
    data: bytes
    """The row's JSON or CSV text; of an unreadable row at least what precedes its last fault."""
    value: object
    faults: tuple[Fault, ...] = ()
    """What is wrong with the text; the value can't be used if one of them is an error."""
    line: int | None = None
    """The file's line where a row begins, where offsets do not tell it."""
    base: Path = ()
    """Keys from the top of the file to this row, where rows stand inside an object."""
    file: str = ""
    """The file inside an archive."""
    column: int | None = None
    """Where in `line` the row's JSON text begins."""


Take = Callable[[int, int, bytes], bool]
"""Asked about each row's number, offset and text whether the row is taken as it is, undecoded.
To take a text that isn't one whole JSON value is a mistake."""


def decode_row(number: int, offset: int, data: bytes, remarks: tuple[Fault, ...] = ()) -> Row:
    """Decode one row, or say everything that is wrong with its text."""
    if len(data) > MAX_ROW_BYTES:
        fault = Fault("row_too_large", 0, {"limit": size_text(MAX_ROW_BYTES)})
        return Row(number, offset, b"", None, (*remarks, fault))
    try:
        value = _decode(data)
    except (ValueError, RecursionError) as error:
        return Row(number, offset, data, None, (*remarks, *diagnose(data, error)))
    if _may_repeat_keys(data, value) and (path := key_twice(data)) is not None:
        fault = Fault("key_twice", value_offset(data, path), {"key": str(path[-1])}, path)
        remarks = (*remarks, fault)
    return Row(number, offset, data, value, remarks)


def _may_repeat_keys(data: bytes, value: object) -> bool:
    """Cheaply rule out most rows: decoders keep only the last of two equal keys in silence.

    Every key ends with `":`, which stands in texts only behind a backslash. Where that isn't so,
    because of space before a colon or backslashes before a quote, a row is not ruled out.
    """
    if any(end in data for end in SPACED_COLONS) and SPACED_KEY.search(data):
        return True
    keys, written = _count_keys(value), data.count(b'":')
    if keys == written:
        return False
    return keys != written - data.count(b'\\":') or b'\\\\":' in data


def _count_keys(value: object) -> int:
    keys = 0
    around = [value]
    while around:
        inner = around.pop()
        if type(inner) is dict:
            keys += len(inner)
            around += [one for one in inner.values() if type(one) in CONTAINERS]
        elif type(inner) is list:
            around += inner
    return keys


def together(rows: Iterable[Row]) -> Iterator[Row]:
    """The same rows, some of them read ahead."""
    some: list[Row] = []
    size = 0
    for row in rows:
        some.append(row)
        size += len(row.data)
        if len(some) == TOGETHER or size > TOGETHER_BYTES:
            yield from some
            some, size = [], 0
    yield from some
