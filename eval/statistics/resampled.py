"""The difference of a figure that is no mean, such as macro F1 or BLEU, by resampling groups."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from core.messages import Record
from eval.statistics.intervals import CONFIDENCE, FEW_GROUPS, SEED

RESAMPLES = 999
LEAST_COMPUTED = 0.95
"""Share of resamples in which the figure must exist."""

Positions = NDArray[np.intp]
Figure = Callable[[Positions], float | None]
"""A figure of the samples at these positions, which may stand there several times."""


class FigureDifference(Record):
    """A figure of both sides over the same samples, in the figure's own unit."""

    base: float | None
    tuned: float | None
    difference: float | None
    low: float | None
    high: float | None
    groups: int
    note: str = ""


def figure_difference(
    base: Figure, tuned: Figure, groups: Sequence[str], resamples: int = RESAMPLES
) -> FigureDifference:
    """tuned - base with a 95% percentile bootstrap over groups; both see the same resamples.

    Koehn (2004) resamples sentences so; here whole groups, as their samples are not independent.
    """
    everything = np.arange(len(groups))
    of_base = base(everything) if len(groups) else None
    of_tuned = tuned(everything) if len(groups) else None
    _, index = np.unique(np.array(groups, dtype=str), return_inverse=True)
    members = [np.flatnonzero(index == i) for i in range(index.max() + 1)] if len(groups) else []
    difference = None if of_base is None or of_tuned is None else of_tuned - of_base
    low, high, note = None, None, ""
    if difference is None:
        note = "The figure could not be computed for both sides."
    elif len(members) < FEW_GROUPS:
        note = f"Only {len(members)} independent groups: too few for an interval."
    else:
        low, high, note = _percentiles(_differences(base, tuned, members, resamples), resamples)
    return FigureDifference(
        base=of_base, tuned=of_tuned, difference=difference, low=low, high=high,
        groups=len(members), note=note,
    )  # fmt: skip


def _differences(
    base: Figure, tuned: Figure, members: Sequence[Positions], resamples: int
) -> list[float]:
    rng = np.random.default_rng(SEED)
    found = []
    alone = np.concatenate(members) if all(len(one) == 1 for one in members) else None
    for _ in range(resamples):
        drawn = rng.integers(len(members), size=len(members))
        positions = alone[drawn] if alone is not None else _joined(members, drawn)
        b, t = base(positions), tuned(positions)
        if b is not None and t is not None:
            found.append(t - b)
    return found


def _joined(members: Sequence[Positions], drawn: Positions) -> Positions:
    return np.concatenate([members[i] for i in drawn])


def _percentiles(
    differences: Sequence[float], resamples: int
) -> tuple[float | None, float | None, str]:
    if len(differences) < LEAST_COMPUTED * resamples:
        return None, None, "The figure could not be computed in too many resamples."
    ends = np.quantile(differences, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    if np.ptp(ends) < 1e-12:
        return None, None, "Every resample gave the same difference: no interval can be told."
    return float(ends[0]), float(ends[1]), ""
