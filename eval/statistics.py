"""Intervals and tests for paired results; pure functions, no input or output.

Values lie between 0 and 1 unless a span says otherwise. Samples of one group (a conversation that
came in several variants) are not independent, so groups are resampled and flipped, never samples.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from eval.records import Estimate

CONFIDENCE = 0.95
RESAMPLES = 9_999
FLIPS = 2**15
"""Sign flips tried: every one of them up to 15 groups with a difference, a random draw beyond."""
FEW_GROUPS = 10
"""Below this a bootstrap interval is known to be too narrow."""
SEED = 7
TINY = 1e-12
"""Differences that are only rounding."""
POWER_FACTOR = 2.8016
"""z(0.975) + z(0.80): what a difference must be, in standard errors, to show 8 times in 10."""
FEWEST_ONE_SIDED = 6
"""The fewest pairs, all going one way, that an exact two-sided test shows (p < .05)."""


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


def paired_estimate(
    base: Sequence[float | None],
    tuned: Sequence[float | None],
    groups: Sequence[str],
    span: float = 1.0,
) -> Estimate:
    """The mean difference tuned - base with its 95% interval and exact p-value.

    A sample counts only when both sides have a value. `span` is the largest difference that the
    scale allows.
    """
    pairs = [
        (b, t, g)
        for b, t, g in zip(base, tuned, groups, strict=True)
        if b is not None and t is not None
    ]
    unscored = {
        "unscored_base": sum(value is None for value in base),
        "unscored_tuned": sum(value is None for value in tuned),
    }
    if not pairs:
        return Estimate(
            base=None, tuned=None, difference=None, low=None, high=None, p_value=None,
            pairs=0, groups=0, note="No sample was scored on both sides.", **unscored,
        )  # fmt: skip
    differences = np.array([t - b for b, t, _ in pairs])
    grouped = group(differences, [g for _, _, g in pairs])
    interval = difference_interval(grouped, span)
    return Estimate(
        base=float(np.mean([b for b, _, _ in pairs])),
        tuned=float(np.mean([t for _, t, _ in pairs])),
        difference=float(differences.mean()),
        low=interval.low,
        high=interval.high,
        p_value=sign_flip_p(grouped.sums),
        pairs=len(pairs),
        groups=len(grouped.sums),
        deviation=float(differences.std(ddof=1)) if len(pairs) > 1 else None,
        note=interval.note,
        **unscored,
    )


def group(values: NDArray[np.float64], names: Sequence[str]) -> Groups:
    """Values added up by group name."""
    _, index = np.unique(np.array(names), return_inverse=True)
    sums = np.bincount(index, weights=values).astype(np.float64)
    return Groups(sums, np.bincount(index).astype(np.float64))


def difference_interval(grouped: Groups, span: float = 1.0) -> Interval:
    """95% interval of a mean difference by BCa bootstrap over groups (Efron 1987), fixed seed.

    Where all groups agree a bootstrap would claim certainty, so the exact bound for a quantity
    between -span and span stands in.
    """
    from scipy.stats import bootstrap

    count = len(grouped.sums)
    means = grouped.sums / grouped.sizes
    if np.ptp(means) < TINY:
        return _agreeing_interval(float(means[0]), count, span)
    result = bootstrap(
        (grouped.sums, grouped.sizes),
        _ratio,
        paired=True,
        vectorized=True,
        confidence_level=CONFIDENCE,
        n_resamples=RESAMPLES,
        batch=1_000,
        method="BCa",
        rng=np.random.default_rng(SEED),
    )
    low, high = (float(end) for end in result.confidence_interval)
    if not (np.isfinite(low) and np.isfinite(high)):
        return Interval(None, None, "The bootstrap gave no interval for so few differing groups.")
    note = f"Only {count} independent groups: the interval is too narrow." * (count < FEW_GROUPS)
    return Interval(max(low, -span), min(high, span), note)


def _ratio(
    sums: NDArray[np.float64], sizes: NDArray[np.float64], axis: int = -1
) -> NDArray[np.float64]:
    ratio: NDArray[np.float64] = sums.sum(axis=axis) / sizes.sum(axis=axis)
    return ratio


def _agreeing_interval(value: float, count: int, span: float) -> Interval:
    """Bounds when `count` groups all gave the same value (the "rule of three", Hanley 1983).

    With 95% confidence at most a share q = 1 - 0.05^(1/count) of all groups would differ, and
    those that do lie within the span.
    """
    q = 1 - (1 - CONFIDENCE) ** (1 / count)
    low, high = value * (1 - q) - q * span, value * (1 - q) + q * span
    note = f"All {count} groups gave the same difference, so this is the exact bound for {count}."
    return Interval(max(low, -span), min(high, span), note)


def sign_flip_p(sums: NDArray[np.float64]) -> float:
    """Two-sided p-value of "no difference" by flipping signs of group differences (Fisher 1935).

    Exact when all differences are of one size (then it is McNemar's exact test) or at most 15
    groups differ; otherwise by 32,768 random flips with a fixed seed.
    """
    from scipy.stats import binomtest, permutation_test

    moved = sums[np.abs(sums) > TINY]
    if len(moved) == 0:
        return 1.0
    if np.allclose(np.abs(moved), np.abs(moved[0]), rtol=1e-9, atol=0):
        return float(binomtest(int((moved > 0).sum()), len(moved)).pvalue)
    result = permutation_test(
        (moved,),
        lambda x, axis: x.sum(axis=axis),
        permutation_type="samples",
        n_resamples=FLIPS,
        batch=1_024,
        rng=np.random.default_rng(SEED),
    )
    return float(result.pvalue)


def wilson(met: int, of: int) -> Interval:
    """95% interval of a single rate (Wilson 1927)."""
    from scipy.stats import binomtest

    if of == 0:
        return Interval(None, None, "Nothing was counted.")
    found = binomtest(met, of).proportion_ci(CONFIDENCE, method="wilson")
    return Interval(float(found.low), float(found.high))


def holm(p_values: Sequence[float]) -> list[float]:
    """p-values corrected for asking several questions at once (Holm 1979)."""
    order = np.argsort(p_values, kind="stable")
    steps = np.array(p_values)[order] * np.arange(len(p_values), 0, -1)
    adjusted = np.empty(len(p_values))
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return [float(p) for p in adjusted]


def clear_win(decided: int) -> int | None:
    """How many of `decided` pairs must go one way before an exact sign test shows it (p < .05).

    None when even all of them would not.
    """
    from scipy.stats import binomtest

    needed = (
        k for k in range(ceil(decided / 2), decided + 1) if binomtest(k, decided).pvalue < 0.05
    )
    return next(needed, None)


def detectable_gap(groups: int, deviation: float) -> float:
    """The smallest true difference that `groups` would show 8 times in 10, at most 1."""
    by_spread = POWER_FACTOR * deviation / sqrt(groups)
    return min(1.0, max(by_spread, FEWEST_ONE_SIDED / groups))


def groups_needed(gap: float, deviation: float) -> int:
    """How many groups would show a true difference of `gap` 8 times in 10."""
    return max(ceil((POWER_FACTOR * deviation / gap) ** 2), ceil(FEWEST_ONE_SIDED / gap))


def cautious_deviation(estimate: Estimate) -> float:
    """The spread of the differences, never as small as a handful of equal pairs would suggest.

    One more pair is thought to go each way (add-one smoothing).
    """
    count = max(estimate.pairs, 1)
    spread, mean = estimate.deviation or 0.0, estimate.difference or 0.0
    second_moment = spread**2 * max(count - 1, 0) / count + mean**2
    smoothed = (second_moment * count + 2) / (count + 2)
    centre = mean * count / (count + 2)
    return sqrt(max(smoothed - centre**2, 0.0))
