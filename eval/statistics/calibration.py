"""A judge measured against people: sensitivity, specificity, and a rate corrected by them."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

from core.messages import Record
from eval.statistics.intervals import wilson

FEWEST_LABELS = 30
"""Human labels below which a judge's errors are not worth a correction."""
LEAST_SKILL = 0.1
"""sensitivity + specificity - 1 at or below which the corrected rate could be anything."""
Z = 1.959963984540054
"""97.5% point of the normal distribution."""


class Rate(Record):
    """A share with its 95% interval, 0 to 1; None with the reason in `note`."""

    value: float | None
    low: float | None
    high: float | None
    count: int
    """What the share is of."""
    note: str = ""


class JudgeErrors(Record):
    """How often a judge says the same as people, for what they call met and for what not."""

    sensitivity: Rate
    """Share of answers that people call met and the judge too."""
    specificity: Rate
    """Share of answers that people call not met and the judge too."""
    unscored: int
    """Answers that one of both did not rate."""


def judge_errors(people: Sequence[bool | None], judge: Sequence[bool | None]) -> JudgeErrors:
    """Sensitivity and specificity of a judge with Wilson intervals; people are taken as right."""
    both = [(p, j) for p, j in zip(people, judge, strict=True) if p is not None and j is not None]
    of_met = [j for p, j in both if p]
    of_not_met = [not j for p, j in both if not p]
    return JudgeErrors(
        sensitivity=share(sum(of_met), len(of_met)),
        specificity=share(sum(of_not_met), len(of_not_met)),
        unscored=len(people) - len(both),
    )


def share(met: int, of: int) -> Rate:
    """A share with its Wilson interval."""
    interval = wilson(met, of)
    return Rate(
        value=met / of if of else None,
        low=interval.low,
        high=interval.high,
        count=of,
        note=interval.note,
    )


def corrected_rate(met: int, of: int, errors: JudgeErrors) -> Rate:
    """What people would have counted as met, from what the judge counted.

    theta = (p + q0 - 1) / (q0 + q1 - 1) with sensitivity q1 and specificity q0 (Rogan and Gladen
    1978), interval as Lang and Reiczigel (2014): rates smoothed by two more of each kind, and the
    errors of all three added up. None when people labelled too few, or the judge hardly tells.
    """
    q1, q0 = errors.sensitivity, errors.specificity
    labels = q1.count + q0.count
    if labels < FEWEST_LABELS or q1.value is None or q0.value is None:
        note = f"{labels} human labels: a correction needs {FEWEST_LABELS}, of both kinds."
        return Rate(value=None, low=None, high=None, count=of, note=note)
    if of == 0:
        return Rate(value=None, low=None, high=None, count=0, note="Nothing was counted.")
    if q0.value + q1.value - 1 <= LEAST_SKILL:
        note = "The judge hardly tells met from not met, so nothing can be corrected by it."
        return Rate(value=None, low=None, high=None, count=of, note=note)
    value = (met / of + q0.value - 1) / (q0.value + q1.value - 1)
    low, high = _interval(met, of, q1, q0)
    note = "" if 0 <= value <= 1 else f"The corrected rate came to {value:.3f} and was cut to 0..1."
    return Rate(value=_clipped(value), low=low, high=high, count=of, note=note)


def _interval(met: int, of: int, q1: Rate, q0: Rate) -> tuple[float, float]:
    p = (met + Z**2 / 2) / (of + Z**2)
    sensitivity = ((q1.value or 0.0) * q1.count + 1) / (q1.count + 2)
    specificity = ((q0.value or 0.0) * q0.count + 1) / (q0.count + 2)
    skill = specificity + sensitivity - 1
    theta = (p + specificity - 1) / skill
    spread_met = sensitivity * (1 - sensitivity) / (q1.count + 2)
    spread_not = specificity * (1 - specificity) / (q0.count + 2)
    error = (
        sqrt(p * (1 - p) / (of + Z**2) + theta**2 * spread_met + (1 - theta) ** 2 * spread_not)
        / skill
    )
    shift = 2 * Z**2 * (theta * spread_met - (1 - theta) * spread_not)
    return _clipped(theta + shift - Z * error), _clipped(theta + shift + Z * error)


def _clipped(value: float) -> float:
    return min(1.0, max(0.0, value))
