"""Whether a run learns its rows by heart: validation loss against training loss."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from core.training.plan import TrainingPlan
from core.training.records import Curve
from ui.words import Voice

Health = Literal["healthy", "watch", "severe"]
WATCH_FROM, SEVERE_FROM = 1.2, 2.0
"""Validation loss over training loss (Microsoft's fine-tuning guidance)."""
TONE = {"healthy": "good", "watch": "warn", "severe": "bad"}

Point = tuple[int, float]


def ratio(curve: Curve) -> float | None:
    """The last validation loss over the mean training loss of the steps since the one before.

    None while one of them was not measured, or training loss is not above 0.
    """
    if not curve.validation or not curve.train:
        return None
    step, validation = curve.validation[-1]
    before = curve.validation[-2][0] if len(curve.validation) > 1 else 0
    train = _mean(curve.train, before, step)
    return validation / train if train is not None and train > 0 else None


def _mean(points: Sequence[Point], after: int, upto: int) -> float | None:
    losses = [loss for step, loss in points if after < step <= upto]
    if not losses:  # an epoch's validation fell between two logged steps
        losses = [loss for step, loss in points if step <= upto][-1:]
    return sum(losses) / len(losses) if losses else None


def health(value: float) -> Health:
    """`healthy` below 1.2, `severe` above 2, `watch` between."""
    if value < WATCH_FROM:
        return "healthy"
    return "watch" if value <= SEVERE_FROM else "severe"


def told(plan: TrainingPlan, curve: Curve, voice: Voice) -> dict[str, str] | None:
    """A tone and a sentence; None while it can't be told. Preferences have no such rule."""
    value = ratio(curve) if plan.objective == "sft" else None
    if value is None:
        return None
    found = health(value)
    return {"tone": TONE[found], "text": voice(f"run.health.{found}", ratio=f"{value:.2f}")}
