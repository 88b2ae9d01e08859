"""Change a rubric criterion by criterion, as a form does; every change yields a whole rubric."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, get_args, get_origin

import yaml

from core.errors import RubricError
from eval.checks.kinds import Check
from eval.rubric.rubrics import Criterion, Rubric, load

LONGEST_ID = 60
CHECKS = {
    name: kind
    for kind in get_args(get_args(Check)[0])
    for name in get_args(kind.model_fields["type"].annotation)
}
"""Ways to check by what stands as `type`."""


def put(rubric: Rubric, at: int | None, values: Mapping[str, str]) -> Rubric:
    """The rubric with what a form says at a place; None adds it at the end.

    Raises RubricError that says what is wrong with it.
    """
    before = rubric.criteria[at] if at is not None else None
    plain = rubric.plain()
    criteria = list(plain.get("criteria", []))
    made = _criterion(values, before, {c.id for c in rubric.criteria})
    if made.get("headline"):
        criteria = [{**one, "headline": False} for one in criteria]
    if at is None:
        criteria.append(made)
    else:
        criteria[at] = made
    return _read({**plain, "criteria": criteria, "default": False})


def without(rubric: Rubric, at: int) -> Rubric:
    """The rubric without one criterion; raises RubricError for the last one."""
    plain = rubric.plain()
    criteria = [one for n, one in enumerate(plain["criteria"]) if n != at]
    if not criteria and not rubric.examples:
        raise RubricError(
            "A rubric needs a criterion, so the last one stays.",
            rubric.title or rubric.id,
            "Add another one first.",
        )
    return _read({**plain, "criteria": criteria, "default": False})


def accepted(rubric: Rubric, at: int | None = None) -> Rubric:
    """The rubric with one drafted criterion accepted, or all of them."""
    criteria = tuple(
        one.model_copy(update={"draft": False}) if at in (None, n) else one
        for n, one in enumerate(rubric.criteria)
    )
    return rubric.model_copy(update={"criteria": criteria})


def check_fields(kind: str) -> dict[str, str]:
    """The settings of a way to check, and how each is written: text, number, lines or plain."""
    fields = CHECKS[kind].model_fields
    return {
        field.alias or name: _written_as(field.annotation)
        for name, field in fields.items()
        if name != "type"
    }


def check_values(criterion: Criterion) -> dict[str, str]:
    """The settings of a criterion's check as a form shows them."""
    if criterion.check is None:
        return {}
    plain = criterion.check.model_dump(mode="json", by_alias=True, exclude_none=True)
    kinds = check_fields(criterion.check.type)
    return {name: _as_text(value, kinds[name]) for name, value in plain.items() if name != "type"}


def _criterion(
    values: Mapping[str, str], before: Criterion | None, taken: set[str]
) -> dict[str, Any]:
    """The plain data of a criterion from a form's fields; what the form has not stays."""
    kind = values.get("kind", "judge")
    made: dict[str, Any] = before.model_dump(mode="json", exclude_none=True) if before else {}
    made = {k: v for k, v in made.items() if k not in ("check", "anchors", "gate", "draft")}
    made |= {
        "id": before.id if before else _id(values.get("name", ""), taken),
        "name": values.get("name", "").strip(),
        "text": values.get("text", "").strip(),
        "kind": kind,
        "points": values.get("points", "1").strip() or "1",
        "tags": _listed(values.get("tags", "")),
        "headline": bool(values.get("headline")),
        "applies_to": values.get("applies_to", "final"),
    }
    if kind == "check":
        made["check"] = _check(values)
    if kind == "scale":
        levels = [line.strip() for line in values.get("anchors", "").splitlines() if line.strip()]
        made["anchors"] = dict(enumerate(levels, 1))
    gate = values.get("gate", "none")
    if gate == "fail":
        made["gate"] = "fail"
    elif gate == "cap":
        made["gate"] = {"cap": values.get("cap", "").strip() or "0.5"}
    return made


def _check(values: Mapping[str, str]) -> dict[str, Any]:
    kind = values.get("check", "exact")
    made: dict[str, Any] = {"type": kind}
    if kind not in CHECKS:
        return made  # the rubric's reader says which there are
    for name, written in check_fields(kind).items():
        text = values.get(f"{kind}.{name}", "").strip()
        if text:
            made[name] = _from_text(text, written)
    return made


def _written_as(annotation: Any) -> str:
    """How a person writes a value of a type."""
    options = [one for one in get_args(annotation) if one is not type(None)]
    inner = annotation
    if type(None) in get_args(annotation) and len(options) == 1:
        inner = options[0]
    origin = get_origin(inner) or inner
    if origin in (tuple, list):
        return "lines"
    if origin is dict:
        return "plain"
    return "number" if inner in (int, float) else "text"


def _as_text(value: Any, written: str) -> str:
    if written == "lines":
        return "\n".join(str(each) for each in value)
    if written == "plain":
        return str(yaml.safe_dump(value, allow_unicode=True, sort_keys=False)).strip()
    return str(value)


def _from_text(text: str, written: str) -> Any:
    if written == "lines":
        return [line.strip() for line in text.splitlines() if line.strip()]
    if written != "plain":
        return text
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise RubricError(
            "What was written as a schema is neither JSON nor YAML.", str(error), "Correct it."
        ) from error


def _listed(text: str) -> list[str]:
    return [part.strip() for part in re.split(r"[,，、\n]", text) if part.strip()]


def _id(name: str, taken: set[str]) -> str:
    """An id that no other criterion has, from the name where that can be one."""
    words = re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_").lower()[: LONGEST_ID - 4]
    stem = words or "criterion"
    for number in range(1, len(taken) + 2):
        found = stem if number == 1 else f"{stem}_{number}"
        if found not in taken:
            return found
    return stem


def _read(plain: Mapping[str, Any]) -> Rubric:
    """Through the one reader of rubrics, whose complaints name what is wrong."""
    return load(yaml.safe_dump(dict(plain), allow_unicode=True, sort_keys=False), "the form")
