"""Exact cosine likeness of short texts over character runs, without comparing all with all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.data.whole.sketches import Found

ALIKE = 0.9
"""Cosine from which short texts count as near duplicates."""
FEATURES = 1 << 20
KEPT_BACK = 0.5
"""Squared length of a text's commonest features, which are left out of the first look."""
CLOSEST = 64
"""Texts looked at exactly for one text, the likeliest first."""
CHUNK = 512
PAIRS = 200_000

Matrix = Any
"""A scipy CSR matrix: one row per text, each of length 1."""


def vectors(texts: Sequence[str]) -> Matrix:
    """Each folded text as a vector of its runs of 3 to 5 characters within words."""
    from sklearn.feature_extraction.text import HashingVectorizer  # slow to import

    vectorizer = HashingVectorizer(
        analyzer="char_wb", ngram_range=(3, 5), n_features=FEATURES, dtype=np.float32
    )
    return vectorizer.transform(texts)


class CosineIndex:
    """Texts that others are compared with.

    First look: of each text only the features that few texts have. Whatever two texts share
    beyond those adds at most KEPT_BACK ** 0.5 to their cosine, so a pair that shares less than
    the rest cannot be alike. That is exact, and a third of the work.
    """

    def __init__(self, matrix: Matrix) -> None:
        self.matrix = matrix
        self._spread = np.bincount(matrix.indices, minlength=FEATURES)
        self._rare = self.rare_part(matrix)
        self._turned = self._rare.T.tocsr()
        self._rare_spread = np.bincount(self._rare.indices, minlength=FEATURES)

    def rare_part(self, matrix: Matrix) -> Matrix:
        """Each row without the commonest features that make up KEPT_BACK of it."""
        from scipy import sparse

        row = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
        # Any order does, as long as it is the same for all rows: ties go by feature number.
        order = np.lexsort((matrix.indices, -self._spread[matrix.indices], row))
        running = np.cumsum(matrix.data[order].astype(np.float64) ** 2)
        before = np.concatenate(([0.0], running))[matrix.indptr[:-1]]
        keep = np.sort(order[running - before[row[order]] >= KEPT_BACK])
        parts = (matrix.data[keep], (row[keep], matrix.indices[keep]))
        return sparse.csr_matrix(parts, shape=matrix.shape)

    def work(self, rare: Matrix | None = None) -> float:
        """Multiplications of a first look at rare parts; of all indexed texts without any."""
        rare = self._rare if rare is None else rare
        return float(self._rare_spread[rare.indices].sum())

    def matches(self, matrix: Matrix, rare: Matrix, before: int | None = None) -> Found:
        """Alike pairs of (row of matrix, indexed row).

        With `before`, matrix is the index's rows from that number on, and each is compared with
        the rows before it only.
        """
        first = rare @ self._turned
        i = np.repeat(np.arange(first.shape[0]), np.diff(first.indptr))
        possible = np.abs(first.data) >= ALIKE - KEPT_BACK**0.5 - 1e-6
        if before is not None:
            possible &= first.indices < i + before
        i, j = _closest(i[possible], first.indices[possible], first.data[possible])
        likeness = self._likeness(matrix, i, j)
        keep = likeness >= ALIKE
        return i[keep], j[keep], np.minimum(likeness[keep], 1.0)

    def _likeness(
        self, matrix: Matrix, i: NDArray[np.int64], j: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        parts = [
            np.asarray(
                matrix[i[at : at + PAIRS]].multiply(self.matrix[j[at : at + PAIRS]]).sum(axis=1)
            ).ravel()
            for at in range(0, len(i), PAIRS)
        ]
        return np.concatenate(parts) if parts else np.empty(0)

    def among(self, chunk: int) -> Found:
        """Alike pairs of the chunk of rows that begins here, each with an earlier row."""
        rows = slice(chunk, chunk + CHUNK)
        i, j, likeness = self.matches(self.matrix[rows], self._rare[rows], before=chunk)
        return i + chunk, j, likeness


def _closest(
    i: NDArray[np.int64], j: NDArray[np.int64], score: NDArray[np.float32]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Of each i, the CLOSEST pairs with the best scores."""
    counts = np.bincount(i) if len(i) else np.empty(0, dtype=np.int64)
    if not len(counts) or counts.max() <= CLOSEST:
        return i, j.astype(np.int64)
    order = np.lexsort((-score, i))
    rank = np.arange(len(i)) - (np.cumsum(counts) - counts)[i[order]]
    kept = order[rank < CLOSEST]
    return i[kept], j[kept].astype(np.int64)
