"""Null controls: answers that must not win, scored by the same checks on the same questions."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from core.serving.records import Sampling
from eval import statistics
from eval.around.asked_records import AskedAnswer
from eval.around.asking import Asking
from eval.around.records import ControlResult, Controls, Side
from eval.checks import deciding as checks
from eval.checks.deciding import spoken
from eval.records import Answer, Comparison, Estimate
from eval.rubric.rubrics import Rubric
from eval.scoring import Scores

Kind = Literal["base_again", "constant", "truncated", "shuffled"]
SIGNIFICANT = 0.05
MOST = 200
"""Questions that controls are scored on; more are drawn with the evaluation's seed."""
KEPT_SHARE = 1 / 3
"""How much of an answer the truncated control keeps."""
SENTENCES: dict[Kind, tuple[str, str]] = {
    "base_again": (
        "The base model differs from itself",
        "基础模型与自己的第二次回答之间显示出差别",
    ),
    "constant": (
        "One constant answer to every question beats the tuned model",
        "对所有问题都给同一个固定回答，竟胜过微调后的模型",
    ),
    "truncated": (
        "The first third of the tuned answers beats the whole answers",
        "只取微调回答的前三分之一，竟胜过完整回答",
    ),
    "shuffled": (
        "The tuned answers to other questions beat those to the right ones",
        "把微调回答错配给别的问题，竟胜过正确对应的回答",
    ),
}
"""What it means when each of them wins."""


class Control(NamedTuple):
    """A control's answers beside the model's, as a comparison: base = model, tuned = control."""

    kind: Kind
    against: Side
    comparisons: list[Comparison]
    answered_with: str = ""


def chosen(comparisons: Sequence[Comparison], most: int, seed: int) -> list[Comparison]:
    """The questions that base is asked again, drawn with a seed."""
    if len(comparisons) <= most:
        return list(comparisons)
    drawn = random.Random(seed).sample(range(len(comparisons)), most)
    return [comparisons[i] for i in sorted(drawn)]


def questions(again: Iterable[Comparison], sampling: Sampling) -> list[Asking]:
    """Base asked the same a second time; where answers are drawn, with another seed."""
    other = sampling.model_copy(update={"seed": sampling.seed + 1})
    used = other if sampling.temperature > 0 else sampling
    return [Asking("control", c.sample.id, "base", c.sample.prompt, used) for c in again]


def constant_answer(references: Sequence[str]) -> str:
    """The training rows' most frequent answer: who always says it has learnt nothing."""
    return Counter(references).most_common(1)[0][0] if references else ""


def measure(
    comparisons: Sequence[Comparison],
    rubric: Rubric,
    again: Sequence[AskedAnswer],
    constant: str,
    seed: int,
) -> Controls:
    """All controls; without a criterion that code can check nothing can be told."""
    checked = check_criteria(rubric)
    if checked is None:
        return Controls(
            results=(), scored_by=(), valid=None,
            note="The rubric has no check to score controls by, and no judge is asked for them.",
            note_zh="评分标准中没有可由代码执行的检查，对照不交给评审模型打分。",
        )  # fmt: skip
    some = chosen(comparisons, MOST, seed)
    controls = [
        _again(comparisons, again),
        *([_constant(some, constant)] if constant else []),
        _truncated(some),
        _shuffled(some, seed),
    ]
    results = _corrected([_scored(control, checked) for control in controls])
    told = [result.won for result in results if result.won is not None]
    winners = [result for result in results if result.won]
    return Controls(
        results=tuple(results),
        scored_by=tuple(criterion.id for criterion in checked.criteria),
        valid=not winners if told else None,
        note=" ".join(f"{SENTENCES[r.kind][0]}: do not rely on this report." for r in winners),
        note_zh="".join(f"{SENTENCES[r.kind][1]}：请勿依赖本报告。" for r in winners),
    )


def check_criteria(rubric: Rubric) -> Rubric | None:
    """The rubric with only what code decides; None when nothing is left to gain.

    Its headline is the rubric's own where that is a check, else the score of the checks.
    """
    kept = tuple(c for c in rubric.criteria if c.kind == "check")
    if not any(c.points > 0 for c in kept):
        return None
    headline = rubric.headline
    own = headline.id if headline and headline.kind == "check" else None
    marked = tuple(c.model_copy(update={"headline": c.id == own}) for c in kept)
    return rubric.model_copy(update={"criteria": marked, "examples": {}, "scope": "shared"})


def check_scores(comparisons: Sequence[Comparison], rubric: Rubric) -> Scores:
    """What checks say of these comparisons; `rubric` has checks only."""
    sides: tuple[Side, Side] = ("base", "tuned")
    verdicts = (
        checks.check(criterion, comparison.sample, comparison.side(side), side)
        for comparison in comparisons
        for criterion in rubric.criteria
        for side in sides
    )
    return Scores.of(comparisons, rubric, verdicts)


def _again(comparisons: Sequence[Comparison], again: Sequence[AskedAnswer]) -> Control:
    answers = {row.id: row.answer for row in again if row.part == "control"}
    asked = [c for c in comparisons if c.sample.id in answers]
    return Control(
        "base_again",
        "base",
        [Comparison(sample=c.sample, base=c.base, tuned=answers[c.sample.id]) for c in asked],
    )


def _constant(comparisons: Sequence[Comparison], text: str) -> Control:
    answer = Answer(text=text, finish_reason="stop")
    found = [Comparison(sample=c.sample, base=c.tuned, tuned=answer) for c in comparisons]
    return Control("constant", "tuned", found, text)


def _truncated(comparisons: Sequence[Comparison]) -> Control:
    found = []
    for c in comparisons:
        text = None if c.tuned.text is None else spoken(c.tuned.text)
        cut = None if text is None else text[: int(len(text) * KEPT_SHARE)]
        answer = c.tuned.model_copy(update={"text": cut})
        found.append(Comparison(sample=c.sample, base=c.tuned, tuned=answer))
    return Control("truncated", "tuned", found)


def _shuffled(comparisons: Sequence[Comparison], seed: int) -> Control:
    """Each question gets the answer of the next one in a drawn order, so none keeps its own."""
    order = list(range(len(comparisons)))
    random.Random(seed).shuffle(order)
    after = dict(zip(order, [*order[1:], *order[:1]], strict=True))
    found = [
        Comparison(sample=c.sample, base=c.tuned, tuned=comparisons[after[i]].tuned)
        for i, c in enumerate(comparisons)
    ]
    return Control("shuffled", "tuned", found if len(order) > 1 else [])


def _scored(control: Control, rubric: Rubric) -> ControlResult:
    scores = check_scores(control.comparisons, rubric)
    estimate = scores.estimate(scores.headline)
    unknown = estimate.difference is None or estimate.low is None
    return ControlResult(
        kind=control.kind,
        against=control.against,
        estimate=estimate,
        won=None,
        answered_with=control.answered_with,
        note=estimate.note if unknown else "",
        note_zh="可打分的样本太少。" if unknown else "",
    )


def _corrected(results: Sequence[ControlResult]) -> list[ControlResult]:
    """Who won, with p-values corrected for the number of controls."""
    tested = [
        i
        for i, r in enumerate(results)
        if r.estimate.p_value is not None and r.estimate.low is not None
    ]
    adjusted = statistics.holm([results[i].estimate.p_value or 0.0 for i in tested])
    found = list(results)
    for i, p in zip(tested, adjusted, strict=True):
        found[i] = results[i].model_copy(update={"adjusted_p": p, "won": _won(results[i], p)})
    return found


def _won(result: ControlResult, p: float) -> bool:
    """Base against itself must not differ either way; the others must not score more."""
    e: Estimate = result.estimate
    if p >= SIGNIFICANT or e.low is None or e.high is None or e.low <= 0 <= e.high:
        return False
    return result.kind == "base_again" or e.low > 0
