"""Texts with spans: restaurant8k, doccano, spaCy, Rasa's JSON, CLUENER and their like."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from core.data.formats.shape import Numbered
from core.data.problems import Finding, Path, shorten
from core.data.tasks.prompts import worded
from core.data.tasks.shape import Labelled, language_of
from core.data.tasks.sources.cells import (
    TEXTS,
    label_cell,
    part_cell,
    text_cell,
    unused_beside,
    unwrapped,
)
from core.data.tasks.sources.entities import INTENT

LISTS = ("entities", "spans", "labels", "label", "slots", "annotations", "实体")
NAMES = ("label", "entity", "slot", "type", "tag", "entity_type", "entity_group", "name")
STARTS = ("start", "startIndex", "start_offset", "begin", "start_idx", "start_char")
ENDS = ("end", "endIndex", "end_offset", "end_idx", "end_char")
VALUES = ("value", "text", "entity_text", "word", "mention")
INTENTS = (INTENT, "intents")


class Span(NamedTuple):
    """One marked piece, as a file gives it."""

    name: str
    start: int | None
    end: int | None
    value: str
    at: Path


class Text(NamedTuple):
    """The text of a record, where it stands, and what was asked before it."""

    said: str
    at: Path
    asked: tuple[str, ...] = ()


def fits(record: Any) -> bool:
    """Whether a record has a text and a list of spans, or says that it has none."""
    _, value = unwrapped(record)
    if isinstance(value, list) and len(value) == 2 and isinstance(value[0], str):
        value = {"text": value[0], **value[1]} if isinstance(value[1], dict) else None
    if not isinstance(value, dict) or not _text(value).at:
        return False
    if isinstance(value.get("userInput"), dict):
        return True
    listed = next((value[key] for key in LISTS if key in value), None)
    if listed == [] or listed == {}:
        return True
    return any(True for _ in _spans(value)) and not any(k in value for k in ("messages", "role"))


def items(records: Sequence[Numbered]) -> Iterator[Labelled]:
    """One item for each record."""
    for number, record in records:
        base, value = unwrapped(record)
        prefix: Path = ()
        if isinstance(value, list) and len(value) == 2 and isinstance(value[1], dict):
            value, prefix = {"text": text_cell(value[0]), **value[1]}, (1,)
        entry = value if isinstance(value, dict) else {}
        yield _item(number, entry, prefix, base)


def _item(number: int, entry: dict[str, Any], prefix: Path, base: tuple[str, ...]) -> Labelled:
    text = _text(entry)
    found: list[Finding] = []
    values: dict[str, list[str]] = {}
    if not text.said:
        found.append(Finding("text_missing", text.at, {"column": "text"}))
    used = (*text.at[:1], *LISTS, *INTENTS, *(("context",) if "userInput" in entry else ()))
    found += unused_beside(entry, used, prefix)
    found += [finding._replace(path=(*prefix, *finding.path)) for finding in _unread(entry)]
    for span in _spans(entry):
        piece, wrong = _piece(span, text.said)
        if wrong:
            found.append(wrong._replace(path=(*prefix, *span.at)))
        if piece:
            values.setdefault(span.name, []).append(piece)
    said = text.said
    if text.asked and said:
        said = worded(language_of([said]), "asked", fields=", ".join(text.asked), text=said)
    intent = next((one for key in INTENTS if (one := label_cell(entry.get(key)))), None)
    listed = next((key for key in LISTS if key in entry), "")
    return Labelled(
        number,
        said,
        labels={INTENT: intent} if intent else {},
        values=values,
        text_at=(0,) if prefix else text.at,
        label_at=(*prefix, listed) if listed else (),
        part=part_cell(entry.get("split")),
        label="" if intent else (base[-1] if base else ""),
        found=tuple(found),
    )


def _text(entry: dict[str, Any]) -> Text:
    said = entry.get("userInput")
    if isinstance(said, dict):
        context = entry.get("context")
        slots = context.get("requestedSlots") if isinstance(context, dict) else None
        asked = label_cell(slots) if isinstance(slots, list) else None
        names = tuple(asked) if isinstance(asked, list) else ()
        return Text(text_cell(said.get("text")), ("userInput", "text"), names)
    name = next((key for key in TEXTS if isinstance(entry.get(key), str)), "")
    return Text(text_cell(entry.get(name)), (name,) if name else ())


def _spans(entry: dict[str, Any]) -> Iterator[Span]:
    for key in LISTS:
        listed = entry.get(key)
        if isinstance(listed, list):
            for index, item in enumerate(listed):
                if (span := _span(item, (key, index))) is not None:
                    yield span
        elif isinstance(listed, dict):
            yield from _of_dict(listed, key)


def _unread(entry: dict[str, Any]) -> Iterator[Finding]:
    """Entries of a list of spans that are none."""
    for key in LISTS:
        listed = entry.get(key)
        for index, item in enumerate(listed if isinstance(listed, list) else ()):
            if _span(item, (key, index)) is None:
                yield Finding("mark_unread", (key, index), {"key": key})


def _of_dict(listed: dict[Any, Any], key: str) -> Iterator[Span]:
    """{slot: {text, span}} as NLU++ has it, {slot: {value: [[start, end]]}} as CLUENER has it."""
    for name, item in listed.items():
        at = (key, str(name))
        if not isinstance(item, dict):
            continue
        if isinstance(item.get("text"), str):
            start, end = _bounds(item.get("span"))
            yield Span(str(name), start, end, item["text"], at)
            continue
        for value, places in item.items():
            if isinstance(places, list) and isinstance(value, str) and value:
                yield Span(str(name), None, None, value, (*at, value))


def _bounds(pair: Any) -> tuple[int | None, int | None]:
    if isinstance(pair, list) and len(pair) == 2:
        return _whole(pair[0]), _whole(pair[1])
    return None, None


def _span(item: Any, at: Path) -> Span | None:
    """A span written as [start, end, name], as an object, or as an object with `valueSpan`."""
    if isinstance(item, list):
        if len(item) != 3 or not isinstance(item[2], str) or None in _bounds(item[:2]):
            return None
        return Span(item[2], _whole(item[0]), _whole(item[1]), "", at)
    if not isinstance(item, dict):
        return None
    name = next((item[key] for key in NAMES if isinstance(item.get(key), str)), "")
    bounds = item.get("valueSpan") if isinstance(item.get("valueSpan"), dict) else item
    start, end = _first(bounds, STARTS), _first(bounds, ENDS)
    value = next((text_cell(item[key]) for key in VALUES if text_cell(item.get(key))), "")
    if not name.strip() or (end is None and not value):
        return None
    # Protocol Buffers write no zeros: a span without a start begins at 0.
    return Span(name, 0 if start is None and end is not None else start, end, value, at)


def _first(bounds: Any, keys: Sequence[str]) -> int | None:
    return next((n for key in keys if (n := _whole(bounds.get(key))) is not None), None)


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _piece(span: Span, text: str) -> tuple[str, Finding | None]:
    """What a span marks, and what is wrong with it."""
    values = {"field": shorten(span.name, 40)}
    if span.start is None or span.end is None:
        return span.value, None  # whether it stands in the text is checked with the answer
    if not 0 <= span.start < span.end <= len(text):
        values |= {"start": str(span.start), "end": str(span.end), "length": str(len(text))}
        return span.value if span.value in text else "", Finding("span_outside", (), values)
    piece = text[span.start : span.end]
    if span.value and span.value != piece and span.value in text:
        values |= {"value": shorten(span.value), "marked": shorten(piece)}
        return span.value, Finding("span_differs", (), values)
    return piece.strip(), None
