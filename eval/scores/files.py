"""Rows of JSON from anywhere: each with its line, and every row that can't be counted told."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.errors import DataError
from core.messages import Record

STDIN = "-"
"""The name that stands for standard input."""
LARGEST = 512 * 1024 * 1024
"""Bytes of a file that are read."""


class RowProblem(Record):
    """A row that could not be counted, or only in part."""

    line: int
    """1-based, in the file."""
    problem: str


class BadRow(ValueError):
    """What is wrong with a row, in a sentence; it is told, and the other rows still count."""


@dataclass
class Rows:
    """The objects of a file with their lines, and what was wrong with other lines."""

    where: str
    rows: list[tuple[int, dict[str, Any]]]
    problems: list[RowProblem] = field(default_factory=list)
    _first: dict[tuple[str, ...], int] = field(default_factory=dict)

    def complain(self, line: int, problem: str) -> None:
        """Tell what is wrong with a line."""
        self.problems.append(RowProblem(line=line, problem=problem))

    def is_new(self, line: int, key: Sequence[str], spoken: str) -> bool:
        """Whether no earlier row has this key; a later one is told and does not count."""
        first = self._first.setdefault(tuple(key), line)
        if first == line:
            return True
        self.complain(line, f"{spoken} stands in line {first} already; this row was not counted.")
        return False

    def told(self) -> tuple[RowProblem, ...]:
        """All problems in the order of the file."""
        return tuple(sorted(self.problems, key=lambda problem: problem.line))

    def refuse_if_none(self, counted: int, wanted: str) -> None:
        """Raise DataError when not one row could be counted, with the first reasons."""
        if counted:
            return
        reasons = [f"line {p.line}: {p.problem}" for p in self.told()[:5]]
        raise DataError(
            "\n".join(["No row of this file can be counted.", *reasons]),
            self.where,
            f"Write one JSON object a line, such as {wanted}",
        )


def read_rows(path: Path) -> Rows:
    """The JSON objects of a file, one a line; `-` reads standard input.

    Raises DataError when the file can't be read, or is too large.
    """
    return parse_rows(_bytes(path), "standard input" if str(path) == STDIN else str(path))


def parse_rows(data: bytes, where: str) -> Rows:
    """The JSON objects of a text, one a line; blank lines are passed over."""
    found = Rows(where, [])
    for number, line in enumerate(data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            found.rows.append((number, _object(line)))
        except BadRow as error:
            found.complain(number, str(error))
    return found


def row_id(row: dict[str, Any], key: str) -> str:
    """A row's text or whole number under a key; BadRow when there is none."""
    if key not in row or row[key] is None:
        raise BadRow(f"`{key}` is missing.")
    value = row[key]
    if isinstance(value, bool) or not isinstance(value, str | int) or not str(value).strip():
        raise BadRow(f"`{key}` must be a text or a whole number.")
    return str(value)


def number(value: object, key: str) -> float:
    """A number, or true as 1 and false as 0; BadRow for anything else."""
    if not isinstance(value, bool | int | float):
        raise BadRow(f"`{key}` must be a number, true, false or null.")
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _bytes(path: Path) -> bytes:
    if str(path) == STDIN:
        return sys.stdin.buffer.read(LARGEST)
    try:
        size = path.stat().st_size
        if size <= LARGEST:
            return path.read_bytes()
    except OSError as error:
        raise DataError(
            f"The file can't be read: {error.strerror}.", str(path), "Check the path."
        ) from error
    raise DataError(
        f"The file has {size:,} bytes; at most {LARGEST:,} are read.", str(path), "Split it."
    )


def _object(line: bytes) -> dict[str, Any]:
    try:
        value = json.loads(line.decode("utf-8"), object_pairs_hook=_once)
    except UnicodeDecodeError:
        raise BadRow("This line is not UTF-8 text.") from None
    except RecursionError:
        raise BadRow("This line nests too deeply.") from None
    except BadRow:
        raise
    except ValueError as error:
        raise BadRow(f"This line is not JSON: {error}.") from None
    if not isinstance(value, dict):
        raise BadRow("This line is not a JSON object.")
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise BadRow(f"`{twice}` stands twice in this line.")
    return found
