"""Which rows belong together, through any chain of reasons."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from core.data.whole.neighbours import Pair

LEAST_CAP = 50
CAP_SHARE = 0.02
"""A near-duplicate cluster of more rows than this is a chain of small steps, not one text."""


class Union:
    """Sets of names that are joined one pair at a time."""

    def __init__(self) -> None:
        self._above: dict[str, str] = {}
        self._sizes: Counter[str] = Counter()

    def top(self, name: str) -> str:
        """The name that stands for the whole set."""
        root = name
        while (above := self._above.get(root, root)) != root:
            root = above
        while (above := self._above.get(name, name)) != root:
            self._above[name], name = root, above
        return root

    def size(self, name: str) -> int:
        """How many names the set of this one has."""
        return self._sizes.get(self.top(name), 1)

    def join(self, one: str, other: str) -> None:
        """Make one set of the sets of two names."""
        one, other = self.top(one), self.top(other)
        if one == other:
            return
        size = self.size(one) + self.size(other)
        if self.size(one) < self.size(other):
            one, other = other, one
        self._above[other] = one
        self._sizes[one] = size


class Clusters(NamedTuple):
    """Near-duplicate clusters of a dataset."""

    of: dict[str, str]
    """Example id to the id that names its cluster, for rows that have a near duplicate."""
    refused: int
    """Links that would have chained clusters into one giant and were left out."""


def near_clusters(pairs: Iterable[Pair], rows: int) -> Clusters:
    """Connected near-duplicate rows, the likest linked first and none chained into a giant.

    Equal texts are linked whatever the size.
    """
    union, cap, refused = Union(), max(LEAST_CAP, rows * CAP_SHARE), 0
    linked: dict[str, None] = {}
    for pair in sorted(pairs, key=lambda pair: (-pair.similarity, pair.row_b, pair.row_a)):
        chained = union.top(pair.id_a) != union.top(pair.id_b)
        if chained and pair.similarity < 1 and union.size(pair.id_a) + union.size(pair.id_b) > cap:
            refused += 1
            continue
        union.join(pair.id_a, pair.id_b)
        linked[pair.id_a] = linked[pair.id_b] = None
    return Clusters({name: union.top(name) for name in linked}, refused)
