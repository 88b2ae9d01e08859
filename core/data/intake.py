"""Take the rows of a file in, one by one: convert, check, keep the good ones, count the rest."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import msgspec

from core.data.canonical import RowText, TalkText, content_id, conversation_json, talk_json
from core.data.checks.inspection import InspectOptions, inspect_conversation
from core.data.checks.provenance import check_provenance
from core.data.checks.rows import CheckedRow, check_row
from core.data.collecting import Problems
from core.data.example_file import ExampleWriter
from core.data.formats.detecting import UNKNOWN, format_of, talks_of
from core.data.formats.places import source_path
from core.data.formats.shape import Answers, Format, Numbered, Talk
from core.data.problems import ERRORS, Finding
from core.data.reading.malformed import Fault
from core.data.reading.rows import Row
from core.data.repairs.catalog import repair_row, repairs_for
from core.data.repairs.repair import RepairContext
from core.data.summary import Counting
from core.messages import Conversation

MAX_ROWS = 1_000_000
HOPELESS_ROWS = 10_000
"""After this many rows without a single object, the rest is not read."""
ROUNDS = 3
"""Mending one problem can lay bare another."""
REJECTED_BYTES = 64 << 20
"""Rejected rows that are kept to be downloaded."""


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


@dataclass
class Intake:
    """Rows taken in so far."""

    how: How
    problems: Problems
    writer: ExampleWriter
    rejects: BinaryIO | None = None
    """Where rejected rows are written, one JSON object a line."""
    rows: int = 0
    rejected: int = 0
    duplicates: int = 0
    formats: Counter[str] = field(default_factory=Counter)
    mended: Counter[str] = field(default_factory=Counter)
    """Repairs by how many conversations they changed."""
    masks: dict[str, dict[str, str]] = field(default_factory=dict)
    """What masking hid, by example id: goes into a key, never into the dataset."""
    counting: Counting = field(default_factory=Counting)
    """Over what is kept."""
    _objects: int = 0
    _first_seen: dict[int, int] = field(default_factory=dict)
    _rejected_bytes: int = 0

    def take_all(self, rows: Iterable[Row]) -> None:
        """Take in every row, or stop when the file plainly holds something else."""
        for row in rows:
            if self._is_enough(row):
                break
            self.take(row)

    def collect(self, rows: Iterable[Row]) -> dict[int, Row]:
        """Count rows whose conversations may span several of them; the readable ones, by number."""
        kept: dict[int, Row] = {}
        for row in rows:
            if self._is_enough(row):
                break
            if row.number is None or row.faults:
                self.problems.add_row(row, ())
            if row.number is None:
                continue
            self.rows += 1
            self._objects += not isinstance(row.value, str)
            if any(fault.code in ERRORS for fault in row.faults):
                self._reject(row, [])
                continue
            kept[row.number] = row
        return kept

    def gather(self, kept: Mapping[int, Row], records: Sequence[Numbered], form: Format) -> None:
        """Take in the conversations that a format makes of all rows together."""
        assert form.gather is not None
        self.formats[form.name] += len(records)
        for talk in form.gather(records, self.how.answers):
            row = kept[talk.rows[0]] if talk.rows and talk.rows[0] in kept else EMPTY_ROW
            self._take_gathered(row, talk)

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
        self.rows += 1
        self._objects += isinstance(row.value, dict | list)
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

    def take_passed(self, number: int, talk: TalkText) -> Finding | None:
        """Keep a row that has nothing to remark on; says when it is a duplicate."""
        self.rows += 1
        self.formats["openai"] += 1
        canonical = talk_json(talk)
        name = content_id(canonical)
        duplicate = self._keep(number, name, canonical, NO_TALK, CheckedRow([], None))
        if duplicate is None:
            self.counting.add(number, talk.messages, bool(talk.tools))
        return duplicate

    def _talks(self, value: object) -> Iterable[Talk]:
        form = self.how.format or format_of(value)
        if form is None:
            self.formats[UNKNOWN] += 1
            return (Talk({}, found=tuple(check_row(value).found)),)
        self.formats[form.name] += 1
        return talks_of(value, form, self.how.answers)

    def _take_talk(self, row: Row, talk: Talk, unreadable: bool = False) -> list[Finding]:
        """Check one conversation of a row; returns all findings, with the record's paths."""
        found = list(talk.found)
        if any(finding.code in ERRORS for finding in found):
            return found
        checked, masks = self.mend(talk)
        found += [
            finding._replace(path=source_path(finding.path, talk, row.value))
            for finding in checked.found
        ]
        if checked.conversation is not None and not unreadable:
            name, more = self._keep_talk(row, talk, checked, checked.conversation)
            found += more
            if masks and not more:
                self.masks[name] = masks
        return found

    def mend(self, talk: Talk) -> tuple[CheckedRow, dict[str, str]]:
        """The conversation after the repairs that were asked for, and what masking hid."""
        checked = self._checked(talk.row)
        raw: dict[str, Any] | None = talk.row
        masks: dict[str, str] = {}
        context = RepairContext(self.how.fills, self.how.mend, self._special_tokens(), masks)
        for _ in range(ROUNDS):
            codes = {finding.code for finding in checked.found} & self.how.mend
            if not codes or raw is None:
                break
            raw, used = repair_row(raw, repairs_for(codes), context)
            if not used:
                break
            self.mended.update(used)
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
        return checked._replace(found=found)

    def _special_tokens(self) -> frozenset[str]:
        return self.how.inspect.special_tokens if self.how.inspect else frozenset()

    def _keep_talk(
        self, row: Row, talk: Talk, checked: CheckedRow, conversation: Conversation
    ) -> tuple[str, list[Finding]]:
        number = talk.rows[0] if talk.rows else row.number or 0
        canonical = conversation_json(conversation)
        name = content_id(canonical)
        duplicate = self._keep(number, name, canonical, talk, checked)
        if duplicate is not None:
            return name, [duplicate]
        self.counting.add(number, conversation.messages, bool(conversation.tools))
        return name, []

    def _keep(
        self, number: int, name: str, canonical: bytes, talk: Talk, checked: CheckedRow
    ) -> Finding | None:
        """Write a conversation, or say which earlier one it equals."""
        key = int(name[3:], 16)
        first = self._first_seen.get(key)
        if first is not None:
            self.duplicates += 1
            return Finding("exact_duplicate", (), {"first": str(first)})
        self._first_seen[key] = number
        self.writer.add(
            RowText(
                id=name,
                row=number,
                conversation=msgspec.Raw(canonical),
                part=checked.part,
                tags=checked.tags,
                group=talk.group,
                label=talk.label,
            )
        )
        self.counting.add_labels(checked.tags, talk.label)
        return None

    def _reject(self, row: Row, found: Sequence[Finding]) -> None:
        self.rejected += 1
        if self.rejects is None or self._rejected_bytes > REJECTED_BYTES:
            return
        line = _rejected_line(row, found)
        self._rejected_bytes += len(line)
        self.rejects.write(line)

    def _is_enough(self, row: Row) -> bool:
        if self.rows >= MAX_ROWS:
            self._stop(row, Fault("rows_over_limit", 0, {"limit": f"{MAX_ROWS:,}"}))
            return True
        if self.rows >= HOPELESS_ROWS and not self._objects and not isinstance(row.value, str):
            self._stop(row, Fault("rest_not_read", 0, {}))
            return True
        return False

    def _stop(self, row: Row, fault: Fault) -> None:
        self.problems.add_row(row._replace(number=None, faults=(fault,)), ())


NO_TALK = Talk({})
EMPTY_ROW = Row(None, 0, b"", None)


def _rejected_line(row: Row, found: Sequence[Finding]) -> bytes:
    """A rejected row with why: `_row` and `_problems` are taken off again when it comes back."""
    why = [fault.code for fault in row.faults] + [finding.code for finding in found]
    record: dict[str, Any]
    if isinstance(row.value, dict):
        record = dict(row.value)
    elif row.value is None:
        record = {"_text": row.data.decode("utf-8", "replace")}
    else:
        record = {"_value": row.value}
    record |= {"_row": row.number, "_problems": why}
    return json.dumps(record, ensure_ascii=False).encode("utf-8", "replace") + b"\n"
