"""Texts that are like others, by the cosine of their character n-grams: right in every script."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

LEAST = 0.1
"""A smaller cosine is no likeness."""
AT_ONCE = 256
"""Texts compared with all rows at a time: bounds memory."""


class Near(NamedTuple):
    """A row that is like a text."""

    position: int
    similarity: float
    """Cosine, 0 to 1."""


def vectors(texts: Sequence[str]) -> Any:
    """TF-IDF of character n-grams (2 to 4) of each text, of length 1, as a sparse matrix."""
    return _vectoriser().fit_transform(texts)


def nearest_rows(
    texts: Sequence[str], rows: Sequence[str], most: int = 3
) -> list[tuple[Near, ...]]:
    """For each text the `most` rows that are likest, the likest first; none below a cosine of 0.1.

    Rare n-grams count more, as seen from the rows.
    """
    import numpy as np

    if not rows or not texts or not any(row.strip() for row in rows):
        return [() for _ in texts]
    vectoriser = _vectoriser()
    of_rows = vectoriser.fit_transform(rows).T.tocsr()
    found: list[tuple[Near, ...]] = []
    for start in range(0, len(texts), AT_ONCE):
        cosines = (vectoriser.transform(texts[start : start + AT_ONCE]) @ of_rows).toarray()
        for line in cosines:
            best = np.argsort(-line, kind="stable")[:most]
            found.append(tuple(Near(int(i), float(line[i])) for i in best if line[i] >= LEAST))
    return found


def _vectoriser() -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(analyzer="char", ngram_range=(2, 4), sublinear_tf=True)
