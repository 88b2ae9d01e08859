"""The paired difference of two sides with its interval and exact test."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite, sqrt

import numpy as np
from numpy.typing import NDArray

from eval.records import Estimate
from eval.statistics.groups import TINY, group
from eval.statistics.intervals import RESAMPLES, SEED, difference_interval

FLIPS = 2**15
"""Sign flips tried: every one of them up to 15 groups with a difference, a random draw beyond."""
EXACT_UP_TO = 15
"""Groups whose 2^n sign flips are all tried."""


def paired_estimate(
    base: Sequence[float | None],
    tuned: Sequence[float | None],
    groups: Sequence[str],
    span: float = 1.0,
    resamples: int = RESAMPLES,
) -> Estimate:
    """The mean difference tuned - base with its 95% interval and exact p-value.

    A sample counts only when both sides have a value; NaN and infinity are none and count as
    unscored. `span` is the largest difference that the scale allows. `deviation` is that of one
    group: sqrt(groups) times the cluster-robust standard error.
    """
    pairs = scored_pairs(base, tuned, groups)
    unscored = {
        "unscored_base": sum(not is_scored(value) for value in base),
        "unscored_tuned": sum(not is_scored(value) for value in tuned),
    }
    if not pairs:
        return Estimate(
            base=None, tuned=None, difference=None, low=None, high=None, p_value=None,
            pairs=0, groups=0, note="No sample was scored on both sides.", **unscored,
        )  # fmt: skip
    differences = np.array([t - b for b, t, _ in pairs])
    grouped = group(differences, [g for _, _, g in pairs])
    interval, count = difference_interval(grouped, span, resamples), len(grouped.sums)
    return Estimate(
        base=float(np.mean([b for b, _, _ in pairs])),
        tuned=float(np.mean([t for _, t, _ in pairs])),
        difference=float(differences.mean()),
        low=interval.low,
        high=interval.high,
        p_value=sign_flip_p(grouped.sums),
        pairs=len(pairs),
        groups=count,
        deviation=sqrt(count) * grouped.standard_error if count > 1 else None,
        note=interval.note,
        **unscored,
    )


def scored_pairs(
    base: Sequence[float | None], tuned: Sequence[float | None], groups: Sequence[str]
) -> list[tuple[float, float, str]]:
    """(base, tuned, group) of the samples that have a value on both sides."""
    return [
        (b, t, g)
        for b, t, g in zip(base, tuned, groups, strict=True)
        if b is not None and t is not None and isfinite(b) and isfinite(t)
    ]


def is_scored(value: float | None) -> bool:
    """Whether there is a value to compute with."""
    return value is not None and isfinite(value)


def sign_flip_p(sums: NDArray[np.float64]) -> float:
    """Two-sided p-value of "no difference" by flipping signs of group differences (Fisher 1935).

    Exact when all differences are of one size (then it is McNemar's exact test) or at most 15
    groups differ; otherwise by 32,768 random flips with a fixed seed.
    """
    from scipy.stats import binomtest

    moved = sums[np.abs(sums) > TINY]
    if len(moved) == 0:
        return 1.0
    if np.allclose(np.abs(moved), np.abs(moved[0]), rtol=1e-9, atol=0):
        return float(binomtest(int((moved > 0).sum()), len(moved)).pvalue)
    every = len(moved) <= EXACT_UP_TO
    flipped = _every_sum(moved) if every else _flipped_sums(moved)
    rounding = TINY * np.abs(moved).sum()
    as_high = int((flipped >= moved.sum() - rounding).sum())
    as_low = int((flipped <= moved.sum() + rounding).sum())
    # what was seen is one of all flips; of random ones it is one more
    unseen = 0 if every else 1
    return min(1.0, 2 * (min(as_high, as_low) + unseen) / (len(flipped) + unseen))


def _every_sum(moved: NDArray[np.float64]) -> NDArray[np.float64]:
    """The sums under all 2^n signs."""
    sums = np.zeros(1)
    for value in moved:
        sums = np.concatenate([sums + value, sums - value])
    return sums


def _flipped_sums(moved: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sums under random signs, one for each flip.

    Eight groups take their signs from one random byte, whose 256 sums are made once.
    """
    rng = np.random.default_rng(SEED)
    padded = np.zeros(-(-len(moved) // 8) * 8)
    padded[: len(moved)] = moved
    bits = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1).astype(np.float64)
    table = (2 * bits - 1) @ padded.reshape(-1, 8).T
    totals = np.zeros(FLIPS)
    for column in np.ascontiguousarray(table.T):
        totals += column.take(np.frombuffer(rng.bytes(FLIPS), dtype=np.uint8))
    return totals
