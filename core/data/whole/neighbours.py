"""Rows that say nearly the same, over a whole dataset."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import xxhash

from core.data.records import Example
from core.data.whole import cosine, sketches
from core.data.whole.texts import Frame, TextOf, frame_of, prompt_text
from core.data.whole.watching import UNWATCHED, Watch

EXACT_ROWS = 20_000
EXACT_CHARACTERS = 2_000_000
"""Up to here texts are compared exactly, too, by cosine; beyond, by MinHash alone."""
EXACT_WORK = 3e9
"""Multiplications; texts made from one template need more, and get MinHash."""
STEP = 1_000
"""Rows between two looks at the watch."""


class Pair(NamedTuple):
    """Two rows that say nearly the same; `a` stands before `b` in the file."""

    id_a: str
    id_b: str
    row_a: int
    row_b: int
    similarity: float
    """1 for equal folded text, else the cosine or, where it is not known, the MinHash likeness."""


def near_pairs(
    examples: Sequence[Example],
    text: TextOf = prompt_text,
    watch: Watch = UNWATCHED,
) -> list[Pair]:
    """Near-duplicate rows, each with its likest earlier rows, in the order of the later row.

    A group of equal texts is linked through its first row.
    Raises Stopped when the watch says so.
    """
    taken = _Taken(text, frame_of(text(example.conversation) for example in examples))
    texts = taken.taking(examples, watch)
    few = len(examples) <= EXACT_ROWS
    found = _exactly(list(texts), watch) if few else _by_sketch(texts, watch)
    pairs = taken.equal + [
        Pair(*taken.names(int(j), int(i)), round(float(likeness), 3))
        for i, j, likeness in zip(*found, strict=True)
    ]
    return sorted(pairs, key=lambda pair: (pair.row_b, -pair.similarity, pair.row_a))


@dataclass
class _Taken:
    """The different texts seen so far, and the rows that repeat one."""

    text: TextOf
    frame: Frame
    equal: list[Pair] = field(default_factory=list)
    _ids: list[str] = field(default_factory=list)
    _rows: list[int] = field(default_factory=list)
    _numbers: dict[int, int] = field(default_factory=dict)

    def taking(self, examples: Sequence[Example], watch: Watch) -> Iterator[str]:
        """Take the rows in; yields every text that no earlier row has."""
        for done, example in enumerate(examples):
            if done % STEP == 0:
                watch.at(done, len(examples))
            own = self.frame.strip(self.text(example.conversation))
            key = xxhash.xxh3_64_intdigest(own.encode(errors="surrogatepass"))
            number = self._numbers.setdefault(key, len(self._ids))
            if number < len(self._ids):
                first = self._ids[number], example.id, self._rows[number], example.row
                self.equal.append(Pair(*first, 1.0))
                continue
            self._ids.append(example.id)
            self._rows.append(example.row)
            yield own

    def names(self, a: int, b: int) -> tuple[str, str, int, int]:
        return self._ids[a], self._ids[b], self._rows[a], self._rows[b]


def _exactly(texts: Sequence[str], watch: Watch) -> sketches.Found:
    """Alike pairs by cosine, where that is not too much work, and by sketch."""
    by_sketch = sketches.alike_among(sketches.sketch(texts), watch)
    if len(texts) < 2 or sum(map(len, texts)) > EXACT_CHARACTERS:
        return by_sketch
    index = cosine.CosineIndex(cosine.vectors(texts))
    if index.work() > EXACT_WORK:
        return by_sketch
    parts = []
    for start in range(0, len(texts), cosine.CHUNK):
        watch.at(start, len(texts))
        parts.append(index.among(start))
    return _both(parts, by_sketch, len(texts))


def _both(parts: Sequence[sketches.Found], more: sketches.Found, count: int) -> sketches.Found:
    """All pairs, each once, with the similarity of the first way that found it."""
    i, j, likeness = (np.concatenate(column) for column in zip(*parts, more, strict=True))
    _, first = np.unique(i * count + j, return_index=True)
    return i[first], j[first], likeness[first]


def _by_sketch(texts: Iterable[str], watch: Watch) -> sketches.Found:
    """Alike pairs of many texts, which are let go as soon as they are sketched."""
    parts: list[sketches.Sketches] = []
    held: list[str] = []
    size = 0
    for text in texts:
        held.append(text)
        size += len(text)
        if size >= sketches.BATCH:
            parts.append(sketches.sketch(held))
            held, size = [], 0
    parts.append(sketches.sketch(held))
    return sketches.alike_among(np.concatenate(parts), watch)
