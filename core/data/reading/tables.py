"""Rows of comma-separated and tab-separated text, each a record of column names and cells."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import dropwhile
from typing import NamedTuple

from core.data.problems import Finding
from core.data.reading.cells import Cells, cell_offset, read_cells
from core.data.reading.lines import Line, read_lines
from core.data.reading.locating import advance
from core.data.reading.malformed import Fault
from core.data.reading.rows import Row
from core.data.reading.signatures import HEAD_BYTES
from core.data.reading.source import Source
from core.data.reading.table_shape import SAID, Header, find_delimiter, find_header, sample_cells


class Table(NamedTuple):
    """A table that is ready to be read."""

    delimiter: str
    found: tuple[Finding, ...]
    rows: Iterator[Row]


def open_table(source: Source) -> Table | None:
    """The text as a table; None when it is none."""
    head = source.read(source.start, HEAD_BYTES)
    delimiter = find_delimiter(head)
    if delimiter is None:
        return None
    sample = [cells for cells in sample_cells(head, delimiter) if not _is_note(cells)]
    header = find_header(sample)
    return Table(delimiter, header.found, _rows(source, delimiter, header))


def _rows(source: Source, delimiter: str, header: Header) -> Iterator[Row]:
    lines = dropwhile(lambda line: SAID.match(line.data), read_lines(source))
    number, named = 0, not header.is_row
    for record in read_cells(lines, delimiter):
        if not named and record.fault is None:
            named = True
            continue
        number += 1
        yield _row(number, record, header.names)


def _is_note(cells: Sequence[str]) -> bool:
    """Excel's first line, which only says what separates cells."""
    return bool(cells) and cells[0].startswith("sep=")


def _row(number: int, record: Cells, names: Sequence[str]) -> Row:
    line: Line = record.first
    if record.fault is not None:
        return Row(number, line.offset, record.data, None, (record.fault,), line.number)
    value, faults = named_cells(record.cells, names)
    return Row(number, line.offset, record.data, value, faults, line.number)


def named_cells(
    cells: Sequence[object], names: Sequence[str]
) -> tuple[dict[str, object], tuple[Fault, ...]]:
    """A record by column names; cells that are too many keep a name of their own."""
    value = dict(zip(names, cells, strict=False))
    if len(cells) < len(names):
        values = {"cells": str(len(cells)), "columns": str(len(names))}
        return value, (Fault("cells_missing", 0, values),)
    extra = [cell not in ("", None) for cell in cells[len(names) :]]
    if not any(extra):
        return value, ()
    for number in range(len(names), len(cells)):
        value[f"column_{number + 1}"] = cells[number]
    values = {"cells": str(len(cells)), "columns": str(len(names))}
    return value, (Fault("cells_extra", 0, values),)


def cell_place(row: Row, column: str, delimiter: str) -> tuple[int, int] | None:
    """The line and column, from 1, where a cell of a comma-separated row begins."""
    if row.line is None or not row.data or not isinstance(row.value, dict):
        return None
    names = list(row.value)
    if column not in names:
        return None
    offset = cell_offset(row.data, names.index(column), delimiter)
    return advance(row.line, 1, row.data[:offset])
