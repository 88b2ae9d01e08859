"""All settings of a plan that was agreed to, with the reason for each."""

from __future__ import annotations

from core.training.plan import TrainingPlan
from ui.markup import Html, table
from ui.present.plan_settings import EDITABLE, applies, said_value
from ui.words import Voice


def listed(plan: TrainingPlan, voice: Voice) -> Html:
    """Setting, value and reason; those that this method does not read are left out."""
    rows = (
        (
            voice(f"plan.{name}"),
            said_value(name, getattr(plan, name), voice),
            voice.said(plan.reasons.get(name, "")),
        )
        for name in EDITABLE
        if name != "name" and applies(name, plan)
    )
    return table((voice("tools.setting"), voice("plan_list.value"), voice("plan_list.why")), rows)
