"""Four ways in which a text of one set stands in another: equal, near, similar, in part."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np
import xxhash
from numpy.typing import NDArray

from core.data.whole import cosine, sketches
from core.data.whole.grams import WORDS, Hashes, word_grams, words_of
from core.data.whole.texts import in_batches

Match = tuple[int, int, float]
"""Number of the other text in its batch, number of the held-out text, similarity."""

COMMON = 10
"""A run of words in more rows than this is a phrase of the trade, not a leak (as in GPT-3)."""
SHORT = WORDS
"""Texts of fewer words have no run of 13, and few characters to sketch: cosine is for them."""
LONGER = 2
"""A text with more than so many times SHORT words is not similar to a short one."""
LONG_WORD = 30
"""Characters; a text of so many for each word is not short, whatever it holds."""
COSINE_WORK = 1e10
"""Multiplications, about a minute; then short texts are no longer compared, and it is said."""
BATCH = 1_000_000
"""Characters whose runs of words are hashed at a time."""


class EqualTexts:
    """Held-out texts that another equals."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._numbers: dict[int, list[int]] = defaultdict(list)
        for number, text in enumerate(texts):
            self._numbers[_key(text)].append(number)

    def matches(self, texts: Sequence[str]) -> Iterator[Match]:
        """Matches of a batch of other texts."""
        for other, text in enumerate(texts):
            for held in self._numbers.get(_key(text), ()):
                yield other, held, 1.0


class NearTexts:
    """Held-out texts that another is a near duplicate of, by MinHash."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._index = sketches.SketchIndex(sketches.sketch(texts))

    def matches(self, texts: Sequence[str]) -> Iterator[Match]:
        """Matches of a batch of other texts."""
        yield from _as_matches(self._index.matches(sketches.sketch(texts)))


class SimilarTexts:
    """Short held-out texts that another is similar to, by cosine."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._short = [n for n, text in enumerate(texts) if _is_short(text, SHORT)]
        self._index: cosine.CosineIndex | None = None
        if self._short:
            self._index = cosine.CosineIndex(cosine.vectors([texts[n] for n in self._short]))
        self._work = 0.0
        self.not_compared = 0
        """Short texts that came when COSINE_WORK was spent."""

    def matches(self, texts: Sequence[str]) -> Iterator[Match]:
        """Matches of a batch of other texts."""
        if self._index is None:
            return
        short = [n for n, text in enumerate(texts) if _is_short(text, SHORT * LONGER)]
        if not short:
            return
        matrix = cosine.vectors([texts[n] for n in short])
        rare = self._index.rare_part(matrix)
        self._work += self._index.work(rare)
        if self._work > COSINE_WORK:
            self.not_compared += len(short)
            return
        for other, held, likeness in _as_matches(self._index.matches(matrix, rare)):
            yield short[other], self._short[held], likeness


class SharedRuns:
    """Runs of 13 words that held-out texts share with others."""

    def __init__(self, texts: Sequence[str]) -> None:
        hashes, owners = _runs_of(texts)
        self._sizes = np.bincount(owners, minlength=len(texts))
        order = np.lexsort((owners, hashes))
        hashes, self._owners = hashes[order], owners[order]
        self._runs, self._starts = np.unique(hashes, return_index=True)
        self._stops = np.append(self._starts[1:], len(hashes))
        self._rows = np.zeros(len(self._runs), dtype=np.int64)
        self._hits: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = []

    def look(self, texts: Sequence[str], first: int) -> list[int]:
        """Look at a batch of other texts; the numbers in it of those that share a run.

        `first` is the number of the batch's first text among all.
        """
        hashes, owners = _runs_of(texts)
        if not len(self._runs) or not len(hashes):
            return []
        at = np.minimum(np.searchsorted(self._runs, hashes), len(self._runs) - 1)
        hit = self._runs[at] == hashes
        at, owners = at[hit], owners[hit]
        self._rows += np.bincount(at, minlength=len(self._rows))
        rare = self._rows[at] <= COMMON
        self._hits.append((owners[rare] + first, at[rare]))
        return sorted(set(owners[rare].tolist()))

    def matches(self) -> Iterator[Match]:
        """(number among all others, held-out number, share of its runs), after all batches."""
        if not self._hits:
            return
        other, run = (np.concatenate(column) for column in zip(*self._hits, strict=True))
        spread_over = self._stops - self._starts
        keep = (self._rows[run] <= COMMON) & (spread_over[run] <= COMMON)
        other, run = other[keep], run[keep]
        hit, place = sketches.spread(self._starts[run], self._stops[run])
        texts = len(self._sizes)
        pairs, counts = np.unique(other[hit] * texts + self._owners[place], return_counts=True)
        shares = counts / self._sizes[pairs % texts]
        yield from _as_matches((pairs // texts, pairs % texts, shares))


def _runs_of(texts: Sequence[str]) -> tuple[Hashes, NDArray[np.int64]]:
    """The different runs of each text, and the number of its text for each."""
    all_hashes, all_owners = [np.empty(0, np.uint64)], [np.empty(0, np.int64)]
    for start, batch in in_batches(texts, BATCH):
        grams = word_grams(batch)
        owners = grams.owners()
        order = np.lexsort((owners, grams.hashes))  # by hash: faster to look up
        hashes, owners = grams.hashes[order], owners[order]
        fresh = np.ones(len(hashes), dtype=bool)
        fresh[1:] = (hashes[1:] != hashes[:-1]) | (owners[1:] != owners[:-1])
        all_hashes.append(hashes[fresh])
        all_owners.append(owners[fresh] + start)
    return np.concatenate(all_hashes), np.concatenate(all_owners)


def _is_short(text: str, words: int) -> bool:
    """Whether a text has fewer words; a very long one is not counted through."""
    return len(text) < words * LONG_WORD and len(words_of(text)) < words


def _as_matches(found: sketches.Found) -> Iterator[Match]:
    i, j, likeness = found
    yield from zip(i.tolist(), j.tolist(), likeness.tolist(), strict=True)


def _key(text: str) -> int:
    return xxhash.xxh3_64_intdigest(text.encode(errors="surrogatepass"))
