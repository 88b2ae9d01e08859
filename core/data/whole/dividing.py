"""Divide rows into training, validation and test by groups: as the file says, or drawn."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from core.data.records import Part
from core.data.whole.balance import named
from core.data.whole.clusters import Clusters
from core.data.whole.groups import (
    Group,
    Member,
    Stratum,
    groups_by_all,
    groups_by_question,
    strata_of,
)

SMALLEST = 10
"""Fewer rows are all needed for training."""
SHARE = 0.1
"""Of all rows, for validation and for test each."""
LEAST_TEST_ROWS = 20
"""Wanted for a test part, as long as that is at most a fifth of the file."""
LARGE_GROUP = (0.25, 0.5, 1.0)
"""A group with more than this share of a part's rows goes to training; the first share that
leaves enough rows for validation and test counts."""
NAMED_ROWS = 20


@dataclass
class Divided:
    """Which part each example is in, and what is to be said about that."""

    parts: dict[str, Part]
    groups: int
    stratified_by: tuple[Stratum, ...] = ()
    near_duplicates: bool = False
    notes: list[str] = field(default_factory=list)


# -- parts that the file names ---------------------------------------------------------------------


def given_parts(members: Sequence[Member]) -> Divided:
    """The parts that the file names; rows with one first question in several go to training."""
    groups = groups_by_question(members)
    divided = Divided({}, len(groups))
    moved: list[Member] = []
    for group in groups:
        asked = {member.part or "train" for member in group.members}
        for member in group.members:
            part = member.part or "train"
            divided.parts[member.id] = part if len(asked) == 1 else "train"
            if divided.parts[member.id] != part:
                moved.append(member)
    unnamed = [m for m in members if m.part is None]
    shared = _crossing(members, divided.parts)
    if moved:
        divided.notes.append(
            f"{len(moved)} held-out rows moved to training, because other parts have rows with "
            f"the same first user turn: {_rows(moved)}."
        )
    if unnamed:
        divided.notes.append(
            f"{len(unnamed)} rows name no part and went to training: {_rows(unnamed)}."
        )
    if shared:
        divided.notes.append(
            f"{len(shared)} held-out rows belong to a conversation or user that training also "
            f"has; they were kept, because the file names the parts: {_rows(shared)}."
        )
    return divided


def _crossing(members: Sequence[Member], parts: Mapping[str, Part]) -> list[Member]:
    """Held-out rows whose group training has rows of, too."""
    trained = {m.group for m in members if m.group and parts[m.id] == "train"}
    return [m for m in members if m.group in trained and parts[m.id] != "train"]


def _rows(members: Sequence[Member]) -> str:
    rows = sorted(member.row for member in members)
    if len(rows) == 1:
        return f"row {rows[0]}"
    shown, more = ", ".join(map(str, rows[:NAMED_ROWS])), len(rows) - NAMED_ROWS
    return f"rows {shown} and {more} more" if more > 0 else f"rows {shown}"


# -- parts that are drawn --------------------------------------------------------------------------


def drawn_parts(members: Sequence[Member], clusters: Clusters | None, seed: int) -> Divided:
    """Parts drawn by groups; `clusters` is None when near duplicates are not known."""
    rows = len(members)
    groups = groups_by_all(members, clusters.of if clusters else {})
    divided = Divided({member.id: "train" for member in members}, len(groups))
    if rows < SMALLEST:
        divided.notes.append(
            f"With {rows} usable rows, all are used for training ({SMALLEST} are needed)."
        )
        return divided
    divided.near_duplicates = clusters is not None
    divided.notes += _likeness_notes(clusters)
    divided.stratified_by, strata = strata_of(groups)
    queue = _queue(groups, strata, seed)
    test = max(round(rows * SHARE), min(LEAST_TEST_ROWS, rows // 5))
    validation = max(round(rows * SHARE), 1)
    eligible = _eligible(queue, divided, test, validation)
    remaining = iter(eligible)
    wanted: tuple[tuple[Part, int], ...] = (("test", test), ("validation", validation))
    for part, target in wanted:
        taken = 0
        while taken < target and (group := next(remaining, None)) is not None:
            divided.parts.update((member.id, part) for member in group.members)
            taken += len(group.members)
    return divided


def _likeness_notes(clusters: Clusters | None) -> list[str]:
    if clusters is None:
        return [
            "Near duplicates have not been looked for in so many rows, so some may stand in two "
            "parts: the leak check names them."
        ]
    if clusters.refused:
        return [
            f"{clusters.refused} likenesses were left out, because they chain rows into one "
            "group of all: the leak check names those that stand in two parts."
        ]
    return []


def _queue(groups: Sequence[Group], strata: Sequence[str], seed: int) -> list[Group]:
    """Groups in a seeded order of which any beginning holds each stratum in proportion."""
    order = sorted(zip(groups, strata, strict=True), key=lambda pair: pair[0].key)
    random.Random(seed).shuffle(order)
    sizes: Counter[str] = Counter()
    for group, stratum in order:
        sizes[stratum] += len(group.members)
    seen: Counter[str] = Counter()
    ranked = []
    for group, stratum in order:
        ranked.append(((seen[stratum] + len(group.members) / 2) / sizes[stratum], group))
        seen[stratum] += len(group.members)
    return [group for _, group in sorted(ranked, key=lambda pair: pair[0])]


def _eligible(queue: Sequence[Group], divided: Divided, test: int, validation: int) -> list[Group]:
    """Groups that may be held out; why the others may not is noted."""
    notes = divided.notes
    kept = {group.key for group in queue if any(member.parent for member in group.members)}
    if kept:
        made = sum(bool(member.parent) for group in queue for member in group.members)
        notes.append(f"{made} rows were made from others: they and those stay in training.")
    if "label" in divided.stratified_by:
        kept |= _alone(queue, notes)
    free = [group for group in queue if group.key not in kept]
    limit = _limit(free, test, validation)
    small = [group for group in free if len(group.members) <= limit]
    if large := sum(len(group.members) for group in free) - sum(len(g.members) for g in small):
        notes.append(
            f"{large} rows belong together with many others (same first user turn, conversation "
            "or near duplicate); they stay together, in training."
        )
    return small


def _alone(queue: Sequence[Group], notes: list[str]) -> set[str]:
    """Groups that are all there is of their class."""
    classes = Counter(group.label for group in queue)
    alone = [group for group in queue if classes[group.label] == 1 and group.label]
    if alone:
        names = named(tuple(sorted(group.label for group in alone)))
        notes.append(
            f"{len(alone)} classes have one row, or rows that belong together, and are in "
            f"training only: {names}."
        )
    return {group.key for group in alone}


def _limit(groups: Sequence[Group], test: int, validation: int) -> float:
    """The largest group that may be held out: small, unless too few rows are in small ones."""
    limits = [max(1.0, test * share) for share in LARGE_GROUP]
    for limit in limits:
        if sum(len(g.members) for g in groups if len(g.members) <= limit) >= test + validation:
            return limit
    return limits[0]
