"""Turns of an OpenAI conversation: read one into a Message, or say everything wrong with it."""

from __future__ import annotations

import difflib
from typing import Literal, cast

from core.data.problems import Finding, Path, shorten
from core.data.texts import check_text
from core.data.tools import read_calls
from core.messages import Message, Role, ToolCall

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


def kind_of(value: object) -> str:
    """What a JSON value is, in words."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    for types, words in ((str, "text"), (int | float, "a number"), (list, "a list")):
        if isinstance(value, types):
            return words
    return "an object"


def read_turn(turn: object, path: Path, found: list[Finding]) -> Message | None:
    """One turn as a Message, or None; everything to say about it is added to `found`."""
    if not isinstance(turn, dict):
        found.append(Finding("turn_not_object", path, {"kind": kind_of(turn)}))
        return None
    role = _read_role(turn, path, found)
    if role is None:
        return None
    if len(turn) == 2 and isinstance(text := turn.get("content"), str) and text.strip():
        check_text(text, (*path, "content"), found)
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
