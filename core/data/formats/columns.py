"""What the columns of a table of questions and answers are called, in English and Chinese."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from importlib import resources
from typing import NamedTuple

_PREFIX = re.compile(r"(?:input|answer)\.(?=\D)")
"""Mechanical Turk's: `Input.question`, `Answer.sentence1`."""
_NUMBERED = re.compile(r"(?P<stem>.*?\D)(?P<number>\d{1,3})\D?")
_NOISE = re.compile(r"[\s_\-.:：*#()（）\[\]【】?？]+")


class Columns(NamedTuple):
    """Which columns make the conversation."""

    turns: tuple[tuple[str, str], ...] = ()
    """(role, column) in the order in which they are said."""
    replies: tuple[str, ...] = ()
    """Several answers to one question: each is a conversation of its own."""
    leads: tuple[str, ...] = ()
    """Said before the first user turn, in the same turn."""
    system: str = ""
    tags: tuple[str, ...] = ()
    alternated: bool = False
    """The columns do not say who speaks."""

    @property
    def used(self) -> frozenset[str]:
        """Every column that the conversation uses."""
        said = {column for _, column in self.turns}
        return frozenset({*said, *self.replies, *self.leads, self.system, *self.tags} - {""})


def plain(header: str) -> str:
    """A header without case, width, spaces and marks."""
    header = unicodedata.normalize("NFKC", header[:200]).casefold().strip()
    return _NOISE.sub("", _PREFIX.sub("", header))


def _read_names() -> dict[str, dict[str, int]]:
    text = resources.files("core.data.formats").joinpath("columns.toml").read_text("utf-8")
    return {
        use: {plain(name): rank for rank, name in reversed(list(enumerate(names)))}
        for use, names in tomllib.loads(text).items()
    }


NAMES = _read_names()
"""Plain headers by what they are used for, ranked."""


def candidates(columns: Iterable[str], use: str) -> list[str]:
    """The columns whose names tell a use, such as `questions`; the likeliest first."""
    ranks = NAMES[use]
    return sorted((c for c in columns if plain(c) in ranks), key=lambda c: ranks[plain(c)])


@lru_cache(maxsize=256)
def read_columns(columns: tuple[str, ...], question: str = "", answer: str = "") -> Columns | None:
    """Which columns say what, as chosen or as their names tell; None when it is not clear."""
    turns = () if question or answer else _paired(columns)
    replies: tuple[str, ...] = ()
    alternated = False
    if not turns:
        question = question or next(iter(candidates(columns, "questions")), "")
        answer = answer or next((c for c in candidates(columns, "answers") if c != question), "")
        numbered = _numbered(columns)
        if question and not answer:
            replies = _replies(numbered)
        if question and (answer or replies):
            turns = (("user", question), *([("assistant", answer)] if answer else []))
        elif turns := _alternating(numbered):
            alternated = True
    if not turns:
        return None
    taken = {column for _, column in turns} | set(replies)
    free = [column for column in columns if column not in taken]
    return Columns(
        turns=turns,
        replies=replies,
        leads=() if alternated else tuple(candidates(free, "leads")),
        system=next(iter(candidates(free, "systems")), ""),
        tags=tuple(candidates(free, "tags")),
        alternated=alternated,
    )


def _numbered(columns: Iterable[str]) -> dict[str, list[tuple[int, str]]]:
    """Columns with a number behind their name, in the order of the numbers and not of the text:
    Mechanical Turk writes `sentence1, sentence10, sentence2`."""
    found: dict[str, list[tuple[int, str]]] = {}
    for column in columns:
        match = _NUMBERED.fullmatch(unicodedata.normalize("NFKC", column[:200]).strip())
        if match:
            found.setdefault(plain(match["stem"]), []).append((int(match["number"]), column))
    return {stem: sorted(entries) for stem, entries in found.items()}


def _paired(columns: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """`q1, a1, q2, a2` as turns, when questions and answers have the same numbers."""
    numbered = _numbered(columns)
    asked, given = _first(numbered, "questions"), _first(numbered, "answers")
    if not asked or [n for n, _ in asked] != [n for n, _ in given]:
        return ()
    pairs = zip(asked, given, strict=True)
    return tuple(turn for (_, q), (_, a) in pairs for turn in (("user", q), ("assistant", a)))


def _replies(numbered: dict[str, list[tuple[int, str]]]) -> tuple[str, ...]:
    entries = _first(numbered, "answers") or _first(numbered, "turns")
    return tuple(column for _, column in entries)


def _alternating(numbered: dict[str, list[tuple[int, str]]]) -> tuple[tuple[str, str], ...]:
    entries = _first(numbered, "turns")
    sides = ("user", "assistant")
    turns = tuple((sides[i % 2], column) for i, (_, column) in enumerate(entries))
    return turns if len(turns) > 1 else ()


def _first(numbered: dict[str, list[tuple[int, str]]], use: str) -> list[tuple[int, str]]:
    """The numbered columns whose name ranks first for a use."""
    stems = sorted(numbered.keys() & NAMES[use].keys(), key=NAMES[use].__getitem__)
    return numbered[stems[0]] if stems else []
