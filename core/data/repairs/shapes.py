"""Repairs of how a turn is written: roles, contents, weights."""

from __future__ import annotations

import json
from typing import Any

from core.data.checks.turns import ANY_ROLE, MEDIA, ROLES, suggest_role
from core.data.repairs.editing import Turn, edit_turns
from core.data.repairs.repair import RawRow, RepairContext

TEXT_KEYS = ("content", "value", "text")


def name_roles(row: RawRow, _: RepairContext) -> RawRow | None:
    """Write each speaker as `role`, by one of the names that are known."""
    return edit_turns(row, _name_role)


def _name_role(turn: Turn) -> Turn:
    written = turn.get("role", turn.get("from"))
    if not isinstance(written, str) or (written in ROLES and "role" in turn):
        return turn
    role = written if written in ROLES else suggest_role(written)
    if role == ANY_ROLE:
        return turn
    if "role" in turn:
        return {**turn, "role": role}
    key = next((key for key in TEXT_KEYS if key in turn), "content")
    others = {name: value for name, value in turn.items() if name not in ("from", key)}
    return {"role": role, "content": turn.get(key), **others}


def write_as_text(row: RawRow, _: RepairContext) -> RawRow | None:
    """Write numbers and objects that stand in place of a text as text."""
    row = edit_turns(row, _texts_of_turn)
    prompt = row.get("system")
    if prompt is not None and not isinstance(prompt, str):
        return {**row, "system": _joined(prompt)}
    return row


def _texts_of_turn(turn: Turn) -> Turn:
    edited = dict(turn)
    for key in ("name", "tool_call_id"):
        if turn.get(key) is not None:
            edited[key] = as_text(turn[key])
    content = turn.get("content")
    if isinstance(content, list):
        edited["content"] = [_text_of_part(part) for part in content]
    elif content is not None:
        edited["content"] = as_text(content)
    calls = turn.get("tool_calls")
    if isinstance(calls, list):
        edited["tool_calls"] = [_with_text_id(call) for call in calls]
    return edited


def _text_of_part(part: object) -> object:
    if not isinstance(part, dict):
        return as_text(part)
    if part.get("type", "text") == "text" and "text" in part:
        return {**part, "text": as_text(part["text"])}
    return part


def _with_text_id(call: object) -> object:
    if isinstance(call, dict) and call.get("id") is not None:
        return {**call, "id": as_text(call["id"])}
    return call


def _joined(prompt: object) -> str:
    parts = prompt if isinstance(prompt, list) else [prompt]
    texts = [part.get("text", part) if isinstance(part, dict) else part for part in parts]
    return "\n".join(as_text(text) for text in texts)


def as_text(value: object) -> str:
    """A JSON value as the text that a person would write for it."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def read_parts(row: RawRow, _: RepairContext) -> RawRow | None:
    """Read parts of other types that hold text as text."""
    return edit_turns(row, _read_parts)


def _read_parts(turn: Turn) -> Turn:
    content = turn.get("content")
    if not isinstance(content, list):
        return turn
    return {**turn, "content": [_read_part(part) for part in content]}


def _read_part(part: Any) -> object:
    if not isinstance(part, dict) or part.get("type") in (None, "text"):
        return part
    kind = part["type"]
    text = next((part[key] for key in TEXT_KEYS if isinstance(part.get(key), str)), None)
    if text is None or (isinstance(kind, str) and kind in MEDIA):
        return part
    return {"type": "text", "text": text}


def mend_weights(row: RawRow, _: RepairContext) -> RawRow | None:
    """Write each weight as 0 or 1, and only on assistant turns."""
    return edit_turns(row, _mend_weight)


def _mend_weight(turn: Turn) -> Turn:
    weight = turn.get("weight")
    if weight is None:
        return turn
    others = {key: value for key, value in turn.items() if key != "weight"}
    if turn.get("role") != "assistant":
        return others
    try:
        return {**others, "weight": int(float(weight) > 0)}
    except (TypeError, ValueError):
        return others
