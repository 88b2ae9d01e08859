"""Split a text into the units that overlap metrics count, right for every script."""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import Any

WITHOUT_SPACES = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
"""Scripts that write no spaces between words: there a character is the unit."""


def tokens(text: str) -> list[str]:
    """Words in one case and width; single characters in scripts without spaces.

    Marks stay with their letter. Punctuation and symbols are left out.
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    found: list[str] = _units().findall(folded)
    return found


@cache
def _units() -> Any:
    import regex  # type: ignore[import-untyped]

    single = rf"[[{WITHOUT_SPACES}]&&[\w]]\p{{M}}*"
    letter = rf"[[\w\p{{M}}]--[{WITHOUT_SPACES}]]"
    return regex.compile(rf"(?V1){single}|{letter}+(?:['’]{letter}+)*")
