"""Count what is in a file: every number on the data card comes from here."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from core.data.whole.languages import LATIN_SCRIPT, script_of
from core.messages import Conversation

HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af]")
LATIN = re.compile(r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff]")
SAMPLED_CHARACTERS = 200
"""Of each of the first few turns; enough to tell a conversation's script."""
SAMPLED_TURNS = 4
LETTERS_PER_HAN = 3
"""A Han character says about as much as three letters of an alphabet."""


class Spoken(Protocol):
    """A turn, however it is held."""

    @property
    def role(self) -> str: ...
    @property
    def content(self) -> str: ...
    @property
    def tool_calls(self) -> Sequence[object]: ...


@dataclass
class Counting:
    """What is in the usable conversations, counted as they come."""

    turns: int = 0
    multi_turn: int = 0
    with_system: int = 0
    without_system: int = 0
    with_tools: int = 0
    characters: int = 0
    longest_row: int | None = None
    first_without_system: int | None = None
    languages: Counter[str] = field(default_factory=Counter)
    tags: Counter[str] = field(default_factory=Counter)
    labels: Counter[str] = field(default_factory=Counter)
    _longest: int = -1

    def add(self, number: int, turns: Sequence[Spoken], has_tools: bool) -> None:
        """Count a conversation."""
        self.turns += len(turns)
        users = calls = size = 0
        system = False
        for turn in turns:
            size += len(turn.content)
            users += turn.role == "user"
            calls += bool(turn.tool_calls)
            system = system or turn.role == "system"
        self.multi_turn += users > 1
        self.with_tools += has_tools or calls > 0
        self.characters += size
        if system:
            self.with_system += 1
        else:
            self.without_system += 1
            if self.first_without_system is None:
                self.first_without_system = number
        if size > self._longest:
            self._longest, self.longest_row = size, number
        self.languages[main_script(turns)] += 1

    def add_labels(self, tags: Sequence[str], label: str) -> None:
        """Count its tags and class."""
        self.tags.update(tags)
        if label:
            self.labels[label] += 1


def has_system(conversation: Conversation) -> bool:
    """Whether a conversation has a system prompt anywhere."""
    return any(turn.role == "system" for turn in conversation.messages)


def main_script(turns: Sequence[Spoken]) -> str:
    """The language that the script of most turns names; `en` stands for all in Latin letters.

    Which of those it is takes a model: `core.data.whole.languages` asks it, in the background.
    """
    spoken = [turn for turn in turns if turn.role in ("user", "assistant")]
    text = " ".join(turn.content[:SAMPLED_CHARACTERS] for turn in spoken[:SAMPLED_TURNS])
    script = script_of(text)
    return "en" if script == LATIN_SCRIPT else script
