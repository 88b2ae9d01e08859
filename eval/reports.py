"""Assemble a Report from comparisons and verdicts; every figure in it is computed here."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from core.data.records import Dataset
from core.identifiers import now
from core.serving.records import Pair
from core.training.records import RunView
from eval import cautions, statistics, verdicts
from eval.records import (
    Comparison,
    CriterionResult,
    EvaluationRequest,
    ExampleKind,
    Report,
    Shown,
    Side,
    Verdict,
)
from eval.rubrics import Rubric
from eval.scoring import Paired, Scores
from eval.verdicts import Identical

SHOWN: dict[ExampleKind, int] = {"gain": 3, "loss": 3, "both_wrong": 2, "both_right": 1}
"""How many examples of each kind a report shows, drawn with the evaluation's seed."""


@dataclass(frozen=True)
class Evidence:
    """Everything a report is made from."""

    report_id: str
    request: EvaluationRequest
    rubric: Rubric
    run: RunView
    dataset: Dataset
    pair: Pair
    comparisons: Sequence[Comparison]
    verdicts: Sequence[Verdict]
    conditions: dict[str, str]
    judge_model: str | None = None


def build(evidence: Evidence) -> Report:
    """The report; nothing in it is rounded, rendering does that."""
    scores = Scores.of(evidence.comparisons, evidence.rubric, evidence.verdicts)
    criteria, headline = _results(scores)
    identical = identical_answers(evidence.comparisons)
    others = [result for result in criteria if result.criterion_id != headline.criterion_id]
    counts, examples = _examples(evidence, scores.headline)
    run, score = evidence.run.run, scores.score_result()
    return Report(
        id=evidence.report_id,
        run_id=run.id,
        run_name=run.plan.name,
        dataset_name=evidence.dataset.name,
        base_model=run.plan.base_model,
        rubric_id=evidence.rubric.id,
        rubric_hash=evidence.rubric.hash,
        created=now(),
        samples=len(evidence.comparisons),
        verdict=verdicts.decide(headline, others, len(evidence.comparisons), identical),
        score=score.estimate,
        score_wins=score.wins,
        score_losses=score.losses,
        headline=headline,
        criteria=criteria,
        by_tag=scores.by_tag(),
        examples=examples,
        example_counts=counts,
        curve_train=evidence.run.curve.train,
        curve_validation=evidence.run.curve.validation,
        speed=speed(evidence.comparisons),
        conditions=evidence.conditions,
        warnings=_warnings(evidence, scores, headline, identical),
    )


def identical_answers(comparisons: Sequence[Comparison]) -> Identical:
    """How many samples got the same bytes from both sides."""
    answered = [c for c in comparisons if c.base.text is not None and c.tuned.text is not None]
    return Identical(sum(c.base.text == c.tuned.text for c in answered), len(answered))


def speed(comparisons: Sequence[Comparison]) -> dict[str, float | None]:
    """Medians by side, and how many answers each comes from; None where nothing was measured."""
    figures: dict[str, float | None] = {}
    sides: tuple[Side, Side] = ("base", "tuned")
    for side in sides:
        answers = [comparison.side(side) for comparison in comparisons]
        measured = {
            "first_token_s": [a.first_token_s for a in answers if a.first_token_s is not None],
            "tokens_per_s": [a.tokens_per_s for a in answers if a.tokens_per_s is not None],
            "tokens": [float(a.tokens) for a in answers if a.tokens is not None],
        }
        for name, values in measured.items():
            figures[f"{side}_{name}"] = median(values) if values else None
            figures[f"{side}_{name}_n"] = float(len(values))
    figures["length_ratio"] = cautions.length_ratio(comparisons)
    return figures


def _results(scores: Scores) -> tuple[tuple[CriterionResult, ...], CriterionResult]:
    """All criteria with p-values corrected for their number, and the headline (which needs none).

    The headline is the one question asked beforehand; the others are looked at beside it.
    """
    results = [scores.result(criterion) for criterion in scores.rubric.criteria]
    chosen = scores.rubric.headline
    tested = [
        i
        for i, result in enumerate(results)
        if result.estimate.p_value is not None and (not chosen or result.criterion_id != chosen.id)
    ]
    adjusted = statistics.holm([results[i].estimate.p_value or 0.0 for i in tested])
    for i, p in zip(tested, adjusted, strict=True):
        results[i] = results[i].model_copy(update={"adjusted_p": p})
    headline = next((r for r in results if chosen and r.criterion_id == chosen.id), None)
    return tuple(results), headline or scores.score_result()


def _examples(
    evidence: Evidence, values: Paired
) -> tuple[dict[ExampleKind, int], tuple[Shown, ...]]:
    """Samples drawn by seed from each kind, and how many there are of each."""
    kinds: dict[ExampleKind, list[Comparison]] = {kind: [] for kind in SHOWN}
    for comparison, b, t in zip(evidence.comparisons, values.base, values.tuned, strict=True):
        if b is not None and t is not None:
            kinds[_kind(b, t)].append(comparison)
    rng = random.Random(evidence.request.seed)
    shown = [
        Shown(comparison=comparison, chosen_as=kind, verdicts=_verdicts_on(evidence, comparison))
        for kind, found in kinds.items()
        for comparison in rng.sample(found, min(len(found), SHOWN[kind]))
    ]
    return {kind: len(found) for kind, found in kinds.items()}, tuple(shown)


def _kind(base: float, tuned: float) -> ExampleKind:
    if tuned != base:
        return "gain" if tuned > base else "loss"
    return "both_right" if base >= 1 else "both_wrong"


def _verdicts_on(evidence: Evidence, comparison: Comparison) -> tuple[Verdict, ...]:
    order = {criterion.id: i for i, criterion in enumerate(evidence.rubric.criteria)}
    found = [v for v in evidence.verdicts if v.sample_id == comparison.sample.id]
    return tuple(sorted(found, key=lambda v: (order[v.criterion_id], v.side)))


def _warnings(
    evidence: Evidence, scores: Scores, headline: CriterionResult, identical: Identical
) -> tuple[str, ...]:
    return (
        *cautions.of_identity(identical, evidence.pair),
        *cautions.of_size(headline),
        *cautions.of_request(evidence.request, scores),
        *cautions.of_answers(evidence.comparisons, evidence.request),
        *cautions.of_scoring(scores, evidence.verdicts),
        *cautions.of_unscored(headline, scores.headline),
        *cautions.of_judge(evidence.judge_model, evidence.pair),
    )
