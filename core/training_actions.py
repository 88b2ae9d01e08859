"""The verbs around runs: sweeps, the failure doctor, plans as scripts; part of `core.actions`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import RunError
from core.run_actions import RunActions, Say, silent
from core.training import job_files, runs, script, sweep
from core.training.doctor.diagnosing import Diagnosis, diagnose
from core.training.job_files import JobFiles, Where
from core.training.plan import TrainingPlan
from core.training.plan_changes import PlanChanges
from core.training.records import Run
from core.training.sweep import Sweep, SweepResult


@dataclass(frozen=True)
class TrainingActions(RunActions):
    """The verbs about several runs at once, and about runs that ended badly."""

    # -- sweeps -------------------------------------------------------------------------------

    def start_sweep(
        self, plan: TrainingPlan, varied: Mapping[str, Sequence[Any]], say: Say = silent
    ) -> Sweep:
        """Queue a run for every combination of the values; they are trained one after another.

        Raises PlanError, before anything is started, when this makes no small sweep.
        """
        return sweep.start(self.workspace, plan, varied, lambda one: self.start_training(one, say))

    def sweeps(self) -> tuple[Sweep, ...]:
        """All sweeps, newest first."""
        return sweep.all_sweeps(self.workspace)

    def sweep_result(self, sweep_id: str) -> SweepResult:
        """How the runs of a sweep compare; raises RunError when there is no such sweep."""
        found = sweep.load(self.workspace, sweep_id)
        return sweep.result(found, {run.id: run for run in self.runs()})

    def export_script(self, plan: TrainingPlan, folder: Path) -> tuple[Path, ...]:
        """Write a plan as a plain TRL script with its data; returns what was written.

        Raises PlanError for a plan that can't be written so.
        """
        return script.export(self.workspace, self.settings, plan, folder)

    def pack_job(self, source: TrainingPlan | str, where: Where, folder: Path) -> JobFiles:
        """Pack a plan, or a run by its id, with a script that trains it on machines elsewhere.

        Raises PlanError for what such a job can't carry out, RunError for a run that is at work.
        """
        return job_files.pack(self.workspace, self.settings, source, where, folder)

    # -- the doctor ---------------------------------------------------------------------------

    def diagnose(self, run_id: str) -> Diagnosis | None:
        """Why a run ended badly or hangs, with the line that shows it; None when it is well."""
        return diagnose(self.workspace.run(run_id), runs.status(self.workspace, run_id))

    def remedied_plan(self, run_id: str) -> TrainingPlan:
        """The plan that the doctor's change makes of a failed run's; starts nothing.

        Raises RunError when the doctor has no change of settings for it.
        """
        found = self.diagnose(run_id)
        if found is None or found.remedy is None or found.remedy.kind != "again":
            raise RunError(
                "There is no change of settings that is known to help this run.",
                run_id,
                found.fix if found else "It did not end badly.",
            )
        return self.clone_run(run_id, PlanChanges.model_validate(found.remedy.changes))

    def apply_remedy(self, run_id: str, say: Say = silent) -> Run:
        """Do what the doctor advises: continue the run, or start its plan again with one change.

        Raises RunError when only a person can help, or a new plan is needed.
        """
        found = self.diagnose(run_id)
        if found is not None and found.remedy is not None and found.remedy.kind == "continue":
            return self.resume_run(run_id, say)
        return self.start_training(self.remedied_plan(run_id), say)
