"""The verbs about evaluations and reports: what `core.actions.Actions` offers of them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from core.comparing import cache
from core.errors import RubricError, RunError
from core.run_actions import Say, silent
from core.serving.contenders import Contender
from core.serving_actions import ServingActions
from core.training import runs
from core.training.plan import TrainingPlan
from core.training.plan_changes import PlanChanges
from core.training.records import Run
from eval import comparison, evaluations
from eval.curve import standing as curve_standing
from eval.curve.standing import CurveStanding
from eval.folder import ReportFolder, read_rows
from eval.judge.records import Calibration, JudgeEstimate, Preference
from eval.need.records import NeedForTraining, NeedRequest
from eval.records import Comparison, Evaluation, EvaluationRequest, Report, Side, Verdict
from eval.report.compare_reports import Found, ReportComparison, compare_reports
from eval.rubric import choice as rubric_choice
from eval.rubric.rubrics import Rubric, load
from eval.votes import queue as vote_queue
from eval.votes import report_votes
from eval.votes.queue import CriterionItem, Judged, PairItem
from eval.votes.report_votes import Ballot, Vote, VoteCount

if TYPE_CHECKING:
    from eval.rubric.draft import Drafted

DRAWN_WITH = 7
"""Seed of the rows that a rubric is drafted from."""
ReportKind = Literal["html", "md", "zh.md", "json", "examples.html", "examples.jsonl"]


@dataclass(frozen=True)
class EvaluationActions(ServingActions):
    """The verbs about evaluations and their reports, over one workspace."""

    # -- before training ----------------------------------------------------------------------

    def need_for_training(
        self, plan: TrainingPlan, request: NeedRequest, say: Say = silent
    ) -> NeedForTraining:
        """What a plan's base model reaches without training, on questions of the validation part.

        Answers are kept: asked again, only what is missing is. Raises DataError without such
        questions, RubricError without checks, ServingError when the model can't be served.
        """
        from eval.need import trial as need  # here: it brings what scores answers

        split, examples = self.split(plan.dataset_id), self.examples(plan.dataset_id)
        found = need.material(plan, split, examples, request)
        base = Contender(kind="base", name=plan.base_model, revision=plan.revision)
        (lane,) = self.open_lanes([base], say)
        weights = cache.content_of(self.workspace, lane) or base.model_dump_json()
        path = self.workspace.trial(plan.dataset_id, weights)
        return need.tried(lane.endpoint, found, path, need.counted(found, say))

    def draft_rubric(self, dataset_id: str) -> Drafted:
        """A rubric that a language model draws from training rows; every criterion is a draft.

        The rows go to the judge's endpoint, or to the assistant's where no judge is set. Raises
        RubricError without either, JudgeError when no usable draft comes.
        """
        from eval.rubric import draft as rubric_draft

        endpoint = self.settings.judge or self.settings.assistant
        if endpoint is None:
            raise RubricError(
                "No language model is set that could draft a rubric.",
                "DUOTUNE_JUDGE_URL",
                "Set it and DUOTUNE_JUDGE_MODEL, or write the rubric by hand.",
            )
        found = comparison.samples(self.examples(dataset_id), self.split(dataset_id), "train")
        rows = comparison.choose(found, rubric_draft.MOST_ROWS, DRAWN_WITH)
        spoken = self.dataset(dataset_id).summary.languages
        chinese = bool(spoken) and max(spoken, key=lambda one: spoken[one]) == "zh"
        return asyncio.run(rubric_draft.draft(endpoint, rows, "zh" if chinese else "en"))

    # -- evaluating ---------------------------------------------------------------------------

    def rubric_for(self, run_id: str, file: Path | None = None) -> Rubric:
        """The given rubric file, the one bundled with the data, or a default one from the data."""
        return self.rubric_of_data(runs.status(self.workspace, run_id).plan.dataset_id, file)

    def rubric_of_data(self, dataset_id: str, file: Path | None = None) -> Rubric:
        """The same for data that no run was trained on yet."""
        return rubric_choice.choose(self.workspace, dataset_id, file)

    def start_evaluation(self, request: EvaluationRequest) -> Evaluation:
        """Start an evaluation in its own process."""
        self._need_gpu()
        return evaluations.start(self.workspace, self.settings, request)

    def resume_evaluation(self, report_id: str) -> Evaluation:
        """Go on with one that ended early; answers that it has are kept."""
        self._need_gpu()
        return evaluations.resume(self.workspace, self.settings, report_id)

    def stop_evaluation(self, report_id: str) -> Evaluation:
        """End an evaluation; what it has stays. Raises RunError when it has ended already."""
        return evaluations.stop(self.workspace, report_id)

    def judge_estimate(self, request: EvaluationRequest) -> JudgeEstimate | None:
        """What a judge would take for a request, and where data would go; None: nobody is asked.

        Raises RubricError or DataError as a start does.
        """
        from eval.judge import estimate as judge_estimate  # here: it brings the client's library
        from eval.judge.exam import exam_calls, on_record

        judge = self.settings.judge
        if judge is None:
            return None
        plan = runs.status(self.workspace, request.run_id).plan
        split, examples = self.split(plan.dataset_id), self.examples(plan.dataset_id)
        asked = comparison.samples(examples, split, request.part)
        held = on_record(self.workspace.judge_exams, judge) is not None
        return judge_estimate.estimate(
            self.settings,
            load(request.rubric),
            comparison.choose(asked, request.limit, request.seed),
            request.sampling.max_tokens,
            request.judging,
            0 if held else exam_calls(),
        )

    def evaluations(self) -> tuple[Evaluation, ...]:
        """All evaluations, newest first."""
        return evaluations.list_evaluations(self.workspace)

    def evaluation(self, report_id: str) -> Evaluation:
        return evaluations.status(self.workspace, report_id)

    # -- more data ----------------------------------------------------------------------------

    def learning_curve(self, run_id: str) -> CurveStanding:
        """How a run's plan does on 25%, 50% and 100% of its training rows, as far as it is known.

        Raises RunError for a run that itself takes a share, or with too few training rows.
        """
        run = runs.status(self.workspace, run_id)
        steps = curve_standing.steps(
            run, self.split(run.plan.dataset_id), self.examples(run.plan.dataset_id)
        )
        found = curve_standing.find(run, self.runs(), steps, self.evaluations())
        return curve_standing.standing(
            run, found, self._found, lambda name: self._folder(name).rubric
        )

    def start_curve(self, run_id: str, say: Say = silent) -> tuple[Run, ...]:
        """Queue the runs that a learning curve lacks; returns them, none when all are there.

        Raises what `learning_curve` and a start raise.
        """
        started = []
        for one in self.learning_curve(run_id).runs:
            if one.run_id is None:
                name = f"{runs.status(self.workspace, run_id).plan.name} ({one.share:.0%})"
                changes = PlanChanges(train_share=one.share, name=name[-80:])
                started.append(self.start_training(self.clone_run(run_id, changes), say))
        return tuple(started)

    # -- reports ------------------------------------------------------------------------------

    def find_report(self, text: str) -> Evaluation:
        """The evaluation that a person means by its id, the start of one, or `last`.

        Also by its run's id or name: the newest of that run. Raises RunError when none fits.
        """
        found = self.evaluations()
        if text == "last":
            matches = found[:1]
        else:
            matches = tuple(one for one in found if text and one.id.startswith(text))
        if not matches:
            names = {run.id: run.plan.name for run in self.runs()}
            wanted = (text, names.get(text, ""))
            matches = tuple(
                one
                for one in found
                if one.request.run_id in wanted or names.get(one.request.run_id) == text
            )[:1]
        if len(matches) != 1:
            raise RunError(
                f"There is no single evaluation that fits '{text}'.",
                fix="`duotune report` lists them with their ids.",
            )
        return matches[0]

    def report(self, report_id: str) -> Report:
        """A finished report.

        Raises RunError while it is not finished.
        """
        return evaluations.load_report(self.workspace, report_id)

    def report_file(self, report_id: str, kind: ReportKind) -> Path:
        """Where a file of a finished report lies on disk; an older report has fewer of them."""
        name = kind if kind.startswith("examples") else f"report.{kind}"
        return self.workspace.report(report_id) / name

    def compare_reports(self, first: str, second: str) -> ReportComparison:
        """Two finished reports on their common questions, the second against the first.

        Raises RunError when one is not finished, or nothing is common.
        """
        return compare_reports(self._found(first), self._found(second))

    def judged(self, report_id: str) -> Judged:
        """What lies in an evaluation's folder: answers, rubric, verdicts, preferences."""
        folder = self._folder(report_id)
        return Judged(
            comparisons=read_rows(folder.comparisons, Comparison),
            rubric=load(self.evaluation(report_id).request.rubric),
            verdicts=read_rows(folder.verdicts, Verdict),
            preferences=read_rows(folder.preferences, Preference),
        )

    # -- votes --------------------------------------------------------------------------------

    def vote_pairs(self, report_id: str) -> tuple[PairItem, ...]:
        """Pairs of answers to vote on, those that a vote says most about first."""
        return vote_queue.pairs(self.judged(report_id), self.evaluation(report_id).request.seed)

    def vote_criteria(self, report_id: str) -> tuple[CriterionItem, ...]:
        """Verdicts of the judge to vote on, met and not met by turns."""
        return vote_queue.criteria(self.judged(report_id), self.evaluation(report_id).request.seed)

    def vote_on_pair(self, report_id: str, sample_id: str, ballot: Ballot) -> Vote:
        """Keep which of the two answers to a question is better, as they stood before the voter.

        Raises RunError for a second vote on it.
        """
        seed = self.evaluation(report_id).request.seed
        return report_votes.cast(self._folder(report_id), seed, sample_id, ballot)

    def vote_on_criterion(
        self, report_id: str, sample_id: str, criterion_id: str, side: Side, met: bool
    ) -> Vote:
        """Keep whether an answer meets a criterion; raises RunError for a second vote on it."""
        folder = self._folder(report_id)
        return report_votes.cast_criterion(folder, sample_id, criterion_id, side, met)

    def report_votes(self, report_id: str) -> tuple[Vote, ...]:
        """All votes on an evaluation's answers, in the order in which they were cast."""
        return tuple(report_votes.votes(self._folder(report_id)).values())

    def vote_count(self, report_id: str) -> VoteCount:
        """What the votes on an evaluation's answers come to."""
        comparisons = read_rows(self._folder(report_id).comparisons, Comparison)
        return report_votes.count(comparisons, self.report_votes(report_id))

    def vote_preferences(self, report_id: str) -> str:
        """The decided votes as preference pairs, JSONL that the import reads.

        Raises RunError when no vote decided.
        """
        comparisons = read_rows(self._folder(report_id).comparisons, Comparison)
        return report_votes.preferences(comparisons, self.report_votes(report_id))

    def calibration(self, report_id: str) -> Calibration | None:
        """The judge held against the votes; None before the first vote, or without a judge."""
        from eval.judge import calibrating

        judged = self.judged(report_id)
        if not any(verdict.judge for verdict in judged.verdicts) and not judged.preferences:
            return None
        return calibrating.of_folder(self._folder(report_id), judged.verdicts, judged.preferences)

    def replan(self, run_id: str, dataset_id: str, name: str) -> TrainingPlan:
        """A run's settings as a plan for another version of its data; starts nothing.

        Raises what a proposal raises.
        """
        plan = runs.status(self.workspace, run_id).plan
        kept = {field: getattr(plan, field, None) for field in PlanChanges.model_fields}
        changes = PlanChanges.model_validate({**kept, "name": name})
        return self.propose_plan(dataset_id, changes).plan

    def _folder(self, report_id: str) -> ReportFolder:
        return ReportFolder.of(self.workspace, report_id)

    def _found(self, report_id: str) -> Found:
        return Found.of(self._folder(report_id), self.report(report_id))
