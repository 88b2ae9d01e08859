"""What a person's votes come to: counts, the share of decided ones, and an exact sign test."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations

from core.comparing.records import Session, Turn
from core.messages import Record

CONFIDENCE = 0.95


class Tally(Record):
    """Votes between two models; those for a third one say nothing about these two."""

    first: str
    second: str
    wins: int
    """Votes for the first."""
    losses: int
    """Votes for the second."""
    ties: int
    bad: int
    """Both bad: counted, and on neither side."""
    blind: int
    """How many of the votes were cast without knowing who is who."""
    share: float | None
    """losses / (wins + losses): how often the second one won where there was a winner."""
    low: float | None
    high: float | None
    """95% Wilson score interval of the share."""
    p_value: float | None
    """Exact two-sided sign test of wins against losses; None without a decided vote."""

    @property
    def votes(self) -> int:
        return self.wins + self.losses + self.ties + self.bad


def tally(sessions: Iterable[Session]) -> tuple[Tally, ...]:
    """The votes of all conversations, for each two models that stood side by side.

    Models are told apart by what they are, never by their names: a renamed run stays one.
    """
    counts: dict[tuple[str, str], list[int]] = {}
    names: dict[str, str] = {}
    for session in sessions:
        keys = [contender.key for contender in session.contenders]
        names.update(zip(keys, session.titles, strict=True))
        for turn in session.turns:
            for one, other in combinations(range(len(keys)), 2):
                _count(counts, turn, keys, one, other)
    return tuple(
        _tally(names[first], names[second], *found) for (first, second), found in counts.items()
    )


def _count(
    counts: dict[tuple[str, str], list[int]], turn: Turn, keys: list[str], one: int, other: int
) -> None:
    if turn.vote in (None, "none"):
        return
    flipped = (keys[other], keys[one]) in counts
    pair = (keys[other], keys[one]) if flipped else (keys[one], keys[other])
    if turn.vote in ("tie", "bad"):
        at = 2 if turn.vote == "tie" else 3
    elif turn.winner in (one, other):
        at = int((turn.winner == other) != flipped)
    else:
        return
    found = counts.setdefault(pair, [0, 0, 0, 0, 0])
    found[at] += 1
    found[4] += turn.blind


def _tally(
    first: str, second: str, wins: int, losses: int, ties: int, bad: int, blind: int
) -> Tally:
    share = low = high = p_value = None
    if decided := wins + losses:
        from scipy.stats import binomtest  # here: the page must open without it

        tested = binomtest(losses, decided, 0.5)
        interval = tested.proportion_ci(CONFIDENCE, method="wilson")
        share, p_value = losses / decided, float(tested.pvalue)
        low, high = float(interval.low), float(interval.high)
    return Tally(
        first=first, second=second, wins=wins, losses=losses, ties=ties, bad=bad, blind=blind,
        share=share, low=low, high=high, p_value=p_value,
    )  # fmt: skip
