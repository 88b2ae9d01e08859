"""Is a side no worse, or as good, within a margin: two one-sided tests over groups."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.messages import Record
from eval.statistics.groups import TINY, Groups, group
from eval.statistics.intervals import FEW_GROUPS, agreeing_interval
from eval.statistics.paired import scored_pairs

ALPHA = 0.05
FORGETTING_MARGIN = 0.02
"""How much a general score may fall, in shares, before it counts as forgotten."""
FEW_MOVED = 30
"""With fewer groups that differ, and most alike, the t distribution promises too much: an exact
bound joins."""


class Equivalence(Record):
    """Whether tuned - base lies within margins, by one-sided tests at the 5% level.

    "Not shown" is no proof of the opposite: it may only mean too few examples.
    """

    difference: float | None
    low: float | None
    """Lower 95% bound (one-sided)."""
    high: float | None
    """Upper 95% bound (one-sided); [low, high] is the 90% interval of the usual TOST report."""
    margin_low: float
    margin_high: float | None
    """None when only a fall is of interest (non-inferiority)."""
    p_low: float | None
    """Of "it falls by the margin or more"."""
    p_high: float | None
    """Of "it rises by the margin or more"."""
    no_worse: bool | None
    """Whether low lies above margin_low; None when it can't be told, see `note`."""
    equivalent: bool | None
    """Whether both bounds lie within both margins; None when not asked or not to be told."""
    pairs: int
    groups: int
    note: str = ""

    @property
    def p_value(self) -> float | None:
        """The p-value of the whole claim: the larger of the one-sided ones that were asked."""
        if self.margin_high is None or self.p_low is None or self.p_high is None:
            return self.p_low
        return max(self.p_low, self.p_high)


def noninferiority(
    base: Sequence[float | None],
    tuned: Sequence[float | None],
    groups: Sequence[str],
    margin: float = FORGETTING_MARGIN,
    span: float = 1.0,
) -> Equivalence:
    """Whether tuned is no worse than base by `margin` or more: the question of forgetting."""
    return _within(base, tuned, groups, (-_positive(margin), None), span)


def equivalence(
    base: Sequence[float | None],
    tuned: Sequence[float | None],
    groups: Sequence[str],
    margin: float,
    span: float = 1.0,
) -> Equivalence:
    """Whether both sides are as good within `margin` (TOST, Schuirmann 1987)."""
    return _within(base, tuned, groups, (-_positive(margin), margin), span)


def _positive(margin: float) -> float:
    if not margin > 0:
        raise ValueError(f"a margin must be above 0, not {margin}")
    return margin


def _within(
    base: Sequence[float | None],
    tuned: Sequence[float | None],
    groups: Sequence[str],
    margins: tuple[float, float | None],
    span: float,
) -> Equivalence:
    pairs = scored_pairs(base, tuned, groups)
    if not pairs:
        return _untold(margins, None, (0, 0), "No sample was scored on both sides.")
    grouped = group(np.array([t - b for b, t, _ in pairs]), [name for _, _, name in pairs])
    size = (len(pairs), len(grouped.sums))
    if size[1] < FEW_GROUPS:
        note = f"Only {size[1]} independent groups: too few to tell, at least {FEW_GROUPS} needed."
        return _untold(margins, grouped.mean, size, note)
    low, high, note = _bounds(grouped, span)
    p_low, p_high = _p_values(grouped, margins)
    no_worse = low > margins[0]
    return Equivalence(
        difference=grouped.mean,
        low=low,
        high=high,
        margin_low=margins[0],
        margin_high=margins[1],
        p_low=p_low,
        p_high=p_high,
        no_worse=no_worse,
        equivalent=None if margins[1] is None else no_worse and high < margins[1],
        pairs=size[0],
        groups=size[1],
        note=note,
    )


def _untold(
    margins: tuple[float, float | None],
    difference: float | None,
    size: tuple[int, int],
    note: str,
) -> Equivalence:
    return Equivalence(
        difference=difference, low=None, high=None, margin_low=margins[0], margin_high=margins[1],
        p_low=None, p_high=None, no_worse=None, equivalent=None, pairs=size[0], groups=size[1],
        note=note,
    )  # fmt: skip


def _bounds(grouped: Groups, span: float) -> tuple[float, float, str]:
    """One-sided 95% bounds by Student's t over groups, with an exact one where few differ."""
    from scipy.stats import t

    count = len(grouped.sums)
    means = grouped.sums / grouped.sizes
    if np.ptp(means) < TINY:
        found = agreeing_interval(float(means[0]), count, span)
        return float(found.low or 0.0), float(found.high or 0.0), found.note
    reach = float(t.ppf(1 - ALPHA, grouped.freedom)) * grouped.standard_error
    low, high = grouped.mean - reach, grouped.mean + reach
    if grouped.moved >= FEW_MOVED or 2 * grouped.moved > count:
        return max(low, -span), min(high, span), ""
    low = min(low, grouped.mean - _unseen(int((means < -TINY).sum()), count, span))
    high = max(high, grouped.mean + _unseen(int((means > TINY).sum()), count, span))
    note = f"Fewer than {FEW_MOVED} groups differ, so the bounds are widened to exact ones."
    return max(low, -span), min(high, span), note


def _unseen(moved: int, count: int, span: float) -> float:
    """What groups that move one way may add beyond what was seen (Clopper and Pearson 1934)."""
    from scipy.stats import binomtest

    most = binomtest(moved, count, alternative="less").proportion_ci(1 - ALPHA, "exact").high
    return span * (float(most) - moved / count)


def _p_values(
    grouped: Groups, margins: tuple[float, float | None]
) -> tuple[float | None, float | None]:
    from scipy.stats import t

    error, freedom = grouped.standard_error, grouped.freedom
    if error < TINY:
        return None, None
    p_low = float(t.sf((grouped.mean - margins[0]) / error, freedom))
    if margins[1] is None:
        return p_low, None
    return p_low, float(t.cdf((grouped.mean - margins[1]) / error, freedom))
