"""Estimate: a paired difference with its uncertainty, the figure every part of a report uses."""

from __future__ import annotations

from core.messages import Record


class Estimate(Record):
    """A paired difference (tuned - base) with its uncertainty, in the unit of its values."""

    base: float | None
    tuned: float | None
    difference: float | None
    low: float | None
    """Lower end of the 95% interval; None when it could not be computed, see `note`."""
    high: float | None
    p_value: float | None
    pairs: int
    """Samples where both sides were scored."""
    groups: int
    """Independent groups among them."""
    unscored_base: int
    unscored_tuned: int
    deviation: float | None = None
    """Of one group's difference: sqrt(groups) times its standard error; None with fewer than two
    groups."""
    note: str = ""
    """Why something is None, or how to read the interval."""
