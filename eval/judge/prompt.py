"""What a judge is asked, and the shape its reply must have.

The criterion comes last, so that a server with a prefix cache reads the long part once per answer.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from core.messages import Message
from eval.judge.address import without_address
from eval.records import Sample
from eval.rubric.rubrics import Criterion

FOLDER = Path(__file__).parent
HEAD, MET, SCALE, PAIR = (
    (FOLDER / f"{name}.txt").read_text(encoding="utf-8")
    for name in ("judge", "judge_met", "judge_scale", "judge_pair")
)
MARKER = re.compile(r"\{\{(\w+)\}\}")
UNMARKED = "mark"
"""Stands for the mark where equal questions must look equal."""
NOT_FOUND = (
    "\nWhen you were asked this before, you gave as evidence: {quote}\nThose words do not stand in "
    "what you judge. Copy the evidence exactly this time, or leave it empty.\n"
)
SCOPES = {
    "final": "Judge only the answer.",
    "every_turn": "Judge every reply of the assistant in the conversation and the answer; the "
    "criterion must hold for each of them.",
    "conversation": "Judge the conversation as a whole, the answer included.",
}


class Shape(NamedTuple):
    """What a usable reply holds: evidence and reason as texts, then one of these values."""

    field: str
    values: tuple[bool | int | str, ...]

    @property
    def schema(self) -> dict[str, Any]:
        """JSON Schema; the order of its properties makes a grammar write the reason first."""
        return {
            "type": "object",
            "properties": {
                "evidence": {"type": "string", "maxLength": 200},
                "reason": {"type": "string", "maxLength": 400},
                self.field: {"enum": list(self.values)},
            },
            "required": ["evidence", "reason", self.field],
            "additionalProperties": False,
        }


@lru_cache(maxsize=64)
def response_format(shape: Shape) -> dict[str, Any]:
    """What an OpenAI-compatible endpoint takes as `response_format`."""
    told = {"name": "verdict", "schema": shape.schema, "strict": True}
    return {"type": "json_schema", "json_schema": told}


UNSURE = "unsure"
MET_SHAPE = Shape("met", (True, False, UNSURE))
PAIR_SHAPE = Shape("better", ("first", "second", "tie"))
VERSION = hashlib.sha256(
    "\0".join(
        [HEAD, MET, SCALE, PAIR, NOT_FOUND, *SCOPES.values()]
        + [json.dumps(shape.schema) for shape in (MET_SHAPE, PAIR_SHAPE)]
    ).encode()
).hexdigest()[:12]
"""Changes with every word that a judge is asked with."""


class Question(NamedTuple):
    """One question to a judge."""

    text: str
    unmarked: str
    """SHA-256 of the text without its random mark: equal for equal questions, in any process."""
    shape: Shape
    sources: tuple[str, ...]
    """The texts that its evidence may be copied from."""

    def asked_again(self, quote: str) -> Question:
        """The same, telling that the evidence of the first reply was not found."""
        note = NOT_FOUND.format(quote=json.dumps(quote, ensure_ascii=False))
        key = hashlib.sha256(f"{self.unmarked}{note}".encode()).hexdigest()
        return self._replace(text=self.text + note, unmarked=key)


class Material:
    """One answer with its conversation; the long part of a question is put together once."""

    def __init__(self, sample: Sample, answer: str, mark: str) -> None:
        self.answer = answer
        self.unaddressed = without_address(answer)
        """The answer without words to its grader; None when it has none."""
        self._sample = sample
        values = {**_common(sample), "answer": answer}
        self._head = filled(HEAD, values | {"mark": mark})
        self._hash = hashlib.sha256(filled(HEAD, values | {"mark": UNMARKED}).encode())

    def question(self, criterion: Criterion) -> Question:
        """Whether the answer meets a criterion, or which of its levels it reaches."""
        tail, shape = tail_of(criterion), shape_of(criterion)
        unmarked = self._hash.copy()
        unmarked.update(tail.encode())
        final = criterion.applies_to == "final"
        sources = (self.answer,) if final else (self.answer, self._said)
        return Question(self._head + tail, unmarked.hexdigest(), shape, sources)

    @cached_property
    def _said(self) -> str:
        return _common(self._sample)["conversation"]


def pair_question(sample: Sample, first: str, second: str, mark: str) -> Question:
    """Which of two answers is better; no word says whose they are."""
    values = {**_common(sample), "first": first, "second": second}
    unmarked = hashlib.sha256(filled(PAIR, values | {"mark": UNMARKED}).encode()).hexdigest()
    return Question(filled(PAIR, values | {"mark": mark}), unmarked, PAIR_SHAPE, (first, second))


def shape_of(criterion: Criterion) -> Shape:
    """The shape of a reply on a criterion."""
    return Shape("level", (*criterion.levels, UNSURE)) if criterion.levels else MET_SHAPE


def tail_of(criterion: Criterion) -> str:
    """The end of a question, which is all that differs between the criteria of one answer."""
    values = {"scope": SCOPES[criterion.applies_to], "criterion": criterion.text}
    if not criterion.anchors:
        return filled(MET, values)
    described = "\n".join(f"{level}: {text}" for level, text in criterion.anchors.items())
    numbers = ", ".join(str(level) for level in criterion.levels)
    return filled(SCALE, values | {"levels": described, "numbers": numbers})


def filled(template: str, values: Mapping[str, str]) -> str:
    """A template in one pass: a marker that stands in somebody's text is never filled in."""
    return MARKER.sub(lambda found: values[found.group(1)], template)


def _common(sample: Sample) -> dict[str, str]:
    conversation = "\n\n".join(f"[{m.role}] {_said(m)}" for m in sample.prompt)
    return {"conversation": conversation, "reference": sample.reference or "(none)"}


def _said(message: Message) -> str:
    """A turn as a judge reads it, with the tools that it calls."""
    calls = [f"(calls {call.name} with {call.arguments})" for call in message.tool_calls]
    return "\n".join(part for part in (message.content, *calls) if part)
