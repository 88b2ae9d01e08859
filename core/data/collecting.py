"""Collect the problems of a file, located, in file order, and bounded in number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from core.data.problems import KINDS, Finding, Place, make_problem
from core.data.reading.locating import LineCounter, advance, value_offset
from core.data.reading.malformed import Fault
from core.data.reading.rows import Row
from core.data.reading.tables import cell_place
from core.data.records import Problem

At = tuple[int | None, int | None]
"""A line and a column, as far as known."""
LISTED = 1_000
"""Problems of one kind that are listed one by one; the others are counted."""


@dataclass
class _Once:
    """Something that is said once for a whole file."""

    finding: Finding
    first: int
    count: int = 0


@dataclass
class Problems:
    """The problems of one file; rows must be added in file order."""

    lines: LineCounter | None = None
    """Where offsets of rows are; None where rows have line numbers instead."""
    delimiter: str = ","
    """What stands between the cells of a table's rows."""
    counts: Counter[str] = field(default_factory=Counter)
    """How often each code was found, listed or not."""
    _listed: list[Problem] = field(default_factory=list)
    _once: dict[tuple[str, str], _Once] = field(default_factory=dict)

    def add_row(self, row: Row, found: Sequence[Finding]) -> None:
        """Add everything that is wrong with a row's text and content."""
        faults = [fault for fault in row.faults if self._is_listed(fault.code)]
        faults += [_located(row, finding) for finding in found if self._admit(row.number, finding)]
        if not faults:
            return
        begin = self._place(row)
        for fault in sorted(faults, key=lambda fault: fault.offset):
            path = (*row.base, *fault.path)
            place = Place(row.number, *self._at(row, fault, begin), path, row.file)
            self._listed.append(make_problem(fault.code, place, **fault.values))

    def _place(self, row: Row) -> At:
        """Where a row begins; the column is None where lines hold cells rather than JSON."""
        if row.line is not None or self.lines is None:
            return row.line, row.column
        return self.lines.place(row.offset)

    def _at(self, row: Row, fault: Fault, begin: At) -> At:
        """Where in a row something is."""
        line, column = begin
        if line is None or not row.data:
            return begin
        if column is not None:
            return advance(line, column, row.data[: fault.offset])
        cell = cell_place(row, str(fault.path[0]), self.delimiter) if fault.path else None
        return cell or begin

    def add(self, code: str, **values: str) -> None:
        """Add something about the whole file."""
        self.counts[code] += 1
        self._listed.append(make_problem(code, **values))

    def add_all(self, found: Iterable[tuple[int | None, Finding]]) -> None:
        """Add what was found by looking at all rows together, by row number or for the file."""
        for row, finding in found:
            if self._admit(row, finding):
                place = Place(row=row, path=finding.path or None)
                self._listed.append(make_problem(finding.code, place, **finding.values))

    def all(self) -> tuple[Problem, ...]:
        """Everything: what was listed, then what is said once, then what was only counted."""
        found = list(self._listed)
        for once in self._once.values():
            values = {**once.finding.values, "count": f"{once.count:,}", "first": str(once.first)}
            found.append(make_problem(once.finding.code, **values))
        for code, count in self.counts.items():
            if count > LISTED and not KINDS[code].once:
                found.append(make_problem("more_like_this", kind=code, count=f"{count - LISTED:,}"))
        return tuple(found)

    def _admit(self, row: int | None, finding: Finding) -> bool:
        """Whether a finding is listed by itself."""
        if not KINDS[finding.code].once:
            return self._is_listed(finding.code)
        self.counts[finding.code] += 1
        key = (finding.code, repr(finding.values))
        once = self._once.setdefault(key, _Once(finding, row or 0))
        once.count += 1
        return False

    def _is_listed(self, code: str) -> bool:
        self.counts[code] += 1
        return self.counts[code] <= LISTED


def _located(row: Row, finding: Finding) -> Fault:
    offset = value_offset(row.data, finding.path) if row.data else 0
    return Fault(finding.code, offset, finding.values, finding.path)
