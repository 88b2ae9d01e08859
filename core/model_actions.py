"""The verbs about base models: what `core.actions.Actions` offers of them."""

from __future__ import annotations

from dataclasses import dataclass

from core.errors import PlanError
from core.models import catalog, downloads, inspection, licences
from core.models.downloads import Download
from core.models.facts import ModelFacts, hub_models
from core.models.inspection import ModelInspection
from core.settings import Settings
from core.training.plan import TrainingPlan
from core.workspace import Workspace


@dataclass(frozen=True)
class ModelActions:
    """The verbs about base models, over one workspace and its settings."""

    workspace: Workspace
    settings: Settings

    def models(self) -> tuple[ModelFacts, ...]:
        """Base models that can be picked by name; any Hub id or local folder can be given too."""
        return catalog.models(self.settings)

    def models_checked(self) -> str:
        """The month in which the facts of the Hub models were looked up, such as 2026-11."""
        return hub_models().checked

    def inspect_model(self, name: str, revision: str | None = None) -> ModelInspection:
        """What a catalog name, Hub id or local folder is, without its weights.

        Raises ModelError when there is no such model, or the hub is not in reach.
        """
        return inspection.inspect(name, self.settings, revision)

    def download_model(self, name: str, revision: str | None = None) -> Download:
        """Fetch a Hub model in the background, or go on where a download of it was broken off.

        Raises ModelError for what is no Hub model, or while no hub may be asked.
        """
        return downloads.start(self.workspace, self.settings, name, revision)

    def model_downloads(self) -> tuple[Download, ...]:
        """All downloads, newest first."""
        return downloads.list_downloads(self.workspace)

    def model_download(self, download_id: str) -> Download:
        """How a download stands. Raises ModelError when there is none of this name."""
        return downloads.status(self.workspace, download_id)

    def cancel_download(self, download_id: str) -> Download:
        """End a download; what it has fetched stays. Raises ModelError when there is none."""
        return downloads.cancel(self.workspace, download_id)

    def licence_question(self, name: str, accepted: str | None = None) -> PlanError | None:
        """Why a model may not be tuned before its licence is accepted by name; None when it may.

        Asks the catalog first, then the model itself. Raises ModelError when there is no such
        model.
        """
        known = catalog.facts_of(name, self.settings)
        return licences.licence_gate(known or self.inspect_model(name), accepted)

    def accept_licence(self, plan: TrainingPlan) -> TrainingPlan:
        """The plan with the person's yes to its base model's licence, where that asks for one."""
        model = catalog.facts_of(plan.base_model, self.settings)
        terms = (model or self.inspect_model(plan.base_model, plan.revision)).terms
        named = terms.name if terms.must_be_accepted else None
        return plan.model_copy(update={"licence_accepted": named})
