"""Rows of no dialogue format, told apart so that the error can say what they are."""

from __future__ import annotations

from typing import Any

from core.data.formats.detecting import format_of
from core.data.problems import Finding, shorten

PROMPTS_ONLY = ("turns", "prompt", "question", "instruction", "query", "问题", "提问")
SHOWN_KEYS = 6
PLAIN_TEXT = "plain-text"


def name_format(row: dict[str, Any]) -> Finding:
    """What a row without `messages` is, as far as its keys tell."""
    if "role" in row and "content" in row:
        return Finding("format_single_turn")
    for key, value in row.items():
        if _is_rows(value):
            return Finding("format_wrapped", (key,), {"key": shorten(key)})
    for key in PROMPTS_ONLY:
        if row.get(key):
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
    entry = format_of(value[0])
    return entry is not None and entry.name != PLAIN_TEXT


def _found_keys(row: dict[str, Any]) -> str:
    names = [f"`{shorten(str(key), 20)}`" for key in list(row)[:SHOWN_KEYS]]
    if len(row) > SHOWN_KEYS:
        names.append("…")
    return f" ({', '.join(names)})" if names else ""
