"""How far raters agree beyond chance: Krippendorff's alpha, Cohen's kappa, raw agreement."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from core.messages import Record
from eval.statistics.intervals import CONFIDENCE, FEW_GROUPS, SEED, TINY

Level = Literal["nominal", "ordinal", "interval", "ratio"]
Weights = Literal["none", "linear", "quadratic"]
Tables = NDArray[np.float64]
"""(..., values, values): how often each pair of values met, one table or many."""
RESAMPLES = 2_000
MOST_VALUES = 50
"""With more different values the tables of a bootstrap grow too large; alpha itself is given."""


class Agreement(Record):
    """A measure of agreement with its 95% interval; 1 is perfect, 0 is what chance gives."""

    value: float | None
    low: float | None
    high: float | None
    units: int
    """Units that at least two raters rated."""
    groups: int
    """Independent groups among them."""
    note: str = ""


def krippendorff_alpha(
    units: Sequence[Sequence[float | str | None]],
    level: Level = "nominal",
    groups: Sequence[str] | None = None,
) -> Agreement:
    """Krippendorff's alpha (2011) of units x raters, None for a missing rating.

    Levels above nominal need numbers. The interval is a percentile bootstrap over groups (over
    units where none are given). Raises ValueError when a level above nominal gets texts.
    """
    names = [str(i) for i in range(len(units))] if groups is None else list(groups)
    rated = [
        ([value for value in unit if value is not None], name)
        for unit, name in zip(units, names, strict=True)
    ]
    pairable = [(values, name) for values, name in rated if len(values) >= 2]
    if not pairable:
        return _nothing("No unit was rated by two raters.")
    values = _values([value for ratings, _ in pairable for value in ratings], level)
    if len(values) < 2:
        return _all_the_same(len(pairable))
    place = {value: i for i, value in enumerate(values)}
    tables = np.array([_coincidences([place[v] for v in r], len(values)) for r, _ in pairable])
    scale = None if level == "nominal" else np.array(values, dtype=float)
    return _estimate(tables, [n for _, n in pairable], lambda t: _alpha(t, scale, level))


def cohen_kappa(
    first: Sequence[Hashable | None],
    second: Sequence[Hashable | None],
    groups: Sequence[str] | None = None,
    weights: Weights = "none",
) -> Agreement:
    """Cohen's kappa of two raters (1960), or weighted by distance in sorted order (1968)."""
    pairs, names = _both(first, second, groups)
    if not pairs:
        return _nothing("No unit was rated by both raters.")
    values = sorted({value for pair in pairs for value in pair}, key=_order)
    if len(values) < 2:
        return _all_the_same(len(pairs))
    place = {value: i for i, value in enumerate(values)}
    tables = np.zeros((len(pairs), len(values), len(values)))
    for table, (a, b) in zip(tables, pairs, strict=True):
        table[place[a], place[b]] = 1
    distance = np.abs(np.subtract.outer(np.arange(len(values)), np.arange(len(values))))
    power = {"none": 0, "linear": 1, "quadratic": 2}[weights]
    cost = (distance > 0).astype(float) if power == 0 else distance.astype(float) ** power
    return _estimate(tables, names, lambda t: _kappa(t, cost))


def raw_agreement(
    first: Sequence[Hashable | None],
    second: Sequence[Hashable | None],
    groups: Sequence[str] | None = None,
) -> Agreement:
    """The share of units on which two raters said the same; chance is not taken out."""
    pairs, names = _both(first, second, groups)
    if not pairs:
        return _nothing("No unit was rated by both raters.")
    tables = np.array([[[float(a == b), float(a != b)]] for a, b in pairs])
    return _estimate(tables, names, lambda t: t[..., 0, 0] / t.sum(axis=(-2, -1)))


def _both(
    first: Sequence[Hashable | None],
    second: Sequence[Hashable | None],
    groups: Sequence[str] | None,
) -> tuple[list[tuple[Hashable, Hashable]], list[str]]:
    names = [str(i) for i in range(len(first))] if groups is None else list(groups)
    kept = [
        ((a, b), name)
        for a, b, name in zip(first, second, names, strict=True)
        if a is not None and b is not None
    ]
    return [pair for pair, _ in kept], [name for _, name in kept]


def _order(value: Hashable) -> tuple[bool, float, str]:
    """Numbers by size before everything else by its text."""
    number = isinstance(value, int | float)
    return (not number, float(value) if isinstance(value, int | float) else 0.0, str(value))


def _values(found: Sequence[float | str], level: Level) -> list[float | str]:
    if level != "nominal" and any(isinstance(value, str) for value in found):
        raise ValueError(f"the level {level} needs numbers as ratings, not texts")
    return sorted(set(found), key=_order)


def _coincidences(places: Sequence[int], size: int) -> NDArray[np.float64]:
    """How often each ordered pair of values meets within one unit, each rating counting once."""
    counts = np.bincount(places, minlength=size).astype(np.float64)
    table = np.outer(counts, counts) - np.diag(counts)
    return np.asarray(table / (len(places) - 1))


def _alpha(tables: Tables, scale: NDArray[np.float64] | None, level: Level) -> Tables:
    totals = tables.sum(axis=-1)
    n = totals.sum(axis=-1)
    cost = _distance(totals, scale, level)
    observed = (tables * cost).sum(axis=(-2, -1)) / n
    met = totals[..., :, None] * totals[..., None, :]
    expected = (met * cost).sum(axis=(-2, -1)) / (n * (n - 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(1 - observed / expected)


def _distance(totals: Tables, scale: NDArray[np.float64] | None, level: Level) -> Tables:
    """Squared distances between values, as the level sees them (Krippendorff 2011)."""
    size = totals.shape[-1]
    if scale is None:
        return 1 - np.eye(size)
    if level == "ordinal":
        middle = np.cumsum(totals, axis=-1) - totals / 2
        return np.asarray((middle[..., :, None] - middle[..., None, :]) ** 2)
    gap = np.subtract.outer(scale, scale)
    if level == "interval":
        return np.asarray(gap**2)
    both = np.add.outer(scale, scale)
    return np.asarray(np.divide(gap, both, out=np.zeros_like(gap), where=both != 0) ** 2)


def _kappa(tables: Tables, cost: NDArray[np.float64]) -> Tables:
    n = tables.sum(axis=(-2, -1))
    rows, columns = tables.sum(axis=-1), tables.sum(axis=-2)
    by_chance = (rows[..., :, None] * columns[..., None, :] * cost).sum(axis=(-2, -1))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(1 - (tables * cost).sum(axis=(-2, -1)) * n / by_chance)


def _estimate(
    tables: Tables, names: Sequence[str], measure: Callable[[Tables], Tables]
) -> Agreement:
    """The measure of all tables added up, with a percentile bootstrap over groups."""
    _, index = np.unique(np.array(names), return_inverse=True)
    count = int(index.max()) + 1
    value = float(measure(tables.sum(axis=0)))
    if not np.isfinite(value):
        return _all_the_same(len(names))
    if count < FEW_GROUPS:
        reason = f"Only {count} independent groups: too few for an interval."
        return _point(value, len(names), count, reason)
    if max(tables.shape[1:]) > MOST_VALUES:
        reason = f"More than {MOST_VALUES} different values: no interval is computed."
        return _point(value, len(names), count, reason)
    grouped = np.zeros((count, *tables.shape[1:]))
    np.add.at(grouped, index, tables)
    drawn = np.random.default_rng(SEED).multinomial(count, np.full(count, 1 / count), RESAMPLES)
    sums = drawn.astype(np.float64) @ grouped.reshape(count, -1)
    again = measure(sums.reshape(-1, *tables.shape[1:]))
    again = again[np.isfinite(again)]
    if len(again) < 0.95 * RESAMPLES:
        return _point(value, len(names), count, "Too few ratings differ for an interval.")
    low, high = np.quantile(again, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    if high - low < TINY:
        reason = "Every resample gave the same value: no interval can be told from this."
        return _point(value, len(names), count, reason)
    return Agreement(value=value, low=float(low), high=float(high), units=len(names), groups=count)


def _point(value: float, units: int, groups: int, note: str) -> Agreement:
    return Agreement(value=value, low=None, high=None, units=units, groups=groups, note=note)


def _nothing(note: str) -> Agreement:
    return Agreement(value=None, low=None, high=None, units=0, groups=0, note=note)


def _all_the_same(units: int) -> Agreement:
    note = "Every rating is the same, so agreement can't be told from chance."
    return Agreement(value=None, low=None, high=None, units=units, groups=0, note=note)
