"""The ways in which code can decide about an answer, each with its settings."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from core.messages import Record

Normalise = Literal["strip", "fold"]
"""strip: without spaces at both ends; fold: also one width, one case and single spaces."""


class ExactCheck(Record):
    """The answer equals the reference."""

    type: Literal["exact"]
    normalise: Normalise = "strip"


class OneOfCheck(Record):
    """The answer equals one of these texts, such as the labels of a classification."""

    type: Literal["one_of"]
    values: tuple[str, ...] = Field(min_length=1)
    normalise: Normalise = "strip"


class ContainsCheck(Record):
    """The answer contains a text, any of several, all of several, or a piece of the reference."""

    type: Literal["contains"]
    text: str | None = Field(default=None, min_length=1)
    any: tuple[str, ...] | None = Field(default=None, min_length=1)
    all: tuple[str, ...] | None = Field(default=None, min_length=1)
    reference_regex: str | None = None
    """What its first group (or its whole match) finds in the reference must be in the answer."""
    normalise: Normalise = "strip"

    @field_validator("reference_regex")
    @classmethod
    def _compiles(cls, value: str | None) -> str | None:
        return value if value is None else _pattern(value)

    @model_validator(mode="after")
    def _one_form(self) -> ContainsCheck:
        forms = [f for f in ("text", "any", "all", "reference_regex") if getattr(self, f)]
        if len(forms) != 1:
            raise ValueError("give exactly one of `text`, `any`, `all`, `reference_regex`")
        return self


class RegexCheck(Record):
    """A Python regular expression is found in the answer."""

    type: Literal["regex"]
    pattern: str

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, value: str) -> str:
        return _pattern(value)


class JsonSchemaCheck(Record):
    """The answer is JSON, and as the schema wants it."""

    type: Literal["json_schema"]
    json_schema: dict[str, Any] = Field(alias="schema")

    @field_validator("json_schema")
    @classmethod
    def _is_schema(cls, value: dict[str, Any]) -> dict[str, Any]:
        from jsonschema import Draft202012Validator, SchemaError

        try:
            Draft202012Validator.check_schema(value)
        except SchemaError as error:
            raise ValueError(f"not a JSON schema: {error.message}") from error
        if outside := [ref for ref in _references(value) if not ref.startswith("#")]:
            raise ValueError(f"a schema may only refer to itself (#...), not to {outside[0]}")
        return value


class JsonEqualCheck(Record):
    """The answer is the same JSON as the reference, as a whole or in one field."""

    type: Literal["json_equal"]
    field: str | None = Field(default=None, min_length=1)
    """A key of the outermost object; left out, everything is compared."""


class LengthCheck(Record):
    """The answer's length in characters is within bounds."""

    type: Literal["length"]
    min_chars: int | None = Field(default=None, ge=0)
    max_chars: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _bounds(self) -> LengthCheck:
        if self.min_chars is None and self.max_chars is None:
            raise ValueError("give `min_chars`, `max_chars` or both")
        if self.max_chars is not None and (self.min_chars or 0) > self.max_chars:
            raise ValueError("`min_chars` is more than `max_chars`")
        return self


Check = Annotated[
    ExactCheck
    | OneOfCheck
    | ContainsCheck
    | RegexCheck
    | JsonSchemaCheck
    | JsonEqualCheck
    | LengthCheck,
    Field(discriminator="type"),
]


def _references(schema: object) -> list[str]:
    """Every `$ref` in a schema: one to another address would be fetched."""
    if isinstance(schema, list):
        return [ref for item in schema for ref in _references(item)]
    if not isinstance(schema, dict):
        return []
    own = [str(value) for key, value in schema.items() if key in ("$ref", "$dynamicRef")]
    return own + [ref for value in schema.values() for ref in _references(value)]


def _pattern(value: str) -> str:
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from error
    return value
