"""Which training rows a plan takes: all, or a share in whole groups, nested and drawn by the seed.

With one seed a smaller share is part of a larger one, so that runs on more and more rows differ by
what was added and by nothing else.
"""

from __future__ import annotations

import random
from collections.abc import Iterable

from core.data.identity import group_key
from core.data.records import Example, Split
from core.training.plan import TrainingPlan


def taken(plan: TrainingPlan, split: Split, examples: Iterable[Example]) -> Split:
    """The split with the training rows that the plan takes; as it was when it takes all.

    `examples` are read only for a share.
    """
    if plan.train_share == 1:
        return split
    chosen = set(drawn(split, examples, plan.seed, plan.train_share))
    return split.model_copy(update={"train": tuple(i for i in split.train if i in chosen)})


def drawn(split: Split, examples: Iterable[Example], seed: int, share: float) -> tuple[str, ...]:
    """Example ids: groups in an order drawn by the seed, until the share is reached.

    Rows of one group (variants of a conversation) are taken together or not at all.
    """
    groups: dict[str, list[str]] = {}
    wanted = set(split.train)
    for example in examples:
        if example.id in wanted:
            name = example.group or group_key(example.conversation)
            groups.setdefault(name, []).append(example.id)
    order = sorted(groups)
    random.Random(seed).shuffle(order)
    total = sum(map(len, groups.values()))
    found: list[str] = []
    for name in order:
        if len(found) >= share * total:
            break
        found += groups[name]
    return tuple(found)
