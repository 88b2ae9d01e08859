"""The ways in which code can decide about an answer, each with its settings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal, get_args

from pydantic import Field, field_validator, model_validator

from core.messages import Record
from eval.checks import patterns

Normalise = Literal["strip", "fold"]
"""strip: without spaces at both ends; fold: also one width, one case and single spaces."""


CONTAINS_FORMS = ("text", "any", "all", "none", "reference_regex")


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
    """The answer contains a text, any, all or none of several, or a piece of the reference."""

    type: Literal["contains"]
    text: str | None = Field(default=None, min_length=1)
    any: tuple[str, ...] | None = Field(default=None, min_length=1)
    all: tuple[str, ...] | None = Field(default=None, min_length=1)
    none: tuple[str, ...] | None = Field(default=None, min_length=1)
    reference_regex: str | None = None
    """What its first group (or its whole match) finds in the reference must be in the answer."""
    normalise: Normalise = "strip"

    @field_validator("reference_regex")
    @classmethod
    def _compiles(cls, value: str | None) -> str | None:
        return value if value is None else patterns.checked(value)

    @model_validator(mode="after")
    def _one_form(self) -> ContainsCheck:
        if sum(bool(getattr(self, form)) for form in CONTAINS_FORMS) != 1:
            raise ValueError(f"give exactly one of {', '.join(f'`{f}`' for f in CONTAINS_FORMS)}")
        if any(not text for several in (self.any, self.all, self.none) for text in several or ()):
            raise ValueError("an empty text stands in every answer")
        return self


class RegexCheck(Record):
    """A Python regular expression is found in the answer."""

    type: Literal["regex"]
    pattern: str

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, value: str) -> str:
        return patterns.checked(value)


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
        for pattern in _patterns(value):
            patterns.checked(pattern)
        keys = set(_keys(value))
        if {"patternProperties", "unevaluatedProperties"} <= keys:
            # the standard validator searches these together, without a time limit
            raise ValueError("`unevaluatedProperties` can't stand beside `patternProperties`")
        return value


class JsonCheck(Record):
    """The answer is JSON and nothing else."""

    type: Literal["json"]


class JsonEqualCheck(Record):
    """The answer is the same JSON as the reference, as a whole or in one field."""

    type: Literal["json_equal"]
    field: str | None = Field(default=None, min_length=1)
    """A key of the outermost object; left out, everything is compared."""


class LengthCheck(Record):
    """The answer's length is within bounds."""

    type: Literal["length"]
    min_chars: int | None = Field(default=None, ge=0)
    max_chars: int | None = Field(default=None, ge=1)
    min_words: int | None = Field(default=None, ge=0)
    """Words; characters in scripts without spaces, such as Chinese."""
    max_words: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _bounds(self) -> LengthCheck:
        bounds = (self.min_chars, self.max_chars, self.min_words, self.max_words)
        if all(bound is None for bound in bounds):
            raise ValueError("give `min_chars`, `max_chars`, `min_words` or `max_words`")
        if self.max_chars is not None and (self.min_chars or 0) > self.max_chars:
            raise ValueError("`min_chars` is more than `max_chars`")
        if self.max_words is not None and (self.min_words or 0) > self.max_words:
            raise ValueError("`min_words` is more than `max_words`")
        return self


class NumberCheck(Record):
    """The number in the answer is the reference's last one, or a fixed one."""

    type: Literal["number"]
    value: float | None = Field(default=None, allow_inf_nan=False)
    """Left out, the last number of the reference."""
    which: Literal["first", "last", "only"] = "last"
    """Which of the answer's numbers counts; `only` wants that it gives no other."""
    tolerance: float = Field(default=0, ge=0, allow_inf_nan=False)
    """In the number's own unit."""
    relative: float = Field(default=0, ge=0, le=1)
    """As a share of the expected number; the wider of both holds."""


class LabelCheck(Record):
    """The answer names the reference's label, in whatever sentence, and no other label."""

    type: Literal["label"]
    labels: tuple[str, ...] = Field(min_length=2)

    @field_validator("labels")
    @classmethod
    def _distinct(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        folded = [" ".join(label.casefold().split()) for label in value]
        if not all(folded) or len(set(folded)) < len(folded):
            raise ValueError("labels must have a text, and differ in more than case and spaces")
        return value


class LanguageCheck(Record):
    """The answer is in a language, or in that of the question."""

    type: Literal["language"]
    language: str | None = Field(default=None, pattern=r"^[a-z]{2,3}$")
    """ISO 639 code, such as en or zh; left out, the language of the last user turn."""


class RefusalCheck(Record):
    """The answer begins by refusing: give it points below 0 where it should not."""

    type: Literal["refusal"]


class RepetitionCheck(Record):
    """The answer does not go round in circles."""

    type: Literal["repetition"]
    max_share: float = Field(default=0.4, ge=0, lt=1)
    """Of runs of four words that stood before; prose has under 0.1, a loop over 0.8."""


class SimilarityCheck(Record):
    """The answer is as like the reference as asked."""

    type: Literal["similarity"]
    metric: Literal["rouge_l", "chrf"] = "rouge_l"
    least: float = Field(gt=0, le=1)


Check = Annotated[
    ExactCheck
    | OneOfCheck
    | ContainsCheck
    | RegexCheck
    | JsonSchemaCheck
    | JsonEqualCheck
    | LengthCheck
    | JsonCheck
    | NumberCheck
    | LabelCheck
    | LanguageCheck
    | RefusalCheck
    | RepetitionCheck
    | SimilarityCheck,
    Field(discriminator="type"),
]


CHECK_NAMES = frozenset(
    name
    for kind in get_args(get_args(Check)[0])
    for name in get_args(kind.model_fields["type"].annotation)
)
"""What can stand as `type`."""


def compares_with_reference(check: Check) -> bool:
    """Whether a check needs the reference answer."""
    match check:
        case ContainsCheck():
            return check.reference_regex is not None
        case NumberCheck():
            return check.value is None
        case _:
            return isinstance(check, ExactCheck | JsonEqualCheck | LabelCheck | SimilarityCheck)


def _keys(schema: object) -> Iterator[str]:
    """Every key at every depth."""
    if isinstance(schema, list):
        for item in schema:
            yield from _keys(item)
    elif isinstance(schema, dict):
        for key, value in schema.items():
            yield str(key)
            yield from _keys(value)


def _patterns(schema: object) -> Iterator[str]:
    """Every pattern in a schema; a property that is called `pattern` has no text as its value."""
    if isinstance(schema, list):
        for item in schema:
            yield from _patterns(item)
    elif isinstance(schema, dict):
        for key, value in schema.items():
            if key == "pattern" and isinstance(value, str):
                yield value
            elif key == "patternProperties" and isinstance(value, dict):
                yield from value
            if key not in ("const", "enum", "examples", "default"):
                yield from _patterns(value)


def _references(schema: object) -> list[str]:
    """Every `$ref` in a schema: one to another address would be fetched."""
    if isinstance(schema, list):
        return [ref for item in schema for ref in _references(item)]
    if not isinstance(schema, dict):
        return []
    own = [str(value) for key, value in schema.items() if key in ("$ref", "$dynamicRef")]
    return own + [ref for value in schema.values() for ref in _references(value)]
