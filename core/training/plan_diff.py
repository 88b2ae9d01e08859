"""What differs between two plans, field by field."""

from __future__ import annotations

from typing import Any

from core.messages import Record
from core.training.plan import TrainingPlan

NOT_COMPARED = ("name", "description", "reasons")
"""What a run is called and why a value was chosen changes nothing that is trained."""


class Difference(Record):
    """One setting with its value in each plan."""

    field: str
    before: Any
    after: Any


def differences(before: TrainingPlan, after: TrainingPlan) -> tuple[Difference, ...]:
    """Every setting that decides what a run does and differs, in the plan's own order."""
    values = [plan.model_dump(mode="json") for plan in (before, after)]
    return tuple(
        Difference(field=name, before=values[0][name], after=values[1][name])
        for name in TrainingPlan.model_fields
        if name not in NOT_COMPARED and values[0][name] != values[1][name]
    )
