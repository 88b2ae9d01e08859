"""The doctor's card: why a run ended badly, the line that shows it, and the one change."""

from __future__ import annotations

from typing import Any

from core.training.doctor.diagnosing import Diagnosis
from core.training.records import Run
from ui.present.plan_settings import said_value
from ui.words import Voice

DOES = {"continue": "resume", "again": "again", "plan": "new_plan"}
"""What a click on each kind of remedy asks for."""


def card(found: Diagnosis, run: Run, voice: Voice) -> dict[str, Any]:
    """The part `doctor` of a run panel's value."""
    return {
        "title": voice("doctor.title"),
        "cause": voice.said(found.cause),
        "evidence": found.evidence,
        "where": voice("doctor.where", where=voice.said(found.where)) if found.where else "",
        "fix": voice.said(found.fix),
        "changes": changes(found, run, voice),
        "labels": {"change": voice("doctor.change"), "evidence": voice("doctor.evidence")},
    }


def changes(found: Diagnosis, run: Run, voice: Voice) -> list[dict[str, str]]:
    """Settings that a new start would change: name, value before and after."""
    if found.remedy is None:
        return []
    return [
        {
            "name": voice(f"plan.{name}"),
            "before": said_value(name, getattr(run.plan, name), voice),
            "after": said_value(name, value, voice),
        }
        for name, value in found.remedy.changes.items()
    ]


def button(found: Diagnosis, voice: Voice) -> dict[str, str] | None:
    """What one click does; None when only a person can help."""
    if found.remedy is None:
        return None
    does = DOES[found.remedy.kind]
    word = "again" if found.remedy.changes else "again_same"
    return {"do": does, "label": voice(f"doctor.{word if does == 'again' else does}")}
