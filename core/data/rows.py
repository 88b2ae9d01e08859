"""Row: a piece of a file with its decoded value, or with what is wrong with its text."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from core.data.locating import key_twice, value_offset
from core.data.malformed import Fault, diagnose

MAX_ROW_BYTES = 8 << 20
"""About two million tokens of English: more than any model reads at once."""
_decode = msgspec.json.Decoder().decode


class Row(NamedTuple):
    """One row of a file."""

    number: int | None
    """Counted from 1; None for something that concerns the whole file."""
    offset: int
    """The byte of the file where the row begins."""
    data: bytes
    """The row's text; of an unreadable row at least what precedes its last fault."""
    value: object
    faults: tuple[Fault, ...] = ()
    """What is wrong with the text; the value can't be used if one of them is an error."""


def decode_row(number: int, offset: int, data: bytes, remarks: tuple[Fault, ...] = ()) -> Row:
    """Decode one row, or say everything that is wrong with its text."""
    try:
        value = _decode(data)
    except (ValueError, RecursionError) as error:
        return Row(number, offset, data, None, (*remarks, *diagnose(data, error)))
    if _may_repeat_keys(data, value) and (path := key_twice(data)) is not None:
        values = {"key": str(path[-1])}
        remarks = (*remarks, Fault("key_twice", value_offset(data, path), values))
    return Row(number, offset, data, value, remarks)


def _may_repeat_keys(data: bytes, value: object) -> bool:
    """Cheaply rule out most rows: decoders keep only the last of two equal keys in silence."""
    turns = value.get("messages") if isinstance(value, dict) else None
    count = len(turns) if isinstance(turns, list) else 0
    return (
        data.count(b'"role"') > count
        or data.count(b'"content"') > count
        or data.count(b'"tool_calls"') > count
        or data.count(b'"weight"') > count
        or data.count(b'"messages"') > 1
        or data.count(b'"split"') > 1
        or data.count(b'"tools"') > 1
    )
