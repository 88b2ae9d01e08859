"""Kept, lost or not shown: general items and general texts, each within its margin."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from core.serving.checking import SILENT
from core.serving.records import Sampling
from eval import statistics
from eval.around import likelihood
from eval.around.asked_records import AskedAnswer, TextNats
from eval.around.asking import Asking
from eval.around.forgetting import items, wording
from eval.around.forgetting.items import Item, Suite
from eval.around.forgetting.records import (
    Forgetting,
    ForgettingVerdict,
    GeneralItemResult,
    SuiteResult,
)
from eval.around.records import Likelihood, Side
from eval.records import Answer

SAMPLING = Sampling(temperature=0.0, max_tokens=96)
"""Greedy, and long enough for every item of the set."""
SIDES: tuple[Side, Side] = ("base", "tuned")
SIGNIFICANT = 0.05
SHOWN = 12
"""Lost items that a report lists."""
FEW_TO_LOSE = 0.2
"""Where base has a smaller share right, little can be lost, and the note says so."""


class Margins(NamedTuple):
    """What may be lost before it counts."""

    items: float
    """Share of right items."""
    texts: float
    """Share of the base model's nats per token: what a model knows little of is noisier."""


def questions() -> list[Asking]:
    """Every item of the general set to both sides, one side after the other."""
    return [
        Asking("general", item.id, side, item.messages, SAMPLING)
        for suite in items.suites()
        for item in suite.items
        for side in SIDES
    ]


def rows(answers: Sequence[AskedAnswer]) -> list[GeneralItemResult]:
    """How both sides did on each item."""
    given: dict[tuple[str, Side], Answer] = {
        (row.id, row.side): row.answer for row in answers if row.part == "general"
    }
    if not given:
        return []
    silent = Answer(text=None, error="it was not asked")
    return [
        _row(item, given.get((item.id, "base"), silent), given.get((item.id, "tuned"), silent))
        for suite in items.suites()
        for item in suite.items
    ]


def assess(
    answers: Sequence[AskedAnswer], nats: Sequence[TextNats], margins: Margins
) -> Forgetting | None:
    """What the general set and texts tell; None when nothing of them was asked."""
    found = rows(answers)
    texts = likelihood.summarise(nats, "general", {name: name for name in items.texts()})
    if not found and texts is None:
        return None
    suites = [_suite(suite, _of(suite, found), margins.items) for suite in items.suites()]
    overall = _suite(OVERALL, found, margins.items)
    reach = margins.texts * (texts.estimate.base or 0.0) if texts else 0.0
    texts_verdict = _texts_verdict(nats, texts, reach)
    verdict = _together(overall.verdict, texts_verdict)
    said = wording.conclusion(verdict, overall, texts, texts_verdict)
    note = wording.limits(overall, margins.items, _little_to_lose(overall), texts)
    return Forgetting(
        verdict=verdict,
        margin=margins.items,
        overall=overall,
        suites=tuple(_corrected(suites)),
        texts=texts,
        texts_margin=reach,
        texts_verdict=texts_verdict,
        lost_items=tuple(row for row in found if row.base_right and row.tuned_right is False)[
            :SHOWN
        ],
        sentence=said.en,
        sentence_zh=said.zh,
        rule=wording.rule(margins.items, margins.texts),
        note=note.en,
        note_zh=note.zh,
    )


OVERALL = Suite("overall", "all general items", "全部通用题目", ())


def _row(item: Item, base: Answer, tuned: Answer) -> GeneralItemResult:
    return GeneralItemResult(
        item_id=item.id,
        suite=item.suite,
        language=item.language,
        question=item.messages[-1].content,
        base=base.text,
        tuned=tuned.text,
        base_right=item.is_right(base),
        tuned_right=item.is_right(tuned),
    )


def _of(suite: Suite, found: Iterable[GeneralItemResult]) -> list[GeneralItemResult]:
    return [row for row in found if row.suite == suite.id]


def _suite(suite: Suite, found: Sequence[GeneralItemResult], margin: float) -> SuiteResult:
    base, tuned = (_values(found, side) for side in SIDES)
    groups = [row.item_id for row in found]
    estimate = statistics.paired_estimate(base, tuned, groups)
    bound = statistics.noninferiority(base, tuned, groups, margin)
    gap = None
    if estimate.groups:
        gap = statistics.detectable_gap(estimate.groups, statistics.cautious_deviation(estimate))
    return SuiteResult(
        suite=suite.id,
        name=suite.name,
        name_zh=suite.name_zh,
        items=len(found),
        estimate=estimate,
        low_one_sided=bound.low,
        no_worse=bound.no_worse,
        detectable_drop=gap,
        verdict=_verdict(estimate.high, estimate.p_value, bound.no_worse),
        note=bound.note or estimate.note,
    )


def _values(found: Sequence[GeneralItemResult], side: Side) -> list[float | None]:
    right = [row.base_right if side == "base" else row.tuned_right for row in found]
    return [None if one is None else float(one) for one in right]


def _verdict(high: float | None, p: float | None, no_worse: bool | None) -> ForgettingVerdict:
    """Lost by interval and exact test; kept by the one-sided bound."""
    if high is not None and p is not None and high < 0 and p < SIGNIFICANT:
        return "lost"
    return "kept" if no_worse else "not_shown"


def _corrected(suites: Sequence[SuiteResult]) -> list[SuiteResult]:
    """A single suite counts as lost only after Holm's correction for the number of suites."""
    tested = [suite for suite in suites if suite.estimate.p_value is not None]
    adjusted = statistics.holm([suite.estimate.p_value or 0.0 for suite in tested])
    p_of = {suite.suite: p for suite, p in zip(tested, adjusted, strict=True)}
    return [
        suite.model_copy(
            update={"verdict": _verdict(suite.estimate.high, p_of.get(suite.suite), suite.no_worse)}
        )
        for suite in suites
    ]


def _texts_verdict(
    nats: Sequence[TextNats], texts: Likelihood | None, margin: float
) -> ForgettingVerdict | None:
    """Lost when the rise is shown to be more than the margin, kept when shown to be less."""
    if texts is None or texts.estimate.low is None or margin <= 0:
        return None
    if texts.estimate.low > margin:
        return "lost"
    found: dict[Side, dict[str, float]] = {"base": {}, "tuned": {}}
    for row in nats:
        if row.part == "general" and row.nats is not None:
            found[row.side][row.id] = -row.nats / row.tokens
    names = sorted(found["base"].keys() & found["tuned"].keys())
    if all(abs(found["base"][name] - found["tuned"][name]) < SILENT for name in names):
        return "kept"  # the same weights: no bound on what other texts may show is needed
    bound = statistics.noninferiority(
        [found["base"][name] for name in names],
        [found["tuned"][name] for name in names],
        names,
        margin,
        span=likelihood.NATS_SPAN,
    )
    return "kept" if bound.no_worse else "not_shown"


def _together(of_items: ForgettingVerdict, of_texts: ForgettingVerdict | None) -> ForgettingVerdict:
    if "lost" in (of_items, of_texts):
        return "lost"
    return "kept" if of_items == "kept" and of_texts in ("kept", None) else "not_shown"


def _little_to_lose(overall: SuiteResult) -> bool:
    return overall.estimate.base is not None and overall.estimate.base < FEW_TO_LOSE
