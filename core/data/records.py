"""Problem, Example, Dataset and Split: what reading a file yields, typed."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from core.messages import Conversation, Record

Severity = Literal["error", "warning", "note"]
"""error: the row cannot be trained on; warning: it can, but look; note: for information."""

Part = Literal["train", "validation", "test"]


class Problem(Record):
    """One thing wrong with one place in a file."""

    code: str
    """Stable identifier, such as `no_assistant_turn`."""
    severity: Severity
    message: str
    """What is wrong, in one sentence."""
    fix: str
    """What to do about it, in one sentence."""
    row: int | None = None
    """1-based row of the dataset; None when the whole file is meant."""
    line: int | None = None
    """1-based line of the file where the place is."""
    column: int | None = None
    """1-based character column in that line."""
    field: str = ""
    """JSON path inside the row, such as `$.messages[1].role`."""
    values: dict[str, str] = Field(default_factory=dict)
    """What was put into message and fix, so that they can be said in another language."""

    @property
    def where(self) -> str:
        """The place in words: row, line, column and field, as far as known."""
        parts = [
            f"{name} {value}"
            for name, value in (("row", self.row), ("line", self.line), ("column", self.column))
            if value is not None
        ]
        return ", ".join([*parts, *([self.field] if self.field else [])])


class Example(Record):
    """One row that can be trained or evaluated on."""

    id: str
    """Content hash of the conversation: equal rows have equal ids."""
    row: int
    """1-based row in the source file."""
    conversation: Conversation
    part: Part | None = None
    """The split the file itself asks for (`split` key), if it does."""
    tags: tuple[str, ...] = ()
    """Free labels from the file (`tags` key), used to break results down."""


class Summary(Record):
    """What is in a file, counted: every number on the data card comes from here."""

    rows: int
    kept: int
    """Rows without an error, before exact duplicates are removed."""
    rejected: int
    """Rows with at least one error."""
    duplicates: int
    """Kept rows whose conversation equals an earlier row's."""
    usable: int
    """kept - duplicates."""
    turns: int
    """Messages over all usable rows."""
    multi_turn: int
    """Usable rows with more than one user turn."""
    with_system: int
    with_tools: int
    characters: int
    longest_row: int | None
    """Row number of the usable conversation with most characters."""
    languages: dict[str, int]
    """Usable rows by main script: `en` (Latin), `zh` (Han), `other`."""
    tags: dict[str, int]


class Dataset(Record):
    """A dataset version: content-addressed and never changed in place."""

    id: str
    """`ds-` and a hash of the canonical usable rows (with their asked split and tags)."""
    name: str
    source_name: str
    """The file's own name."""
    source_sha256: str
    format: str
    """What the file was read as, such as `openai-jsonl`."""
    created: str
    """ISO time, UTC."""
    summary: Summary
    problems: tuple[Problem, ...]
    """Every problem of every row, in file order."""


class Split(Record):
    """Which example ids are for training, validation and test, frozen."""

    dataset_id: str
    train: tuple[str, ...]
    validation: tuple[str, ...]
    test: tuple[str, ...]
    seed: int
    given: bool
    """True when the file itself named the parts."""
    fingerprint: str
    """Hash over the three id lists."""
    notes: tuple[str, ...] = ()
    """What the person should know, such as rows moved to keep groups together."""
