"""The matters that advice is about, as `advice.toml` has them, and how one is put into words."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources

from core.data.wording import Language
from core.messages import Record


class Said(Record):
    """Sentences in both languages."""

    en: str
    zh: str

    def in_language(self, language: Language) -> str:
        return self.zh if language == "zh" else self.en


class Matter(Record):
    """A table of `advice.toml`."""

    codes: tuple[str, ...]
    weight: float
    whole: bool = False
    en: tuple[str, str, str]
    zh: tuple[str, str, str]


def filled(
    texts: tuple[str, str, str], values: Mapping[str, int | str], language: Language
) -> list[str]:
    """The sentences of a matter with their values put in; numbers are of rows."""
    count = rows_zh if language == "zh" else rows_en
    said = {key: count(value) if isinstance(value, int) else value for key, value in values.items()}
    return [_singular(text.format(**said)).strip() for text in texts]


def _singular(text: str) -> str:
    """A verb that follows "1 row" as it is after one."""
    before, row, after = text.partition("1 row ")
    verb, blank, rest = after.partition(" ")
    if before or not row or verb not in VERBS:
        return text
    return f"{row}{VERBS[verb]}{blank}{rest}"


VERBS = {
    "answer": "answers",
    "are": "is",
    "come": "comes",
    "end": "ends",
    "have": "has",
    "hold": "holds",
    "name": "names",
}
"""Of the sentences that begin with {rows}."""


def rows_en(count: int) -> str:
    """So many rows, in English."""
    return f"{count:,} row" if count == 1 else f"{count:,} rows"


def rows_zh(count: int) -> str:
    """So many rows, in Chinese."""
    return f" {count:,} 行"


@cache
def table() -> dict[str, Matter]:
    """All matters by name."""
    text = resources.files("core.data").joinpath("advice.toml").read_text(encoding="utf-8")
    return {name: Matter.model_validate(entry) for name, entry in tomllib.loads(text).items()}


def codes_of(matters: Iterable[str]) -> frozenset[str]:
    """The problems that these matters are about; a matter of `advice.toml` or a code."""
    return frozenset(
        code
        for matter in matters
        for code in (table()[matter].codes if matter in table() else (matter,))
    )
