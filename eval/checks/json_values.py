"""Checks on an answer that should be JSON: is it, does it fit a schema, does it equal another."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, NoReturn

from eval.checks import patterns
from eval.checks.finding import Finding, finding

NOT_JSON = object()


def is_json(text: str) -> Finding:
    """Whether the answer is JSON and nothing else."""
    try:
        read(text)
    except (ValueError, RecursionError) as error:
        return Finding("not_met", f"The answer is not JSON: {error}.")
    return Finding("met", "The answer is JSON.")


def fits_schema(schema: dict[str, Any], text: str) -> Finding:
    """Whether the answer is JSON as a schema wants it (draft 2020-12)."""
    from referencing import Registry
    from referencing.exceptions import Unresolvable

    try:
        value = read(text)
    except (ValueError, RecursionError) as error:  # a ValueError too: an integer of 4,300 digits
        return Finding("not_met", f"The answer is not JSON: {error}.")
    try:  # an own registry fetches nothing from any address
        errors = list(_validator()(schema, registry=Registry()).iter_errors(value))
    except Unresolvable as error:
        return Finding("unscored", f"The schema refers to something it does not have: {error}.")
    except RecursionError:
        return Finding("unscored", "The schema or the answer is nested too deep to be compared.")
    except TimeoutError:
        return Finding("unscored", "A pattern of the schema took too long on this answer.")
    if not errors:
        return Finding("met", "The answer is JSON as the schema wants it.")
    told = "; ".join(f"{error.json_path}: {error.message}" for error in errors[:3])
    more = f" and {len(errors) - 3} more" if len(errors) > 3 else ""
    return Finding("not_met", f"The answer is JSON, but {told}{more}.")


def equals(field: str | None, reference: str, text: str) -> Finding:
    """Whether the answer is the reference's JSON, as a whole or in one field."""
    expected, given = _json(reference), _json(text)
    if expected is NOT_JSON or (field is not None and not isinstance(expected, dict)):
        return Finding("unscored", "The reference is not JSON of this form.")
    if given is NOT_JSON:
        return Finding("not_met", "The answer is not JSON.")
    if field is None:
        same = _canonical(given) == _canonical(expected)
        return finding(same, f"The answer is {'' if same else 'not '}the same JSON.")
    if not isinstance(given, dict):
        return Finding("not_met", "The answer is not a JSON object.")
    if field not in given and field not in expected:
        return Finding("met", f"Neither has a field {field}.")
    if field not in given or field not in expected:
        side = "answer" if field in expected else "reference"
        return Finding("not_met", f"The {side} has no field {field}.")
    same = _canonical(given[field]) == _canonical(expected[field])
    return finding(same, f"The field {field} is {'' if same else 'not '}the same.")


def read(text: str) -> Any:
    """The value of a JSON text.

    Raises ValueError for what is none: also for NaN and Infinity, which RFC 8259 does not know but
    Python reads. RecursionError when it is nested too deep.
    """
    return json.loads(text, parse_constant=_no_constant)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON value")


def _json(text: str) -> Any:
    try:
        value = read(text)
        _canonical(value)  # what is nested too deep to be written can't be compared
    except (ValueError, RecursionError):
        return NOT_JSON
    return value


def _canonical(value: Any) -> str:
    """Equal for equal JSON, whatever the order of keys; 1 and true are not equal."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


@cache
def _validator() -> Any:
    """The standard validator, with every pattern searched for a bounded time."""
    from jsonschema import Draft202012Validator
    from jsonschema.validators import extend

    bounded = {
        "pattern": _pattern,
        "patternProperties": _pattern_properties,
        "additionalProperties": _additional_properties,
    }
    return extend(Draft202012Validator, bounded)  # type: ignore[no-untyped-call]


def _pattern(validator: Any, pattern: str, value: Any, _schema: Any) -> Iterator[Any]:
    from jsonschema import ValidationError

    if validator.is_type(value, "string") and not patterns.search(pattern, value):
        yield ValidationError(f"{value!r} does not match {pattern!r}")


def _pattern_properties(
    validator: Any, wanted: Mapping[str, Any], value: Any, _schema: Any
) -> Iterator[Any]:
    if not validator.is_type(value, "object"):
        return
    for pattern, schema in wanted.items():
        for key, item in value.items():
            if patterns.search(pattern, key):
                yield from validator.descend(item, schema, path=key, schema_path=pattern)


def _additional_properties(
    validator: Any, allowed: Any, value: Any, schema: Mapping[str, Any]
) -> Iterator[Any]:
    from jsonschema import ValidationError

    if not validator.is_type(value, "object"):
        return
    known, forms = schema.get("properties", {}), schema.get("patternProperties", {})
    extra = [
        key
        for key in value
        if key not in known and not any(patterns.search(form, key) for form in forms)
    ]
    if isinstance(allowed, Mapping):
        for key in extra:
            yield from validator.descend(value[key], allowed, path=key)
    elif not allowed and extra:
        names = ", ".join(map(repr, extra[:5]))
        yield ValidationError(f"Additional properties are not allowed ({names})")
