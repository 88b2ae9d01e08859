"""Fields of a JSON answer: which there are, what they can hold, and their JSON Schema."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

MOST_LABELS = 1_000
"""More different values than this are free text, not labels."""


class Field(NamedTuple):
    """One field."""

    name: str
    labels: tuple[str, ...] = ()
    """What it can hold; empty when it is free text."""
    many: bool = False
    """Whether it holds a list of labels."""
    required: bool = True
    may_be_null: bool = False
    nested: bool = False
    """Whether it holds objects, whose own fields are not described."""


def written(answer: Any) -> str:
    """A JSON answer as the assistant writes it."""
    return json.dumps(answer, ensure_ascii=False)


def canonical(answer: Any) -> str:
    """Equal for answers that are the same JSON, whatever the order of their fields."""
    try:
        return json.dumps(answer, ensure_ascii=False, sort_keys=True)
    except RecursionError:
        return ""


def read(text: str) -> Any:
    """A JSON answer; None when the text is not JSON."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def label_field(name: str, seen: Sequence[Any]) -> Field:
    """The field that these values (labels, lists of labels, None) have been seen in."""
    many = any(isinstance(value, list) for value in seen)
    labels = sorted({label for value in seen for label in flat(value)})
    fitting = tuple(labels) if len(labels) <= MOST_LABELS else ()
    return Field(name, fitting, many, may_be_null=any(value is None for value in seen))


def label_fields(rows: Sequence[Mapping[str, Any]]) -> tuple[Field, ...]:
    """The fields of labels that rows have, in the order in which they first stand."""
    names = dict.fromkeys(name for row in rows for name in row)
    return tuple(label_field(name, [row.get(name) for row in rows]) for name in names)


def value_fields(rows: Iterable[Mapping[str, Any]]) -> tuple[Field, ...]:
    """The fields of pieces of text that rows have, in alphabetical order."""
    names = sorted({name for row in rows for name in row})
    return tuple(Field(name, required=False) for name in names)


def copied_field(name: str, seen: Sequence[Any], required: bool) -> Field:
    """The field that these values, copied from texts, have been seen in."""
    nested = any(isinstance(one, dict) for v in seen for one in (v if isinstance(v, list) else [v]))
    return Field(name, required=required, nested=nested)


def schema(fields: Sequence[Field]) -> dict[str, Any]:
    """The JSON Schema of an object with these fields and no others."""
    return {
        "type": "object",
        "properties": {field.name: _type(field) for field in fields},
        "required": [field.name for field in fields if field.required],
        "additionalProperties": False,
    }


def _type(field: Field) -> dict[str, Any]:
    if field.nested:
        return {}
    text: dict[str, Any] = {"type": "string"}
    kind: dict[str, Any]
    if not field.labels and not field.many:
        kind = {"anyOf": [text, {"type": "array", "items": text, "minItems": 1}]}
    else:
        one: dict[str, Any] = {"enum": list(field.labels)} if field.labels else text
        kind = {"type": "array", "items": one} if field.many else one
    return {"anyOf": [kind, {"type": "null"}]} if field.may_be_null else kind


def flat(value: Any) -> list[str]:
    """The texts that a value of a JSON answer holds, at any depth that answers have."""
    pending, texts = [value], []
    while pending:
        match pending.pop():
            case str(text):
                texts.append(text)
            case list(items):
                pending += reversed(items)
            case dict(items):
                pending += reversed(items.values())
    return texts
