"""Check a file's structure and keep nothing: every row's syntax, schema, roles, order and calls.

This is the quickest look at a file; `ingest` reads the same rows and keeps the good ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import xxhash

from core.data.canonical import conversation_json
from core.data.checks.rows import check_row
from core.data.collecting import Problems
from core.data.collector import no_collection
from core.data.fast import FastLane
from core.data.formats.detecting import format_of, talks_of
from core.data.formats.places import source_path
from core.data.formats.shape import Talk
from core.data.problems import ERRORS, Finding
from core.data.reading.locating import LineCounter
from core.data.reading.opening import open_rows
from core.data.reading.rows import Row
from core.data.records import Problem
from core.messages import Record

TOGETHER, TOGETHER_BYTES = 1_000, 4 << 20
"""So many rows, or bytes of rows, are looked at one after another."""


class Validation(Record):
    """What looking at a file's structure has shown."""

    rows: int
    good: int
    """Rows that hold a conversation without an error."""
    duplicates: int
    """Of the good rows, those that equal an earlier one; 0 when that was not looked for."""
    problems: tuple[Problem, ...]
    problem_counts: dict[str, int]


def validate(file: Path, dedupe: bool = False) -> Validation:
    """Look at every row of a file; raises NoUsableRows when it can't be read as rows."""
    with open_rows(file) as opened, no_collection():
        look = _Look(Problems(LineCounter(opened.source) if opened.source else None), dedupe)
        quick = opened.rows_besides
        rows = quick(look.take if dedupe else look.lane.take) if quick else opened.rows
        # Rows that need a closer look are few and far between: some at a time are looked at
        # faster than each by itself, between two rows that are only passed.
        for some in _together(rows):
            for row in some:
                look.at(row)
    return look.result()


def _together(rows: Iterator[Row]) -> Iterator[list[Row]]:
    some: list[Row] = []
    size = 0
    for row in rows:
        some.append(row)
        size += len(row.data)
        if len(some) == TOGETHER or size > TOGETHER_BYTES:
            yield some
            some, size = [], 0
    yield some


@dataclass
class _Look:
    problems: Problems
    dedupe: bool
    rows: int = 0
    good: int = 0
    duplicates: int = 0
    lane: FastLane = field(default_factory=FastLane)
    _seen: set[int] = field(default_factory=set)

    def take(self, _number: int, _offset: int, line: bytes) -> bool:
        """Whether a row is good at a glance, and no duplicate."""
        canonical = self.lane.conversation(line)
        if canonical is None:
            return False
        self.duplicates += self._is_known(canonical)
        self.lane.taken += 1
        return True

    def at(self, row: Row) -> None:
        """Look at a row that is not: it is checked in full."""
        if row.number is None:
            self.problems.add_row(row, ())
            return
        self.rows += 1
        found = [] if row.value is None and row.faults else list(self._findings(row))
        codes = {fault.code for fault in row.faults} | {finding.code for finding in found}
        bad = not ERRORS.isdisjoint(codes)
        self.good += not bad
        if row.faults or found:
            self.problems.add_row(row, found)

    def _findings(self, row: Row) -> list[Finding]:
        form = format_of(row.value)
        talks = talks_of(row.value, form, {}) if form else (Talk({}),)
        found: list[Finding] = []
        for talk in talks:
            found += talk.found
            if any(finding.code in ERRORS for finding in talk.found):
                continue
            checked = check_row(talk.row if form else row.value)
            found += [
                finding._replace(path=source_path(finding.path, talk, row.value))
                for finding in checked.found
            ]
            if self.dedupe and checked.conversation is not None:
                self.duplicates += self._is_known(conversation_json(checked.conversation))
        return found

    def _is_known(self, canonical: bytes) -> bool:
        """Whether a conversation was seen before; remembers it."""
        key = xxhash.xxh3_64_intdigest(canonical)
        known = key in self._seen
        self._seen.add(key)
        return known

    def result(self) -> Validation:
        """Everything that was seen."""
        return Validation(
            rows=self.rows + self.lane.taken,
            good=self.good + self.lane.taken,
            duplicates=self.duplicates,
            problems=self.problems.all(),
            problem_counts=dict(self.problems.counts),
        )
