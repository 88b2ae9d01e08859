"""The verbs about runs: what `core.actions.Actions` offers of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from core.comparing import batch
from core.data_actions import DataActions
from core.errors import DuotuneError, RunError, ServingError
from core.serving import tending
from core.serving.engines import Engines
from core.serving.gpu import gpu_memory
from core.serving.served import is_served
from core.training import (
    cloning,
    comparing,
    deleting,
    labels,
    library,
    logs,
    queue,
    recommend,
    retention,
    runs,
)
from core.training.comparing import RunComparison
from core.training.library import Kept
from core.training.logs import LogSearch
from core.training.plan import TrainingPlan
from core.training.plan_changes import PlanChanges
from core.training.queue import Room
from core.training.recommend import Proposal
from core.training.records import Continuation, EvaluationFact, Returned, Run, RunView
from core.training.standing import stands
from eval import evaluations

Say = Callable[[str], None]
"""Told, in a few words, what a slow action does now."""
UNDER_WAY = ("starting", "running")


def silent(_: str) -> None:
    """For callers that nobody listens to."""
    return None


@dataclass(frozen=True)
class RunActions(DataActions):
    """The verbs about plans and runs, over one workspace and its settings."""

    engines: Engines = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "engines", Engines(self.workspace, self.settings))

    # -- plans --------------------------------------------------------------------------------

    def propose_plan(self, dataset_id: str, changes: PlanChanges | None = None) -> Proposal:
        """A plan with recommended settings and reasons, the person's changes put in.

        Raises PlanError or ModelError when no such run is possible.
        """
        wanted = (changes or PlanChanges()).model_dump(exclude_none=True)
        return recommend.propose(
            self.workspace, self.settings, self.dataset(dataset_id), self.split(dataset_id), wanted
        )

    def clone_run(self, run_id: str, changes: PlanChanges | None = None) -> TrainingPlan:
        """A run's plan for another run, with what the person wants different; starts nothing.

        Raises PlanError for values that a plan can't have.
        """
        wanted = (changes or PlanChanges()).model_dump(exclude_none=True)
        return cloning.clone(runs.status(self.workspace, run_id), wanted)

    # -- starting and stopping ----------------------------------------------------------------

    def start_training(self, plan: TrainingPlan, say: Say = silent) -> Run:
        """Start a run in its own process, or let it wait for its turn; returns within a moment.

        Raises what a plan that can't be carried out raises.
        """
        return _told(runs.start(self.workspace, self.settings, plan, self._room(say)), say)

    def continuation(self, run_id: str, extend: float | None = None) -> Continuation:
        """What going on with a run comes to: from which step, what remains, how long it takes.

        Raises RunError when there is nothing to go on with or from.
        """
        return runs.continuation(self.workspace, run_id, extend)

    def resume_run(self, run_id: str, say: Say = silent, extend: float | None = None) -> Run:
        """Continue from the newest whole checkpoint, by `extend` epochs more where that is given.

        Raises RunError when there is nothing to go on with or from.
        """
        for sentence in self.continuation(run_id, extend).sentences:
            say(sentence)
        room = self._room(say)
        return _told(runs.resume(self.workspace, self.settings, run_id, room, extend), say)

    def stop_run(self, run_id: str) -> Run:
        """Ask a run to save a checkpoint and leave; one that waits leaves the queue."""
        return runs.stop(self.workspace, run_id)

    def move_run(self, run_id: str, place: int) -> Run:
        """Give a run that waits another place in the queue, from 1."""
        queue.move(self.workspace, run_id, place)
        return runs.status(self.workspace, run_id)

    def advance_queue(self, say: Say = silent) -> tuple[str, ...]:
        """Start what waits, as far as it can be; asks the model server for its memory."""
        return queue.advance(self.workspace, self.settings, self._room(say))

    def _room(self, say: Say) -> Room:
        return Room(self._evaluating, self.engines.is_living, lambda: self._ask_back(say))

    def _evaluating(self) -> str:
        found = evaluations.list_evaluations(self.workspace)
        if any(evaluation.status in UNDER_WAY for evaluation in found):
            return "An evaluation is using the model server, and training needs its memory."
        if any(one.status == "running" for one in batch.list_batches(self.workspace)):
            return "A batch comparison is using the model server, and training needs its memory."
        return ""

    def _ask_back(self, say: Say) -> Returned:
        """Have the model server sleep or stop, and see how much GPU memory came back."""
        before, warning = gpu_memory(), ""
        try:
            tending.give_back(self.engines, say)
        except ServingError as error:
            warning = error.problem
        after = gpu_memory()
        returned = Returned(
            before_mb=before.used if before else None,
            after_mb=after.used if after else None,
            warning=warning,
        )
        if returned.freed_mb is not None:
            say(f"{returned.freed_mb:,} MiB of GPU memory came back.")
        if warning:
            say(warning)
        return returned

    # -- looking ------------------------------------------------------------------------------

    def runs(self) -> tuple[Run, ...]:
        """All runs, newest first; sees that what waits is started when its turn comes."""
        found = runs.list_runs(self.workspace)
        if any(run.status == "queued" for run in found):
            queue.wake(self.workspace)
        return found

    def run(self, run_id: str) -> RunView:
        return runs.view(self.workspace, run_id)

    def find_run(self, text: str) -> Run:
        """The run that a person means by an id, the start of one, a name, or `last`.

        Raises RunError when none or several fit.
        """
        found = self.runs()
        if text == "last":
            matches = found[:1]
        else:
            matches = tuple(run for run in found if text in (run.id, run.plan.name))
            matches = matches or tuple(run for run in found if text and run.id.startswith(text))
        if len(matches) != 1:
            which = "No run fits" if not matches else f"{len(matches)} runs fit"
            raise RunError(f"{which} '{text}'.", fix="`duotune runs` lists them with their ids.")
        return matches[0]

    def run_log(self, run_id: str, lines: int = 200) -> str:
        """The last lines of what the trainer printed."""
        return runs.log_tail(self.workspace, run_id, lines)

    def search_log(self, run_id: str, text: str, limit: int = 100) -> LogSearch:
        """The last lines of a run's log, over all attempts, that hold a text."""
        runs.status(self.workspace, run_id)
        return logs.search(self.workspace.run(run_id), text, limit)

    def compare_runs(self, run_ids: Sequence[str]) -> RunComparison:
        """Runs side by side: the settings that differ, and what came of each.

        Raises RunError for fewer than two runs, one twice, or more than can be read.
        """
        chosen = [runs.status(self.workspace, run_id) for run_id in run_ids]
        facts = {run.id: self._evaluation_facts(run.id) for run in chosen}
        return comparing.compare(self.workspace, chosen, facts)

    def _evaluation_facts(self, run_id: str) -> tuple[EvaluationFact, ...]:
        found = evaluations.list_evaluations(self.workspace)
        done = [one.id for one in found if one.request.run_id == run_id]
        facts = []
        for report_id in done:
            try:
                report = evaluations.load_report(self.workspace, report_id)
            except RunError:  # it has not finished
                continue
            score = report.score
            fact = EvaluationFact(
                report_id=report_id,
                verdict=report.verdict.sentence,
                base=score.base,
                tuned=score.tuned,
                difference=score.difference,
                pairs=score.pairs,
            )
            if report.verdict.kind == "not_measured":  # figures that nobody should rely on
                fact = fact.model_copy(update={"base": None, "tuned": None, "difference": None})
            facts.append(fact)
        return tuple(facts)

    # -- what becomes of it -------------------------------------------------------------------

    def rename_run(self, run_id: str, name: str) -> Run:
        """Call a run something else; its plan stays as agreed."""
        runs.status(self.workspace, run_id)
        labels.rename(self.workspace.run(run_id), name)
        return runs.status(self.workspace, run_id)

    def note_run(self, run_id: str, text: str) -> Run:
        """Keep a note on a run; an empty text removes it."""
        runs.status(self.workspace, run_id)
        labels.note(self.workspace.run(run_id), text)
        return runs.status(self.workspace, run_id)

    def delete_run(self, run_id: str) -> Run:
        """Remove a run with all its files; returns it as it was.

        Raises RunError while it is live, served, or another live run begins with its model.
        """
        return deleting.delete(self.workspace, run_id, self._is_served)

    def keep_run(self, run_id: str, name: str | None = None) -> Kept:
        """Put a run's model into the library, where nothing clears it away.

        Raises RunError when the run has no whole model, or another one has the name.
        """
        run = runs.status(self.workspace, run_id)
        facts = self._evaluation_facts(run_id)
        return library.keep(self.workspace, run, name, facts, self._dataset_name(run))

    def _dataset_name(self, run: Run) -> str:
        try:
            return self.dataset(run.plan.dataset_id).name
        except DuotuneError:  # it was deleted, and the run is all that remembers it
            return ""

    def library(self) -> tuple[Kept, ...]:
        """Models that the person keeps, newest first."""
        return library.entries(self.workspace)

    def remove_kept(self, name: str) -> None:
        """Take a model out of the library.

        Raises RunError when there is none of that name.
        """
        library.remove(self.workspace, name)

    def keep_house(self) -> tuple[str, ...]:
        """Clear away runs whose days are over, and let the queue go on; returns their ids."""
        found = self.runs()
        return retention.sweep(self.workspace, found, self._is_needed)

    def _is_needed(self, run: Run) -> bool:
        """Whether something that goes on reads its model right now."""
        return self._is_served(run)

    def _is_served(self, run: Run) -> bool:
        return is_served(self.engines, run)


def _told(run: Run, say: Say) -> Run:
    if run.status == "queued":
        say(f"Run '{run.plan.name}' {stands(run.status)}. {run.waits_for}")
    return run
