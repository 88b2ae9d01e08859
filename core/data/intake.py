"""Take rows in, one by one: convert, check, hand the good ones to a keeper, count the rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.data.checks.inspection import InspectOptions, inspect_conversation
from core.data.checks.provenance import check_provenance
from core.data.checks.rejected import PRIVATE, breaks_pair, inspect_rejected
from core.data.checks.rows import CheckedRow, check_row
from core.data.collecting import Problems
from core.data.fast import FastLane
from core.data.formats.detecting import UNKNOWN, format_of, talks_of
from core.data.formats.places import source_path
from core.data.formats.shape import Answers, Format, Numbered, Talk
from core.data.identity import example_id
from core.data.keeping import Keeper, Marks
from core.data.placing import in_named_part, left_out
from core.data.problems import ERRORS, Finding
from core.data.reading.malformed import Fault
from core.data.reading.rows import Row, Take, together
from core.data.rejects import RejectedRows
from core.data.repairs.catalog import repair_row, repairs_for
from core.data.repairs.repair import RepairContext
from core.messages import Conversation

MAX_ROWS = 1_000_000
HOPELESS_ROWS = 10_000
"""After this many rows without a single readable one, the rest is not read."""
READABLE = (dict, list, str)
"""What rows of dialogues are decoded to."""
EMPTY_ROW = Row(None, 0, b"", None)
ROW_LEFT_OUT = Finding("row_left_out")
ROUNDS = 3
"""Mending one problem can lay bare another."""


@dataclass(frozen=True)
class How:
    """How rows are read."""

    format: Format | None
    """Every row as this format; None takes each row for what it is."""
    answers: Answers
    inspect: InspectOptions | None
    """None leaves the texts unread: structure only."""
    mend: frozenset[str] = frozenset()
    """Codes of problems to mend on the way in; ALL_CODES for all that can be mended."""
    fills: Mapping[str, str] = field(default_factory=dict)
    """What placeholders stand for."""
    parts: Mapping[str, str] = field(default_factory=dict)
    """Parts of a split by the names of files in an archive."""


@dataclass
class Intake:
    """Rows taken in so far."""

    how: How
    problems: Problems
    keeper: Keeper | None = None
    """Where good conversations go; None counts them only, and finds no duplicates."""
    rejects: RejectedRows | None = None
    """Where rejected rows go; None counts them only."""
    rejected: int = 0
    formats: Counter[str] = field(default_factory=Counter)
    masks: dict[str, dict[str, str]] = field(default_factory=dict)
    """What masking hid, by example id: goes into a key, never into the dataset."""
    passed: int = 0
    """Rows that were taken in at a glance."""
    with_system: int = 0
    """Kept conversations with a system prompt."""
    pairs: int = 0
    """Kept conversations with a rejected answer."""
    first_without_system: int = MAX_ROWS + 1
    """The first row of those without one."""
    _lane: FastLane = field(default_factory=FastLane)
    _looked_at: int = 0
    """Rows that were not."""
    _readable: int = 0
    """Those of them that hold something which could be part of a dialogue."""
    _good: int = 0
    """Conversations without an error in them."""

    @property
    def rows(self) -> int:
        """All rows that came in."""
        return self._looked_at + self.passed

    @property
    def usable(self) -> int:
        """Conversations without an error, less those that are known to be duplicates."""
        return self._good + self.passed - (self.keeper.duplicates if self.keeper else 0)

    @property
    def glance(self) -> Take:
        """Takes a row in that needs no second look; such rows must be left out of `take_all`."""
        return self._count_line if self.keeper is None else self._keep_line

    def _count_line(self, number: int, _offset: int, line: bytes) -> bool:
        row = self._lane.passed(line)  # what follows is `_note_system`, without a call for each row
        if row is None or number > MAX_ROWS:
            return False
        self.passed += 1
        if row.messages[0].role == "system":
            self.with_system += 1
        elif number < self.first_without_system:
            self.first_without_system = number
        return True

    def _keep_line(self, number: int, offset: int, line: bytes) -> bool:
        talk = self._lane.talk(line)
        if talk is None or number > MAX_ROWS:
            return False
        self.passed += 1
        duplicate = self.keeper.keep(number, talk) if self.keeper else None
        if duplicate is None:
            self._note_system(number, talk.messages[0].role == "system")
        else:
            self.problems.add_row(Row(number, offset, line, None), (duplicate,))
        return True

    def take_all(self, rows: Iterable[Row]) -> None:
        """Take in every row, or stop when the file plainly holds something else."""
        counted = self._counted(rows)
        # Rows that need a closer look are few and far between: many together are looked at faster
        # than each by itself, between rows that are only passed. Keepers need rows in their order.
        for row in together(counted) if self.keeper is None else counted:
            self.take(row)

    def collect(self, rows: Iterable[Row]) -> dict[int, Row]:
        """Count rows whose conversations may span several of them; the readable ones, by number."""
        kept: dict[int, Row] = {}
        for row in self._counted(rows):
            if row.number is None or row.faults:
                self.problems.add_row(row, ())
            if row.number is None:
                continue
            if any(fault.code in ERRORS for fault in row.faults):
                self._reject(row, [])
                continue
            kept[row.number] = row
        return kept

    def gather(self, kept: Mapping[int, Row], records: Sequence[Numbered], form: Format) -> None:
        """Take in the conversations that a format makes of all rows together."""
        assert form.gather is not None
        self.formats[form.name] += len(records)
        told = set[int]()
        for talk in form.gather(records, self.how.answers):
            row = kept[talk.rows[0]] if talk.rows and talk.rows[0] in kept else EMPTY_ROW
            self._take_gathered(row, talk)
            told.update(talk.rows)
        for row in left_out(kept, told):
            self.problems.add_row(row, (ROW_LEFT_OUT,))

    def _take_gathered(self, row: Row, talk: Talk) -> None:
        if not talk.row:  # only tells what became of rows that are in no conversation
            self.problems.add_row(row, talk.found)
            return
        found = self._take_talk(row, talk)
        if any(finding.code in ERRORS for finding in found):
            self._reject(row, found)
        if found:
            self.problems.add_row(row, found)

    def take(self, row: Row) -> None:
        """Convert and check one row; keep it, or count why not."""
        if row.number is None:
            self.problems.add_row(row, ())
            return
        unreadable = any(fault.code in ERRORS for fault in row.faults)
        found: list[Finding] = []
        if not (unreadable and row.value is None):
            for talk in self._talks(row.value):
                found += self._take_talk(row, talk, unreadable)
            if self.how.inspect is not None and isinstance(row.value, dict):
                found += check_provenance(row.value)
        if unreadable or any(finding.code in ERRORS for finding in found):
            self._reject(row, found)
        if row.faults or found:
            self.problems.add_row(row, found)

    def _talks(self, value: object) -> Iterable[Talk]:
        form = self.how.format or format_of(value)
        if form is None:
            self.formats[UNKNOWN] += 1
            return (Talk({}, found=tuple(check_row(value).found)),)
        self.formats[form.name] += 1
        return talks_of(value, form, self.how.answers)

    def _take_talk(self, row: Row, talk: Talk, unreadable: bool = False) -> list[Finding]:
        """Check one conversation of a row; returns all findings, with the record's paths."""
        talk = in_named_part(row, talk, self.how.parts)
        found = list(talk.found)
        if any(finding.code in ERRORS for finding in found):
            return found
        checked, masks = self.mend(talk)
        found += [
            finding._replace(path=source_path(finding.path, talk, row.value))
            for finding in checked.found
        ]
        if checked.conversation is None or unreadable:
            return found
        self._good += 1
        number = talk.rows[0] if talk.rows else row.number or 0
        marks = Marks(checked.part, checked.tags, talk.group, talk.label, checked.rejected)
        if duplicate := self._keep(number, checked.conversation, marks):
            found.append(duplicate)
        elif masks:
            self.masks[example_id(checked.conversation, checked.rejected)] = masks
        return found

    def mend(self, talk: Talk) -> tuple[CheckedRow, dict[str, str]]:
        """The conversation after the repairs that were asked for, and what masking hid."""
        checked = self._checked(talk.row)
        if not self.how.mend:
            return checked, {}
        raw: dict[str, Any] | None = talk.row
        masks: dict[str, str] = {}
        wanted = self.how.mend | (PRIVATE if "rejected_private" in self.how.mend else frozenset())
        context = RepairContext(self.how.fills, wanted, self._special_tokens(), masks)
        for _ in range(ROUNDS):
            codes = {finding.code for finding in checked.found} & self.how.mend
            if not codes or raw is None:
                break
            raw, used = repair_row(raw, repairs_for(codes), context)
            if not used:
                break
            if raw is None:
                return CheckedRow([Finding("removed_by_repair")], None), {}
            checked = self._checked(raw)
        return checked, masks

    def _checked(self, raw: dict[str, Any]) -> CheckedRow:
        """A conversation's structure and texts; None in it when it has an error."""
        checked = check_row(raw)
        if checked.conversation is None or self.how.inspect is None:
            return checked
        found = [*checked.found, *inspect_conversation(checked.conversation, self.how.inspect)]
        if any(finding.code in ERRORS for finding in found):
            return CheckedRow(found, None)
        rejected = checked.rejected
        if rejected is not None:
            worse = inspect_rejected(checked.conversation, rejected, self.how.inspect)
            rejected = None if breaks_pair(worse) else rejected
            found += worse
        return checked._replace(found=found, rejected=rejected)

    def _special_tokens(self) -> frozenset[str]:
        return self.how.inspect.special_tokens if self.how.inspect else frozenset()

    def _keep(self, number: int, said: Conversation, marks: Marks) -> Finding | None:
        """Hand a conversation on, or say which earlier one it equals."""
        duplicate = self.keeper.keep(number, said, marks) if self.keeper else None
        if duplicate is None:
            self.pairs += marks.rejected is not None
            self._note_system(number, any(turn.role == "system" for turn in said.messages))
        return duplicate

    def _note_system(self, number: int, has_system: bool) -> None:
        if has_system:
            self.with_system += 1
        elif number < self.first_without_system:
            self.first_without_system = number

    def _reject(self, row: Row, found: Sequence[Finding]) -> None:
        self.rejected += 1
        if self.rejects is not None:
            self.rejects.add(row, found)

    def _counted(self, rows: Iterable[Row]) -> Iterator[Row]:
        """Rows, counted as they come; a remark instead of those that are not read any more."""
        for row in rows:
            fault = self._enough(row)
            if fault is not None:
                yield row._replace(number=None, faults=(fault,))
                return
            if row.number is not None:
                self._looked_at += 1
                self._readable += isinstance(row.value, READABLE)
            yield row

    def _enough(self, row: Row) -> Fault | None:
        """Why the rest of the file is not read, from this row on."""
        if row.number is not None and row.number > MAX_ROWS:
            return Fault("rows_over_limit", 0, {"limit": f"{MAX_ROWS:,}"})
        hopeless = not (self.passed or self._readable or isinstance(row.value, READABLE))
        return Fault("rest_not_read", 0, {}) if hopeless and self.rows >= HOPELESS_ROWS else None
