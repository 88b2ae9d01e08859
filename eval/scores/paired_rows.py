"""Rows with two scores or a winner, as values of both sides on one scale."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from core.errors import DataError
from eval.scores.files import BadRow, Rows, number, row_id

SO_UNSCORED = ": it counts as unscored."
WINNERS = {"base": (1.0, 0.0), "tuned": (0.0, 1.0), "tie": (0.5, 0.5)}
"""What a winner counts for base and for tuned."""


class Scale(NamedTuple):
    """The range that values can have."""

    low: float
    high: float

    @property
    def span(self) -> float:
        return self.high - self.low


SHARES = Scale(0.0, 1.0)
LARGEST = 1e300
"""Larger values can't be computed with: the difference of two would be infinite."""


class ScoredRow(NamedTuple):
    """A row's values in the unit of the file; None is unscored."""

    cluster: str
    base: float | None
    tuned: float | None


def checked_scale(scale: tuple[float, float]) -> Scale:
    """The scale that a person named; DataError when it is none."""
    if all(abs(end) <= LARGEST for end in scale) and scale[0] < scale[1]:
        return Scale(*scale)
    raise DataError(
        f"{scale[0]:g} to {scale[1]:g} is no scale.", "--scale", "Name the lower end first."
    )


def voted_rows(rows: Rows) -> list[ScoredRow]:
    """Rows with a winner; one that names nobody known is unscored and told."""
    found = []
    for line, row in rows.rows:
        try:
            name, cluster = _names(row)
            if "winner" not in row:
                raise BadRow("`winner` is missing, which the first row has.")
            if "base" in row or "tuned" in row:
                raise BadRow("a row has either `winner`, or `base` and `tuned`.")
        except BadRow as error:
            rows.complain(line, str(error))
            continue
        if rows.is_new(line, [name], f"id {name}"):
            found.append(ScoredRow(cluster, *_vote(rows, line, row["winner"])))
    return found


def _vote(rows: Rows, line: int, winner: object) -> tuple[float | None, float | None]:
    if isinstance(winner, str) and winner in WINNERS:
        return WINNERS[winner]
    if winner is not None:
        rows.complain(line, f"`winner` must be base, tuned, tie or null{SO_UNSCORED}")
    return None, None


def scored_rows(rows: Rows, scale: Scale | None) -> list[ScoredRow]:
    """Rows with a score of each side; a side without a usable one is unscored and told."""
    found = []
    for line, row in rows.rows:
        try:
            name, cluster = _names(row)
            if "winner" in row:
                raise BadRow("`winner` stands here, but the first row has `base` and `tuned`.")
            if "base" not in row and "tuned" not in row:
                raise BadRow("`base` is missing, and so is `tuned`.")
        except BadRow as error:
            rows.complain(line, str(error))
            continue
        if rows.is_new(line, [name], f"id {name}"):
            base, tuned = (_told(rows, line, row, side, scale) for side in ("base", "tuned"))
            found.append(ScoredRow(cluster, base, tuned))
    return found


def _names(row: dict[str, Any]) -> tuple[str, str]:
    """Id and cluster; a row without a cluster is one of its own."""
    name = row_id(row, "id")
    if row.get("cluster") is None:
        return name, f"row {name}"
    return name, f"cluster {row_id(row, 'cluster')}"


def _told(
    rows: Rows, line: int, row: dict[str, Any], side: str, scale: Scale | None
) -> float | None:
    """A side's score; one that can't be used is unscored and told, so that it is never lost."""
    try:
        return _value(row, side, scale)
    except BadRow as error:
        rows.complain(line, f"{str(error).rstrip('.')}{SO_UNSCORED}")
        return None


def _value(row: dict[str, Any], side: str, scale: Scale | None) -> float | None:
    if side not in row:
        raise BadRow(f"`{side}` is missing; write null for what could not be scored.")
    if row[side] is None:
        return None
    value = number(row[side], side)
    if not abs(value) <= LARGEST:  # NaN is not, either
        raise BadRow(f"`{side}` is no finite number up to {LARGEST:g}.")
    if scale and not scale.low <= value <= scale.high:
        raise BadRow(f"`{side}` is {value:g}, outside of {scale.low:g} to {scale.high:g}.")
    return value


def scale_of(found: Sequence[ScoredRow], notes: list[str]) -> Scale:
    """0 to 1, or where values lie outside of it the range that they take, which is told."""
    values = [v for row in found for v in (row.base, row.tuned) if v is not None]
    low, high = min(values, default=0.0), max(values, default=1.0)
    if low >= 0 and high <= 1:
        return SHARES
    if low == high:
        high = low + 1
    notes.append(
        f"Values lie outside of 0 to 1, so their own range, {low:g} to {high:g}, was taken as the "
        "scale: name yours with --scale LOW HIGH. Points in the sentence are hundredths of it."
    )
    return Scale(low, high)
