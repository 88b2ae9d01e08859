"""Why a row is not the JSON that Duotune accepts, and at which byte."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import NamedTuple

from core.data.problems import Path
from core.data.reading.locating import WALKER, skip_blank

MAX_DEPTH = 60
"""Levels of nesting inside a row; JSON writers refuse much deeper values."""

REASONS = {
    "Expecting ',' delimiter": "a comma or a closing bracket is missing here",
    "Expecting ':' delimiter": "a colon is missing here",
    "Expecting property name enclosed in double quotes": "a key in double quotes is missing here",
    "Illegal trailing comma before end of object": "there is a comma with nothing after it",
    "Illegal trailing comma before end of array": "there is a comma with nothing after it",
    "Expecting value": "a value is missing here",
    "Unterminated string starting at": "this text has no closing quote",
    "Invalid control character at": "a line break or tab inside text must be written as \\n or \\t",
    "Invalid \\escape": "this backslash must be doubled, or be part of an escape such as \\n",
    "Invalid \\uXXXX escape": "the escape \\u needs four hexadecimal digits",
    "Extra data": "there is more text after the end of the row",
}
TOO_SHORT = "it ends here, before it is complete"
OTHER_REASON = "it cannot be understood here"

# Escaped backslashes and whole pairs are passed over; group 1 is a half without its other half.
SURROGATE = re.compile(
    r"\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
)
# Texts are passed over; group 1 is a number or something that stands for one.
NUMBER = re.compile(r'"(?:[^"\\]++|\\.)*+"|(-?(?:NaN|Infinity|\d[\d.eE+-]*+))', re.DOTALL)


class Fault(NamedTuple):
    """Something wrong with a row's text, at a byte counted from the row's beginning."""

    code: str
    offset: int
    values: dict[str, str]
    path: Path = ()
    """What is at that byte, where the text can be read so far."""


def diagnose(row: bytes, error: Exception) -> tuple[Fault, ...]:
    """All that can be said about a row which could not be decoded; at least one Fault."""
    if isinstance(error, RecursionError):
        return (Fault("nested_too_deep", 0, {"limit": str(MAX_DEPTH)}),)
    try:
        row.decode()
    except UnicodeDecodeError as undecodable:
        return (not_utf8(row, undecodable.start),)
    text = row.decode("latin-1")
    start = skip_blank(text, 0)
    try:
        _, end = WALKER.raw_decode(text, start)
    except json.JSONDecodeError as broken:
        return (invalid_json(broken),)
    except RecursionError:
        return (Fault("nested_too_deep", 0, {"limit": str(MAX_DEPTH)}),)
    if (rest := skip_blank(text, end)) < len(text):
        return (Fault("json_invalid", rest, {"reason": REASONS["Extra data"]}),)
    found = (*_lone_surrogates(text), *_unusable_numbers(text))
    return found or (Fault("json_invalid", start, {"reason": OTHER_REASON}),)


def invalid_json(error: json.JSONDecodeError) -> Fault:
    """A JSON reader's complaint in plain words."""
    known = (text for key, text in REASONS.items() if error.msg.startswith(key))
    reason = TOO_SHORT if error.pos >= len(error.doc.rstrip()) else next(known, OTHER_REASON)
    return Fault("json_invalid", error.pos, {"reason": reason})


def not_utf8(row: bytes, start: int) -> Fault:
    """Where a row's text stops being UTF-8, with what it may be instead."""
    guess = ""
    for encoding, errors, name in (
        ("utf-8", "surrogatepass", "CESU-8"),
        ("gb18030", "strict", "GBK"),
        ("cp1252", "strict", "Windows-1252"),
    ):
        try:
            row.decode(encoding, errors)
        except UnicodeDecodeError:
            continue
        guess = f" (the text may be {name})"
        break
    return Fault("not_utf8", start, {"byte": f"0x{row[start]:02X}", "guess": guess})


def _lone_surrogates(text: str) -> Iterator[Fault]:
    for match in SURROGATE.finditer(text):
        if match[1]:
            yield Fault("lone_surrogate", match.start(1), {"escape": match[1]})


def _unusable_numbers(text: str) -> Iterator[Fault]:
    for match in NUMBER.finditer(text):
        number = match[1]
        if number and not _is_usable(number):
            yield Fault("number_unusable", match.start(1), {"number": number[:40]})


def _is_usable(number: str) -> bool:
    # A double ends near 1.8e308; longer integers are refused by the decoder and by Python.
    return "N" not in number and "I" not in number and abs(float(number)) < float("inf")
