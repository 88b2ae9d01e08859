"""One evaluation under way: what it works on, and how it tells its progress."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from core.data import store
from core.data.records import Dataset, Split
from core.disk import append_line
from core.identifiers import now
from core.settings import Settings
from core.training import runs
from core.training.records import RunView
from core.workspace import Workspace
from eval import comparison
from eval.folder import ReportFolder
from eval.records import EvaluationRequest, Phase, Progress, Sample
from eval.rubric import rubrics
from eval.rubric.rubrics import Rubric


@dataclass
class Reporter:
    """Tells progress.jsonl how far the program is."""

    folder: ReportFolder
    phase: Phase = "engine"
    done: int = 0
    total: int | None = None
    failed: int = 0

    def begin(self, phase: Phase, total: int | None = None, done: int = 0) -> None:
        """A new phase of which `done` was there already."""
        self.phase, self.total, self.done = phase, total, done
        self._write()

    def step(self, failed: int = 0, done: int = 1) -> None:
        """So many more things are done, or could not be."""
        self.done += done
        self.failed += failed
        self._write()

    def _write(self) -> None:
        progress = Progress(
            at=now(), phase=self.phase, done=self.done, total=self.total, failed=self.failed
        )
        append_line(self.folder.progress, progress.model_dump_json())


@dataclass
class Case:
    """What one evaluation works on."""

    workspace: Workspace
    settings: Settings
    folder: ReportFolder
    request: EvaluationRequest
    rubric: Rubric
    run: RunView
    dataset: Dataset
    split: Split
    samples: Sequence[Sample]
    reporter: Reporter = field(init=False)

    def __post_init__(self) -> None:
        self.reporter = Reporter(self.folder)


def open_case(workspace: Workspace, settings: Settings, folder: ReportFolder) -> Case:
    """Read everything the request names."""
    request = EvaluationRequest.model_validate_json(folder.request.read_bytes())
    run = runs.view(workspace, request.run_id)
    dataset_id = run.run.plan.dataset_id
    split = comparison.split_of(workspace, run.run.plan)
    found = comparison.samples(store.load_examples(workspace, dataset_id), split, request.part)
    return Case(
        workspace=workspace,
        settings=settings,
        folder=folder,
        request=request,
        rubric=rubrics.load(request.rubric),
        run=run,
        dataset=store.load(workspace, dataset_id),
        split=split,
        samples=comparison.choose(found, request.limit, request.seed),
    )
