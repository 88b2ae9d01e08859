"""The question that has a row's user turns reworded, what it costs, and how its reply is read."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core.data.augment.asking import ATTEMPTS, Asker, Question, Reply, fill
from core.data.augment.records import ParaphraseRequest, Task
from core.data.augment.similarity import NO_SPACES
from core.data.augment.values import kept_verbatim
from core.messages import Record

PROMPT = (Path(__file__).parent / "paraphrase.txt").read_text(encoding="utf-8")
LETTERS_PER_TOKEN = 4
"""A common figure for alphabets; a Han character is taken for one token."""
REPLY_TOKENS = 120
"""For the JSON around the texts, and a word too much here and there."""
ROOM = 3
"""A reply may have this many times the tokens of the turns, for each rewording."""
NO_REWORDING = "The reply holds no rewording."

Rewordings = list[tuple[str, ...]]


class Cost(Record):
    """What rewording rows will take; tokens are estimated from characters, not counted."""

    calls: int
    """When every reply can be used at once."""
    calls_at_most: int
    """When every question has to be asked as often as is allowed."""
    prompt_tokens: int
    reply_tokens: int
    judge_calls: int = 0
    """At most, and only for proposals that pass the other filters."""


def estimate(tasks: Sequence[Task], judged: bool = False) -> Cost:
    """What it will take to reword these rows."""
    variants = sum(task.variants for task in tasks)
    return Cost(
        calls=len(tasks),
        calls_at_most=len(tasks) * ATTEMPTS,
        prompt_tokens=sum(estimated_tokens(render(task, "0" * 16)) for task in tasks),
        reply_tokens=sum(_turn_tokens(task) * task.variants + REPLY_TOKENS // 4 for task in tasks),
        judge_calls=variants if judged else 0,
    )


def estimated_tokens(text: str) -> int:
    """Tokens by a rule of thumb: tokenizers differ by a third and more."""
    wide = len(NO_SPACES.findall(text))
    return math.ceil(wide + (len(text) - wide) / LETTERS_PER_TOKEN)


async def reword(asker: Asker, task: Task, request: ParaphraseRequest) -> Reply[Rewordings]:
    """The rewordings of one row, at most as many as were asked for."""
    return await asker.ask(question(task, request))


def question(task: Task, request: ParaphraseRequest) -> Question[Rewordings]:
    """What a model is asked about one row; the same row and request make the same question."""
    turns = len(task.turns)
    seed = int(_hash(f"{request.seed}\0{task.example.id}")[:7], 16)
    return Question(
        prompt=render(task, mark_of(task, request.seed)),
        schema=_schema(task.variants, turns),
        read=lambda value: _rewordings(value, turns, task.variants),
        budget=REPLY_TOKENS + ROOM * task.variants * _turn_tokens(task),
        temperature=request.temperature,
        seed=seed,
    )


def render(task: Task, mark: str) -> str:
    """The prompt about one row; what the row says stands between two lines with the mark."""
    turns = task.turns
    kept = [value for turn in turns for value in kept_verbatim(turn, task.example)]
    material: dict[str, Any] = {"user_turns": list(turns), "keep": list(dict.fromkeys(kept))}
    if task.example.label:
        material["what_the_user_wants"] = task.example.label
    values = {
        "mark": mark,
        "material": json.dumps(material, ensure_ascii=False, indent=1),
        "variants": str(task.variants),
        "turns": str(len(turns)),
    }
    return fill(PROMPT, values)


def mark_of(task: Task, seed: int) -> str:
    """A mark that the row itself can't hold: it follows from the row's own hash."""
    return _hash(f"mark\0{seed}\0{task.example.id}")[:16]


def _schema(variants: int, turns: int) -> dict[str, Any]:
    texts = {"type": "array", "items": {"type": "string"}, "minItems": turns, "maxItems": turns}
    many = {"type": "array", "items": texts, "minItems": variants, "maxItems": variants}
    return {
        "type": "object",
        "properties": {"rewordings": many},
        "required": ["rewordings"],
        "additionalProperties": False,
    }


def _rewordings(value: Any, turns: int, wanted: int) -> Rewordings | None:
    """Those that have the row's turns; None when it is another object.

    Models without a grammar write one text in place of a list of one: that is clear enough.
    """
    given = value.get("rewordings") if isinstance(value, dict) else None
    if not isinstance(given, list):
        return None
    found = [found for one in given if (found := _texts(one, turns))]
    return found[:wanted] if found or not given else None


def _texts(one: Any, turns: int) -> tuple[str, ...] | None:
    texts = [one] if isinstance(one, str) else one
    if not isinstance(texts, list) or len(texts) != turns:
        return None
    if not all(isinstance(text, str) and text.strip() for text in texts):
        return None
    return tuple(text.strip() for text in texts)


def _turn_tokens(task: Task) -> int:
    return sum(estimated_tokens(turn) for turn in task.turns)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
