"""Assemble a Report from comparisons and verdicts; every figure in it is computed here."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

from core.identifiers import now
from core.wording import said
from eval import statistics, verdicts
from eval.around import leaks, speed
from eval.evidence import Evidence, Facts
from eval.judge import trust as judge_trust
from eval.records import (
    Comparison,
    CriterionResult,
    ExampleKind,
    Report,
    Shown,
    Verdict,
    VerdictSentence,
)
from eval.report import around_cautions, cautions, concluding, sections
from eval.report.around_cautions import Caution
from eval.report.concluding import Beside
from eval.report.sections import Reckoned, Sections
from eval.rubric.rubrics import Rubric
from eval.scoring import Scores
from eval.verdicts import Identical

__all__ = ["SHOWN", "Evidence", "build", "identical_answers"]

SHOWN: dict[ExampleKind, int] = {"gain": 3, "loss": 3, "both_wrong": 2, "both_right": 1}
"""How many examples of each kind a report shows, drawn with the evaluation's seed."""


def build(evidence: Evidence) -> Report:
    """The report; nothing in it is rounded, rendering does that."""
    everything = Scores.of(evidence.comparisons, evidence.rubric, evidence.verdicts)
    scores = _counted(everything, evidence.facts)
    carrying = _carrying(evidence, scores)
    criteria, headline = _results(scores, carrying)
    identical = identical_answers(scores.comparisons)
    found = Reckoned(everything, scores, carrying, headline, identical)
    parts = sections.of(evidence, found)
    score = headline if headline.kind == "score" else carrying.score_result()
    others = _others(criteria, carrying, headline)
    verdict = _verdict(evidence, carrying, headline, others, identical)
    gained = any(verdicts.direction(other) == "better" for other in others)
    told = _warnings(evidence, found, parts)
    counts, examples = _examples(evidence, carrying if carrying.found else scores)
    run = evidence.run.run
    return Report(
        format=2,
        id=evidence.report_id,
        run_id=run.id,
        run_name=run.plan.name,
        dataset_name=evidence.dataset.name,
        base_model=run.plan.base_model,
        rubric_id=evidence.rubric.id,
        rubric_hash=evidence.rubric.hash,
        created=evidence.facts.created or now(),
        samples=len(evidence.comparisons),
        verdict=concluding.conclude(
            verdict, headline, Beside(parts.controls, parts.forgetting, parts.leaks, gained)
        ),
        score=score.estimate,
        score_wins=score.wins,
        score_losses=score.losses,
        headline=headline,
        criteria=criteria,
        by_tag=carrying.by_tag(),
        examples=examples,
        example_counts=counts,
        curve_train=evidence.run.curve.train,
        curve_validation=evidence.run.curve.validation,
        speed=speed.figures(evidence.comparisons, parts.length.ratio if parts.length else None),
        conditions=evidence.conditions,
        conditions_zh=evidence.conditions_zh,
        warnings=tuple(caution.en for caution in told),
        warnings_zh=tuple(caution.zh or said(caution.en, "zh") for caution in told),
        judging=evidence.judging,
        left_out={name: why.note for name, why in evidence.facts.left_out.items()},
        left_out_zh={name: why.note_zh for name, why in evidence.facts.left_out.items()},
        **parts._asdict(),
    )


def _counted(everything: Scores, facts: Facts) -> Scores:
    """Without the questions that training has seen, unless it has seen all of them."""
    clean = leaks.clean(everything, facts.leaked_ids or ())
    return clean if clean.comparisons else everything


def _carrying(evidence: Evidence, scores: Scores) -> Scores:
    """What a verdict may rest on: nothing of a judge that is not reliable.

    Where only its criteria are left, no verdict of it counts, so that nothing is scored.
    """
    rubric = _trusted(evidence)
    if rubric is None:
        return replace(scores, found={})
    return scores if rubric == evidence.rubric else replace(scores, rubric=rubric)


def _trusted(evidence: Evidence) -> Rubric | None:
    if evidence.judging is None:
        return evidence.rubric
    return judge_trust.carrying(evidence.rubric, evidence.judging)


def _verdict(
    evidence: Evidence,
    carrying: Scores,
    headline: CriterionResult,
    others: Sequence[CriterionResult],
    identical: Identical,
) -> VerdictSentence:
    if evidence.judging is not None and _trusted(evidence) is None:
        return verdicts.unreliable(evidence.judging)
    return verdicts.decide(headline, others, len(carrying.comparisons), identical)


def _others(
    criteria: Sequence[CriterionResult], carrying: Scores, headline: CriterionResult
) -> list[CriterionResult]:
    """What a verdict may speak of beside the headline."""
    ids = {criterion.id for criterion in carrying.rubric.criteria} - {headline.criterion_id}
    return [result for result in criteria if result.criterion_id in ids]


def identical_answers(comparisons: Sequence[Comparison]) -> Identical:
    """How many samples got the same bytes from both sides."""
    answered = [c for c in comparisons if c.base.text is not None and c.tuned.text is not None]
    return Identical(sum(c.base.text == c.tuned.text for c in answered), len(answered))


def _results(
    scores: Scores, carrying: Scores
) -> tuple[tuple[CriterionResult, ...], CriterionResult]:
    """All criteria with p-values corrected for their number, and the headline (which needs none).

    The headline is the one question asked beforehand; the others are looked at beside it. A gate
    that goes wrong more often is told without correction: nobody wants to miss that.
    """
    results = [scores.result(criterion) for criterion in scores.rubric.criteria]
    chosen = carrying.rubric.headline
    tested = [
        i
        for i, result in enumerate(results)
        if result.estimate.p_value is not None and (not chosen or result.criterion_id != chosen.id)
    ]
    adjusted = statistics.holm([results[i].estimate.p_value or 0.0 for i in tested])
    for i, p in zip(tested, adjusted, strict=True):
        told = results[i].estimate.p_value if _regresses(scores, results[i]) else p
        results[i] = results[i].model_copy(update={"adjusted_p": told})
    headline = next((r for r in results if chosen and r.criterion_id == chosen.id), None)
    if chosen and not carrying.found:
        headline = carrying.result(chosen)
    return tuple(results), headline or carrying.score_result()


def _regresses(scores: Scores, result: CriterionResult) -> bool:
    """Whether it is a gate that the tuned model fails more often than the base."""
    gates = {c.id for c in scores.rubric.criteria if c.gate != "none"}
    change = (result.estimate.difference or 0.0) * result.points
    return result.criterion_id in gates and change < 0


def _examples(
    evidence: Evidence, scores: Scores
) -> tuple[dict[ExampleKind, int], tuple[Shown, ...]]:
    """Samples drawn by seed from each kind, and how many there are of each."""
    kinds: dict[ExampleKind, list[Comparison]] = {kind: [] for kind in SHOWN}
    values = scores.headline
    for comparison, b, t in zip(scores.comparisons, values.base, values.tuned, strict=True):
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
    asked = evidence.rubric.criteria_of(comparison.sample)
    order = {criterion.id: i for i, criterion in enumerate(asked)}
    found = [v for v in evidence.verdicts if v.sample_id == comparison.sample.id]
    return tuple(sorted(found, key=lambda v: (order[v.criterion_id], v.side)))


def _warnings(evidence: Evidence, found: Reckoned, parts: Sections) -> tuple[Caution, ...]:
    """What surrounds the verdict first, as it may overturn it."""
    lacking = tuple(cautions.of_lacking(found.headline, found.scores))
    plain = (
        *cautions.of_identity(found.identical, evidence.pair),
        *cautions.of_size(found.headline),
        *cautions.of_request(evidence.request, found.counted),
        *cautions.of_answers(evidence.comparisons, evidence.request),
        *cautions.of_scoring(found.counted, evidence.verdicts),
        *(lacking or cautions.of_unscored(found.headline, found.scores.headline)),
        *cautions.of_judge(evidence.judge_model, evidence.pair),
    )
    return (
        *around_cautions.of(parts, evidence.judging),
        *(Caution(one) for one in plain),
        *around_cautions.of_rubric(evidence.rubric, evidence.verdicts, evidence.judging),
    )
