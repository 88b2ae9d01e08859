"""Files for the tests of core/data/reading, read to their end."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.data.problems import KINDS, NoUsableRows
from core.data.reading.locating import LineCounter, advance
from core.data.reading.opened import Opened
from core.data.reading.opening import open_rows
from core.data.reading.rows import Row
from core.data.wording import problem_text

FaultPlace = tuple[str, int | None, int | None, int | None]
"""Code, row, line and column."""


@dataclass(frozen=True)
class Got:
    """All of a file."""

    container: str
    encoding: str
    rows: tuple[Row, ...]
    """Without remarks on the whole file."""
    remarks: tuple[str, ...]
    """Codes of what is said about the whole file, before and among the rows."""
    faults: tuple[FaultPlace, ...]
    """Everything that is wrong with rows, or near them."""
    context: Mapping[str, Any]

    @property
    def values(self) -> list[Any]:
        """What the rows hold; faulty ones too."""
        return [row.value for row in self.rows]

    @property
    def good(self) -> list[int]:
        """Numbers of the rows that nothing speaks against."""
        return [
            row.number
            for row in self.rows
            if row.number and not any(KINDS[f.code].severity == "error" for f in row.faults)
        ]


def read_path(path: Path, encoding: str | None = None) -> Got | NoUsableRows:
    """Everything that is in a file; the error where it is refused."""
    try:
        with open_rows(path, encoding) as opened:
            return _all_of(opened)
    except NoUsableRows as refusal:
        error = refusal
    assert error.problem
    assert error.fix
    assert all(problem_text(problem, "zh") for problem in error.problems)
    return error


def _all_of(opened: Opened) -> Got:
    rows = tuple(opened.rows)
    lines = LineCounter(opened.source) if opened.source else None
    found = tuple(finding.code for finding in opened.found)
    among = tuple(fault.code for row in rows if row.number is None for fault in row.faults)
    return Got(
        opened.container,
        opened.encoding,
        tuple(row for row in rows if row.number is not None),
        (*found, *among),
        tuple(place for row in rows for place in _places(row, lines)),
        opened.context,
    )


def _places(row: Row, lines: LineCounter | None) -> Iterator[FaultPlace]:
    known = row.line is not None or lines is None
    line, column = (row.line, row.column) if known or lines is None else lines.place(row.offset)
    for fault in row.faults:
        if line is None or column is None:
            yield fault.code, row.number, line, column
        else:
            yield fault.code, row.number, *advance(line, column, row.data[: fault.offset])


def read_bytes(
    folder: Path, content: bytes | str, encoding: str | None = None, name: str = "data.bin"
) -> Got | NoUsableRows:
    """As `read_path`, for a file with this content."""
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_path(path, encoding)


def got(folder: Path, content: bytes | str, encoding: str | None = None) -> Got:
    """As `read_bytes`, for a file that can be read."""
    result = read_bytes(folder, content, encoding)
    assert isinstance(result, Got), result
    return result


def refused(folder: Path, content: bytes | str, name: str = "data.bin") -> str:
    """The code of the sentence that a file gets which isn't read."""
    result = read_bytes(folder, content, name=name)
    assert isinstance(result, NoUsableRows), result
    return result.problems[0].code


def zipped(files: Mapping[str, bytes | str], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A ZIP archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()
