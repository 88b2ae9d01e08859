"""The BCa bootstrap of a mean over groups, drawn so that ten thousand groups cost little."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from eval.statistics.groups import Groups

CONFIDENCE = 0.95
RESAMPLES = 9_999
SEED = 7
MOST_KINDS = 64
"""Different groups up to which their numbers are drawn instead of the groups themselves."""
MANY_GROUPS = 2_000
"""Beyond this, similar groups are drawn as one kind."""
BATCH_CELLS = 1_000_000
"""Groups drawn at once: keeps memory at some 16 MB whatever the number of groups."""


def bca_ends(grouped: Groups, resamples: int = RESAMPLES) -> tuple[float, float] | None:
    """Ends of the bias-corrected and accelerated 95% interval (Efron 1987); None if undefined.

    The quantiles are those of Student's t instead of the normal, widened by sqrt(n / (n - 1)), as
    a plain bootstrap of few groups is too narrow (Hesterberg 2015, "expanded percentile").
    """
    from scipy.special import ndtr, ndtri

    means = resampled_means(grouped, resamples)
    below = (np.mean(means < grouped.mean) + np.mean(means <= grouped.mean)) / 2
    if not 0 < below < 1:
        return None
    reach = expanded_quantile(len(grouped.sums))
    shifted = ndtri(below) + np.array([-reach, reach])
    stretch = 1 - acceleration(grouped) * shifted
    if not (stretch > 0).all():
        return None
    low, high = np.quantile(means, ndtr(ndtri(below) + shifted / stretch))
    return float(low), float(high)


def acceleration(grouped: Groups) -> float:
    """How fast the standard error changes with the mean, by leaving out one group at a time."""
    left_out = (grouped.sums.sum() - grouped.sums) / (grouped.sizes.sum() - grouped.sizes)
    away = left_out.mean() - left_out
    return float((away**3).sum() / (6 * (away**2).sum() ** 1.5))


def expanded_quantile(count: int) -> float:
    """What stands for 1.96 in an interval from `count` groups."""
    from scipy.special import stdtrit

    return float(stdtrit(count - 1, (1 + CONFIDENCE) / 2) * np.sqrt(count / (count - 1)))


def resampled_means(grouped: Groups, resamples: int) -> NDArray[np.float64]:
    """Means of as many groups drawn with replacement, by a fixed seed."""
    rng = np.random.default_rng(SEED)
    kinds, often = np.unique(
        np.column_stack([grouped.sums, grouped.sizes]), axis=0, return_counts=True
    )
    if len(kinds) <= MOST_KINDS:
        totals = rng.multinomial(len(grouped.sums), often / len(grouped.sums), resamples) @ kinds
        return np.asarray(totals[:, 0] / totals[:, 1])
    if len(grouped.sums) > MANY_GROUPS:
        return _means_by_block(grouped, resamples, rng)
    return _means_one_by_one(grouped, resamples, rng)


def _means_one_by_one(
    grouped: Groups, resamples: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    count = len(grouped.sums)
    means = np.empty(resamples)
    batch = max(1, BATCH_CELLS // count)
    for start in range(0, resamples, batch):
        drawn = rng.integers(count, size=(min(batch, resamples - start), count))
        sizes = grouped.sizes.take(drawn).sum(axis=1)
        means[start : start + batch] = grouped.sums.take(drawn).sum(axis=1) / sizes
    return means


def _means_by_block(
    grouped: Groups, resamples: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Sorted groups are drawn by blocks of neighbours.

    How often a block is drawn is exact; what its groups differ by among themselves is little, and
    the sum of thousands of such draws is normal (the central limit theorem).
    """
    count, residuals = len(grouped.sums), grouped.residuals
    order = np.lexsort((residuals, grouped.sizes))
    starts = np.arange(MOST_KINDS) * count // MOST_KINDS
    often = np.diff(starts, append=count)
    per_block = np.column_stack([residuals, residuals**2, grouped.sizes])[order]
    first, second, sizes = (np.add.reduceat(per_block, starts) / often[:, None]).T
    drawn = rng.multinomial(count, often / count, resamples)
    spread = np.sqrt(drawn @ np.maximum(second - first**2, 0.0))
    totals = drawn @ first + spread * rng.standard_normal(resamples)
    return np.asarray(grouped.mean + totals / (drawn @ sizes))
