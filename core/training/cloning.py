"""A new plan from a run's: the same, with what the person wants different."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from core.errors import PlanError
from core.training.plan import TrainingPlan, misfits
from core.training.records import Run

CHOSEN = "Your choice."
OF_THE_MODEL = ("revision", "licence_accepted")
"""Settings that belong to one base model and no other."""
OF_THE_TEXTS = ("max_length", "base_model", "revision", "objective")
"""Settings that decide which tokens are learnt."""
LONGEST_NAME = 80


def clone(run: Run, changes: Mapping[str, Any]) -> TrainingPlan:
    """The plan of a run under another name, with these settings changed.

    Raises PlanError for values that a plan can't have.
    """
    given = {name: value for name, value in changes.items() if value is not None}
    values: dict[str, Any] = {"name": _name(run.plan.name), **given}
    if values.get("base_model", run.plan.base_model) != run.plan.base_model:
        values = {**dict.fromkeys(OF_THE_MODEL), **values}
    if any(values.get(name, before) != before for name, before in _texts(run.plan).items()):
        values["mask_sha256"] = None
    reasons = {k: v for k, v in run.plan.reasons.items() if k not in given}
    values["reasons"] = reasons | {name: CHOSEN for name in given if name in run.plan.reasons}
    try:
        return run.plan.edited(values)
    except ValidationError as error:
        told = "; ".join(misfits(error))
        raise PlanError(f"These settings can't be used: {told}.", fix="Correct them.") from error


def _texts(plan: TrainingPlan) -> dict[str, Any]:
    return {name: getattr(plan, name) for name in OF_THE_TEXTS}


def _name(name: str) -> str:
    """The name of a copy: `tea (2)`, and of that one `tea (3)`."""
    stem, _, number = name.removesuffix(")").rpartition(" (")
    count = 2
    if name.endswith(")") and number.isdecimal() and stem:
        name, count = stem, int(number) + 1
    ending = f" ({count})"
    return name[: LONGEST_NAME - len(ending)] + ending
