"""Rows that teach opposite things: one question with several answers, one text with two labels."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from core.data.identity import fold
from core.data.problems import Finding, shorten
from core.data.records import Example
from core.data.whole.neighbours import Pair
from core.data.whole.texts import prompt_text
from core.messages import Conversation, Message

FoundAt = tuple[int | None, Finding]
"""A row (None for the whole file) and what is to be said about it."""


@dataclass
class Conflicts:
    """The first label of each text, and the first answer to each prompt, as hashes."""

    _label_of: dict[str, str] = field(default_factory=dict)
    _labels: dict[bytes, tuple[int, str]] = field(default_factory=dict)
    _answers: dict[bytes, tuple[int, bytes]] = field(default_factory=dict)

    def with_earlier(self, example: Example) -> Finding | None:
        """Take a row in; what an earlier row with the same question says otherwise."""
        if example.label:
            return self._label_conflict(example)
        answer = _digest(_answer(example.conversation))
        question = _question(example.conversation)
        first, said = self._answers.setdefault(question, (example.row, answer))
        return None if said == answer else Finding("prompt_conflict", (), {"first": str(first)})

    def is_labelled(self) -> bool:
        """Whether the data is about classes."""
        return bool(self._label_of)

    def same_label(self, pair: Pair) -> bool:
        """Whether two rows have the same label, or neither has one."""
        return self._label_of.get(pair.id_a) == self._label_of.get(pair.id_b)

    def of_pair(self, pair: Pair) -> Finding | None:
        """What two rows with nearly the same prompt say about labels, once all are taken in."""
        earlier, later = self._label_of.get(pair.id_a), self._label_of.get(pair.id_b)
        if pair.similarity == 1 or not earlier or not later or earlier == later:
            return None
        values = _labels(pair.row_a, earlier, later) | {"similarity": f"{pair.similarity:.0%}"}
        return Finding("label_conflict_near", (), values)

    def _label_conflict(self, example: Example) -> Finding | None:
        self._label_of[example.id] = example.label
        text = _digest(prompt_text(example.conversation))
        first, label = self._labels.setdefault(text, (example.row, example.label))
        if label == example.label:
            return None
        return Finding("label_conflict", (), _labels(first, label, example.label))


def _labels(first: int, earlier: str, later: str) -> dict[str, str]:
    return {"first": str(first), "other": shorten(earlier), "label": shorten(later)}


def _question(conversation: Conversation) -> bytes:
    """Equal for conversations whose folded turns before the last answer are equal."""
    return _digest("\0".join(map(_turn, conversation.prompt)))


def _answer(conversation: Conversation) -> str:
    return _turn(conversation.messages[len(conversation.prompt)])


def _turn(turn: Message) -> str:
    calls = (f"{call.name} {fold(call.arguments)}" for call in turn.tool_calls)
    return "\0".join((turn.role, fold(turn.content), *calls))


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode(errors="surrogatepass")).digest()[:16]
