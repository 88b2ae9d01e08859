"""The verbs about what a plan needs: what `core.actions.Actions` offers of them."""

from __future__ import annotations

from dataclasses import dataclass

from core.run_actions import RunActions, Say, silent
from core.training import forecast, preflight, preflight_folder
from core.training.batching import Batching
from core.training.fit import Fit
from core.training.plan import TrainingPlan
from core.training.preflight_folder import Preflight


@dataclass(frozen=True)
class PreflightActions(RunActions):
    """The verbs about memory, time and cost of a plan, over one workspace and its settings."""

    def fit(self, plan: TrainingPlan) -> Fit:
        """What a plan needs here, against what is free; at once, nothing is loaded.

        Raises ModelError when the base model can't be used, DataError when the data is not there.
        """
        given = forecast.subject(self.workspace, self.settings, plan)
        return forecast.of(self.workspace, self.settings, given)

    def smaller_batch(self, plan: TrainingPlan, out_of_memory: bool = False) -> Batching:
        """How the plan's batch can be made to fit, with the same effective batch.

        `out_of_memory` says that the plan was tried, and memory ran out. Raises as `fit` does.
        """
        given = forecast.subject(self.workspace, self.settings, plan)
        return forecast.smaller_batch(self.workspace, self.settings, given, out_of_memory)

    def start_preflight(
        self, plan: TrainingPlan, say: Say = silent, again: bool = False
    ) -> Preflight:
        """Measure memory and time of a plan in a process of its own, or find what was measured.

        The engine gives its memory back first. With `again` it is measured anew. Raises what a plan
        that can't be started raises, and RunError while something else uses the machine.
        """
        return preflight.start(self.workspace, self.settings, plan, self._room(say), again)

    def preflight(self, preflight_id: str) -> Preflight:
        """How a pre-flight stands; one that ran out of memory with what would fit.

        Raises RunError when there is none of this name, and as `fit` does.
        """
        found = preflight_folder.status(self.workspace, preflight_id)
        if not found.out_of_memory:
            return found
        return found.model_copy(update={"batching": self.smaller_batch(found.plan, True)})

    def preflights(self) -> tuple[Preflight, ...]:
        """All pre-flights that are kept, newest first."""
        return preflight_folder.list_preflights(self.workspace)

    def cancel_preflight(self, preflight_id: str) -> Preflight:
        """End a pre-flight; nothing happens to one that has ended."""
        return preflight.cancel(self.workspace, preflight_id)
