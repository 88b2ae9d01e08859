"""Two evaluations compared: what each tuned model did on the same questions, pair by pair."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from core.messages import Record
from eval import statistics, verdicts
from eval.records import (
    Comparison,
    CriterionResult,
    Estimate,
    Report,
    Side,
)
from eval.report import common_ground
from eval.report.common_ground import Found
from eval.rubric.rubrics import Criterion, Rubric
from eval.scoring import Scores
from eval.verdicts import Direction
from eval.wording import count, interval, percent, points

__all__ = ["Found", "ReportComparison", "compare_reports"]

SIDES: tuple[Side, Side] = ("base", "tuned")


class Compared(Record):
    """One of the two reports, by what a person calls it."""

    report_id: str
    run_id: str
    run_name: str
    base_model: str
    created: str
    samples: int


class Differing(Record):
    """A condition that was not the same in both evaluations; None: it is not in one of them."""

    name: str
    first: str | None
    second: str | None


class ReportComparison(Record):
    """The tuned models of two reports on their common questions, second minus first."""

    first: Compared
    second: Compared
    common: int
    """Questions that both were asked."""
    direction: Direction
    """Of the headline: whether the second is better or worse, or neither is shown."""
    sentence: str
    sentence_zh: str
    headline: CriterionResult
    """In its estimate `base` is the first tuned model and `tuned` the second."""
    results: tuple[CriterionResult, ...]
    """Criteria that both rubrics have word for word; p corrected after Holm beside the headline."""
    score: Estimate | None
    """Of the rubric score; None when the rubrics differ."""
    base_change: Estimate
    """The same for the two base sides: far from 0, something else than training changed."""
    base_identical: int
    """Common questions to which both base sides gave the same answer."""
    differing: tuple[Differing, ...]
    notes: tuple[str, ...] = ()
    notes_zh: tuple[str, ...] = ()


def compare_reports(first: Found, second: Found) -> ReportComparison:
    """The second report's tuned model against the first's, on the questions that both were asked.

    Raises RunError when it is the same report, or they share no question or no criterion.
    """
    shared, of_questions = common_ground.questions(first, second)
    first, second = common_ground.believed(first), common_ground.believed(second)
    criteria, of_criteria = common_ground.criteria(first, second)
    notes = (*common_ground.doubts(first, second), *of_questions, *of_criteria)
    whole = common_ground.scored_alike(first, second)
    chosen = _headline(first.rubric, criteria, whole)
    scores = _scores(shared, (first, second), criteria, "tuned")
    headline, results = _results(scores, chosen)
    towards = verdicts.direction(headline)
    before = _scores(shared, (first, second), criteria, "base")
    change = before.score_result() if chosen is None else before.result(chosen)
    common = [(a, b) for a, b in shared if a.base.text is not None and a.base.text == b.base.text]
    sentence, sentence_zh = _sentences(headline, towards, first.report, second.report)
    return ReportComparison(
        first=_compared(first.report),
        second=_compared(second.report),
        common=len(shared),
        direction=towards,
        sentence=sentence,
        sentence_zh=sentence_zh,
        headline=headline,
        results=results,
        score=scores.score_result().estimate if whole else None,
        base_change=change.estimate,
        base_identical=len(common),
        differing=_differing(first.report, second.report),
        notes=tuple(note.en for note in notes),
        notes_zh=tuple(note.zh for note in notes),
    )


def _scores(
    shared: Sequence[tuple[Comparison, Comparison]],
    reports: tuple[Found, Found],
    criteria: tuple[Criterion, ...],
    side: Side,
) -> Scores:
    """One side of both reports as the two sides of a comparison."""
    paired = [a.model_copy(update={"base": a.side(side), "tuned": b.side(side)}) for a, b in shared]
    relabelled = [
        verdict.model_copy(update={"side": as_side})
        for found, as_side in zip(reports, SIDES, strict=True)
        for verdict in found.verdicts
        if verdict.side == side
    ]
    rubric = reports[0].rubric.model_copy(update={"criteria": criteria})
    return Scores.of(paired, rubric, relabelled)


def _headline(rubric: Rubric, criteria: Sequence[Criterion], whole: bool) -> Criterion | None:
    """The first report's headline where both have it, or else the heaviest common criterion.

    None is the rubric score, which only reports with one rubric share.
    """
    chosen = rubric.headline
    if chosen is None and whole:
        return None
    if chosen is not None and chosen.id in {each.id for each in criteria}:
        return chosen
    return max(criteria, key=lambda criterion: criterion.points)


def _results(
    scores: Scores, headline: Criterion | None
) -> tuple[CriterionResult, tuple[CriterionResult, ...]]:
    """The headline's result, and all results with p corrected beside it."""
    results = {c.id: scores.result(c) for c in scores.rubric.criteria}
    tested = {
        name: result.estimate.p_value
        for name, result in results.items()
        if (headline is None or name != headline.id) and result.estimate.p_value is not None
    }
    for name, p in zip(tested, statistics.holm(list(tested.values())), strict=True):
        results[name] = results[name].model_copy(update={"adjusted_p": p})
    first = scores.score_result() if headline is None else results[headline.id]
    return first, tuple(results.values())


def _sentences(
    result: CriterionResult, towards: Direction, first: Report, second: Report
) -> tuple[str, str]:
    e = result.estimate
    one, other = _called(first), _called(second)
    if e.difference is None:
        return (
            f"Not measured: no common question was scored for both on “{result.name}”.",
            f"没有测得结果：没有一个共同的问题在“{result.name}”上为双方都打了分。",
        )
    said, said_zh = _SAID[towards]
    levels = f"{percent(e.tuned)} against {percent(e.base)}"
    return (
        f"{other} {said} {one} on “{result.name}”: {levels} of "
        f"{count(e.pairs, 'common question')}, "
        f"{points(e.difference)} points (95% interval: {interval(e.low, e.high)}).",
        f"在“{result.name}”上，{said_zh.format(one=one, other=other)}：{percent(e.tuned)} 对 "
        f"{percent(e.base)}（{e.pairs:,} 个共同问题），相差 {points(e.difference)} 个百分点"
        f"（95% 区间：{interval(e.low, e.high).replace(' to ', ' 到 ')}）。",
    )


_SAID: dict[Literal["better", "worse", "open"], tuple[str, str]] = {
    "better": ("is better than", "{other} 优于 {one}"),
    "worse": ("is worse than", "{other} 不如 {one}"),
    "open": ("shows no difference to", "{other} 与 {one} 没有显示出差别"),
}


def _called(report: Report) -> str:
    return f"“{report.run_name}” ({report.created[:10]})"


def _compared(report: Report) -> Compared:
    return Compared(
        report_id=report.id, run_id=report.run_id, run_name=report.run_name,
        base_model=report.base_model, created=report.created, samples=report.samples,
    )  # fmt: skip


def _differing(first: Report, second: Report) -> tuple[Differing, ...]:
    """Conditions that differ, the models and the rubric among them."""
    mine, yours = _conditions(first), _conditions(second)
    return tuple(
        Differing(name=name, first=mine.get(name), second=yours.get(name))
        for name in dict.fromkeys([*mine, *yours])
        if mine.get(name) != yours.get(name)
    )


def _conditions(report: Report) -> dict[str, str]:
    return {"Base model": report.base_model, "Data": report.dataset_name, **report.conditions}
