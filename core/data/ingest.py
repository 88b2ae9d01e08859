"""Turn a file of OpenAI conversations into a Dataset and its usable Examples."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from core.data.checking import CheckedRow, check_row
from core.data.collecting import Problems
from core.data.collector import no_collection
from core.data.identity import dataset_id, example_id
from core.data.locating import LineCounter
from core.data.malformed import Fault
from core.data.problems import ERRORS, Finding, file_error, no_usable_rows, shorten
from core.data.reading import read_rows
from core.data.records import Dataset, Example
from core.data.rows import Row
from core.data.source import open_source
from core.data.summary import has_system, summarise
from core.disk import sha256_file
from core.identifiers import now
from core.messages import Conversation, Record

MAX_ROWS = 1_000_000
"""A usable row costs about 3 KB of memory beside its text."""
HOPELESS_ROWS = 10_000
"""After this many rows without a single object, the rest is not read."""
NAME_CHARACTERS = 120


class Checked(Record):
    """A file as it was read."""

    dataset: Dataset
    examples: tuple[Example, ...]
    """Usable rows in file order: no error, exact duplicates removed."""


def read_file(file: Path, name: str | None = None) -> Checked:
    """Read a file, list everything wrong with it, and keep its good rows.

    Raises NoUsableRows (a DataError that carries all problems) when nothing can be kept.
    """
    with open_source(file) as source:
        read_as, rows = read_rows(source)
        intake = _Intake(Problems(LineCounter(source)))
        with no_collection():
            intake.take_all(rows)
    return intake.result(file, name, read_as)


@dataclass
class _Intake:
    """Rows taken in so far."""

    problems: Problems
    examples: list[Example] = field(default_factory=list)
    rows: int = 0
    rejected: int = 0
    duplicates: int = 0
    _objects: int = 0
    _first_seen: dict[str, int] = field(default_factory=dict)

    def take_all(self, rows: Iterable[Row]) -> None:
        """Take in every row, or stop when the file plainly holds something else."""
        for row in rows:
            if self.rows >= MAX_ROWS:
                self._stop(row, Fault("rows_over_limit", 0, {"limit": f"{MAX_ROWS:,}"}))
                break
            if self.rows >= HOPELESS_ROWS and not self._objects:
                self._stop(row, Fault("rest_not_read", 0, {}))
                break
            self._take(row)

    def _stop(self, row: Row, fault: Fault) -> None:
        self.problems.add_row(row._replace(number=None, faults=(fault,)), ())

    def _take(self, row: Row) -> None:
        """Check one row; keep it, or count why not."""
        if row.number is None:
            self.problems.add_row(row, ())
            return
        self.rows += 1
        self._objects += isinstance(row.value, dict)
        unreadable = any(fault.code in ERRORS for fault in row.faults)
        undecoded = unreadable and row.value is None
        checked = CheckedRow([], None) if undecoded else check_row(row.value)
        if checked.conversation is None or unreadable:
            self.rejected += 1
        else:
            self._keep(row.number, checked, checked.conversation)
        if row.faults or checked.found:
            self.problems.add_row(row, checked.found)

    def _keep(self, number: int, checked: CheckedRow, conversation: Conversation) -> None:
        first = self._first_seen.setdefault(name := example_id(conversation), number)
        if first != number:
            self.duplicates += 1
            checked.found.append(Finding("exact_duplicate", (), {"first": str(first)}))
            return
        self.examples.append(
            Example(
                id=name,
                row=number,
                conversation=conversation,
                part=checked.part,
                tags=checked.tags,
            )
        )

    def result(self, file: Path, name: str | None, read_as: str) -> Checked:
        """Everything that was taken in; NoUsableRows when that is nothing."""
        file_name = shorten(file.name, NAME_CHARACTERS)
        if not self.rows:
            raise file_error("file_no_rows", file=file_name)
        self._compare_systems()
        problems = self.problems.all()
        if not self.examples:
            raise no_usable_rows(file_name, self.rows, problems)
        dataset = Dataset(
            id=dataset_id(self.examples),
            name=shorten((name or "").strip() or file.stem, NAME_CHARACTERS),
            source_name=file_name,
            source_sha256=sha256_file(file),
            format=read_as,
            created=now(),
            summary=summarise(self.rows, self.rejected, self.duplicates, self.examples),
            problems=problems,
        )
        return Checked(dataset=dataset, examples=tuple(self.examples))

    def _compare_systems(self) -> None:
        without = [e.row for e in self.examples if not has_system(e.conversation)]
        having = len(self.examples) - len(without)
        if without and having:
            values = {"with_system": f"{having:,}", "without": f"{len(without):,}"}
            self.problems.add("system_in_some", **values, first=str(without[0]))
        elif without:
            self.problems.add("system_in_none")
