"""Anthropic's format and Bedrock's: `system` beside the turns, content in blocks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from core.data.formats.draft import Draft, as_it_is
from core.data.formats.parts import CALL_IDS, RESULT_IDS, result_text
from core.data.formats.shape import Answers, Format, Talk
from core.data.formats.turn_lists import add_turns

BLOCK_TYPES = frozenset({"tool_use", "tool_result", "thinking", "redacted_thinking"})
BLOCK_KEYS = frozenset({"toolUse", "toolResult", "reasoningContent", *CALL_IDS, *RESULT_IDS})
MARKS = ("schemaVersion", "anthropic_version", "toolConfig")
KEYS = ("messages", "system", "schemaVersion", "anthropic_version", "max_tokens")


def fits(record: Any) -> bool:
    """Whether a record has turns beside a system prompt, or content in Anthropic's blocks."""
    if not isinstance(record, dict):
        return False
    turns = record.get("messages")
    if not isinstance(turns, list):
        return False
    if record.get("system") or any(record.get(key) is not None for key in MARKS):
        return True
    tools = record.get("tools")
    first = tools[0] if isinstance(tools, list) and tools else None
    if isinstance(first, dict) and "input_schema" in first:
        return True
    return any(_has_blocks(turn.get("content")) for turn in turns if isinstance(turn, dict))


def _has_blocks(content: Any) -> bool:
    return isinstance(content, list) and any(
        isinstance(block, dict)
        and (
            (isinstance(kind := block.get("type"), str) and kind in BLOCK_TYPES)
            or (kind is None and ("text" in block or not BLOCK_KEYS.isdisjoint(block)))
        )
        for block in content
    )


def convert(record: Any, _: Answers) -> Iterable[Talk]:
    """The system prompt as first turn, blocks as text, tool calls and tool results."""
    turns = record.get("messages") if isinstance(record, dict) else None
    if not isinstance(turns, list):
        return (as_it_is(record),)
    draft = Draft()
    add_turns(draft, turns, ("messages",))
    system = record.get("system")
    if system:
        prompt = result_text(system) if isinstance(system, list) else system
        before = len(draft.messages)
        draft.lead(prompt, ("system",))
        if len(draft.messages) > before:
            draft.note("system_key_moved", ("system",))
    return (draft.talk(record, KEYS, "toolConfig" if "toolConfig" in record else "tools"),)


FORMATS = (
    Format("anthropic", "Anthropic or Bedrock messages", "Anthropic/Bedrock 格式", fits, convert),
)
