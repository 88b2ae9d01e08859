"""JSON answers of a whole dataset: those that are none, and those that don't fit the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from core.data.identity import fold
from core.data.problems import Finding, shorten
from core.data.records import Example
from core.data.tasks import fields
from core.data.tasks.label_sets import near_identical, shown, two_labels
from core.data.tasks.shape import TaskFinding, answer_path, text_of

USUAL = 0.8
"""Of rows: a field that more of them have is one that every row should have."""
FEW = 5
"""In so few rows, a field that only one of them has is nothing strange."""
COPIED = 0.5
"""Of a field's values: when more of them stand in their texts, the field copies from the text."""

Answer = dict[str, Any]


def answer_objects(examples: Sequence[Example]) -> list[Answer | None]:
    """Each example's answer as a JSON object; None where it is not one."""
    read = (fields.read(example.conversation.reference) for example in examples)
    return [answer if isinstance(answer, dict) else None for answer in read]


def share(objects: Sequence[Answer | None]) -> float:
    """The share of answers that are JSON objects."""
    return sum(answer is not None for answer in objects) / len(objects) if objects else 0.0


def copied_fields(examples: Sequence[Example], objects: Sequence[Answer | None]) -> set[str]:
    """The fields whose values are taken from the texts."""
    copied: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for example, answer in zip(examples, objects, strict=True):
        text = text_of(example)
        for name, value in (answer or {}).items():
            for piece in fields.flat(value):
                total[name] += 1
                copied[name] += piece in text
    return {name for name, count in total.items() if copied[name] > COPIED * count}


def check_label_answers(examples: Sequence[Example]) -> list[TaskFinding]:
    """What is wrong with answers that hold a label for each field."""
    objects = answer_objects(examples)
    return [*_unfit(examples, objects), *_near(objects), *_conflicts(examples, objects)]


def check_copied_answers(examples: Sequence[Example]) -> list[TaskFinding]:
    """What is wrong with answers whose values are copied from the text."""
    objects = answer_objects(examples)
    copied = copied_fields(examples, objects)
    found = list(_unfit(examples, objects))
    for example, answer in zip(examples, objects, strict=True):
        text, path = text_of(example), answer_path(example)
        for name in sorted(copied & (answer or {}).keys()):
            for piece in fields.flat((answer or {})[name]):
                if piece not in text:
                    values = {"field": shorten(name, 40), "value": shorten(piece)}
                    finding = Finding("value_not_in_text", path, values)
                    found.append(TaskFinding(example.row, finding))
    return [*found, *_conflicts(examples, objects)]


def _unfit(examples: Sequence[Example], objects: Sequence[Answer | None]) -> Iterator[TaskFinding]:
    """Answers that are no JSON object, lack a field, or have one that no other answer has."""
    counts = Counter(name for answer in objects for name in answer or {})
    usable = sum(answer is not None for answer in objects)
    usual = {name for name, count in counts.items() if count > USUAL * usable}
    rare = {name for name, count in counts.items() if count == 1} if usable > FEW else set()
    is_fixed = usual | rare == counts.keys()
    for example, answer in zip(examples, objects, strict=True):
        path = answer_path(example)
        if answer is None:
            yield TaskFinding(example.row, Finding("answer_not_object", path))
            continue
        for name in sorted(usual - answer.keys()) if is_fixed else ():
            values = {"field": shorten(name, 40)}
            yield TaskFinding(example.row, Finding("answer_field_missing", path, values))
        for name in sorted(rare & answer.keys()):
            values = {"field": shorten(name, 40)}
            yield TaskFinding(example.row, Finding("answer_field_rare", path, values))


def _near(objects: Sequence[Answer | None]) -> Iterator[TaskFinding]:
    names = sorted({name for answer in objects for name in answer or {}})
    for name in names:
        labels = {one for answer in objects for one in fields.flat((answer or {}).get(name))}
        for group in near_identical(labels):
            yield TaskFinding(None, Finding("labels_near", (), {"labels": shown(group)}))


def _conflicts(
    examples: Sequence[Example], objects: Sequence[Answer | None]
) -> Iterator[TaskFinding]:
    """Texts with the same label that are answered in two ways.

    Other answers that contradict each other are found in any data by the checks of whole files;
    the order of fields makes no difference.
    """
    kept = [(e, answer) for e, answer in zip(examples, objects, strict=True) if answer is not None]
    # Folded, as the texts are: a copied value has the case of its own text.
    pairs = [(text_of(example), fold(fields.canonical(answer))) for example, answer in kept]
    for index, (before, _) in two_labels(pairs).items():
        example, other = kept[index][0], kept[before][0]
        if not example.label or example.label != other.label:
            continue
        values = {
            "answer": shorten(example.conversation.reference),
            "other": shorten(other.conversation.reference),
            "first": str(other.row),
        }
        finding = Finding("text_with_two_answers", answer_path(example), values)
        yield TaskFinding(example.row, finding)
