"""Ask a judge some questions again: how often does it say something else?"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence

from eval.judge.estimate import repeated_count
from eval.judge.records import Flips
from eval.judge.shares import share_of
from eval.records import Verdict


def chosen(verdicts: Sequence[Verdict], part: float, seed: int) -> list[Verdict]:
    """Verdicts to ask again, drawn by seed: a share of those that the judge gave, at least 20."""
    given = sorted(
        (v for v in verdicts if v.judge and v.judge.replied and v.judge.trouble != "swayed"),
        key=lambda v: (v.sample_id, v.criterion_id, v.side),
    )
    return random.Random(seed).sample(given, repeated_count(len(given), part))


def compare(pairs: Iterable[tuple[Verdict, Verdict]]) -> Flips:
    """Flips among verdicts, each with the one given when it was asked again."""
    by_criterion: dict[str, tuple[int, int]] = {}
    twice = flipped = unanswered = 0
    for first, again in pairs:
        if again.judge is None or not again.judge.replied:
            unanswered += 1
            continue
        changed = (first.outcome, first.level) != (again.outcome, again.level)
        asked, so_far = by_criterion.get(first.criterion_id, (0, 0))
        by_criterion[first.criterion_id] = (asked + 1, so_far + changed)
        twice += 1
        flipped += changed
    return Flips(
        judged_twice=twice,
        flipped=flipped,
        rate=share_of(flipped, twice),
        by_criterion=by_criterion,
        unanswered=unanswered,
    )
