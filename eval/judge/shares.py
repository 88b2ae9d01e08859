"""Shares with their intervals, in the shape that a report shows."""

from __future__ import annotations

from core.wording import said
from eval.judge.records import Share
from eval.statistics.agreement import Agreement
from eval.statistics.calibration import Rate, share


def share_of(met: int, of: int) -> Share:
    """A share with its 95% Wilson interval; None of nothing."""
    return from_rate(share(met, of))


def from_rate(rate: Rate) -> Share:
    """A rate as it is shown."""
    return Share(
        value=rate.value,
        low=rate.low,
        high=rate.high,
        count=rate.count,
        note=rate.note,
        note_zh=said(rate.note, "zh"),
    )


def from_agreement(found: Agreement) -> Share:
    """An agreement as it is shown; below 0 it is worse than chance."""
    return Share(
        value=found.value,
        low=found.low,
        high=found.high,
        count=found.units,
        note=found.note,
        note_zh=said(found.note, "zh"),
    )
