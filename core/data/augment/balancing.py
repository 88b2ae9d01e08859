"""Rows to reword so that small classes grow: a plan over ids and labels, made before any call."""

from __future__ import annotations

import hashlib
import math
from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import NamedTuple

from core.data.augment.context import Context, unfit
from core.data.augment.records import Task
from core.data.tasks.balance import Pair, measure, tail

MOST_VARIANTS = 5
"""Rewordings of one row: more of them say the same again."""


class Growth(NamedTuple):
    """A plan to grow small classes by rewording their rows."""

    floor: int | None
    """Rows that every class should have; None is half of the median class."""
    variants: dict[str, int]
    """How many rewordings of which row, by its id."""
    lacking: dict[str, int]
    """Rows that each small class lacks now."""
    short: dict[str, int]
    """What it will still lack if every rewording is accepted: its rows are too few."""


def train_pairs(context: Context) -> list[Pair]:
    """Id and class of every row of the train side that has a class."""
    return list(context.labels.items())


def unable(context: Context) -> frozenset[str]:
    """Ids of train rows that count for their class but can't be reworded."""
    return frozenset(name for name, example in context.train.items() if unfit(example))


def grow(
    pairs: Iterable[Pair],
    floor: int | None = None,
    unable: Collection[str] = (),
    seed: int = 7,
) -> Growth:
    """Spread what small classes lack over their rows, at most MOST_VARIANTS rewordings for each.

    The pairs are of the train side only. Filters and the person will leave some rewordings out,
    so a class may stay below the floor.
    """
    given = sorted(set(pairs))
    lacking = tail(measure(given), floor)
    rows: dict[str, list[str]] = defaultdict(list)
    for name, label in given:
        if label in lacking and name not in unable:
            rows[label].append(name)
    variants: dict[str, int] = {}
    for label, names in list(rows.items()):
        variants |= _spread(sorted(names, key=lambda n: _draw(n, seed)), lacking[label])
    short = {label: lacks - len(rows[label]) * MOST_VARIANTS for label, lacks in lacking.items()}
    return Growth(floor, variants, lacking, {label: n for label, n in short.items() if n > 0})


def growth_tasks(growth: Growth, context: Context) -> tuple[Task, ...]:
    """The tasks of a plan; every row of it must be on the train side."""
    return tuple(
        context.task(context.train[name], count) for name, count in growth.variants.items()
    )


def _spread(names: list[str], wanted: int) -> dict[str, int]:
    """As evenly as it goes: the rows drawn first get one more."""
    each = math.ceil(wanted / len(names))
    if each > MOST_VARIANTS:
        return dict.fromkeys(names, MOST_VARIANTS)
    fewer = each * len(names) - wanted
    counts = {name: each - (index >= len(names) - fewer) for index, name in enumerate(names)}
    return {name: count for name, count in counts.items() if count}


def _draw(name: str, seed: int) -> bytes:
    return hashlib.sha256(f"{seed}\0{name}".encode(errors="replace")).digest()
