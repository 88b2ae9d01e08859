"""Which of both answers a judge prefers, asked in both orders: a place must not win."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Literal

from core.wording import said
from eval import statistics
from eval.checks.deciding import missing_reason, spoken
from eval.judge.asking import Asked
from eval.judge.judging import Judge
from eval.judge.records import Pairwise, Preference, Preferred, Share
from eval.judge.shares import share_of
from eval.records import Comparison
from eval.statistics.discordance import Winner

Place = Literal["first", "second", "tie"]
PLACES: tuple[Place, ...] = ("first", "second", "tie")
WINNERS: dict[Preferred, Winner | None] = {
    "base": "base",
    "tuned": "tuned",
    "tie": "tie",
    "order_dependent": "tie",
    "unscored": None,
}


async def prefer(judge: Judge, comparison: Comparison) -> Preference:
    """The judge's preference; a side only when both orders name it."""
    base, tuned = comparison.base, comparison.tuned
    sample = comparison.sample
    if reason := missing_reason(base) or missing_reason(tuned):
        return unasked(sample.id, reason)
    texts = spoken(base.text or ""), spoken(tuned.text or "")
    if texts[0] == texts[1]:
        return Preference(
            sample_id=sample.id, preferred="tie", base_first="tie", tuned_first="tie",
            reason="Both answers are the same.", length_ratio=1.0,
        )  # fmt: skip
    one = await judge.ask_pair(sample, *texts)
    other = await judge.ask_pair(sample, *reversed(texts))
    first, second = _place(one), _place(other)
    return Preference(
        sample_id=sample.id,
        preferred=agreed(first, second),
        base_first=first,
        tuned_first=second,
        reason=_reason(one, other),
        length_ratio=len(texts[1]) / len(texts[0]) if texts[0] else None,
    )


def unasked(sample_id: str, why: str) -> Preference:
    """The preference on a pair that nobody was asked about."""
    return Preference(
        sample_id=sample_id, preferred="unscored", base_first=None, tuned_first=None, reason=why
    )


def agreed(base_first: Place | None, tuned_first: Place | None) -> Preferred:
    """What both orders come to.

    A side needs both; a tie in one order and a side in the other is a tie. Two different sides
    mean that the place decided.
    """
    if base_first is None or tuned_first is None:
        return "unscored"
    if base_first == "tie" or tuned_first == "tie":
        return "tie"
    if base_first == tuned_first:
        return "order_dependent"
    return "base" if base_first == "first" else "tuned"


def summarised(preferences: Sequence[Preference], groups: Sequence[str]) -> Pairwise:
    """All preferences with their intervals; `groups` names the group of each."""
    counts = Counter(preference.preferred for preference in preferences)
    found = statistics.win_rate([WINNERS[p.preferred] for p in preferences], groups)
    scored = len(preferences) - counts["unscored"]
    return Pairwise(
        wins=counts["tuned"],
        losses=counts["base"],
        ties=counts["tie"],
        order_dependent=counts["order_dependent"],
        unscored=counts["unscored"],
        win_rate=Share(
            value=found.rate, low=found.low, high=found.high, count=scored,
            note=found.note, note_zh=said(found.note, "zh"),
        ),
        p_value=found.p_value,
        first_chosen=_first_chosen(preferences),
        longer_chosen=_longer_chosen(preferences),
    )  # fmt: skip


def _place(asked: Asked) -> Place | None:
    said_place = asked.kept.reply.value if asked.kept else None
    return next((place for place in PLACES if place == said_place), None)


def _reason(one: Asked, other: Asked) -> str:
    missing = next((asked for asked in (one, other) if asked.kept is None), None)
    if missing:
        return f"The judge gave no verdict: {missing.words}."
    return one.kept.reply.reason if one.kept else ""


def _first_chosen(preferences: Sequence[Preference]) -> Share:
    """Both orders of a pair are two decisions that a judge without favour decides one each."""
    said_places = [place for p in preferences for place in (p.base_first, p.tuned_first)]
    decided = [place for place in said_places if place in ("first", "second")]
    return share_of(decided.count("first"), len(decided))


def _longer_chosen(preferences: Sequence[Preference]) -> Share:
    longer = [
        (p.preferred == "tuned") == (p.length_ratio > 1)
        for p in preferences
        if p.preferred in ("base", "tuned") and p.length_ratio is not None and p.length_ratio != 1
    ]
    return share_of(sum(longer), len(longer))
