"""Yes-or-no results and votes of two sides: exact tests on the pairs that differ."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from core.messages import Record
from eval.statistics.groups import group
from eval.statistics.intervals import difference_interval
from eval.statistics.paired import scored_pairs, sign_flip_p
from eval.statistics.power import FEWEST_ONE_SIDED

Method = Literal["exact_sign", "group_sign_flips"]
"""exact_sign: binomial test on single pairs; group_sign_flips: whole groups change sides."""
Winner = Literal["base", "tuned", "tie"]


class Discordance(Record):
    """The pairs that one side alone meets, with a test of whether both kinds are as frequent."""

    only_base: int
    only_tuned: int
    pairs: int
    """Pairs scored on both sides."""
    groups: int
    """Independent groups among them."""
    unscored: int
    method: Method | None
    """None when nothing was scored."""
    p_value: float | None
    """Two-sided."""
    note: str = ""


class WinRate(Record):
    """Wins, losses and ties of the tuned side, and its win rate (wins + ties / 2) / pairs."""

    wins: int
    losses: int
    ties: int
    unscored: int
    groups: int
    rate: float | None
    """0 to 1; None when there is no vote."""
    low: float | None
    high: float | None
    p_value: float | None
    """Of wins against losses, two-sided; ties say nothing about either."""
    method: Method | None
    note: str = ""


def sign_test(wins: int, losses: int) -> float | None:
    """Exact two-sided p-value of wins against losses; None when nothing was decided.

    For the discordant counts of a 2 x 2 table this is McNemar's exact test.
    """
    from scipy.stats import binomtest

    return float(binomtest(wins, wins + losses).pvalue) if wins + losses else None


def mcnemar(
    base: Sequence[bool | None], tuned: Sequence[bool | None], groups: Sequence[str]
) -> Discordance:
    """McNemar's exact test, or its form for clustered pairs.

    Pairs of one group are not independent, and the plain test then finds differences that are not
    there. So where a group has several pairs, whole groups change sides: the permutation form of
    the test of Yang, Sun and Hardin (2010), whose statistic is the sum over groups of
    (only tuned - only base).
    """
    unscored = sum(b is None or t is None for b, t in zip(base, tuned, strict=True))
    pairs = scored_pairs(
        [None if b is None else float(b) for b in base],
        [None if t is None else float(t) for t in tuned],
        groups,
    )
    differences = np.array([t - b for b, t, _ in pairs])
    p_value, method, count, note = _tested(differences, [name for _, _, name in pairs])
    return Discordance(
        only_base=int((differences < 0).sum()),
        only_tuned=int((differences > 0).sum()),
        pairs=len(pairs),
        groups=count,
        unscored=unscored,
        method=method,
        p_value=p_value,
        note=note,
    )


def win_rate(winners: Sequence[Winner | None], groups: Sequence[str]) -> WinRate:
    """Win rate of the tuned side with its interval over groups and an exact test.

    None among the winners is a pair that nobody could judge: it is counted, never a tie.
    """
    values = {"base": -1.0, "tie": 0.0, "tuned": 1.0}
    voted = [(values[w], g) for w, g in zip(winners, groups, strict=True) if w is not None]
    scores = np.array([value for value, _ in voted])
    p_value, method, count, note = _tested(scores, [name for _, name in voted])
    low = high = None
    if voted:
        interval = difference_interval(group(scores, [name for _, name in voted]))
        low, high = interval.low, interval.high
        note = " ".join(part for part in (interval.note, note) if part)
    return WinRate(
        wins=int((scores > 0).sum()),
        losses=int((scores < 0).sum()),
        ties=int((scores == 0).sum()),
        unscored=len(winners) - len(voted),
        groups=count,
        rate=_as_rate(float(scores.mean())) if voted else None,
        low=_as_rate(low),
        high=_as_rate(high),
        p_value=p_value,
        method=method,
        note=note,
    )


def _tested(
    differences: np.ndarray[tuple[int], np.dtype[np.float64]], names: Sequence[str]
) -> tuple[float | None, Method | None, int, str]:
    """p-value, how it was found, the number of groups, and what to mind."""
    if len(names) == 0:
        return None, None, 0, "No sample was scored on both sides."
    grouped = group(differences, names)
    count = len(grouped.sums)
    moved = grouped.moved
    note = ""
    if moved < FEWEST_ONE_SIDED:
        note = (
            f"Only {moved} independent groups differ; no exact test shows a difference with "
            f"fewer than {FEWEST_ONE_SIDED}."
        )
    method: Method = "exact_sign" if count == len(names) else "group_sign_flips"
    return sign_flip_p(grouped.sums), method, count, note


def _as_rate(balance: float | None) -> float | None:
    """From -1 (all lost) .. 1 (all won) to 0 .. 1."""
    return None if balance is None else (balance + 1) / 2
