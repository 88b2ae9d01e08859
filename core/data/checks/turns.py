"""Turns of an OpenAI conversation: read one into a Message, or say everything wrong with it."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Any, Literal

from core.data.checks.tools import read_calls
from core.data.problems import Finding, Path, kind_of, shorten
from core.messages import Message, Role

ROLES: dict[str, Role] = {
    "system": "system",
    "user": "user",
    "assistant": "assistant",
    "tool": "tool",
    "developer": "system",
    "function": "tool",
}
ROLE_SUGGESTIONS = {
    "human": "user",
    "prompter": "user",
    "customer": "user",
    "client": "user",
    "usr": "user",
    "gpt": "assistant",
    "bot": "assistant",
    "chatgpt": "assistant",
    "chatbot": "assistant",
    "model": "assistant",
    "ai": "assistant",
    "agent": "assistant",
    "observation": "tool",
    "function_call": "assistant",
    "function_response": "tool",
    "ipython": "tool",
    "sys": "system",
}
ANY_ROLE = "user, assistant, system or tool"
KNOWN_KEYS = frozenset(
    {"role", "content", "tool_calls", "function_call", "tool_call_id", "name", "weight"}
)
PART_KEYS = frozenset({"type", "text", "cache_control"})
MEDIA = {
    "image_url": "a picture",
    "image": "a picture",
    "input_image": "a picture",
    "video": "a video",
    "video_url": "a video",
    "audio": "sound",
    "audio_url": "sound",
    "input_audio": "sound",
    "file": "a file",
}


def read_turn(turn: object, path: Path, found: list[Finding]) -> Message | None:
    """One turn as a Message, or None; everything to say about it is added to `found`."""
    if not isinstance(turn, dict):
        found.append(Finding("turn_not_object", path, {"kind": kind_of(turn)}))
        return None
    role = _read_role(turn, path, found)
    if role is None:
        return None
    if len(turn) == 2 and isinstance(text := turn.get("content"), str) and text.strip():
        return Message(role=role, content=text)
    calls = read_calls(turn, role, path, found)
    return Message(
        role=role,
        content=_read_content(turn, role, path, found),
        tool_calls=calls,
        tool_call_id=_read_text(turn, "tool_call_id", path, found),
        name=_read_text(turn, "name", path, found),
        weight=_read_weight(turn, role, path, found),
    )


def _read_role(turn: dict[str, Any], path: Path, found: list[Finding]) -> Role | None:
    written = turn.get("role")
    if isinstance(written, str) and written in ROLES:
        if written == "developer":
            found.append(Finding("developer_role", (*path, "role")))
        return ROLES[written]
    if written is None and isinstance(turn.get("from"), str):
        text = next((key for key in ("value", "text", "content") if key in turn), "value")
        found.append(Finding("role_in_from", (*path, "from"), {"text": text}))
    elif written is None:
        found.append(Finding("role_missing", path))
    elif not isinstance(written, str):
        values = {"key": "role", "kind": kind_of(written)}
        found.append(Finding("not_text", (*path, "role"), values))
    else:
        values = {"role": shorten(written), "suggestion": suggest_role(written)}
        found.append(Finding("role_unknown", (*path, "role"), values))
    return None


def suggest_role(written: str) -> str:
    """The role that an unknown word most likely means; ANY_ROLE when it could be any."""
    folded = written.strip().casefold()[:20]
    if folded in ROLES or folded in ROLE_SUGGESTIONS:
        return ROLE_SUGGESTIONS.get(folded, folded)
    close = difflib.get_close_matches(folded, ROLES, n=1)
    return close[0] if close else ANY_ROLE


def _read_content(turn: dict[str, Any], role: Role, path: Path, found: list[Finding]) -> str:
    content = turn.get("content")
    here = (*path, "content")
    calls = role == "assistant" and bool(turn.get("tool_calls") or turn.get("function_call"))
    if content is None:
        if not calls:
            found.append(Finding("content_missing", path, {"role": role}))
        return ""
    if isinstance(content, list):
        before = len(found)
        content = _join_parts(content, here, found)
        if len(found) > before and not content.strip():
            return content  # what is wrong with the parts was said
    elif not isinstance(content, str):
        found.append(Finding("content_not_text", here, {"kind": kind_of(content)}))
        return ""
    if not content.strip() and role == "tool":
        found.append(Finding("tool_result_empty", here))
    elif not content.strip() and not calls:
        found.append(Finding("turn_empty", here, {"role": role}))
    return content


def _join_parts(parts: list[object], path: Path, found: list[Finding]) -> str:
    """The text of all parts, joined with line breaks as vLLM joins them."""
    texts = []
    for index, part in enumerate(parts):
        here = (*path, index)
        kind = part.get("type", "text") if isinstance(part, dict) else "text"
        text = part.get("text") if isinstance(part, dict) else part
        if isinstance(kind, str) and kind in MEDIA:
            found.append(Finding("image_not_supported", here, {"kind": MEDIA[kind]}))
        elif kind != "text":
            found.append(Finding("part_not_supported", here, {"kind": shorten(str(kind))}))
        elif not isinstance(text, str):
            found.append(Finding("content_not_text", here, {"kind": kind_of(text)}))
        else:
            texts.append(text)
            found.extend(_unused_of_part(part, here))
    if len(texts) > 1:
        found.append(Finding("parts_joined", path))
    return "\n".join(texts)


def _unused_of_part(part: object, path: Path) -> Iterator[Finding]:
    for key, value in part.items() if isinstance(part, dict) else ():
        if key not in PART_KEYS and value not in (None, "", [], {}):
            values = {"key": f"messages[].content[].{shorten(key, 40)}"}
            yield Finding("key_unknown", (*path, key), values)


def _read_text(turn: dict[str, Any], key: str, path: Path, found: list[Finding]) -> str | None:
    value = turn.get(key)
    if value is None or isinstance(value, str):
        return value
    found.append(Finding("not_text", (*path, key), {"key": key, "kind": kind_of(value)}))
    return None


def _read_weight(
    turn: dict[str, Any], role: Role, path: Path, found: list[Finding]
) -> Literal[0, 1] | None:
    weight = turn.get("weight")
    if weight is None:
        return None
    here = (*path, "weight")
    if isinstance(weight, bool) or weight not in (0, 1):
        found.append(Finding("weight_invalid", here, {"value": shorten(str(weight), 20)}))
        return None
    if role != "assistant":
        found.append(Finding("weight_ignored", here, {"role": role}))
        return None
    return 1 if weight == 1 else 0
