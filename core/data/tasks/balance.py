"""Class balance: how uneven classes are, and which rows to leave out or to add to even them."""

from __future__ import annotations

import hashlib
import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from core.messages import Record

Pair = tuple[str, str]
"""An example's id and its label."""
UNEVEN = 3.0
"""The largest class has this many times the rows of the smallest: worth a look."""
TAIL_SHARE = 0.5
"""Of the median class: a smaller class is of the tail."""


class Balance(Record):
    """How rows are spread over classes."""

    counts: dict[str, int]
    """Rows by class, largest first; unlabelled rows are not in it."""
    unlabelled: int
    entropy: float
    """Bits; log2 of the number of classes when all have as many rows."""
    evenness: float
    """Entropy as a share of its maximum: 1 when all classes have as many rows."""
    ratio: float
    """Rows of the largest class for each row of the smallest; 0 without classes."""

    @property
    def is_uneven(self) -> bool:
        """Whether capping or augmenting is worth offering."""
        return self.ratio >= UNEVEN


class Capped(NamedTuple):
    """A plan to cap large classes."""

    limit: int
    left_out: tuple[str, ...]
    """Ids of examples to leave out, sorted."""
    by_label: dict[str, int]
    """How many of each class that is cut."""


def measure(pairs: Iterable[Pair]) -> Balance:
    """How rows are spread over classes; rows without a label are counted apart."""
    counts = Counter(label for _, label in pairs)
    unlabelled = counts.pop("", 0)
    return measure_counts(counts, unlabelled)


def measure_counts(counts: Counter[str], unlabelled: int = 0) -> Balance:
    """The same for labels that were counted already."""
    total = counts.total()
    shares = [count / total for count in counts.values()]
    entropy = -sum(share * math.log2(share) for share in shares) or 0.0
    return Balance(
        counts=dict(sorted(counts.items(), key=lambda item: (-item[1], item[0]))),
        unlabelled=unlabelled,
        entropy=entropy,
        evenness=entropy / math.log2(len(counts)) if len(counts) > 1 else 1.0,
        ratio=max(counts.values()) / min(counts.values()) if counts else 0.0,
    )


def cap(pairs: Iterable[Pair], limit: int, seed: int = 7) -> Capped:
    """Leave out examples of classes with more than `limit` rows, drawn by seed.

    The same ids, labels and seed give the same plan, in whatever order the pairs come.
    """
    by_label: dict[str, set[str]] = defaultdict(set)
    for name, label in pairs:
        if label:
            by_label[label].add(name)
    left_out: dict[str, list[str]] = {}
    for label, names in sorted(by_label.items()):
        if len(names) > max(limit, 1):
            drawn = sorted(names, key=lambda name: (_draw(name, seed), name))
            left_out[label] = drawn[max(limit, 1) :]
    return Capped(
        max(limit, 1),
        tuple(sorted(name for names in left_out.values() for name in names)),
        {label: len(names) for label, names in left_out.items()},
    )


def usual_limit(balance: Balance) -> int:
    """The cap to propose: UNEVEN times the smallest class, but not less than the median class."""
    if not balance.counts:
        return 0
    return max(math.ceil(min(balance.counts.values()) * UNEVEN), _median(balance))


def tail(balance: Balance, floor: int | None = None) -> dict[str, int]:
    """Small classes and how many rows each lacks to `floor` (half of the median class)."""
    if floor is None:
        floor = math.ceil(_median(balance) * TAIL_SHARE)
    return {label: floor - count for label, count in balance.counts.items() if count < floor}


def _draw(name: str, seed: int) -> bytes:
    return hashlib.sha256(f"{seed}\0{name}".encode(errors="replace")).digest()


def _median(balance: Balance) -> int:
    counts = sorted(balance.counts.values())
    return counts[len(counts) // 2] if counts else 0
