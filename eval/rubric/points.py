"""The score of one example from what its criteria came to; pure functions, no input or output."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from eval.rubric.criteria import Criterion

DIGITS = 12
"""Of a score: what comes after is only rounding."""


class Cell(NamedTuple):
    """A criterion with what one answer came to."""

    criterion: Criterion
    value: float | None
    """1 met, 0 not met, between them for a level of a scale; None when unscored."""


def example_score(cells: Sequence[Cell]) -> float | None:
    """Points met / points that can be gained, then gates; unclipped, so below 0 it can be.

    Where no criterion has points above 0 it is 1 + points met / sum of |points|, so that meeting
    none of what is undesirable is 1. A gate that closes leaves the score no higher than its cap
    (0 for `fail`), and never lifts it. None when there is no cell, or one of them is unscored.
    """
    gained, possible, weights, cap = 0.0, 0.0, 0.0, float("inf")
    for criterion, value in cells:
        if value is None:
            return None
        points = criterion.points
        gained += points * value
        possible += max(points, 0.0)
        weights += abs(points)
        if criterion.gate != "none":
            left = criterion.gate_cap(value)
            cap = cap if left is None else min(cap, left)
    if not weights:
        return None
    score = gained / possible if possible else 1 + gained / weights
    # equal sums of other points differ in the last digits, which is no difference to count
    return min(round(score, DIGITS), cap)


def closed_gates(cells: Iterable[Cell]) -> list[Criterion]:
    """The criteria whose gates are closed."""
    return [
        cell.criterion
        for cell in cells
        if cell.value is not None and cell.criterion.gate_cap(cell.value) is not None
    ]


def score_bounds(cells: Sequence[Cell]) -> tuple[float, float] | None:
    """The lowest and the highest score that unscored cells still allow; None without a cell."""
    worst = [c if c.value is not None else c._replace(value=_worst(c)) for c in cells]
    best = [c if c.value is not None else c._replace(value=1 - _worst(c)) for c in cells]
    low, high = example_score(worst), example_score(best)
    return None if low is None or high is None else (low, high)


def lowest_score(criteria: Iterable[Criterion]) -> float:
    """The lowest score that these criteria allow, 0 or below."""
    points = [criterion.points for criterion in criteria]
    possible = sum(p for p in points if p > 0)
    return sum(p for p in points if p < 0) / possible if possible else 0.0


def nothing_to_gain(criteria: Iterable[Criterion], kept: Iterable[Criterion]) -> bool:
    """Whether there was something to gain, and none of it is left among those kept."""
    return any(c.points > 0 for c in criteria) and not any(c.points > 0 for c in kept)


def _worst(cell: Cell) -> float:
    return 0.0 if cell.criterion.points > 0 else 1.0
