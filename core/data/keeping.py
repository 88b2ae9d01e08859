"""What becomes of good conversations: stored, or only remembered to know them again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

import msgspec
import xxhash

from core.data.canonical import (
    RowText,
    TalkText,
    answer_json,
    content_id,
    conversation_json,
    raw_answer,
    talk_json,
)
from core.data.example_file import ExampleWriter
from core.data.problems import Finding
from core.data.records import Part
from core.data.summary import Counting
from core.messages import Conversation, Message

Said = Conversation | TalkText
"""A conversation without an error, however it is held."""


class Marks(NamedTuple):
    """What a record says of its conversation."""

    part: Part | None = None
    tags: tuple[str, ...] = ()
    group: str = ""
    label: str = ""
    rejected: tuple[Message, ...] | None = None
    """A worse answer to the last question; pairs that differ in it are no duplicates."""


UNMARKED = Marks()


class Keeper(Protocol):
    """Takes good conversations, and knows those again that it was given before."""

    @property
    def duplicates(self) -> int:
        """Conversations that equal an earlier one."""
        ...

    def keep(self, number: int, said: Said, marks: Marks = UNMARKED) -> Finding | None:
        """Keep the conversation of a row, or say which row's it equals."""
        ...


@dataclass
class Remembered:
    """Remembers conversations by their hash and nothing else."""

    duplicates: int = 0
    _first_rows: dict[int, int] = field(default_factory=dict)
    """The row where a conversation stood first, by the conversation's hash."""

    def keep(self, number: int, said: Said, marks: Marks = UNMARKED) -> Finding | None:
        """Remember a conversation, or say which row's it equals."""
        written = _canonical(said)
        if marks.rejected:
            written += answer_json(marks.rejected)
        return self.repeats(xxhash.xxh3_64_intdigest(written), number)

    def repeats(self, key: int, number: int) -> Finding | None:
        """Say which row's conversation has this key of 64 bits; remember it when none has."""
        first = self._first_rows.get(key)
        if first is None:
            self._first_rows[key] = number
            return None
        self.duplicates += 1
        return Finding("exact_duplicate", (), {"first": str(first)})


@dataclass
class Stored:
    """Writes conversations to a file, each once, and counts what is in them."""

    writer: ExampleWriter = field(default_factory=ExampleWriter.unnamed)
    counting: Counting = field(default_factory=Counting)
    """Over what is stored."""
    _known: Remembered = field(default_factory=Remembered)

    @property
    def duplicates(self) -> int:
        """Conversations that were left out because they equal an earlier one."""
        return self._known.duplicates

    def keep(self, number: int, said: Said, marks: Marks = UNMARKED) -> Finding | None:
        """Write the conversation of a row, or say which row's it equals."""
        canonical, worse = _canonical(said), answer_json(marks.rejected)
        name = content_id(canonical, worse)
        duplicate = self._known.repeats(int(name[3:], 16), number)
        if duplicate is None:
            told = (marks.part, marks.tags, marks.group, marks.label)
            row = RowText(name, number, msgspec.Raw(canonical), *told, rejected=raw_answer(worse))
            self.writer.add(row)
            self.counting.add(number, said.messages, bool(said.tools))
            self.counting.pairs += bool(worse)
            self.counting.add_labels(marks.tags, marks.label)
        return duplicate


def _canonical(said: Said) -> bytes:
    return talk_json(said) if isinstance(said, TalkText) else conversation_json(said)
