"""Rows of an Excel workbook: every sheet, each row a record of column names and cell texts."""

from __future__ import annotations

import datetime
import re
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, closing
from itertools import chain, islice
from typing import Any, BinaryIO, NamedTuple

from openpyxl import load_workbook

from core.data.problems import file_error, shorten, size_text
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

SHEET_PARTS = "xl/worksheets/"
FORMULA = re.compile(rb"<f[\s>/]")
STEP = 1 << 20

Cells = tuple[str, ...]


class Sheet(NamedTuple):
    """A sheet with the results of its formulas, and with the formulas where it has any."""

    results: Any
    formulas: Any = None


class Numbered(NamedTuple):
    """A row of a sheet that isn't empty."""

    line: int
    cells: Cells
    uncounted: tuple[int, ...] = ()
    """Columns whose formula the workbook holds no result of."""


def sheet_rows(
    file: BinaryIO, archive: zipfile.ZipFile, name: str, stack: ExitStack
) -> Iterator[Row]:
    """The rows of all sheets, with remarks on their headers."""
    _check_parts(archive, name)
    try:
        book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
        stack.enter_context(closing(book))
        formulas = _formulas(file, archive, stack)
        sheets = [Sheet(sheet, formulas.get(sheet.title)) for sheet in book.worksheets]
    except DAMAGE as error:
        raise file_error("file_damaged", file=name, kind="an Excel workbook") from error
    return _numbered(sheets)


def _formulas(file: BinaryIO, archive: zipfile.ZipFile, stack: ExitStack) -> dict[str, Any]:
    """The sheets by title with formulas in place of their results; none when it has no formulas.

    Programs that write workbooks store formulas without results: those cells look empty.
    """
    parts = (part for part in archive.infolist() if part.filename.startswith(SHEET_PARTS))
    if not any(_has_formula(archive, part) for part in parts):
        return {}
    book = load_workbook(file, read_only=True, data_only=False, keep_links=False)
    stack.enter_context(closing(book))
    return {sheet.title: sheet for sheet in book.worksheets}


def _has_formula(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> bool:
    before = b""
    with archive.open(part) as packed:
        while piece := packed.read(STEP):
            if FORMULA.search(before + piece):
                return True
            before = piece[-2:]
    return False


def _check_parts(archive: zipfile.ZipFile, name: str) -> None:
    for part in archive.infolist():
        limit = MAX_PART if part.filename.startswith(STREAMED) else MAX_SMALL_PART
        if part.file_size > limit:
            raise file_error("archive_too_large", file=name, limit=size_text(limit))


def _numbered(sheets: list[Sheet]) -> Iterator[Row]:
    number = 0
    for sheet in sheets:
        file = sheet.results.title if len(sheets) > 1 else ""
        for row in _sheet(sheet):
            number += row.number is not None
            yield row._replace(number=number if row.number is not None else None, file=file)


def _sheet(sheet: Sheet) -> Iterator[Row]:
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
        names = list(value)
        faults += tuple(_uncounted(names[index]) for index in row.uncounted)
        yield Row(number, 0, b"", value, faults, row.line)
    yield from remarks


def _uncounted(column: str) -> Fault:
    return Fault("formula_not_calculated", 0, {"column": shorten(column, 40)}, (column,))


def _filled(sheet: Sheet, remarks: list[Row]) -> Iterator[Numbered]:
    """Rows that aren't empty; a remark is left where a sheet can't be read to its end."""
    empty = 0
    try:
        for line, (values, uncounted) in enumerate(_values(sheet), start=1):
            empty += values.count(None)
            if line > MAX_SHEET_ROWS or empty > MAX_EMPTY:
                remarks.append(Row(None, 0, b"", None, (Fault("rest_not_read", 0, {}),), line))
                return
            texts = tuple(map(_text, values))
            least = uncounted[-1] + 1 if uncounted else 0
            while len(texts) > least and not texts[-1].strip():
                texts = texts[:-1]
            if texts:
                yield Numbered(line, texts, uncounted)
    except DAMAGE:
        remarks.append(damaged_here())


def _values(sheet: Sheet) -> Iterator[tuple[tuple[Any, ...], tuple[int, ...]]]:
    """Each row's values, and the columns of formulas without a result."""
    sheet.results.reset_dimensions()  # what a file says about a sheet's size can be anything
    rows = sheet.results.iter_rows(values_only=True)
    if sheet.formulas is None:
        yield from ((values, ()) for values in rows)
        return
    sheet.formulas.reset_dimensions()
    for values, written in zip(rows, sheet.formulas.iter_rows(values_only=True), strict=False):
        pairs = enumerate(zip(values, written, strict=False))
        yield values, tuple(n for n, (value, text) in pairs if value is None and text is not None)


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
