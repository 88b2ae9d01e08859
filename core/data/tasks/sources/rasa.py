"""Rasa training data: intents with lists of examples, in YAML or Markdown, entities marked."""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Iterator, Sequence
from typing import Any, NamedTuple

from core.data.formats.shape import Numbered
from core.data.problems import Finding, Path, shorten
from core.data.tasks.shape import Labelled
from core.data.tasks.sources.cells import text_cell, unused_beside, unwrapped
from core.data.tasks.sources.entities import INTENT

HEADING = re.compile(r"##\s*(\w+)\s*:\s*(\S.*?)\s*")
BULLET = re.compile(r"\s*[-*+]\s+(\S.*?)\s*")
MARKED = re.compile(r"\[([^\[\]]{1,500})\](?:\(([^()]{1,200})\)|(\{[^{}]{1,500}\}))(?:\{[^{}]*\})?")


class Marked(NamedTuple):
    """A text and the entities that were marked in it."""

    text: str
    values: dict[str, list[str]]
    replaced: bool
    """Whether a mark gives another value than what the text says."""


def fits(record: Any) -> bool:
    """Whether a record is an intent with examples, or a line of Rasa's Markdown."""
    if isinstance(record, str):
        return "## intent:" in record
    _, value = unwrapped(record)
    if not isinstance(value, dict):
        return False
    if isinstance(value.get("nlu"), list):
        return True
    named = isinstance(value.get("intent"), str) and "examples" in value
    return named and isinstance(value["examples"], str | list)


def items(records: Sequence[Numbered]) -> Iterator[Labelled]:
    """The items of all intents; lookups, synonyms and regular expressions are not texts."""
    heading = ""
    for number, record in records:
        if isinstance(record, str):
            heading = yield from _of_markdown(number, record, heading)
            continue
        _, value = unwrapped(record)
        document = value.get("nlu") if isinstance(value, dict) else None
        entries = enumerate(document) if isinstance(document, list) else [(None, value)]
        for index, entry in entries:
            if isinstance(entry, dict):
                at: Path = () if index is None else ("nlu", index)
                yield from _of_entry(number, entry, at)


def _of_entry(number: int, entry: dict[str, Any], at: Path) -> Iterator[Labelled]:
    intent = text_cell(entry.get(INTENT))
    examples = entry.get("examples")
    if not intent or examples is None:
        return
    at = (*at, "examples")
    texts = [*(_lines(examples) if isinstance(examples, str) else _listed(examples))]
    aside = [*unused_beside(entry, (INTENT, "examples"), at[:-1]), *_unread(examples, texts, at)]
    for index, text in texts:
        where = at if index is None else (*at, index)
        item = _item(number, marked(text), intent, where)
        yield item._replace(found=(*item.found, *aside))
        aside = []
    if not texts:
        missing = Finding("text_missing", at, {"column": shorten(intent, 40)})
        yield Labelled(number, "", text_at=at, label_at=at, found=(missing,))


def _lines(examples: str) -> Iterator[tuple[None, str]]:
    for line in examples.splitlines():
        if found := BULLET.fullmatch(line):
            yield None, found.group(1)


def _unread(examples: Any, texts: Sequence[tuple[int | None, str]], at: Path) -> Iterator[Finding]:
    """What stands among the examples of an intent and is none."""
    if isinstance(examples, str):
        entries = [line for line in examples.splitlines() if _says_something(line)]
    else:
        entries = examples if isinstance(examples, list) else []
    for _ in range(len(entries) - len(texts)):
        yield Finding("mark_unread", at, {"key": "examples"})


def _says_something(line: str) -> bool:
    return bool(line.strip(" \t-*+")) and not line.lstrip().startswith("#")


def _listed(examples: Any) -> Iterator[tuple[int, str]]:
    for index, example in enumerate(examples if isinstance(examples, list) else ()):
        text = text_cell(example.get("text") if isinstance(example, dict) else example)
        bullet = BULLET.fullmatch(text)
        if text:
            yield index, bullet.group(1) if bullet else text.strip()


def _of_markdown(number: int, text: str, heading: str) -> Generator[Labelled, None, str]:
    """Items of a piece of Markdown; returns the intent that what follows belongs to."""
    for line in text.splitlines():
        if opened := HEADING.fullmatch(line):
            heading = opened.group(2) if opened.group(1) == INTENT else ""
        elif heading and (bullet := BULLET.fullmatch(line)):
            yield _item(number, marked(bullet.group(1)), heading, ())
    return heading


def _item(number: int, read: Marked, intent: str, at: Path) -> Labelled:
    found = (Finding("entity_value_not_used", at),) if read.replaced else ()
    return Labelled(
        number,
        read.text,
        labels={INTENT: intent},
        values=read.values,
        text_at=at,
        label_at=at,
        found=found,
    )


def marked(line: str) -> Marked:
    """A line without its marks `[text](entity)` and `[text]{"entity": ...}`, and what they mark."""
    values: dict[str, list[str]] = {}
    replaced = False
    for surface, short, long in MARKED.findall(line):
        name, value = _short(short) if short else _long(long)
        if name:
            values.setdefault(name, []).append(surface)
            replaced = replaced or value not in ("", surface)
    return Marked(MARKED.sub(lambda found: str(found.group(1)), line), values, replaced)


def _short(mark: str) -> tuple[str, str]:
    name, _, value = mark.partition(":")
    return name.strip(), value.strip()


def _long(mark: str) -> tuple[str, str]:
    try:
        read = json.loads(mark)
    except (ValueError, RecursionError):
        return "", ""
    if not isinstance(read, dict):
        return "", ""
    return text_cell(read.get("entity")), text_cell(read.get("value"))
