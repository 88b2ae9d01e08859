"""Differences added up within independent groups: the unit that every interval here counts in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

TINY = 1e-12
"""Differences that are only rounding."""


class Groups(NamedTuple):
    """Differences added up within independent groups."""

    sums: NDArray[np.float64]
    sizes: NDArray[np.float64]

    @property
    def mean(self) -> float:
        return float(self.sums.sum() / self.sizes.sum())

    @property
    def moved(self) -> int:
        """Groups whose sum is not 0."""
        return int((np.abs(self.sums) > TINY).sum())

    @property
    def residuals(self) -> NDArray[np.float64]:
        """What each sum lies above what the mean would give it."""
        return self.sums - self.mean * self.sizes

    @property
    def standard_error(self) -> float:
        """Cluster-robust standard error of the mean, CR2 (Bell and McCaffrey 2002).

        Without bias when the samples are independent, whatever the sizes of the groups; with one
        value in each group it is s / sqrt(n). NaN with fewer than two groups.
        """
        if len(self.sums) < 2:
            return float("nan")
        total = self.sizes.sum()
        variance = (self.residuals**2 / (1 - self.sizes / total)).sum() / total**2
        return float(np.sqrt(variance))

    @property
    def freedom(self) -> float:
        """Degrees of freedom of `standard_error` (Bell and McCaffrey 2002; Imbens, Kolesar 2016).

        The number of groups less one when all are of one size, less when a few large ones
        outweigh the others. NaN with fewer than two groups.
        """
        if len(self.sums) < 2:
            return float("nan")
        total = self.sizes.sum()
        shared = self.sizes**2 / (1 - self.sizes / total)
        off_diagonal = (shared.sum() ** 2 - (shared**2).sum()) / total**2
        return float(total**2 / ((self.sizes**2).sum() + off_diagonal))


def group(values: NDArray[np.float64], names: Sequence[str]) -> Groups:
    """Values added up by group name."""
    _, index = np.unique(np.array(names), return_inverse=True)
    sums = np.bincount(index, weights=values).astype(np.float64)
    return Groups(sums, np.bincount(index).astype(np.float64))
