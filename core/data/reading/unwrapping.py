"""Read rows that stand inside one object: find out where, then read them one by one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any, NamedTuple

import msgspec

from core.data.problems import Path
from core.data.reading.malformed import Fault
from core.data.reading.rows import Row, decode_row
from core.data.reading.scanning import Scanner
from core.data.reading.skipping import skip_container
from core.data.reading.source import Source
from core.data.reading.window import BrokenError, Window
from core.data.reading.wrapped import (
    MAX_DEPTH,
    SAMPLED,
    Pattern,
    beside_rows,
    shown_beside,
    wrapped_lists,
)

EMPTY_BYTES = 64
EMPTY = re.compile(r"null|\[\s*\]|\{\s*\}|\"\s*\"")
MAX_KEYS = 10_000
"""Keys of a large object that are looked at to find out where its rows are."""
_decode = msgspec.json.Decoder().decode


class Wrapping(NamedTuple):
    """Where rows are inside the one object that a file is."""

    patterns: list[Pattern]
    """Empty when the object is no wrapping."""
    seen: frozenset[str] = frozenset()
    """Keys of the object that were looked at: all of them, unless it is broken."""


def find_wrapped(source: Source) -> Wrapping:
    """Where the rows are when the whole file is one object around them."""
    window = Window(source)
    if window.next_char() != "{":
        return Wrapping([])
    start = window.position
    try:
        end = window.value_end()
    except BrokenError:
        window.position = start
        return _wrapping(_outline(window, 0))
    window.position = end
    if window.next_char():
        return Wrapping([])  # more values follow: each is a row
    return _wrapping(_value(source, start, end))


def _wrapping(value: Any) -> Wrapping:
    return Wrapping(wrapped_lists(value), frozenset(value if isinstance(value, dict) else ()))


def _value(source: Source, start: int, end: int) -> Any:
    try:
        return _decode(source.read(start, end - start))
    except (ValueError, RecursionError):
        return None


def _outline(window: Window, depth: int) -> dict[str, Any]:
    """An object that is large or broken, with the first items of its lists, as far as it goes."""
    outline: dict[str, Any] = {}
    keys = _Keys(window)
    while len(outline) < MAX_KEYS and (key := keys.next()) is not None:
        outline[key] = _sample(window, depth)
        if keys.is_lost:
            break
    return outline


def _sample(window: Window, depth: int) -> Any:
    """A value, or the beginning of a large one; the position is after it, or where it breaks."""
    char, start = window.next_char(), window.position
    try:
        end = window.value_end()
    except BrokenError:
        pass
    else:
        window.position = end
        return _value(window.source, start, end)
    window.position = start
    sample: Any = None
    if char == "[":
        sample = _first_items(Window(window.source, start + 1))
    elif char == "{" and depth < MAX_DEPTH:
        sample = _outline(Window(window.source, start), depth + 1)
    skipped = skip_container(window.source, start) if char in ("[", "{") else None
    window.position = start if skipped is None else skipped
    return sample


def _first_items(window: Window) -> list[Any]:
    items: list[Any] = []
    while len(items) < SAMPLED and window.next_char() not in ("", "]"):
        start = window.position
        try:
            end = window.value_end()
        except BrokenError:
            break
        items.append(_value(window.source, start, end))
        window.position = end
        if window.next_char() == ",":
            window.position += 1
    return items


class _Keys:
    """Goes from key to key of the object at a window's position; values are the caller's."""

    def __init__(self, window: Window) -> None:
        self._window = window
        self._before = "{"
        self._value_at = -1
        self.is_closed = False

    @property
    def is_lost(self) -> bool:
        """Whether the last value was not passed, because it is broken."""
        return self._window.position == self._value_at

    def next(self) -> str | None:
        """The next key, with the position at its value; None at the object's end."""
        window = self._window
        char = window.next_char()
        if char == "}" or char != self._before:
            self.is_closed = char == "}"
            window.position += self.is_closed
            return None
        window.position += 1
        self._before = ","
        if window.next_char() == '"':
            return self._key()
        self.is_closed = window.next_char() == "}"  # after a comma too many
        window.position += self.is_closed
        return None

    def _key(self) -> str | None:
        window, start = self._window, self._window.position
        try:
            window.position = window.value_end()
            key = json.loads(window.source.read(start, window.position - start))
        except (BrokenError, ValueError):
            return None
        if window.next_char() != ":":
            return None
        window.position += 1
        window.next_char()
        self._value_at = window.position
        return str(key)


class Unwrapping:
    """Reads the rows of one wrapping object, in file order."""

    def __init__(self, source: Source, wrapping: Wrapping) -> None:
        self._source = source
        self._wrapping = wrapping
        self._number = 0
        self._end = source.start
        self._told: set[str] = set()

    def rows(self) -> Iterator[Row]:
        """Rows with `base` set; one without a number where the rest can't be read."""
        yield from self._object(self._source.start, self._wrapping.patterns, ())
        window = Window(self._source, self._end)
        if window.next_char():
            yield Row(None, window.position, b"", None, (Fault("rest_not_read", 0, {}),))

    def _object(self, start: int, patterns: Sequence[Pattern], base: Path) -> Iterator[Row]:
        window = Window(self._source, start)
        if window.next_char() != "{":
            self._pass_over(window)
            return
        if () in patterns:
            yield from self._mapped(window, base)
            return
        keys = _Keys(window)
        while (key := keys.next()) is not None:
            if not base and key not in self._wrapping.seen:
                patterns = wrapped_lists({key: _sample(Window(self._source, window.position), 0)})
            inner = [pattern[1:] for pattern in patterns if pattern[:1] == (key,)]
            if inner:
                yield from self._value(window.position, inner, (*base, key))
                window.position = self._end
            else:
                yield from self._left_out(window, (*base, key))
                self._pass_over(window)
            if keys.is_lost:
                break
        self._end = window.position

    def _value(self, start: int, patterns: Sequence[Pattern], base: Path) -> Iterator[Row]:
        is_list = Window(self._source, start).next_char() == "["
        if is_list and () in patterns:
            yield from self._list(start, base)
        elif is_list:
            inner = [pattern[1:] for pattern in patterns if pattern[:1] == (None,)]
            yield from self._items(start, inner, base)
        else:
            yield from self._object(start, patterns, base)

    def _list(self, start: int, base: Path) -> Iterator[Row]:
        scanner = Scanner(self._source, start, one_list=True)
        scanner.number = before = self._number
        for row in scanner.rows():
            index = () if row.number is None else (row.number - before - 1,)
            yield row._replace(base=(*base, *index))
        self._number, self._end = scanner.number, scanner.position

    def _items(self, start: int, patterns: Sequence[Pattern], base: Path) -> Iterator[Row]:
        """Rows inside every item of a list, such as the chats of a whole export."""
        window = Window(self._source, start + 1)
        for index in count():
            if window.next_char() in ("", "]"):
                break
            before = window.position
            yield from self._object(before, patterns, (*base, index))
            window.position = self._end
            if window.next_char() == ",":
                window.position += 1
            elif window.position == before:
                break
        window.position += window.next_char() == "]"
        self._end = window.position

    def _mapped(self, window: Window, base: Path) -> Iterator[Row]:
        """The values of an object, each a row."""
        keys = _Keys(window)
        while (key := keys.next()) is not None:
            start = window.position
            self._number += 1
            try:
                end = window.value_end()
            except BrokenError as broken:
                data = self._source.read(start, broken.fault.offset)
                yield Row(self._number, start, data, None, (broken.fault,), base=(*base, key))
                break
            row = decode_row(self._number, start, self._source.read(start, end - start))
            yield row._replace(base=(*base, key))
            window.position = end
        self._end = window.position

    def _left_out(self, window: Window, path: Path) -> Iterator[Row]:
        """A remark on what stands beside the rows; once for all items of a list."""
        char, place = window.next_char(), shown_beside(path)
        if not place or place in self._told or char in ("", "]", "}"):
            return
        if not self._is_empty(window):
            self._told.add(place)
            yield Row(None, window.position, b"", None, (beside_rows(place, char in "[{"),))

    def _is_empty(self, window: Window) -> bool:
        """Whether a value says nothing: null, or a list, an object or a text without content."""
        start = self._source.read(window.position, EMPTY_BYTES).decode("utf-8", "replace")
        return EMPTY.match(start) is not None

    def _pass_over(self, window: Window) -> None:
        """Go on after a value that holds no rows; stay where that isn't possible."""
        char, start = window.next_char(), window.position
        end = skip_container(self._source, start) if char in ("[", "{") else None
        if end is None and char not in ("[", "{"):
            try:
                end = window.value_end()
            except BrokenError:
                end = None
        window.position = self._end = start if end is None else end
