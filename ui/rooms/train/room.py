"""What the callbacks of the Train room share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from core.training.plan import TrainingPlan
from core.training.records import Run
from ui.services import Services

Drawn = dict[Any, Any]
"""Widgets and what they show from now on."""
QUEUED = {"show_progress": "hidden", "api_visibility": "private"}
"""For what takes longer than a moment."""


@dataclass(frozen=True)
class Draft:
    """The plan that a page shows, and what the person has changed in it so far."""

    dataset_id: str | None = None
    plan: TrainingPlan | None = None
    """A copied or opened one; None is what is recommended."""
    key: str = ""
    """Of its card; "" for the recommended plan of the dataset."""
    changes: Mapping[str, Any] = field(default_factory=dict)
    touched: tuple[str, ...] = ()
    preflight: str | None = None
    """The measurement that the card shows."""

    def revised(self, data: Mapping[str, Any]) -> Draft:
        """The same with what the card tells of its fields."""
        changes = dict(data.get("changes", {}))
        return replace(self, changes=changes, touched=tuple(data.get("touched", ())))


class TrainRoom:
    """The verbs, what is known of the workspace, and the proposals for plans."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.actions = services.actions
        self.watch = services.watch
        self.plans = services.plans

    def current(self, chosen: str | None) -> Run | None:
        """The run that was chosen, or the newest one."""
        runs = self.watch.runs()
        found = next((run for run in runs if run.id == chosen), None)
        return found or next(iter(runs), None)
