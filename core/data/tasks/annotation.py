"""Annotation: a text in, one JSON object with a label for each field out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from core.data.formats.shape import Talk
from core.data.records import Example
from core.data.tasks import fields, rubrics
from core.data.tasks.answers import answer_objects, check_label_answers, share
from core.data.tasks.fields import label_fields
from core.data.tasks.prompts import described, worded
from core.data.tasks.shape import Labelled, Language, Task, Told, talk

LABEL_USES = 2
"""How often each label of a field is used on average, at least."""
FEW_LABELS = 10
"""So many different labels are labels, however few rows there are."""
LONGEST_LABEL = 80


def build(items: Sequence[Labelled], language: Language) -> Iterator[Talk]:
    """Dialogues that answer with a JSON object of all fields."""
    described_fields = label_fields([item.labels for item in items])
    system = worded(language, "annotation", fields=described(described_fields, language))
    names = [field.name for field in described_fields]
    for item in items:
        answer = {name: item.labels.get(name) for name in names}
        said = [(name, label) for name in names for label in fields.flat(answer[name])]
        tags = tuple(f"{name}={label}" for name, label in said)
        first = item.label or (said[0][1] if said else "")
        yield talk(item, system, Told(fields.written(answer), first, tags))


def matches(examples: Sequence[Example]) -> bool:
    """Whether the answers are JSON objects with the same fields, each with few labels."""
    objects = answer_objects(examples)
    if not objects or share(objects) < 1:
        return False
    answers = [answer for answer in objects if answer is not None]
    if any(answer.keys() != answers[0].keys() for answer in answers) or not answers[0]:
        return False
    return all(_are_labels([answer[name] for answer in answers]) for name in answers[0])


def _are_labels(values: Sequence[Any]) -> bool:
    if not all(_is_label(value) for value in values):
        return False
    labels = {label for value in values for label in fields.flat(value)}
    return len(labels) <= max(FEW_LABELS, len(values) // LABEL_USES)


def _is_label(value: Any) -> bool:
    items = value if isinstance(value, list) else [value]
    return all(item is None or isinstance(item, str) for item in items) and all(
        len(label) <= LONGEST_LABEL for label in fields.flat(value)
    )


def rubric(name: str, examples: Iterable[Example]) -> dict[str, Any]:
    """The same JSON, valid JSON that fits the fields, and each field the same."""
    answers = [answer for answer in answer_objects(list(examples)) if answer is not None]
    return rubrics.rubric(TASK.name, name, rubrics.json_answer(label_fields(answers)))


TASK = Task(
    name="annotation",
    en="Annotation",
    zh="文本标注",
    matches=matches,
    build=build,
    check=check_label_answers,
    rubric=rubric,
    metrics=("exact_match", "field_accuracy", "field_macro_f1", "valid_json_rate"),
)
