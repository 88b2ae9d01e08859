"""FakeRunActions: the verbs on runs that FakeActions leaves out, over the same World."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.actions import Say
from core.training import cloning, comparing, continuing
from core.training.comparing import RunComparison
from core.training.library import Kept, LibraryEntry
from core.training.plan import TrainingPlan
from core.training.plan_changes import PlanChanges
from core.training.preflight_folder import Preflight
from core.training.records import Continuation, Run
from tests.fakes_actions import CREATED, FakeActions


@dataclass(frozen=True)
class FakeRunActions(FakeActions):
    """Copies, comparisons and estimates are the real ones; files are neither read nor written."""

    def clone_run(self, run_id: str, changes: PlanChanges | None = None) -> TrainingPlan:
        wanted = (changes or PlanChanges()).model_dump(exclude_none=True)
        return cloning.clone(self.world.runs[run_id], wanted)

    def compare_runs(self, run_ids: Sequence[str]) -> RunComparison:
        return comparing.compare(self.workspace, [self.world.runs[each] for each in run_ids])

    def continuation(self, run_id: str, extend: float | None = None) -> Continuation:
        return continuing.continuation(self.workspace, self.world.runs[run_id], extend)

    def move_run(self, run_id: str, place: int) -> Run:
        self.world.moved.append((run_id, place))
        return self.world.runs[run_id]

    def rename_run(self, run_id: str, name: str) -> Run:
        self.world.renamed.append((run_id, name))
        run = self.world.runs[run_id]
        renamed = run.model_copy(update={"plan": run.plan.edited({"name": name})})
        self.world.runs[run_id] = renamed
        return renamed

    def keep_run(self, run_id: str, name: str | None = None) -> Kept:
        self.world.kept.append((run_id, name))
        run = self.world.runs[run_id]
        entry = LibraryEntry.model_construct(name=name or run.plan.name)
        return Kept.model_construct(entry=entry, folder="/library/one", is_whole=True)

    def delete_run(self, run_id: str) -> Run:
        return self.world.runs.pop(run_id)

    def start_preflight(
        self, plan: TrainingPlan, say: Say = lambda _: None, again: bool = False
    ) -> Preflight:
        self._raise("start_preflight")
        self.world.preflight = Preflight(
            id="pre-20261121-1", plan=plan, created=CREATED, status="running", phase="loading",
            step=0, total_steps=None, measured=None, failure=None, out_of_memory=False,
        )  # fmt: skip
        return self.world.preflight

    def preflight(self, preflight_id: str) -> Preflight:
        assert self.world.preflight is not None
        return self.world.preflight

    def preflights(self) -> tuple[Preflight, ...]:
        return (self.world.preflight,) if self.world.preflight else ()

    def cancel_preflight(self, preflight_id: str) -> Preflight:
        assert self.world.preflight is not None
        self.world.preflight = self.world.preflight.model_copy(update={"status": "cancelled"})
        return self.world.preflight
