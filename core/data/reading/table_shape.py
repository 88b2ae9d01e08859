"""How a table is written: what stands between its cells, and whether its first row names them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from core.data.problems import Finding
from core.data.reading.cells import read_cells
from core.data.reading.lines import Line
from core.data.reading.names import NAMES

SAMPLED = 50
DELIMITERS = "\t,;|"
ALIKE = 0.8
"""So much of a table's rows must have the same number of cells."""
NAMED_ALIKE = 0.5
"""The same for a table whose first row plainly names its columns."""
SAID = re.compile(rb'"?sep=([,;|\t])')
"""Excel's first line, which only says what separates cells."""
SPOKEN = re.compile(
    rb"[^\d\[]{0,3}\[?\d{1,4}[./-]\d{1,2}[./-]\d{1,4}[,.]?\s{1,3}\d{1,2}[:.]\d{2}"
    rb"[^,\]]{0,20}(\]|\s-)\s"
)
"""How a line of a chat export begins: a time, then who speaks."""
LONGEST_NAME = 64
SENTENCE = re.compile(r"[.?!。？！…]\s*$|^\s*[-+]?[\d.,:/-]+\s*%?\s*$")
"""What ends like a sentence, or is a number or a date, is no column's name."""
COLUMNS = frozenset(NAMES["columns"])


class Header(NamedTuple):
    """The names of a table's columns."""

    names: tuple[str, ...]
    found: tuple[Finding, ...]
    is_row: bool
    """Whether the first row names the columns, rather than being data."""


def find_delimiter(head: bytes) -> str | None:
    """What separates the cells of a table; None when the text is not a table."""
    if (said := SAID.match(head)) is not None:
        return said[1].decode()
    lines = _sample(head)
    spoken = sum(SPOKEN.match(line.data) is not None for line in lines)
    if len(lines) < 2 or spoken * 3 >= len(lines):
        return None
    best = max(DELIMITERS, key=lambda delimiter: _fitness(lines, delimiter))
    return best if _fitness(lines, best) > (0, 0) else None


def sample_cells(head: bytes, delimiter: str) -> list[list[str]]:
    """The first records of a table."""
    records = read_cells(_sample(head), delimiter)
    return [record.cells for record in records if record.fault is None][:SAMPLED]


def _sample(head: bytes) -> list[Line]:
    end = b"\n" if b"\n" in head else b"\r"
    *lines, rest = head.split(end)
    if rest and len(lines) < 2:
        lines.append(rest)
    numbered = enumerate(lines[: SAMPLED * 4], start=1)
    return [Line(number, 0, line + end) for number, line in numbered if line.strip()]


def _fitness(lines: Sequence[Line], delimiter: str) -> tuple[float, int]:
    """How alike rows are, and how many cells they have; zeros when it is no table."""
    records = list(read_cells(lines, delimiter))[:SAMPLED]
    counts = Counter(len(record.cells) for record in records if record.fault is None)
    if not counts or len(records) < 2:
        return (0, 0)
    width, rows = max(counts.items(), key=lambda item: (item[1], item[0]))
    alike = NAMED_ALIKE if _is_known(records[0].cells) else ALIKE
    if width < 2 or rows < alike * len(records) or _is_prose(records[0].cells, delimiter):
        return (0, 0)
    return (rows / len(records), width)


def _is_prose(first: Sequence[str], delimiter: str) -> bool:
    """Whether a first line is a sentence with commas in it."""
    spaced = sum(cell[:1] == " " for cell in first[1:])
    return delimiter in ",;" and spaced * 2 >= len(first) and not _is_known(first)


def find_header(sample: Sequence[Sequence[str]]) -> Header:
    """Names for a table's columns: from its first row, or `column_1` and so on."""
    first = sample[0] if sample else ()
    if not _names_columns(first, sample[1:]):
        names = tuple(f"column_{number}" for number in range(1, len(first) + 1))
        found = Finding("header_missing", (), {"names": ", ".join(names[:4])})
        return Header(names, (found,), False)
    return named_columns(first)


def named_columns(cells: Sequence[str]) -> Header:
    """Names that are all different, with a remark on those that were not."""
    names: list[str] = []
    twice: list[str] = []
    for number, cell in enumerate(cells, start=1):
        name = cell.strip().removeprefix("\ufeff").strip() or f"column_{number}"
        if name in names:
            twice.append(name)
        while name in names:
            name = f"{name}_{number}"
        names.append(name)
    found = [Finding("header_twice", (), {"name": name[:LONGEST_NAME]}) for name in twice]
    return Header(tuple(names), tuple(found), True)


def _is_known(cells: Sequence[str]) -> bool:
    return any(cell.strip().strip("\ufeff").casefold() in COLUMNS for cell in cells)


def _names_columns(first: Sequence[str], rest: Sequence[Sequence[str]]) -> bool:
    filled = [cell for cell in first if cell.strip()]
    if not filled:
        return False
    if _is_known(first):
        return True
    if any(len(cell) > LONGEST_NAME or SENTENCE.search(cell) or "\n" in cell for cell in filled):
        return False
    again = (
        row[column] == cell
        for row in rest
        if list(row) != list(first)
        for column, cell in enumerate(first[: len(row)])
        if cell.strip()
    )
    return not any(again)
