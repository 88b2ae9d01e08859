"""Read what a judge said: only a whole reply in the shape that was asked for is a verdict."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from math import exp
from typing import Any, NamedTuple

from core.messages import Record
from eval.checks.deciding import spoken
from eval.judge.prompt import UNSURE, Shape

JSON_TOKEN = re.compile(r'[\s"\',:{}\[\]]*')
"""What may stand around a value within one token."""


class Reply(Record):
    """What a judge has to say, the verdict last."""

    evidence: str
    reason: str
    value: bool | int | str
    """`true`, `false`, a level, a place, or `unsure`."""
    path: str
    """`json` when the reply is nothing else, `embedded` when prose stands around it."""


class Token(NamedTuple):
    """One token of a reply, with how likely it and its rivals were."""

    text: str
    rivals: tuple[tuple[str, float], ...]
    """(text, log-probability) of the likeliest tokens at this place."""


def parse(raw: str, shape: Shape, sources: Sequence[str]) -> Reply | None:
    """The last object in a text that is a whole reply; prose or fences around it are let be.

    One that stands word for word in a source is that text's, not the judge's.
    """
    text = spoken(raw).strip()
    for found, value in _objects(text):
        if isinstance(value, dict) and (reply := _reply(value, shape, found == text)):
            plain = squeezed(found)
            if not any(plain in squeezed(source) for source in sources):
                return reply
    return None


def is_quoted(evidence: str, sources: Sequence[str]) -> bool | None:
    """Whether the evidence stands in a source, blanks and case aside; None for no evidence."""
    wanted = squeezed(evidence).strip("\"'“”‘’「」….").casefold()
    if not wanted:
        return None
    return any(wanted in squeezed(source).casefold() for source in sources)


def soft_value(tokens: Sequence[Token], shape: Shape) -> float | None:
    """The expected value of the last verdict token: P(met), or a level as a share of the scale.

    Over the values that the endpoint gave probabilities for, which are made to sum to one.
    None when no token of the reply is a value of the shape.
    """
    scores = _scores(shape)
    for token in reversed(tokens):
        if _plain(token.text) not in scores:
            continue
        chances: dict[str, float] = {}
        for text, logprob in token.rivals:
            name = _plain(text)
            if name in scores:
                chances[name] = chances.get(name, 0.0) + exp(logprob)
        total = sum(chances.values())
        return sum(scores[name] * p for name, p in chances.items()) / total if total else None
    return None


def writable(text: str) -> str:
    """A text that can be written as UTF-8: JSON may hold halves of characters, which can't."""
    return text.encode(errors="replace").decode()


def squeezed(text: str) -> str:
    """A text with every run of blanks as one."""
    return " ".join(text.split())


def _reply(value: dict[str, Any], shape: Shape, whole: bool) -> Reply | None:
    evidence, reason = value.get("evidence"), value.get("reason")
    said: Any = value.get(shape.field)
    if not isinstance(evidence, str) or not isinstance(reason, str):
        return None
    # 1 == True in Python, and a judge that was asked for one must not be read as the other
    if not any(said == allowed and type(said) is type(allowed) for allowed in shape.values):
        return None
    path = "json" if whole else "embedded"
    plain = (writable(text).strip() for text in (evidence, reason))
    return Reply(evidence=next(plain), reason=next(plain), value=said, path=path)


def _objects(text: str) -> Iterator[tuple[str, Any]]:
    """Every JSON object in a text: the text as a whole first, then from the last one back."""
    decoder = json.JSONDecoder()
    with suppress(ValueError, RecursionError):
        yield text, json.loads(text)
        return
    for start in reversed([found.start() for found in re.finditer(r"\{", text)]):
        try:
            value, end = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            continue
        yield text[start:end], value


def _scores(shape: Shape) -> dict[str, float]:
    """Values as a reply spells them, with what they are worth from 0 to 1."""
    if shape.field == "met":
        return {"true": 1.0, "false": 0.0}
    levels = [value for value in shape.values if value != UNSURE and not isinstance(value, str)]
    span = levels[-1] - levels[0] if levels else 1
    return {str(level): (level - levels[0]) / span for level in levels}


def _plain(token: str) -> str:
    return JSON_TOKEN.sub("", token).lower()
