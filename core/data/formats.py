"""Other dialogue formats, recognised by their keys so that the error can call them by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from core.data.problems import Finding, shorten


class _Format(NamedTuple):
    code: str
    keys: frozenset[str]
    """All of these keys stand in a row of the format."""
    holds: Callable[[dict[str, Any]], bool] = lambda _: True
    """What else is true of a row."""


def _format(code: str, *keys: str, **more: Callable[[dict[str, Any]], bool]) -> _Format:
    return _Format(code, frozenset(keys), **more)


# The first that fits names the row: more particular formats stand before more general ones.
FORMATS = (
    _format("format_sharegpt", "conversations"),
    _format("format_preference", "chosen", "rejected"),
    _format("format_oasst", "prompt", holds=lambda row: isinstance(row["prompt"], dict)),
    _format("format_gemini", "contents", holds=lambda row: isinstance(row["contents"], list)),
    _format("format_dolly", "instruction", "response"),
    _format("format_alpaca", "instruction", "output"),
    _format("format_prompt_completion", "prompt", "completion"),
    _format("format_single_turn", "role", "content"),
)
QUESTIONS = ("question", "query", "prompt", "instruction", "input", "ask", "问题", "提问", "问")
ANSWERS = ("answer", "response", "reply", "completion", "output", "回答", "答案", "答")
PROMPTS_ONLY = ("turns", "prompt", "question", "instruction", "query")
SHOWN_KEYS = 6


def name_format(row: dict[str, Any]) -> Finding:
    """What a row without `messages` is, as far as its keys tell."""
    keys = row.keys()
    for entry in FORMATS:
        if entry.keys <= keys and entry.holds(row):
            return Finding(entry.code)
    question = next((key for key in QUESTIONS if isinstance(row.get(key), str)), None)
    answer = next((key for key in ANSWERS if isinstance(row.get(key), str)), None)
    if question and answer:
        return Finding("format_question_answer", (), {"question": question, "answer": answer})
    for key, value in row.items():
        if _is_rows(value):
            return Finding("format_wrapped", (key,), {"key": shorten(key)})
    for key in PROMPTS_ONLY:
        if key in row:
            return Finding("format_prompts_only", (key,), {"key": key})
    if isinstance(row.get("text"), str):
        return Finding("format_text", ("text",))
    return Finding("messages_missing", (), {"found": _found_keys(row)})


def is_bare_turns(value: object) -> bool:
    """Whether a row is a list of turns."""
    return isinstance(value, list) and all(isinstance(x, dict) and "role" in x for x in value)


def _is_rows(value: object) -> bool:
    if not isinstance(value, list) or not value or not isinstance(value[0], dict):
        return False
    first = value[0]
    return "messages" in first or any(entry.keys <= first.keys() for entry in FORMATS[:-1])


def _found_keys(row: dict[str, Any]) -> str:
    names = [f"`{shorten(key, 20)}`" for key in list(row)[:SHOWN_KEYS]]
    if len(row) > SHOWN_KEYS:
        names.append("…")
    return f" ({', '.join(names)})" if names else ""
