"""Repairs of a conversation's order: what is missing is taken out, what is split is joined."""

from __future__ import annotations

from typing import Any

from core.data.repairs.editing import Turn, role_of, turns_of, with_turns
from core.data.repairs.repair import RawRow, RepairContext

BETWEEN = "\n\n"
"""What stands between two texts that are joined."""


def drop_unanswered(row: RawRow, _: RepairContext) -> RawRow | None:
    """Drop the turns after the last reply."""
    turns = turns_of(row)
    end = len(turns)
    while end and role_of(turns[end - 1]) not in ("assistant", ""):
        end -= 1
    return with_turns(row, turns[:end]) if turns else row


def drop_opening(row: RawRow, _: RepairContext) -> RawRow | None:
    """Drop what the assistant says before the user speaks."""
    turns = turns_of(row)
    roles = [role_of(turn) for turn in turns]
    if "user" not in roles:
        return None if "assistant" in roles else row
    first = roles.index("user")
    kept = [turn for turn in turns[:first] if role_of(turn) not in ("assistant", "tool")]
    return with_turns(row, kept + turns[first:])


def drop_empty(row: RawRow, _: RepairContext) -> RawRow | None:
    """Drop empty turns: with an empty reply, the question that it leaves without an answer.

    Where an empty user turn stood between two replies, the replies are joined.
    """
    kept: list[Turn] = []
    joins = False
    for turn in turns_of(row):
        role = role_of(turn)
        if not _is_empty(turn, role):
            last = kept[-1] if kept else {}
            if joins and role == role_of(last) and can_join(last, turn):
                kept[-1] = join(last, turn)
            else:
                kept.append(turn)
            joins = False
        elif role == "assistant":
            while kept and role_of(kept[-1]) == "user":
                kept.pop()
        else:
            joins = role == "user"
    return with_turns(row, kept) if turns_of(row) else row


def _is_empty(turn: Turn, role: str) -> bool:
    if role in ("", "tool") or turn.get("tool_calls") or turn.get("function_call"):
        return False
    content = turn.get("content")
    parts = content if isinstance(content, list) else [content]
    return all(_is_blank(part) for part in parts)


def _is_blank(part: object) -> bool:
    if isinstance(part, dict):
        part = part.get("text") if part.get("type", "text") == "text" else part
    return part is None or (isinstance(part, str) and not part.strip())


def merge_turns(row: RawRow, _: RepairContext) -> RawRow | None:
    """Join turns of the same speaker that follow one another."""
    merged: list[Turn] = []
    for turn in turns_of(row):
        last = merged[-1] if merged else {}
        same = role_of(turn) == role_of(last) and role_of(turn) in ("user", "assistant")
        if same and can_join(last, turn):
            merged[-1] = join(last, turn)
        else:
            merged.append(turn)
    return with_turns(row, merged) if merged else row


def can_join(first: Turn, second: Turn) -> bool:
    """Whether two turns can become one without losing who says it and whether it is learned."""
    same = all(first.get(key) == second.get(key) for key in ("name", "weight"))
    contents = (first.get("content"), second.get("content"))
    calls = (first.get("tool_calls") or [], second.get("tool_calls") or [])
    return (
        same
        and all(content is None or isinstance(content, str) for content in contents)
        and all(isinstance(listed, list) for listed in calls)
        and not first.get("function_call")
        and not second.get("function_call")
    )


def join(first: Turn, second: Turn) -> Turn:
    """Two turns as one."""
    texts = [turn["content"] for turn in (first, second) if turn.get("content")]
    joined: Turn = {**second, **first, "content": BETWEEN.join(texts)}
    calls = [*(first.get("tool_calls") or []), *(second.get("tool_calls") or [])]
    return {**joined, "tool_calls": calls} if calls else joined


def move_system(row: RawRow, _: RepairContext) -> RawRow | None:
    """Move all system turns to the beginning, as one."""
    turns = turns_of(row)
    systems = [turn for turn in turns if role_of(turn) == "system"]
    if not systems or not all(isinstance(turn.get("content"), str) for turn in systems):
        return row
    texts = dict.fromkeys(turn["content"] for turn in systems)
    first = {**systems[0], "content": BETWEEN.join(texts)}
    return with_turns(row, [first, *(turn for turn in turns if role_of(turn) != "system")])


def join_system(row: RawRow, _: RepairContext) -> RawRow | None:
    """Join the `system` key and the system turn into one turn."""
    turns, prompt = turns_of(row), row.get("system")
    if not turns or role_of(turns[0]) != "system" or not isinstance(prompt, str):
        return row
    written = turns[0].get("content")
    if not isinstance(written, str):
        return row
    texts: dict[str, Any] = dict.fromkeys(text.strip() for text in (prompt, written))
    content = written if len(texts) == 1 else BETWEEN.join((prompt, written))
    others = {key: value for key, value in row.items() if key != "system"}
    return {**others, "messages": [{**turns[0], "content": content}, *turns[1:]]}


def remove_row(_: RawRow, __: RepairContext) -> RawRow | None:
    """Take the row out."""
    return None
