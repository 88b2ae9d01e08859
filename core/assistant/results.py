"""What the assistant's tools answer: the measured facts of an action, in few words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from core.assistant.results_data import DataResult
from core.assistant.results_library import LibraryResult
from core.assistant.results_runs import RunResult
from core.assistant.results_worth import WorthResult
from core.messages import Record
from core.training.plan import TrainingPlan
from core.training.records import Run

if TYPE_CHECKING:
    from core.models.catalog import ModelFacts
    from eval.records import Estimate, Evaluation, Report

TOLD_RUNS = 10


class PlanProposed(Record):
    """A plan that waits for the person."""

    kind: Literal["plan"] = "plan"
    plan: TrainingPlan
    warnings: tuple[str, ...]
    train_rows: int
    validation_rows: int
    test_rows: int
    steps: int
    """Estimate of the optimizer steps."""
    seconds: float | None
    """Estimate of the wall time; None while nothing like it was measured on this machine."""


class RunSeen(Record):
    """How a run stands."""

    kind: Literal["run"] = "run"
    id: str
    name: str
    base_model: str
    status: str
    phase: str | None
    step: int
    total_steps: int | None
    loss: float | None
    validation_loss: float | None
    eta_s: float | None
    best_loss: float | None = None
    best_step: int | None = None
    seconds: float | None = None
    changes_model: bool | None = None
    can_resume: bool = False
    can_extend: bool = False
    has_model: bool = False
    """A tuned model of it is whole on disk: it can be talked to and evaluated."""
    train_share: float = 1
    """Of the training rows; less than 1 for a part of a learning curve."""
    place: int | None = None
    """In the queue, from 1."""
    last_checkpoint: str | None = None
    problem: str = ""
    where: str = ""
    fix: str = ""

    @property
    def is_live(self) -> bool:
        return self.status in ("starting", "running", "stopping")

    @property
    def can_be_tried(self) -> bool:
        """Whether its tuned model differs from the base, as far as that was measured."""
        return self.has_model and not self.is_live and self.changes_model is not False


class PairOpened(Record):
    """Base and tuned are served side by side."""

    kind: Literal["pair"] = "pair"
    run_id: str
    run_name: str
    base_model: str
    tokens: int
    """Prompt tokens on which the served adapter was compared with the trained one."""
    worst_difference: float
    served_change: float
    note: str


class EvaluationSeen(Record):
    """How an evaluation stands."""

    kind: Literal["evaluation"] = "evaluation"
    id: str
    run_id: str
    run_name: str
    status: str
    phase: str | None
    done: int
    total: int | None
    failed: int
    already: bool = False
    """It was under way when it was asked for."""
    problem: str = ""
    where: str = ""
    fix: str = ""


class Difference(Record):
    """One line of a report: shares from 0 to 1; None means not measured."""

    text: str
    base: float | None
    tuned: float | None
    difference: float | None
    low: float | None
    high: float | None
    pairs: int
    unscored: int
    doubted: bool = False
    """A judge decided it that is not reliable."""


class ReportSeen(Record):
    """A finished report."""

    kind: Literal["report"] = "report"
    id: str
    run_id: str
    run_name: str
    samples: int
    verdict: str
    verdict_zh: str
    rule: str
    score: Difference
    criteria: tuple[Difference, ...]
    warnings: tuple[str, ...]


class RunsListed(Record):
    """The newest runs, and how many there are in all."""

    kind: Literal["runs"] = "runs"
    runs: tuple[RunSeen, ...]
    total: int


class ModelsListed(Record):
    """Base models that can be picked by name."""

    kind: Literal["models"] = "models"
    models: tuple[dict[str, Any], ...]


class EngineStopped(Record):
    """Nothing is served any more."""

    kind: Literal["engine"] = "engine"
    was_running: bool


class Failed(Record):
    """An action that could not be done."""

    kind: Literal["failed"] = "failed"
    verb: str
    problem: str
    where: str
    fix: str


Result = (
    DataResult
    | PlanProposed
    | RunSeen
    | PairOpened
    | EvaluationSeen
    | ReportSeen
    | RunsListed
    | ModelsListed
    | EngineStopped
    | RunResult
    | WorthResult
    | LibraryResult
    | Failed
)


def run_seen(run: Run) -> RunSeen:
    """The facts of a run that are worth a sentence."""
    facts = run.model_dump(include=set(RunSeen.model_fields) - {"kind"} & set(Run.model_fields))
    if run.result:
        facts |= run.result.model_dump(
            include={"best_loss", "best_step", "seconds", "changes_model"}
        )
    if run.failure:
        facts |= run.failure.model_dump()
    return RunSeen(
        name=run.plan.name,
        base_model=run.plan.base_model,
        train_share=run.plan.train_share,
        can_resume=run.can_resume,
        can_extend=run.can_extend,
        **facts,
    )


def evaluation_seen(evaluation: Evaluation, run_name: str, already: bool = False) -> EvaluationSeen:
    return EvaluationSeen(
        id=evaluation.id,
        run_id=evaluation.request.run_id,
        run_name=run_name,
        status=evaluation.status,
        phase=evaluation.phase,
        done=evaluation.done,
        total=evaluation.total,
        failed=evaluation.failed,
        already=already,
        problem=evaluation.problem,
        where=evaluation.where,
        fix=evaluation.fix,
    )


def report_seen(report: Report) -> ReportSeen:
    from eval.judge import trust  # here: the assistant's other answers need no evaluation

    return ReportSeen(
        id=report.id,
        run_id=report.run_id,
        run_name=report.run_name,
        samples=report.samples,
        verdict=report.verdict.sentence,
        verdict_zh=report.verdict.sentence_zh,
        rule=report.verdict.rule,
        score=_difference("rubric score", report.score),
        criteria=tuple(
            _difference(result.text, result.estimate).model_copy(
                update={"doubted": trust.doubted(result.kind, report.judging)}
            )
            for result in report.criteria
        ),
        warnings=report.warnings,
    )


def _difference(text: str, estimate: Estimate) -> Difference:
    return Difference(
        text=text,
        unscored=estimate.unscored_base + estimate.unscored_tuned,
        **estimate.model_dump(include={"base", "tuned", "difference", "low", "high", "pairs"}),
    )


def model_seen(model: ModelFacts) -> dict[str, Any]:
    return model.model_dump(include={"name", "parameters", "context", "licence", "note", "local"})
