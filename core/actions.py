"""Every verb the product offers, typed once: chat, buttons and terminal call these.

Each method reads and writes records in the workspace; none of them prints, draws or asks.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from core.data_actions import DataActions
from core.errors import RunError
from core.messages import Message
from core.models import catalog
from core.models.catalog import ModelFacts
from core.serving import chat
from core.serving.engines import Engines
from core.serving.pairs import open_pair
from core.serving.records import Engine, Generation, Pair, Sampling
from core.training import recommend, runs
from core.training.plan import TrainingPlan
from core.training.plan_changes import PlanChanges
from core.training.recommend import Proposal
from core.training.records import Run, RunView
from eval import comparison, evaluations, rubric_choice
from eval.records import Comparison, Evaluation, EvaluationRequest, Report, Sample
from eval.rubrics import Rubric

Say = Callable[[str], None]
"""Told, in a few words, what a slow action does now."""


def _silent(_: str) -> None:
    return None


@dataclass(frozen=True)
class Actions(DataActions):
    """The verbs, over one workspace and its settings; those about data are in `data_actions`."""

    engines: Engines = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "engines", Engines(self.workspace, self.settings))

    # -- training -----------------------------------------------------------------------------

    def models(self) -> tuple[ModelFacts, ...]:
        """Base models that can be picked by name; any Hub id or local folder can be given too."""
        return catalog.models(self.settings)

    def propose_plan(self, dataset_id: str, changes: PlanChanges | None = None) -> Proposal:
        """A plan with recommended settings and reasons, the person's changes put in.

        Raises PlanError or ModelError when no such run is possible.
        """
        wanted = (changes or PlanChanges()).model_dump(exclude_none=True)
        return recommend.propose(
            self.workspace, self.settings, self.dataset(dataset_id), self.split(dataset_id), wanted
        )

    def start_training(self, plan: TrainingPlan, say: Say = _silent) -> Run:
        """Start a run in its own process; the engine gives its memory back first.

        Raises what a plan that can't be carried out raises, and RunError while an evaluation runs.
        """
        return runs.start(self.workspace, self.settings, plan, lambda: self._free_memory(say))

    def runs(self) -> tuple[Run, ...]:
        """All runs, newest first."""
        return runs.list_runs(self.workspace)

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

    def stop_run(self, run_id: str) -> Run:
        """Ask a run to save a checkpoint and leave."""
        return runs.stop(self.workspace, run_id)

    def resume_run(self, run_id: str, say: Say = _silent) -> Run:
        """Go on from the newest whole checkpoint; the engine gives its memory back first."""
        return runs.resume(self.workspace, self.settings, run_id, lambda: self._free_memory(say))

    def _free_memory(self, say: Say) -> None:
        for evaluation in self.evaluations():
            if evaluation.status in ("starting", "running"):
                raise RunError(
                    "An evaluation is using the engine, and training needs its memory.",
                    evaluation.id,
                    "Wait until it is done, then start training.",
                )
        self.engines.stop_all(say)

    # -- serving ------------------------------------------------------------------------------

    def open_pair(self, run_id: str, say: Say = _silent) -> Pair:
        """Serve a finished run beside its base and prove that it is what was trained.

        Raises RunError when the run has no adapter yet or another one trains on the GPU,
        ServingError when it can't be served.
        """
        run = runs.status(self.workspace, run_id)
        if run.status != "succeeded":
            raise RunError(
                f"Run '{run.plan.name}' is {run.status}, so there is no tuned model to talk to.",
                run.id,
                "Wait for it to succeed, or resume it.",
            )
        self._need_gpu()
        return open_pair(self.engines, run, say)

    def _need_gpu(self) -> None:
        """An engine takes most of a GPU's free memory, which a trainer at work may need next."""
        live = next((run for run in self.runs() if run.is_live), None)
        if live is not None and catalog.gpu_name() is not None:
            raise RunError(
                f"Run '{live.plan.name}' is training on the GPU, and serving needs its memory.",
                live.id,
                "Wait until it is done, or stop it first: it can be resumed later.",
            )

    def ask_both(
        self,
        pair: Pair,
        messages: Sequence[Message],
        sampling: Sampling,
        tuned_messages: Sequence[Message] | None = None,
    ) -> AsyncIterator[tuple[Generation, Generation]]:
        """Both sides' growing answers, each at its own speed; close the iterator to stop both.

        In a longer conversation the tuned side gets its own earlier answers in `tuned_messages`.
        """
        return chat.stream_both(pair.base, pair.tuned, messages, sampling, tuned_messages)

    def samples(
        self, dataset_id: str, part: Literal["validation", "test"] = "test"
    ) -> tuple[Sample, ...]:
        """The questions of a held-out part, with the answers that the data gives."""
        return comparison.samples(self.examples(dataset_id), self.split(dataset_id), part)

    async def compare_samples(
        self, pair: Pair, samples: Sequence[Sample], sampling: Sampling
    ) -> list[Comparison]:
        """Both sides' answers to many questions, asked concurrently."""
        return await comparison.compare(samples, pair.base, pair.tuned, sampling)

    def engine(self) -> Engine | None:
        """The engine that runs now, if any."""
        return self.engines.running()

    def stop_engine(self, say: Say = _silent) -> None:
        """Stop the engine and see its memory given back."""
        self.engines.stop_all(say)

    # -- evaluation ---------------------------------------------------------------------------

    def rubric_for(self, run_id: str, file: Path | None = None) -> Rubric:
        """The given rubric file, the one bundled with the data, or a default one from the data."""
        run = runs.status(self.workspace, run_id)
        return rubric_choice.choose(self.workspace, run.plan.dataset_id, file)

    def start_evaluation(self, request: EvaluationRequest) -> Evaluation:
        """Start an evaluation in its own process."""
        self._need_gpu()
        return evaluations.start(self.workspace, self.settings, request)

    def resume_evaluation(self, report_id: str) -> Evaluation:
        """Go on with one that failed or was interrupted; answers that it has are kept."""
        self._need_gpu()
        return evaluations.resume(self.workspace, self.settings, report_id)

    def evaluations(self) -> tuple[Evaluation, ...]:
        """All evaluations, newest first."""
        return evaluations.list_evaluations(self.workspace)

    def evaluation(self, report_id: str) -> Evaluation:
        return evaluations.status(self.workspace, report_id)

    def report(self, report_id: str) -> Report:
        """A finished report.

        Raises RunError while it is not finished.
        """
        return evaluations.load_report(self.workspace, report_id)

    def report_file(self, report_id: str, kind: Literal["html", "md", "json"]) -> Path:
        """Where a finished report lies on disk."""
        return self.workspace.report(report_id) / f"report.{kind}"
