"""Runs of neighbouring characters or words as 64-bit hashes, for many texts at once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]

CHARACTERS = 5
WORDS = 13
"""The size that contamination checks of the field use (lm-eval's decontamination)."""
WORD = re.compile(
    r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af]"
    r"|[^\W_\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af]+"
)
"""A word, or one character of a script that is written without spaces."""
FACTOR = np.uint64(0x9E3779B97F4A7C15)
_HALF = np.uint64(32)


class Grams(NamedTuple):
    """The grams of several texts, one text after the other."""

    hashes: Hashes
    offsets: NDArray[np.int64]
    """Where each text's grams begin, and the end of the last."""

    def owners(self) -> NDArray[np.int64]:
        """For every gram, the number of its text."""
        counts = np.diff(self.offsets)
        return np.repeat(np.arange(len(counts)), counts)


def words_of(text: str) -> list[str]:
    """The words of a folded text; each Han character is one."""
    return WORD.findall(text)


def character_grams(texts: Sequence[str]) -> Grams:
    """All runs of five characters; a shorter text is one run."""
    padded = [text.ljust(CHARACTERS) for text in texts]
    raw = "".join(padded).encode("utf-32-le", "surrogatepass")
    values = np.frombuffer(raw, dtype=np.uint32).astype(np.uint64)
    return _runs(values, [len(text) for text in padded], CHARACTERS)


def word_grams(texts: Sequence[str]) -> Grams:
    """All runs of thirteen words; a shorter text has none."""
    words = [words_of(text) for text in texts]
    # hash() differs between processes, which is fine: these hashes never leave this one.
    values = np.fromiter((hash(w) for some in words for w in some), dtype=np.int64)
    return _runs(values.view(np.uint64), [len(some) for some in words], WORDS)


def _runs(values: Hashes, lengths: Sequence[int], size: int) -> Grams:
    sizes = np.asarray(lengths, dtype=np.int64)
    offsets = np.concatenate(([0], np.cumsum(np.maximum(sizes - size + 1, 0))))
    starts = len(values) - size + 1
    if starts <= 0:
        return Grams(np.empty(0, dtype=np.uint64), offsets)
    hashes = np.zeros(starts, dtype=np.uint64)
    for step in range(size):
        hashes *= FACTOR
        hashes += values[step : starts + step]
    hashes ^= hashes >> _HALF
    hashes *= FACTOR
    hashes ^= hashes >> _HALF
    ends = np.repeat(np.cumsum(sizes), sizes)[:starts]
    inside = np.arange(starts) + size <= ends
    return Grams(hashes[inside], offsets)
