"""Runs, evaluations and reports, read again only when something about them can have changed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import local

from core.actions import Actions
from core.certificates import store
from core.comparing.batch import Batch
from core.comparing.folder import ComparingFolder
from core.data.jobs import Job
from core.data.records import Dataset, Split
from core.errors import DataError, DuotuneError
from core.library_actions import Shelved
from core.lineage import Lineage
from core.models.downloads import Download
from core.training.library import Kept
from core.training.preflight_folder import Preflight
from core.training.records import Continuation, Run, RunView
from core.training.sweep import Sweep, SweepResult
from eval.records import Evaluation, Report
from ui.leaving import LeavingWatch
from ui.present.run import Beside
from ui.watched import Facts, any_running, file_facts, folder_facts, nested_facts

Happened = tuple[tuple[str, str, int], ...]


class Watch(LeavingWatch):
    """What the page shows of the workspace, over `Actions`, cheap enough to ask every second.

    A run at work or an evaluation is read each time (its process may die without a word);
    everything else only when a file of its folder changed.
    """

    def __init__(self, actions: Actions) -> None:
        super().__init__(actions)
        self._look = local()

    @contextmanager
    def one_look(self) -> Iterator[None]:
        """Meanwhile this thread looks at the runs once, however many parts of a page ask."""
        self._look.runs = self._look_at_runs()
        try:
            yield
        finally:
            self._look.runs = None

    # -- runs ---------------------------------------------------------------------------------

    def runs(self) -> tuple[Run, ...]:
        """All runs, newest first."""
        seen: tuple[Run, ...] | None = getattr(self._look, "runs", None)
        return self._look_at_runs() if seen is None else seen

    def _look_at_runs(self) -> tuple[Run, ...]:
        folder = self.actions.workspace.runs
        ids = self._kept("runs", folder_facts(folder), lambda: [r.id for r in self.actions.runs()])
        keeping = self._keeping()
        found = [self._view(run_id, keeping).run for run_id in ids]
        waiting = [run for run in found if run.status == "queued"]
        if not waiting:
            return tuple(found)
        placed = self._kept("queue", self._queue(found), self._placed)
        return tuple(placed.get(run.id, run) if run.status == "queued" else run for run in found)

    def view(self, run_id: str) -> RunView:
        """A run with its curve and events."""
        view = self._view(run_id, self._keeping())
        if view.run.status != "queued":
            return view
        run = next((one for one in self.runs() if one.id == run_id), view.run)
        return view.model_copy(update={"run": run})

    def _view(self, run_id: str, keeping: Facts) -> RunView:
        facts = folder_facts(self.actions.workspace.run(run_id).root) + keeping
        return self._kept(
            run_id, facts, lambda: self.actions.run(run_id), lambda view: view.run.is_at_work
        )

    def _keeping(self) -> Facts:
        """Changes when a model was kept, or the time until runs are cleared away was counted."""
        workspace = self.actions.workspace
        return folder_facts(workspace.library) + file_facts(workspace.clock)

    def _queue(self, runs: list[Run]) -> Facts:
        """Changes when the order of what waits can have: a ticket, a start, an end."""
        at_work = tuple((run.id, run.attempt, 0) for run in runs if run.is_at_work)
        tickets: Facts = ()
        for run in runs:
            if run.status == "queued":
                tickets += file_facts(self.actions.workspace.run(run.id).ticket)
        return at_work + tickets

    def _placed(self) -> dict[str, Run]:
        """The runs that wait, with their places: one look at the queue for all of them."""
        return {run.id: run for run in self.actions.runs() if run.status == "queued"}

    def beside(self, run: Run) -> Beside:
        """Why a run ended badly or hangs, and what going on with it comes to."""
        if run.is_live and not run.is_silent:
            return Beside()
        facts = folder_facts(self.actions.workspace.run(run.id).root)
        key = f"{run.id}/{run.status}/beside"

        def look() -> Beside:
            return Beside(self.actions.diagnose(run.id), self._continuation(run))

        return self._kept(key, facts, look)

    def _continuation(self, run: Run) -> Continuation | None:
        if not run.can_resume:
            return None
        try:
            return self.actions.continuation(run.id)
        except DuotuneError:  # its last checkpoint went away meanwhile
            return None

    def log(self, run_id: str, lines: int) -> str:
        """The last lines of what a run's trainer printed."""
        file = self.actions.workspace.run(run_id).log
        key = f"{run_id}/log/{lines}"
        return self._kept(key, file_facts(file), lambda: self.actions.run_log(run_id, lines))

    def sweeps(self) -> tuple[Sweep, ...]:
        """All sweeps, newest first."""
        facts = folder_facts(self.actions.workspace.sweeps)
        return self._kept("sweeps", facts, self.actions.sweeps)

    def sweep_result(self, sweep: Sweep) -> SweepResult:
        """How the runs of a sweep compare; looked at again when one of them began or ended."""
        stands = tuple(
            (f"{run.id} {run.status}", run.attempt, 0)
            for run in self.runs()
            if run.id in sweep.run_ids
        )
        return self._kept(sweep.id, stands, lambda: self.actions.sweep_result(sweep.id))

    def library(self) -> tuple[Kept, ...]:
        """Models that the person keeps, newest first."""
        facts = folder_facts(self.actions.workspace.library)
        return self._kept("library", facts, self.actions.library)

    def shelf(self) -> tuple[Shelved, ...]:
        """The same with where each comes from, what came of it, and whether it is served."""
        workspace = self.actions.workspace
        places = (
            workspace.library, workspace.reports, workspace.exports, workspace.engines,
            workspace.datasets,
        )  # fmt: skip
        facts = sum((nested_facts(place) for place in places), file_facts(workspace.clock))
        stands = tuple((run.id, run.status, run.plan.name) for run in self.runs())
        return self._kept("shelf", (facts, stands), self.actions.shelf)

    def lineage(self, run: Run) -> Lineage:
        """Where a run's model comes from, and what came of it."""
        workspace = self.actions.workspace
        places = (workspace.reports, workspace.exports)
        facts = sum((nested_facts(place) for place in places), folder_facts(workspace.datasets))
        facts += folder_facts(workspace.run(run.id).root / store.FOLDER) + self._keeping()
        stands = (run.status, run.attempt, run.plan.name)
        return self._kept(
            f"{run.id}/lineage", (facts, stands), lambda: self.actions.lineage(run.id)
        )

    def preflights(self) -> tuple[Preflight, ...]:
        """All pre-flights that are kept, newest first."""
        return self._kept(
            "preflights",
            nested_facts(self.actions.workspace.preflights),
            self.actions.preflights,
            any_running,
        )

    def downloads(self) -> tuple[Download, ...]:
        """All downloads of base models, newest first."""
        return self._kept(
            "downloads",
            nested_facts(self.actions.workspace.downloads),
            self.actions.model_downloads,
            any_running,
        )

    # -- everything else ----------------------------------------------------------------------

    def evaluations(self) -> tuple[Evaluation, ...]:
        """All evaluations, newest first."""
        return self._kept(
            "evaluations",
            nested_facts(self.actions.workspace.reports),
            self.actions.evaluations,
            lambda found: any(is_live(one) for one in found),
        )

    def report(self, report_id: str) -> Report:
        """A finished report; it never changes again."""
        return self._kept(report_id, (), lambda: self.actions.report(report_id))

    def dataset(self, dataset_id: str) -> Dataset:
        """A dataset version; it changes only when its texts were read, or it is deleted."""
        facts = folder_facts(self.actions.workspace.dataset(dataset_id))
        return self._kept(dataset_id, facts, lambda: self.actions.dataset(dataset_id))

    def split(self, dataset_id: str) -> Split:
        """Its frozen split; it never changes either."""
        return self._kept(f"{dataset_id}/split", (), lambda: self.actions.split(dataset_id))

    def datasets(self) -> tuple[Dataset, ...]:
        """All dataset versions, newest first."""
        facts = folder_facts(self.actions.workspace.datasets)
        return self._kept("datasets", facts, self.actions.datasets)

    def damaged_datasets(self) -> tuple[DataError, ...]:
        """Why some datasets are not listed."""
        facts = folder_facts(self.actions.workspace.datasets)
        return self._kept("damaged", facts, self.actions.damaged_datasets)

    def jobs(self) -> tuple[Job, ...]:
        """Long work on data, newest first."""
        facts = nested_facts(self.actions.workspace.jobs)
        return self._kept("jobs", facts, self.actions.jobs, any_running)

    def batches(self) -> tuple[Batch, ...]:
        """All batches of questions, newest first."""
        return self._kept(
            "batches",
            nested_facts(ComparingFolder.of(self.actions.workspace).batches),
            self.actions.batches,
            any_running,
        )

    def happened(self) -> Happened:
        """How all that goes on by itself stands; equal as long as nothing began or ended."""
        runs = tuple((run.id, run.status, run.attempt) for run in self.runs())
        jobs = tuple((job.id, job.status, 0) for job in self.jobs())
        measured = tuple((one.id, one.status, 0) for one in self.preflights())
        evaluated = tuple((one.id, one.status, 0) for one in self.evaluations())
        left = tuple((one.id, one.status, 0) for one in self.exports())
        proved = tuple((one.id, one.status, 0) for one in self.certifications())
        asked = tuple((one.id, one.status, 0) for one in self.batches())
        return runs + jobs + measured + evaluated + left + proved + asked

    def is_busy(self) -> bool:
        """Whether any work goes on that the page shows live."""
        if any(run.is_live for run in self.runs()) or any(map(is_live, self.evaluations())):
            return True
        going_on = [job.status for job in self.jobs()]
        going_on += [one.status for one in self.preflights()]
        going_on += [one.status for one in self.batches()]
        going_on += [one.status for one in self.exports()]
        going_on += [one.status for one in self.certifications()]
        return "running" in going_on or any(d.status == "running" for d in self.downloads())


def is_live(evaluation: Evaluation) -> bool:
    """Whether an evaluation still goes on."""
    return evaluation.status in ("starting", "running")


__all__ = ["Facts", "Happened", "Watch", "file_facts", "folder_facts", "is_live"]
