"""Information extraction: a text in, one JSON object with pieces of it out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from core.data.formats.shape import Talk
from core.data.records import Example
from core.data.tasks import fields, rubrics
from core.data.tasks.answers import (
    Answer,
    answer_objects,
    check_copied_answers,
    copied_fields,
    share,
)
from core.data.tasks.fields import Field, copied_field, label_field, label_fields, value_fields
from core.data.tasks.prompts import described, worded
from core.data.tasks.shape import Labelled, Language, Task, Told, talk, text_of

JSON_SHARE = 0.8
COPIED_SHARE = 0.6
"""Of all values: when more of them stand in their texts, the task is extraction."""


def build(items: Sequence[Labelled], language: Language) -> Iterator[Talk]:
    """Dialogues that answer with a JSON object of the fields that the text mentions."""
    if any(item.relations for item in items):
        relations = label_fields([relation for item in items for relation in item.relations])
        open_ends = [field if i == 0 else Field(field.name) for i, field in enumerate(relations)]
        system = worded(language, "relations", fields=described(open_ends, language))
    else:
        asked = [*label_fields([item.labels for item in items])]
        asked += value_fields([item.values for item in items])
        system = worded(language, "extraction", fields=described(asked, language))
    everywhere = set.intersection(*(set(item.values) for item in items)) if items else set()
    for item in items:
        yield talk(item, system, _told(item, everywhere))


def _told(item: Labelled, everywhere: set[str]) -> Told:
    """The answer; tags name the fields that are in this item and not in all of them."""
    if item.relations:
        answer: Answer = {"relations": [dict(relation) for relation in item.relations]}
        kinds = tuple(dict.fromkeys(next(iter(r.values()), "") for r in item.relations))
        return Told(fields.written(answer), item.label or next(iter(kinds), ""), kinds)
    answer = {name: value for name, value in item.labels.items() if value is not None}
    labels = [one for value in answer.values() for one in fields.flat(value)]
    answer |= {name: _one_or_all(pieces) for name, pieces in item.values.items() if pieces}
    tags = tuple(dict.fromkeys([item.label, *labels, *sorted(item.values.keys() - everywhere)]))
    label = item.label or next(iter(labels), "")
    return Told(fields.written(answer), label, tuple(tag for tag in tags if tag))


def _one_or_all(pieces: list[str]) -> Any:
    different = list(dict.fromkeys(pieces))
    return different[0] if len(different) == 1 else different


def matches(examples: Sequence[Example]) -> bool:
    """Whether most answers are JSON objects, and most of their values stand in the texts."""
    objects = answer_objects(examples)
    if share(objects) < JSON_SHARE:
        return False
    pieces = [
        piece in text
        for example, answer in zip(examples, objects, strict=True)
        for text in [text_of(example)]
        for piece in fields.flat(answer)
    ]
    return bool(pieces) and sum(pieces) >= COPIED_SHARE * len(pieces)


def rubric(name: str, examples: Iterable[Example]) -> dict[str, Any]:
    """The same JSON, valid JSON that fits the fields, and each field the same."""
    examples = list(examples)
    objects = answer_objects(examples)
    answers = [answer for answer in objects if answer is not None]
    copied = copied_fields(examples, objects)
    names = dict.fromkeys(name for answer in answers for name in answer)
    found = [_field(one, answers, one in copied) for one in names]
    return rubrics.rubric(TASK.name, name, rubrics.json_answer(found))


def _field(name: str, answers: Sequence[Answer], is_copied: bool) -> Field:
    seen = [answer[name] for answer in answers if name in answer]
    required = len(seen) == len(answers)
    free = copied_field(name, seen, required)
    if is_copied or free.nested:
        return free
    return label_field(name, seen)._replace(required=required)


TASK = Task(
    name="information_extraction",
    en="Information extraction",
    zh="信息抽取",
    matches=matches,
    build=build,
    check=check_copied_answers,
    rubric=rubric,
    metrics=("exact_match", "field_precision", "field_recall", "field_f1", "valid_json_rate"),
)
