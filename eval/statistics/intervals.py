"""Intervals of a mean difference over independent groups, and of a single rate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

CONFIDENCE = 0.95
RESAMPLES = 9_999
FEW_GROUPS = 10
"""Below this a bootstrap interval is known to be too narrow."""
FEWEST_FOR_INTERVAL = 6
"""Below this a 95% bootstrap interval covered the truth in less than 80% of simulated samples."""
SEED = 7
MOST_KINDS = 64
"""Different groups up to which their numbers are drawn instead of the groups themselves."""
BATCH_CELLS = 1_000_000
"""Groups drawn at once: keeps memory at some 16 MB whatever the number of groups."""
TINY = 1e-12
"""Differences that are only rounding."""


class Interval(NamedTuple):
    """A 95% interval, or None twice with the reason."""

    low: float | None
    high: float | None
    note: str = ""


class Groups(NamedTuple):
    """Differences added up within independent groups."""

    sums: NDArray[np.float64]
    sizes: NDArray[np.float64]

    @property
    def mean(self) -> float:
        return float(self.sums.sum() / self.sizes.sum())

    @property
    def standard_error(self) -> float:
        """Cluster-robust standard error of the mean (Miller 2024, arXiv 2411.00640).

        With one value in each group it is s / sqrt(n). NaN with fewer than two groups.
        """
        count = len(self.sums)
        if count < 2:
            return float("nan")
        residuals = self.sums - self.mean * self.sizes
        variance = count / (count - 1) * float(residuals @ residuals) / self.sizes.sum() ** 2
        return float(np.sqrt(variance))


def group(values: NDArray[np.float64], names: Sequence[str]) -> Groups:
    """Values added up by group name."""
    _, index = np.unique(np.array(names), return_inverse=True)
    sums = np.bincount(index, weights=values).astype(np.float64)
    return Groups(sums, np.bincount(index).astype(np.float64))


def difference_interval(grouped: Groups, span: float = 1.0, resamples: int = RESAMPLES) -> Interval:
    """95% interval of a mean difference by BCa bootstrap over groups (Efron 1987), fixed seed.

    Where all groups agree a bootstrap would claim certainty, so the exact bound for a quantity
    between -span and span stands in. Too few groups give none.
    """
    count = len(grouped.sums)
    means = grouped.sums / grouped.sizes
    if np.ptp(means) < TINY:
        return agreeing_interval(float(means[0]), count, span)
    if count < FEWEST_FOR_INTERVAL:
        return Interval(None, None, f"Only {count} independent groups: too few for an interval.")
    low, high = _bca(grouped, _resampled_means(grouped, resamples))
    if not (np.isfinite(low) and np.isfinite(high)):
        return Interval(None, None, "The bootstrap gave no interval for so few differing groups.")
    note = f"Only {count} independent groups: the interval is too narrow." * (count < FEW_GROUPS)
    return Interval(max(low, -span), min(high, span), note)


def _resampled_means(grouped: Groups, resamples: int) -> NDArray[np.float64]:
    """Means of as many groups drawn with replacement; equal groups are drawn as one kind."""
    rng = np.random.default_rng(SEED)
    count = len(grouped.sums)
    kinds, often = np.unique(
        np.column_stack([grouped.sums, grouped.sizes]), axis=0, return_counts=True
    )
    if len(kinds) <= MOST_KINDS:
        totals = rng.multinomial(count, often / count, resamples) @ kinds
        return np.asarray(totals[:, 0] / totals[:, 1])
    means = np.empty(resamples)
    batch = max(1, BATCH_CELLS // count)
    for start in range(0, resamples, batch):
        drawn = rng.integers(count, size=(min(batch, resamples - start), count))
        sizes = grouped.sizes.take(drawn).sum(axis=1) if np.ptp(grouped.sizes) else count
        unit = 1.0 if np.ptp(grouped.sizes) else grouped.sizes[0]
        means[start : start + batch] = grouped.sums.take(drawn).sum(axis=1) / (sizes * unit)
    return means


def _bca(grouped: Groups, means: NDArray[np.float64]) -> tuple[float, float]:
    """Ends of the bias-corrected and accelerated interval (Efron 1987); NaN where undefined.

    The quantiles are those of Student's t instead of the normal, widened by sqrt(n / (n - 1)), as
    a plain bootstrap of few groups is too narrow (Hesterberg 2015, "expanded percentile").
    """
    from scipy.special import ndtr, ndtri

    below = (np.mean(means < grouped.mean) + np.mean(means <= grouped.mean)) / 2
    bias = ndtri(below)
    left_out = (grouped.sums.sum() - grouped.sums) / (grouped.sizes.sum() - grouped.sizes)
    away = left_out.mean() - left_out
    acceleration = (away**3).sum() / (6 * (away**2).sum() ** 1.5)
    reach = expanded_quantile(len(grouped.sums))
    shifted = bias + np.array([-reach, reach])
    at = ndtr(bias + shifted / (1 - acceleration * shifted))
    if not np.isfinite(at).all():
        return float("nan"), float("nan")
    low, high = np.quantile(means, at)
    return float(low), float(high)


def expanded_quantile(count: int) -> float:
    """What stands for 1.96 in an interval from `count` groups."""
    from scipy.special import stdtrit

    return float(stdtrit(count - 1, (1 + CONFIDENCE) / 2) * np.sqrt(count / (count - 1)))


def agreeing_interval(
    value: float, count: int, span: float, confidence: float = CONFIDENCE
) -> Interval:
    """Bounds when `count` groups all gave the same value (the "rule of three", Hanley 1983).

    With 95% confidence at most a share q = 1 - 0.05^(1/count) of all groups would differ, and
    those that do lie within the span.
    """
    q = 1 - (1 - confidence) ** (1 / count)
    low, high = value * (1 - q) - q * span, value * (1 - q) + q * span
    note = f"All {count} groups gave the same difference, so this is the exact bound for {count}."
    return Interval(max(low, -span), min(high, span), note)


def wilson(met: int, of: int) -> Interval:
    """95% interval of a single rate (Wilson 1927)."""
    from scipy.stats import binomtest

    if of == 0:
        return Interval(None, None, "Nothing was counted.")
    found = binomtest(met, of).proportion_ci(CONFIDENCE, method="wilson")
    return Interval(float(found.low), float(found.high))
