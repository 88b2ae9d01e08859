"""Check one row of a file as an OpenAI conversation: everything wrong with it, and what it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from core.data.checks.rejected import KEY as REJECTED
from core.data.checks.rejected import read_rejected
from core.data.checks.tools import check_calls, read_tools
from core.data.checks.turns import KNOWN_KEYS as TURN_KEYS
from core.data.checks.turns import read_turn
from core.data.checks.unknown import is_bare_turns, name_format
from core.data.problems import ERRORS, Finding, kind_of, shorten
from core.data.records import Part
from core.messages import Conversation, Message

ROW_KEYS = frozenset(
    {
        "messages",
        "tools",
        "functions",
        "parallel_tool_calls",
        REJECTED,
        "system",
        "split",
        "tags",
        "id",
        "metadata",
        "_row",
        "_problems",
        "images",
        "videos",
        "audios",
    }
)
MEDIA_KEYS = {"images": "a picture", "videos": "a video", "audios": "sound"}
PARTS: dict[str, Part] = {
    "train": "train",
    "training": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "dev": "validation",
    "test": "test",
}
LONG_ROW_CHARACTERS = 32_000
"""About 8,000 tokens of English or 20,000 of Chinese: longer than most training lengths."""


class CheckedRow(NamedTuple):
    """What a row is, and everything to say about it."""

    found: list[Finding]
    conversation: Conversation | None
    """None when the row has an error."""
    part: Part | None = None
    tags: tuple[str, ...] = ()
    rejected: tuple[Message, ...] | None = None
    """The answer that its preference pair says is worse."""


def check_row(value: object) -> CheckedRow:
    """Check a decoded row; every problem of the row is found, not only the first."""
    found: list[Finding] = []
    if not isinstance(value, dict):
        bare = isinstance(value, list) and is_bare_turns(value) and value
        code = "format_bare_turns" if bare else "row_not_object"
        return CheckedRow([Finding(code, (), {} if bare else {"kind": kind_of(value)})], None)
    if "messages" not in value:
        return CheckedRow([name_format(value)], None)
    tools = read_tools(value, found) if "tools" in value or "functions" in value else ()
    turns = _read_turns(value, found)
    if turns:
        _check_order(turns, found)
        if tools or any(turn.role == "tool" for turn in turns):
            check_calls(turns, tools, found)
        turns = _with_system_key(value, turns, found)
        _check_length(turns, found)
    rejected = read_rejected(value, turns, found) if turns and REJECTED in value else None
    part, tags = _read_part(value, found), _read_tags(value, found)
    _check_other_keys(value, found)
    if not turns or any(finding.code in ERRORS for finding in found):
        return CheckedRow(found, None)
    conversation = Conversation(messages=tuple(turns), tools=tools)
    return CheckedRow(found, conversation, part, tags, rejected)


def _read_turns(row: dict[str, Any], found: list[Finding]) -> list[Message]:
    """All turns of a row; none when one of them can't be read."""
    written = row["messages"]
    if not isinstance(written, list):
        found.append(Finding("messages_not_list", ("messages",), {"kind": kind_of(written)}))
        return []
    if not written:
        found.append(Finding("messages_empty", ("messages",)))
    turns = [read_turn(turn, ("messages", i), found) for i, turn in enumerate(written)]
    read = [turn for turn in turns if turn is not None]
    return read if len(read) == len(turns) else []


def _check_order(turns: Sequence[Message], found: list[Finding]) -> None:
    weights = [turn.weight for turn in turns if turn.role == "assistant"]
    if not weights:
        found.append(Finding("no_assistant_turn", ("messages",)))
        return
    if weights.count(0) == len(weights):
        found.append(Finding("nothing_weighted", ("messages",)))
    first = next((i for i, turn in enumerate(turns) if turn.role != "system"), 0)
    if turns[first].role == "assistant":
        found.append(Finding("starts_with_assistant", ("messages", first)))
    for index in range(1, len(turns)):
        role = turns[index].role
        if role == "system":
            found.append(Finding("system_not_first", ("messages", index)))
        elif role == turns[index - 1].role and role != "tool":
            found.append(Finding("same_role_twice", ("messages", index), {"role": role}))
    if turns[-1].role != "assistant":
        last = ("messages", len(turns) - 1)
        found.append(Finding("no_reply_at_end", last, {"role": turns[-1].role}))


def _with_system_key(
    row: dict[str, Any], turns: list[Message], found: list[Finding]
) -> list[Message]:
    """The turns, led by the system prompt that Anthropic's format keeps beside them."""
    prompt = row.get("system")
    if prompt is None or prompt == "":
        return turns
    if not isinstance(prompt, str):
        found.append(Finding("not_text", ("system",), {"key": "system", "kind": kind_of(prompt)}))
        return turns
    if turns[0].role == "system":
        found.append(Finding("system_twice", ("system",)))
        return turns
    found.append(Finding("system_key_moved", ("system",)))
    return [Message(role="system", content=prompt), *turns]


def _check_length(turns: Sequence[Message], found: list[Finding]) -> None:
    characters = sum(len(turn.content) for turn in turns)
    if characters > LONG_ROW_CHARACTERS:
        found.append(Finding("row_very_long", ("messages",), {"characters": f"{characters:,}"}))


def _read_part(row: dict[str, Any], found: list[Finding]) -> Part | None:
    written = row.get("split")
    if written is None:
        return None
    part = PARTS.get(written.strip().casefold()) if isinstance(written, str) else None
    if part is None:
        found.append(Finding("split_unknown", ("split",), {"split": shorten(str(written), 30)}))
    return part


def _read_tags(row: dict[str, Any], found: list[Finding]) -> tuple[str, ...]:
    written = row.get("tags")
    if written is None:
        return ()
    if isinstance(written, str):
        return (written,)
    if isinstance(written, list) and all(isinstance(tag, str) for tag in written):
        return tuple(dict.fromkeys(written))
    found.append(Finding("tags_invalid", ("tags",), {"kind": kind_of(written)}))
    return ()


def _check_other_keys(row: dict[str, Any], found: list[Finding]) -> None:
    for key, kind in MEDIA_KEYS.items():
        if row.get(key):
            found.append(Finding("image_not_supported", (key,), {"kind": kind}))
    for key in sorted(row.keys() - ROW_KEYS):
        found.append(Finding("key_unknown", (key,), {"key": shorten(key, 40)}))
    turns = row["messages"]
    for index, turn in enumerate(turns if isinstance(turns, list) else ()):
        if isinstance(turn, dict) and not turn.keys() <= TURN_KEYS:
            for key in sorted(turn.keys() - TURN_KEYS):
                if turn[key] is not None:
                    path = ("messages", index, key)
                    values = {"key": f"messages[].{shorten(key, 40)}"}
                    found.append(Finding("key_unknown", path, values))
