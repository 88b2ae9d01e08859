"""What a number of examples can show, and how many would show a given difference."""

from __future__ import annotations

from functools import cache
from math import ceil, sqrt

from eval.records import Estimate

POWER_FACTOR = 2.8016
"""z(0.975) + z(0.80): what a difference must be, in standard errors, to show 8 times in 10."""
POWER = 0.80
FEWEST_ONE_SIDED = 6
"""The fewest pairs, all going one way, that an exact two-sided test shows (p < .05)."""
MOST_DECIDED = 20_000
"""Decided pairs up to which a needed number is looked for."""


@cache
def clear_win(decided: int) -> int | None:
    """How many of `decided` pairs must go one way before an exact sign test shows it (p < .05).

    None when even all of them would not.
    """
    from scipy.stats import binom

    # P(X >= k) <= 0.025 on either side: the smallest k follows from the quantile
    wins = int(binom.isf(0.025, decided, 0.5)) + 1 if decided else 1
    return wins if wins <= decided else None


def sign_test_power(decided: int, rate: float) -> float:
    """How often an exact sign test (two-sided, p < .05) shows a true win rate above a half.

    `rate` is the share of decided pairs that one side wins in the long run, 0 to 1.
    """
    from scipy.stats import binom

    wins = clear_win(decided)
    if wins is None:
        return 0.0
    return float(binom.sf(wins - 1, decided, rate) + binom.cdf(decided - wins, decided, rate))


def decided_needed(rate: float) -> int | None:
    """How many decided pairs show a true win rate 8 times in 10, by the exact sign test.

    The first number that reaches this power; a few above it fall just short again, as the test
    counts whole pairs. None for a rate too near to a half to be shown by 20,000 pairs.
    """
    if not 0 <= rate <= 1:
        raise ValueError(f"a win rate lies between 0 and 1, not at {rate}")
    gap = abs(rate - 0.5)
    about = (POWER_FACTOR / (2 * gap)) ** 2 if gap else float("inf")
    if about > MOST_DECIDED:
        return None
    start = max(FEWEST_ONE_SIDED, int(about * 0.7))
    return next(
        (n for n in range(start, 2 * MOST_DECIDED) if sign_test_power(n, rate) >= POWER), None
    )


def detectable_gap(groups: int, deviation: float) -> float:
    """The smallest true difference that `groups` would show 8 times in 10, at most 1."""
    by_spread = POWER_FACTOR * deviation / sqrt(groups)
    return min(1.0, max(by_spread, FEWEST_ONE_SIDED / groups))


def groups_needed(gap: float, deviation: float) -> int:
    """How many groups would show a true difference of `gap` 8 times in 10."""
    return max(ceil((POWER_FACTOR * deviation / gap) ** 2), ceil(FEWEST_ONE_SIDED / gap))


def more_needed(estimate: Estimate, gap: float) -> int | None:
    """How many more groups would show a true difference of `gap` 8 times in 10; 0 if enough.

    None when nothing was scored, so that the spread is not known. Samples of one group
    are taken to add nothing, which errs towards asking for more.
    """
    if estimate.difference is None:
        return None
    needed = groups_needed(gap, cautious_deviation(estimate))
    return max(0, needed - estimate.groups)


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
