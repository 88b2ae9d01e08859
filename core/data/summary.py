"""Count what is in a file: every number on the data card comes from here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol


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
    with_tools: int = 0
    pairs: int = 0
    """With a rejected answer beside the chosen one."""
    characters: int = 0
    longest_row: int | None = None
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
        self.with_system += system
        if size > self._longest:
            self._longest, self.longest_row = size, number

    def add_labels(self, tags: Sequence[str], label: str) -> None:
        """Count its tags and class."""
        self.tags.update(tags)
        if label:
            self.labels[label] += 1
