"""Rows that must stay in one part of a split, and what each part should hold in proportion."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple

from core.data.identity import group_key
from core.data.records import Example, Part
from core.data.whole.clusters import Union
from core.data.whole.languages import TOLD_ROWS, row_language, row_script

Stratum = Literal["label", "tags", "language"]
USABLE_LABELS = 0.8
"""Of the rows that must be in a class of several groups; else labels are names, not classes."""


class Member(NamedTuple):
    """What a split has to know of a row."""

    id: str
    row: int
    part: Part | None
    question: str
    """Equal for rows with the same first user turn."""
    group: str
    parent: str
    label: str
    tags: tuple[str, ...]
    language: str


class Group(NamedTuple):
    """Rows that stay together."""

    key: str
    """Does not depend on the order of rows."""
    members: tuple[Member, ...]

    @property
    def label(self) -> str:
        """The label that most of the rows have."""
        counts = Counter(member.label for member in self.members)
        return min(counts, key=lambda label: (-counts[label], label))


def members_of(examples: Sequence[Example]) -> list[Member]:
    """All rows, read once; conversations are let go."""
    language = row_language if len(examples) <= TOLD_ROWS else row_script
    return [
        Member(
            example.id,
            example.row,
            example.part,
            group_key(example.conversation),
            example.group,
            example.parent,
            example.label,
            example.tags,
            language(example),
        )
        for example in examples
    ]


def groups_by_question(members: Iterable[Member]) -> list[Group]:
    """Rows with the same first user turn, and what was made from them."""
    union = Union()
    rows = list(members)
    for member in rows:
        _join_question(union, member)
    return _groups(rows, union)


def groups_by_all(members: Iterable[Member], clusters: Mapping[str, str]) -> list[Group]:
    """Rows that are joined by any reason: question, conversation, user, tree or likeness."""
    union = Union()
    rows = list(members)
    for member in rows:
        _join_question(union, member)
        if member.group:
            union.join(member.id, f"group {member.group}")
        if cluster := clusters.get(member.id):
            union.join(member.id, f"cluster {cluster}")
    return _groups(rows, union)


def _join_question(union: Union, member: Member) -> None:
    union.join(member.id, f"question {member.question}")
    if member.parent:
        union.join(member.id, member.parent)


def _groups(rows: Iterable[Member], union: Union) -> list[Group]:
    found: dict[str, list[Member]] = defaultdict(list)
    for member in rows:
        found[union.top(member.id)].append(member)
    return [Group(min(m.question for m in some), tuple(some)) for some in found.values()]


def strata_of(groups: Sequence[Group]) -> tuple[tuple[Stratum, ...], list[str]]:
    """By what the parts are made alike, and the stratum of each group."""
    if labels := _usable_labels(groups):
        return ("label",), labels
    strata: list[str] = []
    for group in groups:
        first = min(group.members)
        strata.append("\0".join((first.language, *first.tags)))
    languages = len({stratum.split("\0")[0] for stratum in strata}) > 1
    tagged = any("\0" in stratum for stratum in strata)
    by: list[Stratum] = []
    if languages:
        by.append("language")
    if tagged:
        by.append("tags")
    return tuple(by), strata


def _usable_labels(groups: Sequence[Group]) -> list[str]:
    """Each group's label; none when hardly a row is in a class that can be divided."""
    labels = [group.label for group in groups]
    classes = Counter(labels)
    classes.pop("", None)
    divisible = sum(
        len(group.members)
        for group, label in zip(groups, labels, strict=True)
        if classes[label] > 1
    )
    rows = sum(len(group.members) for group in groups)
    return labels if divisible >= rows * USABLE_LABELS else []
