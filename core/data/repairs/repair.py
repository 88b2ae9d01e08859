"""What a repair is, and what it may be told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from core.data.problems import KINDS

RawRow = dict[str, Any]
"""A row in the OpenAI shape, not yet checked: `messages` and, where it has them, `tools`."""


@dataclass(frozen=True)
class RepairContext:
    """What repairs need to know beside the row."""

    answers: Mapping[str, str] = field(default_factory=dict)
    """What belongs into placeholders: by the whole placeholder or by the name inside it."""
    codes: frozenset[str] = frozenset()
    """The problems to mend; empty: all. Masking masks only what these codes name."""
    special_tokens: frozenset[str] = frozenset()
    """The control tokens of the model to be tuned."""
    masks: dict[str, str] = field(default_factory=dict)
    """Of this one row: each mask and what it hides. Masking adds to it and reuses what is there."""


@dataclass(frozen=True)
class Repair:
    """One way to mend a row."""

    name: str
    en: str
    """What it does, in one sentence."""
    zh: str
    apply: Callable[[RawRow, RepairContext], RawRow | None]
    """The mended row, made anew; the same row when there was nothing to mend; None when nothing
    of it is left. Takes any row, however malformed, and never changes it."""
    removes: bool = False
    """Whether it takes whole rows away whatever is in them, so that a person must ask for it."""
    asks: bool = False
    """Whether it needs answers from a person."""

    @property
    def is_harmless(self) -> bool:
        """Whether it takes nothing away and needs no answer, so that it may be done unasked."""
        return not (self.removes or self.asks)

    @property
    def codes(self) -> frozenset[str]:
        """The problems it mends: the kinds that name it."""
        return frozenset(code for code, kind in KINDS.items() if kind.repair == self.name)
