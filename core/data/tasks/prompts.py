"""The words of system prompts, in English and Chinese."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from importlib import resources

from core.data.tasks.fields import Field
from core.data.tasks.shape import Language

MOST_LISTED = 150
"""Labels; with more, a prompt that lists them costs more than it helps."""
LONGEST_LIST = 6_000
"""Characters of a list of labels: about 1,500 tokens in every row."""


def _read_words() -> dict[Language, dict[str, str]]:
    text = resources.files(__package__).joinpath("prompts.toml").read_text(encoding="utf-8")
    read = tomllib.loads(text)
    return {"en": read["en"], "zh": read["zh"]}


WORDS = _read_words()


def worded(language: Language, key: str, **values: str) -> str:
    """One sentence of a prompt with its values put in."""
    return WORDS[language][key].format(**values)


def may_be_listed(labels: Sequence[str]) -> bool:
    """Whether a prompt has room for all these labels."""
    return len(labels) <= MOST_LISTED and sum(map(len, labels)) <= LONGEST_LIST


def listed(lines: Sequence[str]) -> str:
    """Lines of a list."""
    return "\n".join(f"- {line}" for line in lines)


def described(fields: Sequence[Field], language: Language) -> str:
    """Fields of a JSON answer, one a line, with the labels that each can have."""
    return listed([_line(field, language) for field in fields])


def _line(field: Field, language: Language) -> str:
    if field.labels and may_be_listed(field.labels):
        key = "field_many" if field.many else "field_one"
        labels = " | ".join(field.labels)
        line = worded(language, key, field=field.name, labels=labels)
    else:
        line = worded(language, "field_text", field=field.name)
    return worded(language, "field_null", line=line) if field.may_be_null else line
