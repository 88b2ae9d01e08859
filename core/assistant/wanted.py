"""What a sentence wants of the plan, as arguments for a proposal, from how things stand."""

from __future__ import annotations

import math
from typing import Any

from core.assistant.hearing import Heard
from core.assistant.settings_said import SettingsSaid
from core.assistant.settings_texts import LAST
from core.assistant.situation import Situation, waiting_plan
from core.assistant.understanding import Request
from core.training.plan import TrainingPlan

WHOLE = frozenset(
    ("rank", "alpha", "batch_size", "gradient_accumulation", "max_length", "max_steps", "seed",
     "evaluations", "early_stopping", "workers", "retention_days")
)  # fmt: skip
"""Settings that are whole numbers."""


def plan_arguments(heard: Heard, request: Request) -> dict[str, Any]:
    """The arguments of a proposal; {} when the sentence wants nothing in particular."""
    changes = values_of(request.settings, heard.situation)
    if request.purpose and "description" not in changes:
        changes["description"] = request.purpose
    given: dict[str, Any] = {"changes": changes} if changes else {}
    taken_back = [name for name, value in changes.items() if value is None]
    if taken_back:
        given["taken_back"] = taken_back
    return given | ({"accepts_licence": True} if request.settings.accepts_licence else {})


def values_of(settings: SettingsSaid, situation: Situation) -> dict[str, Any]:
    """Values for a plan; relative ones are worked out from the plan that waits."""
    values = dict(settings.values)
    if values.get("start_from") == LAST:
        values["start_from"] = situation.finished.id if situation.finished else LAST
    plan = waiting_plan(situation)
    if plan is None:
        return values
    for field, factor in settings.factors.items():
        values |= _relative(plan, field, factor, 0)
    for field, more in settings.added.items():
        values |= _relative(plan, field, 1, more)
    if settings.effective_batch:
        values |= _reached(plan, settings.effective_batch)
    return values


def _relative(plan: TrainingPlan, field: str, factor: float, more: float) -> dict[str, Any]:
    """{} for a setting that the plan leaves open."""
    now = getattr(plan, field)
    if now is None:
        return {}
    value = now * factor + more
    return {field: max(1, math.floor(value)) if field in WHOLE else value}


def _reached(plan: TrainingPlan, rows: int) -> dict[str, Any]:
    """Batch and accumulation for so many rows a step: the largest batch up to the plan's own."""
    share = max(1, rows // plan.workers)
    size = next(n for n in range(min(plan.batch_size, share), 0, -1) if share % n == 0)
    return {"batch_size": size, "gradient_accumulation": share // size}
