"""Records of comma-separated text: which lines belong together, and what stands in their cells."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from core.data.reading.lines import Line, text_of
from core.data.reading.malformed import Fault
from core.data.reading.rows import MAX_ROW_BYTES

MAX_LINES = 1_000
"""A quote that is open for so many lines was forgotten."""
BLANK_LINES = (b"\n", b"\r\n", b"\r")

# The standard reader's limit for one cell is far below a long document's length.
csv.field_size_limit(2 * MAX_ROW_BYTES)


class Cells(NamedTuple):
    """One record, or why it can't be read."""

    first: Line
    data: bytes
    cells: list[str]
    fault: Fault | None = None


def read_cells(lines: Iterable[Line], delimiter: str) -> Iterator[Cells]:
    """Records in order; a broken one costs only the line it begins at."""
    reading = _Reading(iter(lines))
    while (line := reading.next()) is not None:
        if line.data in BLANK_LINES:
            continue
        if b'"' not in line.data or len(line.data) > MAX_ROW_BYTES:
            yield _plain(line, delimiter)
        else:
            yield _quoted(line, reading, delimiter)


class _Reading:
    """Lines, of which some can be given back."""

    def __init__(self, lines: Iterator[Line]) -> None:
        self._lines = lines
        self._given_back: deque[Line] = deque()

    def next(self) -> Line | None:
        return self._given_back.popleft() if self._given_back else next(self._lines, None)

    def give_back(self, lines: list[Line]) -> None:
        self._given_back.extendleft(reversed(lines))


def _plain(line: Line, delimiter: str) -> Cells:
    text = line.text()
    if isinstance(text, Fault):
        return Cells(line, line.data[: text.offset], [], text)
    return Cells(line, line.data, text.rstrip("\r\n").split(delimiter))


def _quoted(line: Line, reading: _Reading, delimiter: str) -> Cells:
    taken = [line]

    def feed() -> Iterator[str]:
        yield _loosely(line)
        size = len(line.data)
        while len(taken) < MAX_LINES and size <= MAX_ROW_BYTES:
            if (more := reading.next()) is None:
                return
            taken.append(more)
            size += len(more.data)
            yield _loosely(more)

    try:
        cells = next(csv.reader(feed(), delimiter=delimiter, strict=True), [])
    except csv.Error:
        reading.give_back(taken[1:])
        code = "quote_not_closed" if len(taken) > 1 else _quote_fault(line)
        return Cells(line, line.data, [], Fault(code, line.data.find(b'"'), {}))
    data = b"".join(one.data for one in taken)
    text = text_of(data)
    if isinstance(text, Fault):
        return Cells(line, data[: text.offset], [], text)
    return Cells(line, data, cells)


def _loosely(line: Line) -> str:
    return line.data.decode("utf-8", "replace")


def _quote_fault(line: Line) -> str:
    return "quote_not_closed" if line.data.count(b'"') % 2 else "quote_inside"


def cell_offset(data: bytes, index: int, delimiter: str) -> int:
    """The byte of a record where a cell's text begins."""
    mark, quote = ord(delimiter), ord('"')
    open_quote = False
    for position, byte in enumerate(data):
        if index == 0:
            return position + (byte == quote)
        if byte == quote:
            open_quote = not open_quote
        elif byte == mark and not open_quote:
            index -= 1
    return len(data.rstrip(b"\r\n"))
