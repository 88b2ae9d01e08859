"""What a careful reader must know before believing a report, each with its numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from core.serving.records import Pair
from eval import statistics
from eval.checks.deciding import spoken
from eval.judge.judging import NO_JUDGE
from eval.records import Comparison, CriterionResult, EvaluationRequest, Side, Verdict
from eval.scoring import Paired, Scores, worst_case
from eval.verdicts import Identical
from eval.wording import count, percent, points

SIDES: tuple[Side, Side] = ("base", "tuned")
ILLUSTRATION = 30
WIDE = 100


def of_size(headline: CriterionResult) -> Iterable[str]:
    """Whether there are enough independent questions."""
    groups = headline.estimate.groups
    if 0 < groups < WIDE:
        first = "Illustration only" if groups < ILLUSTRATION else "The interval is wide"
        wins = statistics.clear_win(groups)
        needed = f"at least {wins} of {groups}" if wins else "more than all of them"
        yield (
            f"{first}: there are {count(groups, 'independent question')}. If each were won by one "
            f"side, one side would have to win {needed} for a test to show a difference."
        )
    if headline.estimate.note:
        yield f"On “{headline.name}”: {headline.estimate.note}"


def of_request(request: EvaluationRequest, scores: Scores) -> Iterable[str]:
    """What follows from how the evaluation was asked for."""
    if scores.rubric.note:
        yield scores.rubric.note
    if request.part == "validation":
        yield (
            "The validation part also chose which checkpoint was kept, so its result flatters the "
            "tuned model a little; the test part did not."
        )
    if request.sampling.temperature > 0:
        yield (
            f"At temperature {request.sampling.temperature:g} an answer depends on chance, and "
            "each question was asked once."
        )


def of_answers(comparisons: Sequence[Comparison], request: EvaluationRequest) -> Iterable[str]:
    """Answers that failed, were cut or repeat themselves."""
    total = len(comparisons)
    for side in SIDES:
        answers = [comparison.side(side) for comparison in comparisons]
        failed = Counter(a.error or "no answer" for a in answers if a.error or a.text is None)
        if failed:
            why = min(failed, key=lambda reason: (-failed[reason], reason))
            yield (
                f"{count(failed.total(), f'{side} answer')} of {total:,} could not be had and are "
                f"unscored, mostly because: {why}"
            )
        cut = sum(a.finish_reason == "length" for a in answers)
        if cut:
            yield (
                f"{count(cut, f'{side} answer')} of {total:,} ({percent(cut / total)}) ran into "
                f"the limit of {request.sampling.max_tokens} tokens and counted as cut."
            )
        texts = {spoken(a.text).strip() for a in answers if a.text is not None}
        if total >= 10 and len(texts) == 1 and len({c.sample.reference for c in comparisons}) > 1:
            yield f"The {side} model gave the same answer to every question."


def of_identity(identical: Identical, pair: Pair) -> Iterable[str]:
    """Signs that the adapter changes nothing, or is not the trained one."""
    if identical.nearly_all:
        yield (
            f"{identical.same:,} of {identical.of:,} answers are byte-identical: the adapter may "
            "change nothing."
        )
    if not pair.check.agrees:
        yield (
            "The served adapter does not agree with the trained one (difference "
            f"{pair.check.worst_difference:.4g} nats, tolerance {pair.check.tolerance:.4g}): do "
            "not rely on this report."
        )
    if pair.tuned.note:
        yield f"Tuned model: {pair.tuned.note.rstrip('.')}."


def of_scoring(scores: Scores, verdicts: Sequence[Verdict]) -> Iterable[str]:
    """Criteria and samples that were not scored, and how a judge behaved."""
    reasons: dict[str, Counter[str]] = {}
    for verdict in verdicts:
        if verdict.outcome == "unscored":
            reasons.setdefault(verdict.criterion_id, Counter())[verdict.reason] += 1
    left_out = {criterion.id for criterion in scores.left_out()}
    for criterion in {c.id: c for c in scores.rubric.all_criteria()}.values():
        found = reasons.get(criterion.id)
        if not found:
            continue
        why = min(found, key=lambda reason: (-found[reason], reason))
        if criterion.id in left_out:
            because = NO_JUDGE if NO_JUDGE in why else why.rstrip(".")
            yield (f"“{criterion.label}” is unscored and left out of the rubric score: {because}.")
        else:
            yield (
                f"“{criterion.label}”: {count(found.total(), 'answer')} unscored, mostly because: "
                f"{why}"
            )
    quoted = [v.judge for v in verdicts if v.judge and v.judge.evidence_found is not None]
    unfound = sum(not call.evidence_found for call in quoted)
    if unfound:
        yield (
            f"In {unfound:,} of {len(quoted):,} verdicts the judge quoted words that do not stand "
            "in the answer."
        )


def of_lacking(headline: CriterionResult, scores: Scores) -> Iterable[str]:
    """What the score would be with the verdicts that both answers to a question lack."""
    lacking = scores.lacking() if headline.kind == "score" else None
    if lacking is None or headline.estimate.difference is None:
        return
    yield (
        f"On {count(lacking.questions, 'question')} the rubric score leaves out criteria that "
        "neither answer has a verdict on. Had every missing verdict spoken against the tuned "
        f"model, the difference would be {points(lacking.against)} points; had all spoken for it, "
        f"{points(lacking.in_favour)}."
    )


def of_unscored(headline: CriterionResult, values: Paired) -> Iterable[str]:
    """What the difference would be if every unscored answer had spoken for one side."""
    if not (headline.estimate.unscored_base or headline.estimate.unscored_tuned):
        return
    ends = worst_case(values)
    if ends is None:
        return
    against, in_favour = ends
    yield (
        f"On “{headline.name}” {count(headline.estimate.unscored_base, 'base answer')} and "
        f"{count(headline.estimate.unscored_tuned, 'tuned answer')} are unscored. Had all of them "
        f"spoken against the tuned model, the difference would be {points(against)} points; had "
        f"all spoken for it, {points(in_favour)}."
    )


def of_judge(model: str | None, pair: Pair) -> Iterable[str]:
    """A judge that may not be neutral."""
    if model == pair.base.model:
        yield "The judge is the base model of this comparison: it may favour its own answers."
