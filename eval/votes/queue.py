"""What people are asked to vote on next: where judge, checks and orders disagree comes first."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Literal, NamedTuple

from core.disk import sha256_text
from eval.judge.records import Preference
from eval.records import Comparison, Outcome, Side, Verdict
from eval.rubric.rubrics import Rubric
from eval.scoring import Scores

Why = Literal["order_dependent", "conflict", "influential", "drawn"]
"""order_dependent: the judge's preference changed with the order; conflict: judge and checks name
different sides; influential: the scores differ most; drawn: the rest, in a seeded order."""
RANK: dict[Why, int] = {"order_dependent": 0, "conflict": 1, "influential": 2, "drawn": 3}
SIDES: tuple[Side, Side] = ("base", "tuned")


class PairItem(NamedTuple):
    """Two answers to be compared."""

    sample_id: str
    why: Why


class CriterionItem(NamedTuple):
    """One answer to be held against one criterion that a judge decided."""

    sample_id: str
    criterion_id: str
    side: Side


class Judged(NamedTuple):
    """What was found out about the answers without people."""

    comparisons: Sequence[Comparison]
    rubric: Rubric
    verdicts: Sequence[Verdict]
    preferences: Sequence[Preference] = ()


def pairs(judged: Judged, seed: int) -> tuple[PairItem, ...]:
    """All pairs with two different answers, those that a vote says most about first."""
    scores = Scores.of(judged.comparisons, judged.rubric, judged.verdicts)
    values = scores.score()
    moved = {
        each.sample.id: abs(tuned - base) if base is not None and tuned is not None else 0.0
        for each, base, tuned in zip(judged.comparisons, values.base, values.tuned, strict=True)
    }
    unsteady = {p.sample_id for p in judged.preferences if p.preferred == "order_dependent"}
    leaning = _leanings(judged)
    items = []
    for each in judged.comparisons:
        if each.base.text is None or each.tuned.text is None or each.base.text == each.tuned.text:
            continue
        sample_id = each.sample.id
        by_check, by_judge = (leaning[kind].get(sample_id, 0.0) for kind in ("check", "judge"))
        if sample_id in unsteady:
            why: Why = "order_dependent"
        elif by_check * by_judge < 0:
            why = "conflict"
        else:
            why = "influential" if moved[sample_id] else "drawn"
        items.append(PairItem(sample_id, why))
    return tuple(
        sorted(items, key=lambda i: (RANK[i.why], -moved[i.sample_id], _drawn(seed, i.sample_id)))
    )


def criteria(judged: Judged, seed: int) -> tuple[CriterionItem, ...]:
    """Answers that a judge rated, met and not met by turns, so that both kinds of error show."""
    kinds = {c.id: c.kind for c in judged.rubric.criteria}
    rated = {
        CriterionItem(v.sample_id, v.criterion_id, v.side): v.outcome
        for v in judged.verdicts
        if kinds.get(v.criterion_id) == "judge" and v.outcome != "unscored"
    }
    return tuple(_by_turns(rated, seed))


def upcoming(items: Sequence[PairItem], voted: Container[str]) -> PairItem | None:
    """The first that nobody voted on; None when all are done."""
    return next((item for item in items if item.sample_id not in voted), None)


def _by_turns(rated: Mapping[CriterionItem, Outcome], seed: int) -> Iterator[CriterionItem]:
    drawn = sorted(rated, key=lambda item: _drawn(seed, *item))
    met = [item for item in drawn if rated[item] == "met"]
    other = [item for item in drawn if rated[item] != "met"]
    for pair in zip_longest(met, other):
        yield from (item for item in pair if item is not None)


def _leanings(judged: Judged) -> dict[str, dict[str, float]]:
    """By kind of criterion and sample: points that tuned has more than base."""
    points = {c.id: (c.kind, c.points) for c in judged.rubric.criteria}
    found: dict[str, dict[str, float]] = {"check": {}, "judge": {}}
    for verdict in judged.verdicts:
        kind, worth = points.get(verdict.criterion_id, ("", 0.0))
        if kind not in found or verdict.outcome != "met":
            continue
        signed = worth if verdict.side == "tuned" else -worth
        found[kind][verdict.sample_id] = found[kind].get(verdict.sample_id, 0.0) + signed
    return found


def _drawn(seed: int, *key: str) -> str:
    """An order that nobody chose, the same each time."""
    return sha256_text(f"{seed}:{':'.join(key)}")
