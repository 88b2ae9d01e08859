"""Row: a piece of a file with its decoded value, or with what is wrong with its text."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from core.data.locating import key_twice, value_offset
from core.data.malformed import Fault, diagnose

MAX_ROW_BYTES = 8 << 20
"""About two million tokens of English: more than any model reads at once."""
RARE_KEYS = (b'"tool_calls"', b'"weight"', b'"tools"', b'"split"', b'"tags"')
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
        fault = Fault("key_twice", value_offset(data, path), {"key": str(path[-1])}, path)
        remarks = (*remarks, fault)
    return Row(number, offset, data, value, remarks)


def _may_repeat_keys(data: bytes, value: object) -> bool:
    """Cheaply rule out most rows: decoders keep only the last of two equal keys in silence."""
    if not isinstance(value, dict):
        return False
    turns = value.get("messages")
    count = len(turns) if isinstance(turns, list) else 0
    if data.count(b'"role"') > count or data.count(b'"content"') > count:
        return True
    if data.count(b'"messages"') > 1:
        return True
    return any(data.count(needle) > 1 for needle in RARE_KEYS if needle in data)
