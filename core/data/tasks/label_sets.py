"""A set of labels as a whole: near-identical ones, rare ones, and texts that have two."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from core.data.identity import fold
from core.data.problems import Finding, shorten
from core.data.records import Example
from core.data.tasks.shape import TaskFinding, answer_path, system_of

NOT_A_LETTER = re.compile(r"[\W_]+")
ITEM = re.compile(r"^\s*(?:[-*•]|\d+[.)、])\s+(\S.*?)\s*$", re.MULTILINE)
LISTED_SHARE = 0.8
"""Of answers; when a prompt's list holds fewer of them, it is not the list of labels."""
SHOWN = 4


def near_identical(labels: Iterable[str]) -> list[tuple[str, ...]]:
    """Groups of labels that differ only in case, width, spaces or punctuation."""
    alike: dict[str, set[str]] = defaultdict(set)
    for label in labels:
        alike[NOT_A_LETTER.sub("", fold(label)) or label].add(label)
    return sorted(tuple(sorted(group)) for group in alike.values() if len(group) > 1)


def merged(counts: Counter[str]) -> dict[str, str]:
    """For each label that is a variant of another, the one to write instead: the most frequent."""
    return {
        label: best
        for group in near_identical(counts)
        for best in [max(group, key=lambda one: (counts[one], one == one.strip(), one))]
        for label in group
        if label != best
    }


def two_labels(pairs: Sequence[tuple[str, str]]) -> dict[int, tuple[int, str]]:
    """Positions of (text, label) pairs whose text had another label before: where, and which."""
    first: dict[str, tuple[int, str]] = {}
    found = {}
    for index, (text, label) in enumerate(pairs):
        before = first.setdefault(fold(text), (index, label))
        if before[1] != label:
            found[index] = before
    return found


@lru_cache(maxsize=256)
def listed_items(prompt: str) -> tuple[str, ...]:
    """The items of the list in a system prompt."""
    return tuple(ITEM.findall(prompt))


def check_labels(examples: Sequence[Example]) -> list[TaskFinding]:
    """What is wrong with the labels of a classification.

    Two labels for one text, and classes with one row, are found in any labelled data by the checks
    of whole files; here they are looked for only where rows do not say their label.
    """
    labels = [example.conversation.reference for example in examples]
    counts = Counter(labels)
    found = [*_about_the_set(counts), *_outside_the_list(examples, labels)]
    if not any(example.label for example in examples):
        found += _about_counts(examples, counts)
    return found


def _about_counts(examples: Sequence[Example], counts: Counter[str]) -> Iterator[TaskFinding]:
    if len(counts) == 1:
        only = {"label": shorten(next(iter(counts)))}
        yield TaskFinding(None, Finding("label_only_one", (), only))
        return
    for example in examples:
        label = example.conversation.reference
        if counts[label] == 1:
            values = {"label": shorten(label)}
            yield TaskFinding(example.row, Finding("label_once", answer_path(example), values))


def _about_the_set(counts: Iterable[str]) -> list[TaskFinding]:
    return [
        TaskFinding(None, Finding("labels_near", (), {"labels": shown(group)}))
        for group in near_identical(counts)
    ]


def _outside_the_list(examples: Sequence[Example], labels: Sequence[str]) -> list[TaskFinding]:
    """Answers that their own prompt's list does not have, where the list is one of labels."""
    pairs = zip(examples, labels, strict=True)
    asked = [(e, label, items) for e, label in pairs if (items := listed_items(system_of(e)))]
    outside = [(e, label) for e, label, items in asked if label.strip() not in items]
    if len(outside) > (1 - LISTED_SHARE) * len(asked):
        return []
    return [
        TaskFinding(e.row, Finding("label_not_listed", answer_path(e), {"label": shorten(label)}))
        for e, label in outside
    ]


def shown(group: Sequence[str]) -> str:
    """Labels as a list in a sentence."""
    quoted = ", ".join(f"“{shorten(label, 40)}”" for label in group[:SHOWN])
    return f"{quoted}, …" if len(group) > SHOWN else quoted
