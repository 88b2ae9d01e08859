"""What a number of examples can show, and how many would show a given difference."""

from __future__ import annotations

from functools import cache
from math import ceil, sqrt

import numpy as np

from eval.records import Estimate
from eval.statistics.groups import TINY

POWER_FACTOR = 2.8016
"""z(0.975) + z(0.80): what a difference must be, in standard errors, to show 8 times in 10."""
POWER = 0.80
Z = 1.959963984540054
"""97.5% point of the normal distribution."""
LEAST_GAP = 1e-4
"""How exactly a detectable gap is found, in shares."""
REACH = 6
"""Standard deviations of the number of differing pairs that are looked at."""
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


def power(groups: int, gap: float, deviation: float) -> float:
    """How often the verdict's test shows a true difference of `gap` over so many groups.

    Where gap and deviation may be those of yes-or-no answers (deviation^2 >= gap (1 - gap)), the
    exact McNemar test over every number of pairs that can differ (Duffy 1984); otherwise the
    paired t test, whose groups count as z^2 / 2 fewer than under the normal law (Guenther 1981).
    """
    from scipy.stats import binom, norm

    differing = deviation**2 + gap**2
    if groups < FEWEST_ONE_SIDED or gap <= 0:
        return 0.0
    if not gap <= differing <= 1:
        distance = gap * sqrt(groups - Z**2 / 2) / deviation if deviation else float("inf")
        return float(norm.sf(Z - distance))
    spread = REACH * sqrt(groups * differing * (1 - differing))
    decided = np.arange(
        max(FEWEST_ONE_SIDED, int(groups * differing - spread)),
        min(groups, ceil(groups * differing + spread)) + 1,
    )
    wins = binom.isf(0.025, decided, 0.5) + 1
    shown = binom.sf(wins - 1, decided, (1 + gap / differing) / 2)
    return float((binom.pmf(decided, groups, differing) * shown).sum())


def detectable_gap(groups: int, deviation: float) -> float:
    """The smallest true difference that `groups` would show 8 times in 10, at most 1."""
    low, high = 0.0, 1.0
    while high - low > LEAST_GAP:
        middle = (low + high) / 2
        low, high = (low, middle) if power(groups, middle, deviation) >= POWER else (middle, high)
    return high


@cache
def groups_needed(gap: float, deviation: float) -> int:
    """How many groups would show a true difference of `gap` 8 times in 10.

    Raises ValueError for a gap that is not above 0.
    """
    if not gap > 0:
        raise ValueError(f"a gap must be above 0, not {gap}")
    low = high = FEWEST_ONE_SIDED
    while power(high, gap, deviation) < POWER:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if power(middle, gap, deviation) >= POWER else (middle, high)
    return high


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

    Its square is the expected variance given the one seen, (count - 1) / (count - 3) times that
    (the mean of an inverse chi-squared), and at least what it would be had one group gone each
    way, or had two shown no difference. Where nothing varied, three groups may (the rule of
    three, Hanley 1983).
    """
    count = max(estimate.groups, 1)
    spread, mean = estimate.deviation or 0.0, estimate.difference or 0.0
    unsure = (count - 1) / (count - 3) if count > 3 else 1.0
    others = 2.0 if spread > TINY else 3.0
    squares = max(unsure * spread**2 * (count - 1) + mean**2 * count, others)
    still = min(others / count, 1.0) * mean**2
    return sqrt(max(squares / count - mean**2, still))
