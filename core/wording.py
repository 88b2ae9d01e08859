"""Say in the person's language what core and eval put into words in English.

Records, events and errors hold English sentences with their facts already put in, and whoever
shows them knows the reader. So a sentence is its own key: `sentences_zh.toml` has the English
with {holes} for the facts beside the Chinese, and a text is recognised by that.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache, lru_cache
from importlib import resources
from typing import Literal, NamedTuple

from core.data import wording as data_wording
from core.data.problems import NoUsableRows
from core.errors import DuotuneError
from core.training.doctor import catalogue

Language = Literal["en", "zh"]
HOLE = re.compile(r"\{(~?)(\w+)\}")
LIST = "; "
"""Between the parts of a fact that is itself said."""


class Sentence(NamedTuple):
    """One entry: how its English is recognised, and its Chinese."""

    pattern: re.Pattern[str]
    chinese: str
    said: frozenset[str]
    """Facts that are texts of ours and said in Chinese too; in the file they are {~marked}."""


def said(text: str, language: Language) -> str:
    """A text of core or eval in a language; one that is not known stays as it is."""
    return text if language == "en" else _in_chinese(text)


def error_parts(error: DuotuneError, language: Language) -> tuple[str, str, str]:
    """What happened, where, and what to do."""
    if isinstance(error, NoUsableRows):
        return data_wording.error_parts(error, language)
    return said(error.problem, language), said(error.where, language), said(error.fix, language)


def error_text(error: DuotuneError, language: Language) -> str:
    """The same as lines of one text."""
    return "\n".join(part for part in error_parts(error, language) if part)


@lru_cache(maxsize=2048)
def _in_chinese(text: str) -> str:
    for sentence in _sentences():
        if found := sentence.pattern.fullmatch(text):
            facts = {
                name: "；".join(map(_in_chinese, fact.split(LIST)))
                if name in sentence.said
                else fact
                for name, fact in found.groupdict().items()
            }
            return sentence.chinese.format(**facts)
    return text


@cache
def _sentences() -> tuple[Sentence, ...]:
    """All entries, the most particular first: those that begin with a fact fit much."""
    file = resources.files("core").joinpath("sentences_zh.toml")
    written = tomllib.loads(file.read_text(encoding="utf-8"))
    pairs = {**written, **catalogue.chinese()}.items()
    ordered = sorted(pairs, key=lambda p: (p[0].startswith("{"), -len(HOLE.sub("", p[0]))))
    return tuple(_sentence(english, chinese) for english, chinese in ordered)


def _sentence(english: str, chinese: str) -> Sentence:
    pattern, end = "", 0
    for hole in HOLE.finditer(english):
        pattern += f"{re.escape(english[end : hole.start()])}(?P<{hole[2]}>.+?)"
        end = hole.end()
    pattern += re.escape(english[end:])
    marked = frozenset(name for mark, name in HOLE.findall(english) if mark)
    return Sentence(re.compile(pattern, re.DOTALL), chinese, marked)
