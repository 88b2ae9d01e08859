"""Pairs with a known true difference: what the statistics are measured against."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Kind = Literal[
    "yes_no", "yes_no_few_differ", "graded", "graded_with_ties", "graded_few_differ", "uneven"
]
"""uneven: many small gains and a few large losses, so that even no effect is lopsided."""
KINDS: tuple[Kind, ...] = (
    "yes_no", "yes_no_few_differ", "graded", "graded_with_ties", "graded_few_differ", "uneven",
)  # fmt: skip
LARGEST_GROUP = 5
STEPS = 5
"""Levels above 0 of a graded score."""
TIED = 0.6
"""Share of equal pairs among graded ones with ties."""
LOST, GAIN = 0.05, 0.5
"""Of uneven pairs: the share that loses 1, and what one of the others may gain."""
Values = NDArray[np.float64]
Names = tuple[str, ...]


@dataclass(frozen=True)
class Design:
    """How pairs come about: what they are, how large the effect, how alike those of a group."""

    kind: Kind
    effect: float
    """True mean of tuned - base."""
    alike: float | None
    """Correlation within groups of 1 to 5 pairs; None where every pair stands alone."""

    def names(self, pairs: int, rng: np.random.Generator) -> Names:
        """The group of each pair."""
        if self.alike is None:
            return tuple(f"g{i}" for i in range(pairs))
        return tuple(f"g{i}" for i in np.repeat(np.arange(pairs), _sizes(pairs, rng))[:pairs])

    def names_of(self, groups: int, rng: np.random.Generator) -> Names:
        """The group of each pair, for so many groups."""
        sizes = np.ones(groups, int) if self.alike is None else _sizes(groups, rng)
        return tuple(f"g{i}" for i in np.repeat(np.arange(groups), sizes))

    def draw(self, names: Names, rng: np.random.Generator) -> Values:
        """tuned - base of each pair.

        With probability sqrt(alike) a pair repeats what its group has in common, so that two
        pairs of a group correlate by `alike` while each has the wanted distribution.
        """
        own = self._independent(len(names), rng)
        if not self.alike:
            return own
        _, index = np.unique(np.array(names), return_inverse=True)
        common = self._independent(int(index.max()) + 1, rng)[index]
        return np.where(rng.random(len(names)) < np.sqrt(self.alike), common, own)

    def _independent(self, count: int, rng: np.random.Generator) -> Values:
        if self.kind == "uneven":
            chance = rng.random(count)
            gained = GAIN * (chance < (self.effect + LOST) / GAIN)
            return np.where(chance > 1 - LOST, -1.0, gained)
        differing = {
            "yes_no": max(0.5, self.effect + 0.1),
            "yes_no_few_differ": self.effect + 0.04,
            "graded": 1.0,
            "graded_with_ties": 1 - TIED,
            "graded_few_differ": self.effect + 0.05,
        }[self.kind]
        lean = self.effect / differing
        if self.kind.startswith("yes_no"):
            found = np.where(rng.random(count) < (1 + lean) / 2, 1.0, -1.0)
        else:
            found = rng.binomial(STEPS, (1 + lean) / 2, count) / STEPS
            found -= rng.binomial(STEPS, (1 - lean) / 2, count) / STEPS
        return np.where(rng.random(count) < differing, found, 0.0)


def _sizes(groups: int, rng: np.random.Generator) -> NDArray[np.int64]:
    return rng.integers(1, LARGEST_GROUP + 1, groups)
