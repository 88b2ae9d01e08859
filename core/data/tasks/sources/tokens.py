"""Texts as tokens with a tag each: IO, BIO, BIOES and BILOU."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from core.data.formats.shape import Answers, Numbered
from core.data.problems import Finding, shorten
from core.data.records import Question
from core.data.tasks.shape import Labelled
from core.data.tasks.sources import numbers
from core.data.tasks.sources.cells import (
    label_cell,
    named_list,
    part_cell,
    text_cell,
    unused_beside,
)
from core.data.tasks.sources.entities import INTENT
from core.data.whole.languages import HAN

TOKENS = ("tokens", "words", "token", "chars", "字")
TAGS = ("ner_tags", "tags", "labels", "ner", "slots", "bio", "slot_tags", "label")
PREFIXED = re.compile(r"([BIOESLUM])[-_](.+)")
BEGINS = frozenset("BSU")
NO_SPACE_BEFORE = frozenset(".,!?;:%)]}'”’")
NO_SPACE_AFTER = frozenset("([{“‘$#@")
NEVER_SPACED = frozenset("，。！？；：、（）《》【】")
TAG_COLUMN = "tags"
MOST_NUMBERS = 500


class Tagged(NamedTuple):
    """Tokens and their tags, as a record has them."""

    tokens: list[str]
    tags: list[str]
    token_key: str
    tag_key: str


def fits(record: Any) -> bool:
    """Whether a record has a list of tokens and a list of tags."""
    if not isinstance(record, dict):
        return False
    token_key, tag_key = _keys(record)
    if not token_key or not tag_key or "messages" in record:
        return False
    tokens, tags = record[token_key], record[tag_key]
    return (
        all(isinstance(token, str) for token in tokens)
        and all(isinstance(tag, str | int) and not isinstance(tag, bool) for tag in tags)
        and bool(tokens) == bool(tags)
    )


def _keys(record: dict[Any, Any]) -> tuple[str, str]:
    token_key = next((key for key in TOKENS if isinstance(record.get(key), list)), "")
    tags = (key for key in TAGS if key != token_key and isinstance(record.get(key), list))
    return token_key, next(tags, "")


def _tagged(record: Any) -> Tagged:
    if not isinstance(record, dict):
        return Tagged([], [], "", "")
    token_key, tag_key = _keys(record)
    tokens = record[token_key] if token_key else []
    tags = record[tag_key] if tag_key else []
    return Tagged(
        [token if isinstance(token, str) else str(label_cell(token) or "") for token in tokens],
        [str(label_cell(tag) or "O") for tag in tags],
        token_key,
        tag_key,
    )


def questions(records: Sequence[Any]) -> tuple[Question, ...]:
    """What numeric tags mean."""
    seen = _numbers(records)
    if not seen:
        return ()
    return (numbers.question(TAG_COLUMN, seen, _given(records), only=True),)


def _numbers(records: Sequence[Any]) -> tuple[str, ...]:
    found = numbers.numbers_of(tag for record in records for tag in _tagged(record).tags)
    return found[:MOST_NUMBERS]


def _given(records: Sequence[Any]) -> list[str]:
    lists = (named_list(record) for record in records if isinstance(record, dict))
    return next(filter(None, lists), [])


def items(records: Sequence[Numbered], answers: Answers) -> Iterator[Labelled]:
    """One item for each record."""
    values = [record.value for record in records]
    seen, given = _numbers(values), _given(values)
    names = numbers.meaning(answers.get("label_names", ""), seen) if seen else {}
    if all(number == name for number, name in names.items()):
        names = dict(numbers.enumerated(given))
    for number, record in records:
        yield _item(number, record, names, bool(seen) and not names)


def _item(number: int, record: Any, names: numbers.Names, is_nameless: bool) -> Labelled:
    read = _tagged(record)
    entry = record if isinstance(record, dict) else {}
    text, starts = joined(read.tokens)
    found = [*unused_beside(entry, (read.token_key, read.tag_key, INTENT))]
    if not text.strip():
        found.append(Finding("text_missing", (), {"column": read.token_key or TOKENS[0]}))
    if len(read.tokens) != len(read.tags):
        lengths = {"tokens": str(len(read.tokens)), "tags": str(len(read.tags))}
        found.append(Finding("tags_do_not_fit", (read.tag_key,) if read.tag_key else (), lengths))
    elif is_nameless:
        found.append(Finding("tags_are_numbers", (read.tag_key,) if read.tag_key else ()))
    tags = [names.get(tag, tag) for tag in read.tags]
    values: dict[str, list[str]] = {}
    for name, first, last in runs(tags[: len(read.tokens)]):
        piece = text[starts[first] : starts[last] + len(read.tokens[last])].strip()
        if piece:
            values.setdefault(shorten(name, 80), []).append(piece)
    intent = text_cell(entry.get(INTENT))
    return Labelled(
        number,
        text,
        labels={INTENT: intent} if intent else {},
        values=values,
        text_at=(read.token_key,) if read.token_key else (),
        label_at=(read.tag_key,) if read.tag_key else (),
        part=part_cell(entry.get("split")),
        found=tuple(found),
    )


def joined(tokens: Sequence[str]) -> tuple[str, list[int]]:
    """Tokens as a text, with spaces where their script has them, and where each begins."""
    text, starts = "", []
    for token in tokens:
        if text and token and _is_spaced(text[-1], token[0]):
            text += " "
        starts.append(len(text))
        text += token
    return text, starts


def _is_spaced(before: str, after: str) -> bool:
    if after in NO_SPACE_BEFORE or before in NO_SPACE_AFTER:
        return False
    return not any(c.isspace() or c in NEVER_SPACED or HAN.match(c) for c in (before, after))


def runs(tags: Sequence[str]) -> Iterator[tuple[str, int, int]]:
    """(entity, first token, last token) of every run of tags."""
    name, first = "", 0
    for index, tag in enumerate([*tags, "O"]):
        prefix, current = _split(tag)
        if name and (current != name or prefix in BEGINS):
            yield name, first, index - 1
            name = ""
        if current and not name:
            name, first = current, index


def _split(tag: str) -> tuple[str, str]:
    """A tag's prefix and entity: B-LOC is (B, LOC), LOC is (I, LOC), O is nothing."""
    if tag in ("O", "o", "", "_", "-"):
        return "", ""
    found = PREFIXED.fullmatch(tag)
    return (found.group(1), found.group(2)) if found else ("I", tag)
