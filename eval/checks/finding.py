"""What a check found in one answer, and the pieces of text that its reason is made of."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

from eval.checks.kinds import Normalise
from eval.records import Outcome


class Finding(NamedTuple):
    """An outcome with the sentence that says why."""

    outcome: Outcome
    reason: str


def finding(met: bool, reason: str) -> Finding:
    """Met or not met, with the reason."""
    return Finding("met" if met else "not_met", reason)


def normal(text: str, how: Normalise) -> str:
    """Composed characters without outer spaces; `fold` also one width, case and single spaces."""
    if how == "strip":
        return unicodedata.normalize("NFC", text).strip()
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def glimpse(text: str, at: int) -> str:
    """The few characters that begin at a place, in quotation marks."""
    piece = text[at : at + 24]
    if not piece:
        return "its end"
    return f"“{piece}…”" if len(text) > at + 24 else f"“{piece}”"


def listed(texts: Sequence[str]) -> str:
    """Texts in quotation marks."""
    return ", ".join(f"“{text}”" for text in texts)
