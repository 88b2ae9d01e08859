"""Would more data help: one plan on 25%, 50% and 100% of the training rows, evaluated alike."""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import NamedTuple

from core.data.records import Example, Split
from core.errors import RunError
from core.messages import Record
from core.training import share
from eval import statistics
from eval.records import Estimate
from eval.report.common_ground import Found, believed, leaked_ids
from eval.rubric.rubrics import Rubric
from eval.scoring import Scores

SHARES = (0.25, 0.5, 1.0)
FEWEST_ROWS = 20
"""A part of the training rows with fewer teaches nothing that could be compared."""


class CurveStep(Record):
    """One run of a learning curve: what it trains on."""

    share: float
    """Of the training rows, 0 to 1."""
    train_ids: tuple[str, ...]
    """Example ids, whole groups of them; each step holds those of the one before."""


class CurvePoint(Record):
    """What a run on some of the training rows reached on the same questions."""

    share: float
    rows: int
    report_id: str
    tuned: float | None
    """The headline's level of the tuned model."""
    low: float | None
    """95% interval of that level; None with too few questions."""
    high: float | None
    more: Estimate | None
    """This point (tuned) against the one before (base), paired by question; None for the first."""


class LearningCurve(Record):
    """The points in order, and what they say of more data."""

    criterion: str
    points: tuple[CurvePoint, ...]
    still_rising: bool | None
    """Whether the last step shows a gain by interval and test; None when it can't be told."""
    sentence: str
    sentence_zh: str


def plan(
    split: Split, train: Sequence[Example], seed: int, shares: Sequence[float] = SHARES
) -> tuple[CurveStep, ...]:
    """Which training rows each run takes: nested, in whole groups, in an order drawn by the seed.

    Raises RunError when the smallest part would hold too few rows.
    """
    steps = [
        CurveStep(share=one, train_ids=share.drawn(split, train, seed, one))
        for one in sorted(shares)
    ]
    if len(steps[0].train_ids) < FEWEST_ROWS:
        raise RunError(
            f"The smallest part of the learning curve would hold only {len(steps[0].train_ids)} "
            "training rows.",
            split.dataset_id,
            "Add data, or choose larger shares.",
        )
    return tuple(steps)


def assemble(found: Sequence[tuple[CurveStep, Found]]) -> LearningCurve:
    """The curve from finished evaluations, one a step, all on the same questions and rubric.

    Raises RunError when they were not asked the same.
    """
    ordered = sorted(found, key=lambda one: one[0].share)
    rubrics = {one.report.rubric_hash for _, one in ordered}
    if len(ordered) < 2 or len(rubrics) > 1:
        raise RunError(
            "A learning curve needs at least two evaluations by one rubric.",
            fix="Evaluate every run of the curve with the same rubric and questions.",
        )
    reached = _reached([one for _, one in ordered])
    points = [
        _point(step, reached[i], reached[i - 1] if i else None)
        for i, (step, _) in enumerate(ordered)
    ]
    rising = _rises(points[-1].more)
    en, zh = _sentence(points, rising)
    headline = reached[-1].rubric.headline
    return LearningCurve(
        criterion=headline.label if headline else "rubric score",
        points=tuple(points),
        still_rising=rising,
        sentence=en,
        sentence_zh=zh,
    )


class _Reached(NamedTuple):
    """What the tuned model of one run got on the questions that count."""

    report_id: str
    rubric: Rubric
    levels: dict[str, float]
    """Of the headline, by question; an unscored one is not among them."""
    groups: dict[str, str]
    span: float
    """The largest difference that the scale allows."""


def _reached(found: Sequence[Found]) -> list[_Reached]:
    """By criteria that every report's verdict could rest on, without questions any run has seen.

    Raises RunError when no such criterion is left.
    """
    rubric = min((believed(one).rubric for one in found), key=lambda one: len(one.all_criteria()))
    if not rubric.all_criteria():
        raise RunError(
            "The judge of these evaluations is not reliable, and there is no other criterion.",
            fix="Add a check to the rubric, or choose a judge that passes its exam.",
        )
    leaked = {name for one in found for name in leaked_ids(one.report)}
    return [_levels(one, rubric, leaked) for one in found]


def _levels(found: Found, rubric: Rubric, leaked: Set[str]) -> _Reached:
    clean = [c for c in found.comparisons if c.sample.id not in leaked]
    scores = Scores.of(clean or found.comparisons, rubric, found.verdicts)
    samples = [comparison.sample for comparison in scores.comparisons]
    told = zip(samples, scores.headline.tuned, strict=True)
    return _Reached(
        report_id=found.report.id,
        rubric=rubric,
        levels={sample.id: value for sample, value in told if value is not None},
        groups={sample.id: sample.group for sample in samples},
        span=scores.headline.span,
    )


def _point(step: CurveStep, found: _Reached, before: _Reached | None) -> CurvePoint:
    levels = list(found.levels.values())
    groups = [found.groups[name] for name in found.levels]
    low, high, _ = statistics.level_interval(levels, groups, found.span)
    return CurvePoint(
        share=step.share,
        rows=len(step.train_ids),
        report_id=found.report_id,
        tuned=sum(levels) / len(levels) if levels else None,
        low=low,
        high=high,
        more=_between(before, found) if before else None,
    )


def _between(before: _Reached, after: _Reached) -> Estimate:
    """Tuned after against tuned before, over the questions that both were asked."""
    names = [name for name in after.groups if name in before.groups]
    if not names:
        raise RunError(
            "Two evaluations of the learning curve have no question in common.",
            f"{before.report_id} and {after.report_id}",
            "Evaluate every run on the same part with the same limit and seed.",
        )
    return statistics.paired_estimate(
        [before.levels.get(name) for name in names],
        [after.levels.get(name) for name in names],
        [after.groups[name] for name in names],
        max(before.span, after.span),
    )


def _rises(more: Estimate | None) -> bool | None:
    if more is None or more.low is None or more.p_value is None:
        return None
    return more.low > 0 and more.p_value < 0.05


def _sentence(points: Sequence[CurvePoint], rising: bool | None) -> tuple[str, str]:
    before, last = points[-2], points[-1]
    step = f"from {before.rows:,} to {last.rows:,} training rows"
    step_zh = f"训练行从 {before.rows:,} 增加到 {last.rows:,}"
    if rising:
        return (
            f"It still gained {step}: more data is likely to help.",
            f"{step_zh} 时仍有提升：更多数据很可能有帮助。",
        )
    if rising is None:
        return (
            f"Whether it gained {step} can't be told from so few questions.",
            f"问题太少，无法判断{step_zh} 时是否有提升。",
        )
    return (
        f"No gain is shown {step}: more data of this kind is not shown to help.",
        f"{step_zh} 时没有显示出提升：不能证明更多同类数据有帮助。",
    )
