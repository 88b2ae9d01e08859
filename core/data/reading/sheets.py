"""Rows of an Excel workbook: every sheet, each row a record of column names and cell texts."""

from __future__ import annotations

import datetime
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, closing
from itertools import chain, islice
from typing import Any, BinaryIO, NamedTuple

from openpyxl import load_workbook

from core.data.problems import file_error, size_text
from core.data.reading.damage import DAMAGE, damaged_here
from core.data.reading.malformed import Fault
from core.data.reading.rows import Row
from core.data.reading.table_shape import SAMPLED, find_header
from core.data.reading.tables import named_cells

MAX_PART = 256 << 20
"""Unpacked size of one sheet, or of all texts."""
MAX_SMALL_PART = 16 << 20
"""Styles and the like, which are held in memory as a whole."""
STREAMED = ("xl/worksheets/", "xl/sharedStrings.xml", "xl/media/")
MAX_SHEET_ROWS = 1 << 20
"""Excel's own limit; a file can claim that more follow."""
MAX_EMPTY = 3_000_000
"""Cells without anything in them: a row can claim to be very wide."""

Cells = tuple[str, ...]


class Numbered(NamedTuple):
    """A row of a sheet that isn't empty."""

    line: int
    cells: Cells


def sheet_rows(
    file: BinaryIO, archive: zipfile.ZipFile, name: str, stack: ExitStack
) -> Iterator[Row]:
    """The rows of all sheets, with remarks on their headers."""
    _check_parts(archive, name)
    try:
        book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
        sheets = list(book.worksheets)
    except DAMAGE as error:
        raise file_error("file_damaged", file=name, kind="an Excel workbook") from error
    stack.enter_context(closing(book))
    return _numbered(sheets)


def _check_parts(archive: zipfile.ZipFile, name: str) -> None:
    for part in archive.infolist():
        limit = MAX_PART if part.filename.startswith(STREAMED) else MAX_SMALL_PART
        if part.file_size > limit:
            raise file_error("archive_too_large", file=name, limit=size_text(limit))


def _numbered(sheets: list[Any]) -> Iterator[Row]:
    number = 0
    for sheet in sheets:
        file = sheet.title if len(sheets) > 1 else ""
        for row in _sheet(sheet):
            number += row.number is not None
            yield row._replace(number=number if row.number is not None else None, file=file)


def _sheet(sheet: Any) -> Iterator[Row]:
    """The rows of one sheet, numbered from 1, with remarks on it."""
    remarks: list[Row] = []
    rows = _filled(sheet, remarks)
    sample = list(islice(rows, SAMPLED))
    header = find_header([row.cells for row in sample])
    if sample:
        line = sample[0].line
        for finding in header.found:
            yield Row(None, 0, b"", None, (Fault(finding.code, 0, finding.values),), line)
    data = chain(sample[1:] if header.is_row else sample, rows)
    for number, row in enumerate(data, start=1):
        cells = row.cells + ("",) * (len(header.names) - len(row.cells))
        value, faults = named_cells(cells, header.names)
        yield Row(number, 0, b"", value, faults, row.line)
    yield from remarks


def _filled(sheet: Any, remarks: list[Row]) -> Iterator[Numbered]:
    """Rows that aren't empty; a remark is left where a sheet can't be read to its end."""
    empty = 0
    try:
        sheet.reset_dimensions()  # what a file says about a sheet's size can be anything
        for line, values in enumerate(sheet.iter_rows(values_only=True), start=1):
            empty += values.count(None)
            if line > MAX_SHEET_ROWS or empty > MAX_EMPTY:
                remarks.append(Row(None, 0, b"", None, (Fault("rest_not_read", 0, {}),), line))
                return
            texts = tuple(map(_text, values))
            while texts and not texts[-1].strip():
                texts = texts[:-1]
            if texts:
                yield Numbered(line, texts)
    except DAMAGE:
        remarks.append(damaged_here())


def _text(value: object) -> str:
    """A cell's value as people see it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime.datetime | datetime.date | datetime.time):
        return value.isoformat()
    return str(value)
