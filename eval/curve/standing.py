"""How far a run's learning curve is: which runs and evaluations there are, and what is missing."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from core.data.records import Example, Split
from core.errors import RunError
from core.messages import Record
from core.training.plan import TrainingPlan
from core.training.records import Run
from eval.curve import learning_curve
from eval.curve.learning_curve import CurveStep, LearningCurve
from eval.records import Evaluation, EvaluationRequest
from eval.report.compare_reports import Found
from eval.rubric.rubrics import load

FREE = frozenset(
    ("name", "description", "train_share", "mask_sha256", "reasons", "hardware", "retention_days",
     "trackers", "licence_accepted")
)  # fmt: skip
"""Settings in which the runs of a curve may differ: they change nothing of what is learnt."""


ToRubric = Callable[[str], Path]


class CurveRun(Record):
    """One run of a curve, as far as it is."""

    share: float
    rows: int
    run_id: str | None
    """None while nobody started it."""
    status: str = ""
    """Of the run; "" without one."""
    report_id: str | None = None
    """Its evaluation on the same questions as the other runs'."""
    missing: str = ""
    """The command that gets what it lacks; "" when it lacks nothing."""


class CurveStanding(Record):
    """A run's learning curve, or what it still lacks."""

    run_id: str
    runs: tuple[CurveRun, ...]
    """The smallest share first; the last is the run itself."""
    curve: LearningCurve | None
    """None while anything is missing."""
    sentence: str
    sentence_zh: str


class Having(Record):
    """A step of the curve with the run and the evaluations that there are for it."""

    step: CurveStep
    run: Run | None
    evaluations: tuple[Evaluation, ...] = ()
    """Those of the run that succeeded, newest first."""


def whole_of(run: Run, runs: Sequence[Run]) -> Run | None:
    """The run of the same plan on all training rows, the best that there is; None without one."""
    if run.plan.train_share == 1:
        return run
    return min((one for one in runs if _fits(one.plan, run.plan, 1)), key=_rank, default=None)


def steps(run: Run, split: Split, examples: Sequence[Example]) -> tuple[CurveStep, ...]:
    """What each run of the curve trains on.

    Raises RunError for a run that takes a share itself, or when the smallest holds too few rows.
    """
    if run.plan.train_share < 1:
        raise RunError(
            "This run itself takes only a share of its training rows.",
            run.id,
            "Ask for the curve of the run that takes all of them.",
        )
    return learning_curve.plan(split, examples, run.plan.seed)


def find(
    run: Run, runs: Sequence[Run], wanted: Sequence[CurveStep], evaluations: Sequence[Evaluation]
) -> tuple[Having, ...]:
    """For each step its run: one with the same plan but for the share, the best that there is."""
    found = []
    for step in wanted:
        fitting = [one for one in runs if _fits(one.plan, run.plan, step.share)]
        own = run if step.share == 1 else min(fitting, key=_rank, default=None)
        done = tuple(
            one
            for one in evaluations
            if own is not None and one.request.run_id == own.id and one.status == "succeeded"
        )
        found.append(Having(step=step, run=own, evaluations=done))
    return tuple(found)


def standing(
    run: Run, found: Sequence[Having], load_found: Callable[[str], Found], to_rubric: ToRubric
) -> CurveStanding:
    """The curve where every run was evaluated as the run itself was, else what is missing.

    `to_rubric` says where the rubric of an evaluation lies as a file.
    """
    like = _reference(found)
    reports = [_like(having, like) for having in found]
    told = tuple(
        CurveRun(
            share=having.step.share,
            rows=len(having.step.train_ids),
            run_id=having.run.id if having.run else None,
            status=having.run.status if having.run else "",
            report_id=report.id if report else None,
            missing="" if report else shlex.join(_command(run, having.run, like, to_rubric)),
        )
        for having, report in zip(found, reports, strict=True)
    )
    curve = None
    if all(reports):
        pairs = zip(found, reports, strict=True)
        curve = learning_curve.assemble([(h.step, load_found(one.id)) for h, one in pairs if one])
    en, zh = (curve.sentence, curve.sentence_zh) if curve else _lacking(told)
    return CurveStanding(run_id=run.id, runs=told, curve=curve, sentence=en, sentence_zh=zh)


def _fits(plan: TrainingPlan, own: TrainingPlan, share: float) -> bool:
    return plan.train_share == share and _compared(plan) == _compared(own)


def _compared(plan: TrainingPlan) -> dict[str, Any]:
    return plan.model_dump(mode="json", exclude=set(FREE))


def _rank(run: Run) -> int:
    return 0 if run.status == "succeeded" else 1 if run.is_live else 2


def _reference(found: Sequence[Having]) -> Evaluation | None:
    """The run's own evaluation that most of the others were evaluated like, the newest of them."""
    return max(
        found[-1].evaluations,
        key=lambda own: sum(_like(having, own) is not None for having in found),
        default=None,
    )


def _like(having: Having, own: Evaluation | None) -> Evaluation | None:
    """The newest evaluation that asked the same questions in the same way, by the same rubric."""
    if own is None:
        return None
    alike = (one for one in having.evaluations if _manner(one.request) == _manner(own.request))
    return next(alike, None)


def _manner(request: EvaluationRequest) -> tuple[object, ...]:
    return (load(request.rubric).hash, request.part, request.limit, request.seed, request.sampling)


def _command(
    whole: Run, run: Run | None, like: Evaluation | None, to_rubric: ToRubric
) -> list[str]:
    """What to type next for a step without its evaluation."""
    if run is None:
        return ["duotune", "curve", whole.id]
    if run.is_live:
        return ["duotune", "watch", run.id]
    if run.status != "succeeded":
        return ["duotune", "doctor", run.id]
    words = ["duotune", "evaluate", run.id]
    if like is not None:
        words += ["--rubric", str(to_rubric(like.id))]
        words += ["--limit", str(like.request.limit)] if like.request.limit is not None else []
    return words


def _lacking(told: Sequence[CurveRun]) -> tuple[str, str]:
    trained = sum(one.status == "succeeded" for one in told)
    evaluated = sum(one.report_id is not None for one in told)
    return (
        f"No curve yet: {trained} of {len(told)} runs are trained, {evaluated} evaluated alike.",
        f"还没有曲线：{len(told)} 次训练中已完成 {trained} 次，以相同方式评估了 {evaluated} 次。",
    )
