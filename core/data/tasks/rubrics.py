"""Criteria of default rubrics as plain data, in the form that a rubric's YAML has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core.data.tasks.fields import Field, schema

MOST_FIELDS = 20
"""Fields that get a criterion of their own."""


def rubric(task: str, name: str, criteria: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """A default rubric for data of this name."""
    return {
        "id": f"default-{task.replace('_', '-')}",
        "title": f"Default rubric for {name}",
        "note": "This is a default rubric, built from the data because none was given.",
        "default": True,
        "criteria": list(criteria),
    }


def criterion(
    name: str, text: str, check: dict[str, Any], points: float = 1, headline: bool = False
) -> dict[str, Any]:
    """A criterion that code decides; its id is the name with underscores."""
    return {
        "id": name.replace(" ", "_"),
        "name": name,
        "text": text,
        "kind": "check",
        "points": points,
        "check": check,
        "headline": headline,
    }


def exact_label() -> dict[str, Any]:
    """The answer is the label, whatever its case and spacing."""
    check = {"type": "exact", "normalise": "fold"}
    return criterion("exact label", "The answer is the right label.", check, 3, headline=True)


def known_label(labels: Sequence[str]) -> dict[str, Any]:
    """The answer is some label of the data."""
    text = f"The answer is one of the data's {len(labels)} labels, right or wrong."
    check = {"type": "one_of", "values": list(labels), "normalise": "fold"}
    return criterion("known label", text, check)


def json_answer(fields: Sequence[Field], points: float = 3) -> list[dict[str, Any]]:
    """The answer is JSON, it fits the fields, it equals the reference, and each field does."""
    whole = criterion(
        "same JSON",
        "The answer is the same JSON as the reference answer.",
        {"type": "json_equal"},
        points,
        headline=True,
    )
    valid = criterion("valid JSON", "The answer is JSON.", {"type": "json_schema", "schema": {}})
    fits = criterion(
        "fits the fields",
        "The answer is JSON with the data's fields and no others.",
        {"type": "json_schema", "schema": schema(fields)},
    )
    return [whole, valid, fits, *(_same_field(i, f.name) for i, f in enumerate(fields))][
        : 3 + MOST_FIELDS
    ]


def _same_field(index: int, name: str) -> dict[str, Any]:
    shown = name if len(name) <= 50 else f"{name[:50]}…"
    text = f"The answer says the same as the reference in the field `{name[:200]}`."
    check = {"type": "json_equal", "field": name}
    return {**criterion(f"field {shown}", text, check), "id": f"field_{index + 1}"}
