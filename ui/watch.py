"""Runs, evaluations and reports, read again only when something about them can have changed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import RLock
from typing import TypeVar

from core.actions import Actions
from core.data.jobs import Job
from core.data.records import Dataset, Split
from core.errors import DataError
from core.training.records import Run, RunView
from eval.records import Evaluation, Report

T = TypeVar("T")
Facts = tuple[tuple[str, int, int], ...]
Happened = tuple[tuple[str, str, int], ...]


class Watch:
    """What the page shows of the workspace, over `Actions`, cheap enough to ask every second.

    A live run or evaluation is read each time (its process may die without a word); everything
    else only when a file of its folder changed.
    """

    def __init__(self, actions: Actions) -> None:
        self.actions = actions
        self._lock = RLock()
        self._known: dict[str, tuple[Facts, object]] = {}

    def runs(self) -> tuple[Run, ...]:
        """All runs, newest first."""
        folder = self.actions.workspace.runs
        ids = self._kept("runs", folder_facts(folder), lambda: [r.id for r in self.actions.runs()])
        return tuple(self.view(run_id).run for run_id in ids)

    def view(self, run_id: str) -> RunView:
        """A run with its curve and events."""
        facts = folder_facts(self.actions.workspace.run(run_id).root)
        return self._kept(
            run_id, facts, lambda: self.actions.run(run_id), lambda view: view.run.is_live
        )

    def evaluations(self) -> tuple[Evaluation, ...]:
        """All evaluations, newest first."""
        folder = self.actions.workspace.reports
        facts = folder_facts(folder)
        for child in sorted(folder.iterdir()) if folder.is_dir() else ():
            facts += folder_facts(child)
        return self._kept(
            "evaluations",
            facts,
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

    def lasting(self, key: str, read: Callable[[], T]) -> T:
        """Something that never changes once it is there, read once."""
        return self._kept(key, (), read)

    def jobs(self) -> tuple[Job, ...]:
        """Long work on data, newest first."""
        folder = self.actions.workspace.jobs
        facts = folder_facts(folder)
        for child in sorted(folder.iterdir()) if folder.is_dir() else ():
            facts += folder_facts(child)
        running = lambda found: any(job.status == "running" for job in found)  # noqa: E731
        return self._kept("jobs", facts, self.actions.jobs, running)

    def happened(self) -> Happened:
        """How runs, jobs and evaluations stand; equal as long as nothing began or ended."""
        runs = tuple((run.id, run.status, run.attempt) for run in self.runs())
        jobs = tuple((job.id, job.status, 0) for job in self.jobs())
        return runs + jobs + tuple((one.id, one.status, 0) for one in self.evaluations())

    def is_busy(self) -> bool:
        """Whether a run, a job or an evaluation goes on."""
        if any(run.is_live for run in self.runs()) or any(map(is_live, self.evaluations())):
            return True
        return any(job.status == "running" for job in self.jobs())

    def _kept(
        self,
        key: str,
        facts: Facts,
        read: Callable[[], T],
        stale: Callable[[T], bool] | None = None,
    ) -> T:
        with self._lock:
            known = self._known.get(key)
            if known is not None and known[0] == facts:
                value: T = known[1]  # type: ignore[assignment]  # stored under this key by this call
                if stale is None or not stale(value):
                    return value
            fresh = read()
            self._known[key] = (facts, fresh)
            return fresh


def is_live(evaluation: Evaluation) -> bool:
    """Whether an evaluation still goes on."""
    return evaluation.status in ("starting", "running")


def folder_facts(folder: Path) -> Facts:
    """Name, time and size of everything directly in a folder; () when there is none."""
    try:
        entries = [(entry.name, entry.stat()) for entry in folder.iterdir()]
    except FileNotFoundError:  # gone, or never made
        return ()
    return tuple(sorted((name, found.st_mtime_ns, found.st_size) for name, found in entries))
