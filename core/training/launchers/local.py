"""One trainer process on this machine."""

from __future__ import annotations

from core.errors import PlanError
from core.training.launchers.processes import ProcessLauncher
from core.training.plan import TrainingPlan


class LocalLauncher(ProcessLauncher):
    """Trains in one process, on one GPU or on the CPU."""

    def check(self, plan: TrainingPlan) -> None:
        if plan.workers > 1:
            raise PlanError(
                "The local launcher starts one process, and the plan asks for "
                f"{plan.workers} workers.",
                fix="Set launcher to accelerate (this machine) or ray (a cluster), or workers to "
                "1.",
            )
