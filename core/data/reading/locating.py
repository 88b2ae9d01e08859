"""Where something stands in a file: JSON paths to bytes, bytes to lines and columns.

The standard library's JSON reader tells where a value ends, so it serves as the walker. Bytes are
read as Latin-1, one character each: JSON's own characters are ASCII, and positions stay bytes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from core.data.problems import Path
from core.data.reading.source import Source

BLANK = re.compile(r"[ \t\r\n]*")
STEP = 1 << 20
CONTINUATION = bytes(range(0x80, 0xC0))
"""Bytes that continue a UTF-8 character rather than start one."""

# Numbers are measured rather than converted: Python refuses to convert very long ones.
WALKER = json.JSONDecoder(parse_int=len, parse_float=len)


class LineCounter:
    """Turns byte positions of a file into lines and columns; positions must not go back."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._position = source.start
        self._line, self._column = 1, 1

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column, from 1, of a byte position at or after the last one asked for."""
        while self._position < offset:
            chunk = self._source.read(self._position, min(STEP, offset - self._position))
            if not chunk:
                break
            self._position += len(chunk)
            self._line, self._column = advance(self._line, self._column, chunk)
        return self._line, self._column


def advance(line: int, column: int, passed: bytes) -> tuple[int, int]:
    """The line and column that are reached by passing over some bytes."""
    lines = passed.count(b"\n")
    tail = passed[passed.rfind(b"\n") + 1 :]
    characters = len(tail.translate(None, CONTINUATION))
    return (line + lines, characters + 1) if lines else (line, column + characters)


def value_offset(row: bytes, path: Path) -> int:
    """The byte where the value at a path begins; its nearest parent where there is none."""
    text = row.decode("latin-1")
    offset = skip_blank(text, 0)
    for key in path:
        found = None
        for name, start in _children(text, offset):
            # A key may be escaped; compared as bytes, an escaped one counts as not found.
            if name == (key if isinstance(key, int) else key.encode().decode("latin-1")):
                found = start
        if found is None:
            break
        offset = found
    return offset


def skip_blank(text: str, offset: int) -> int:
    """The next position that holds no JSON white space."""
    match = BLANK.match(text, offset)
    return match.end() if match else offset


def _children(text: str, offset: int) -> Iterator[tuple[str | int, int]]:
    """Keys or indexes of the object or list at a position, with where their values begin."""
    opening = text[offset : offset + 1]
    if opening not in ("{", "["):
        return
    index = 0
    offset = skip_blank(text, offset + 1)
    try:
        while text[offset] not in "}]":
            name: str | int = index
            if opening == "{":
                name, offset = WALKER.raw_decode(text, offset)
                offset = skip_blank(text, skip_blank(text, offset) + 1)
            yield name, offset
            _, offset = WALKER.raw_decode(text, offset)
            offset = skip_blank(text, offset)
            offset = skip_blank(text, offset + 1) if text[offset] == "," else offset
            index += 1
    except (ValueError, IndexError, RecursionError):
        return  # broken or too deep from here on: what was found so far must do


class _KeyTwice(Exception):
    """Carries the repeated key out of the JSON reader."""


def _refuse_twice(pairs: list[tuple[str, object]]) -> None:
    keys: set[str] = set()
    for key, _ in pairs:
        if key in keys:
            raise _KeyTwice(key)
        keys.add(key)


STRICT = json.JSONDecoder(object_pairs_hook=_refuse_twice, parse_int=len, parse_float=len)


def key_twice(row: bytes) -> Path | None:
    """The path of a value whose key stands twice in its object, if there is one."""
    text = row.decode("latin-1")
    try:
        STRICT.raw_decode(text, skip_blank(text, 0))
    except _KeyTwice:
        return _find_twice(text, skip_blank(text, 0), ())
    except (ValueError, RecursionError):
        return None
    return None


def _find_twice(text: str, offset: int, path: Path) -> Path | None:
    seen: set[str | int] = set()
    for name, start in _children(text, offset):
        here = (*path, _as_utf8(name))
        if name in seen:
            return here
        seen.add(name)
        if (inside := _find_twice(text, start, here)) is not None:
            return inside
    return None


def _as_utf8(name: str | int) -> str | int:
    """A key as people know it: what was read as Latin-1 is UTF-8."""
    if isinstance(name, int):
        return name
    try:
        return name.encode("latin-1").decode()
    except UnicodeError:  # the key is written with \\u escapes, so it is right already
        return name
