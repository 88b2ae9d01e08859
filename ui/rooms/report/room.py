"""What the callbacks of the Report room share: which evaluation is meant, and what it has."""

from __future__ import annotations

from core.data import store
from core.errors import RunError
from core.training.records import Run
from eval.folder import ReportFolder
from eval.judge.records import JudgeEstimate
from eval.records import Evaluation, EvaluationParts, EvaluationRequest, Report
from eval.rubric.rubrics import Rubric
from eval.votes.queue import CriterionItem, Judged, PairItem
from ui.present.report_votes import Standing
from ui.services import Services
from ui.watch import file_facts

EVENT = {"show_progress": "hidden", "api_visibility": "private"}
"""For what may be refused: the queue is what brings a refusal to the page as words."""


class ReportRoom:
    """The room over the verbs; nothing that it shows lives here."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.actions = services.actions
        self.watch = services.watch

    # -- which --------------------------------------------------------------------------------

    def finished(self) -> list[Run]:
        """Runs with a tuned model, newest first."""
        return [run for run in self.watch.runs() if run.has_model]

    def run_of(self, run_id: str | None) -> str:
        """The run that is meant. Raises RunError when there is none."""
        ids = [run.id for run in self.finished()]
        if run_id in ids:
            return str(run_id)
        if not ids:
            raise RunError("There is no finished run to evaluate.", fix="Train one first.")
        return ids[0]

    def current(self, chosen: str | None) -> Evaluation | None:
        """The chosen evaluation, or the newest."""
        evaluations = self.watch.evaluations()
        found = next((e for e in evaluations if e.id == chosen), None)
        return found or next(iter(evaluations), None)

    def report(self, chosen: str | None) -> Report | None:
        """The report of the chosen or newest evaluation; None while there is none."""
        current = self.current(chosen)
        if current is None or current.status != "succeeded":
            return None
        return self.watch.report(current.id)

    def need_report(self, chosen: str | None) -> Report:
        """The same; raises RunError while there is none."""
        report = self.report(chosen)
        if report is None:
            raise RunError("There is no report yet.", fix="Start an evaluation, or choose one.")
        return report

    # -- starting -----------------------------------------------------------------------------

    def own_rubric(self, run_id: str) -> Rubric:
        """The rubric that fits a run's data."""
        plan = self.watch.view(run_id).run.plan
        key = f"{plan.dataset_id}/rubric"
        facts = file_facts(self.actions.workspace.dataset(plan.dataset_id) / store.DATASET)
        return self.watch.while_same(key, facts, lambda: self.actions.rubric_for(run_id))

    def request(
        self, run_id: str, rubric: Rubric, limit: int, parts: EvaluationParts
    ) -> EvaluationRequest:
        return EvaluationRequest(
            run_id=run_id, rubric=rubric.as_yaml(), limit=limit or None, parts=parts
        )

    def estimate(self, request: EvaluationRequest) -> JudgeEstimate | None:
        """What a judge would take for a request; looked up again when the request changed."""
        key, facts = "report/estimate", request.model_dump_json()
        return self.watch.while_same(key, facts, lambda: self.actions.judge_estimate(request))

    # -- votes --------------------------------------------------------------------------------

    def judged(self, report_id: str) -> Judged:
        """Answers, rubric and verdicts of a finished evaluation, read once."""
        return self.watch.lasting(f"{report_id}/judged", lambda: self.actions.judged(report_id))

    def pairs(self, report_id: str) -> tuple[PairItem, ...]:
        """Pairs to vote on, in order."""
        return self.watch.lasting(f"{report_id}/pairs", lambda: self.actions.vote_pairs(report_id))

    def criteria(self, report_id: str) -> tuple[CriterionItem, ...]:
        """Judge's verdicts to vote on, in order."""
        return self.watch.lasting(
            f"{report_id}/criteria", lambda: self.actions.vote_criteria(report_id)
        )

    def standing(self, report_id: str) -> Standing:
        """How far voting has come; counted again when a vote was cast."""
        facts = file_facts(ReportFolder.of(self.actions.workspace, report_id).votes)
        return self.watch.while_same(f"{report_id}/votes", facts, lambda: self._count(report_id))

    def _count(self, report_id: str) -> Standing:
        return Standing(
            votes=self.actions.vote_count(report_id),
            pairs=len(self.pairs(report_id)),
            criteria=len(self.criteria(report_id)),
            calibration=self.actions.calibration(report_id),
        )
