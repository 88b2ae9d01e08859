"""Values of both sides, pair by pair: differences, win rate, worst cases, and what tests them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from eval import statistics
from eval.estimate_records import Estimate
from eval.rubric.points import DIGITS
from eval.statistics.discordance import Winner

Values = tuple[float | None, ...]


@dataclass(frozen=True)
class Paired:
    """Values of both sides, sample by sample, in the order of the comparisons."""

    base: Values
    tuned: Values
    span: float = 1.0
    """The largest difference that the scale allows."""


def name_of_test(values: Paired, estimate: Estimate) -> str:
    """The name of the test behind a p-value; "" when there is none.

    Pairs that all differ by the same amount, each a group of its own, make sign flipping the
    binomial test of their signs, which for yes or no is McNemar's exact test.
    """
    if estimate.p_value is None:
        return ""
    gaps = {abs(gap) for gap in differences(values)} - {0.0}
    same = max(gaps, default=0.0) - min(gaps, default=0.0) < 10**-DIGITS
    return "exact_sign" if estimate.groups == estimate.pairs and same else "group_sign_flips"


def differences(values: Paired) -> list[float]:
    """tuned - base of the samples that are scored on both sides."""
    return [
        t - b
        for b, t in zip(values.base, values.tuned, strict=True)
        if b is not None and t is not None
    ]


def worst_case(values: Paired) -> tuple[float, float] | None:
    """The differences if every unscored answer spoke against tuned, and if all spoke for it.

    None when nothing was asked.
    """
    if not values.base:
        return None
    best, worst = 1.0, 1.0 - values.span
    pairs = list(zip(values.base, values.tuned, strict=True))
    against = [(worst if t is None else t) - (best if b is None else b) for b, t in pairs]
    in_favour = [(best if t is None else t) - (worst if b is None else b) for b, t in pairs]
    return sum(against) / len(pairs), sum(in_favour) / len(pairs)


def win_rate(
    values: Paired, estimate: Estimate, groups: Sequence[str]
) -> tuple[float | None, float | None, float | None]:
    """(wins + ties / 2) / pairs, with its interval.

    Of yes-or-no pairs it follows from the difference, whose interval is at hand.
    """
    if estimate.difference is None:
        return None, None, None
    if {*values.base, *values.tuned} <= {0.0, 1.0, None}:
        ends = (estimate.difference, estimate.low, estimate.high)
        rate, low, high = (None if end is None else (end + 1) / 2 for end in ends)
        return rate, low, high
    found = statistics.win_rate(
        [_winner(b, t) for b, t in zip(values.base, values.tuned, strict=True)], groups
    )
    return found.rate, found.low, found.high


def _winner(base: float | None, tuned: float | None) -> Winner | None:
    if base is None or tuned is None:
        return None
    return "tie" if base == tuned else "tuned" if tuned > base else "base"


def pick(values: Values, positions: Sequence[int]) -> Values:
    """The values at these positions."""
    return tuple(values[i] for i in positions)
