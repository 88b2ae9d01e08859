"""Collect the problems of a file, located, in file order, and bounded in number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from core.data.locating import LineCounter, advance, value_offset
from core.data.malformed import Fault
from core.data.problems import KINDS, Finding, Place, make_problem
from core.data.records import Problem
from core.data.rows import Row

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

    lines: LineCounter
    _listed: list[Problem] = field(default_factory=list)
    _counts: Counter[str] = field(default_factory=Counter)
    _once: dict[tuple[str, str], _Once] = field(default_factory=dict)

    def add_row(self, row: Row, found: Sequence[Finding]) -> None:
        """Add everything that is wrong with a row's text and content."""
        faults = [fault for fault in row.faults if self._is_listed(fault.code)]
        faults += [_located(row, finding) for finding in found if self._admit(row, finding)]
        if not faults:
            return
        line, column = self.lines.place(row.offset)
        for fault in sorted(faults, key=lambda fault: fault.offset):
            at = advance(line, column, row.data[: fault.offset])
            place = Place(row.number, *at, fault.path)
            self._listed.append(make_problem(fault.code, place, **fault.values))

    def add(self, code: str, **values: str) -> None:
        """Add something about the whole file."""
        self._listed.append(make_problem(code, **values))

    def all(self) -> tuple[Problem, ...]:
        """Everything: what was listed, then what is said once, then what was only counted."""
        for once in self._once.values():
            values = {**once.finding.values, "count": str(once.count), "first": str(once.first)}
            self.add(once.finding.code, **values)
        self._once.clear()
        for code, count in self._counts.items():
            if count > LISTED:
                self.add("more_like_this", kind=code, count=f"{count - LISTED:,}")
        self._counts.clear()
        return tuple(self._listed)

    def _admit(self, row: Row, finding: Finding) -> bool:
        """Whether a finding is listed by itself."""
        if not KINDS[finding.code].once:
            return self._is_listed(finding.code)
        key = (finding.code, repr(finding.values))
        once = self._once.setdefault(key, _Once(finding, row.number or 0))
        once.count += 1
        return False

    def _is_listed(self, code: str) -> bool:
        self._counts[code] += 1
        return self._counts[code] <= LISTED


def _located(row: Row, finding: Finding) -> Fault:
    offset = value_offset(row.data, finding.path)
    return Fault(finding.code, offset, finding.values, finding.path)
