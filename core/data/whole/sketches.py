"""MinHash: small sketches of texts, equal in as many places as the texts are alike."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from core.data.whole.grams import FACTOR, Hashes, character_grams
from core.data.whole.texts import in_batches
from core.data.whole.watching import UNWATCHED, Watch

Sketches = NDArray[np.uint32]
"""One row of PLACES numbers per text."""
Found = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]
"""Pairs: first numbers, second numbers, similarities."""

ALIKE = 0.8
"""Share of common five-character runs from which texts count as near duplicates."""
PLACES = 128
BANDS = 16
"""16 bands of 8 places find 95 % of the pairs at similarity 0.8, and 99.4 % at 0.85."""
SEED = 7
BATCH = 1_000_000
"""Characters sketched at a time."""
PAIRS = 100_000
"""Pairs verified at a time."""


def sketch(texts: Sequence[str]) -> Sketches:
    """The sketches of folded texts."""
    from rensa import RMinHash  # here, so that the app starts without it

    parts = []
    for _, batch in in_batches(texts, BATCH):
        grams = character_grams(batch)
        matrix = RMinHash.digest_matrix_from_flat_token_hashes(
            grams.hashes, grams.offsets.astype(np.uint64), PLACES, SEED
        )
        parts.append(np.array(matrix.to_rows(), dtype=np.uint32))
    return np.concatenate(parts) if parts else np.empty((0, PLACES), dtype=np.uint32)


def band_keys(sketches: Sketches) -> Hashes:
    """One hash per text and band: alike texts share at least one of them, very likely."""
    bands = sketches.reshape(len(sketches), BANDS, PLACES // BANDS)
    keys = np.zeros(bands.shape[:2], dtype=np.uint64)
    for place in range(bands.shape[2]):
        keys *= FACTOR
        keys += bands[:, :, place]
        keys ^= keys >> np.uint64(29)
    return keys


def alike_among(sketches: Sketches, watch: Watch = UNWATCHED) -> Found:
    """Pairs of alike texts, later one first.

    In a band's group each text is compared with the first and with the one before it: enough to
    link the group, and no square of its size.
    """
    keys = band_keys(sketches)
    codes = []
    for band in range(BANDS):
        watch.at(band, BANDS)
        codes.append(_group_pairs(keys[:, band]))
    code = np.unique(np.concatenate(codes))
    return _verified(sketches, sketches, code // len(keys), code % len(keys))


def _group_pairs(keys: Hashes) -> NDArray[np.int64]:
    """Pairs within groups of equal keys, as later * count + earlier."""
    count = len(keys)
    order = np.argsort(keys, kind="stable").astype(np.int64)
    same = np.flatnonzero(keys[order][1:] == keys[order][:-1]) + 1
    fresh = np.ones(count, dtype=bool)
    fresh[same] = False
    first = np.maximum.accumulate(np.where(fresh, np.arange(count), 0))
    later = order[same]
    return np.concatenate((later * count + order[first[same]], later * count + order[same - 1]))


class SketchIndex:
    """Sketches that others are held against."""

    def __init__(self, sketches: Sketches) -> None:
        self.sketches = sketches
        keys = np.ascontiguousarray(band_keys(sketches).T)  # a band's keys side by side
        self._order = np.argsort(keys, axis=1, kind="stable")
        self._keys = np.take_along_axis(keys, self._order, axis=1)

    def matches(self, others: Sketches) -> Found:
        """Pairs of (other, indexed) that are alike."""
        if not len(others) or not len(self.sketches):
            nothing = np.empty(0, dtype=np.int64)
            return nothing, nothing, np.empty(0)
        keys = band_keys(others)
        codes = [self._band_codes(keys[:, band], band) for band in range(BANDS)]
        code = np.unique(np.concatenate(codes))
        count = len(self.sketches)
        return _verified(others, self.sketches, code // count, code % count)

    def _band_codes(self, keys: Hashes, band: int) -> NDArray[np.int64]:
        known = self._keys[band]
        start = np.searchsorted(known, keys, "left")
        other, place = spread(start, np.searchsorted(known, keys, "right"))
        codes: NDArray[np.int64] = other * len(known) + self._order[band, place]
        return codes


def spread(start: NDArray[np.int64], stop: NDArray[np.int64]) -> tuple[NDArray[np.int64], ...]:
    """All numbers of several ranges, each with the number of its range."""
    counts = stop - start
    owner = np.repeat(np.arange(len(counts)), counts)
    within = np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)
    return owner, start[owner] + within


def _verified(left: Sketches, right: Sketches, i: NDArray[np.int64], j: NDArray[np.int64]) -> Found:
    parts = list(_likenesses(left, right, i, j))
    likeness = np.concatenate(parts) if parts else np.empty(0)
    keep = likeness >= ALIKE
    return i[keep], j[keep], likeness[keep]


def _likenesses(
    left: Sketches, right: Sketches, i: NDArray[np.int64], j: NDArray[np.int64]
) -> Iterator[NDArray[np.float64]]:
    for start in range(0, len(i), PAIRS):
        part = slice(start, start + PAIRS)
        yield (left[i[part]] == right[j[part]]).mean(axis=1)
