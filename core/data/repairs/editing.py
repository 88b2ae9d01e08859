"""Change the turns or the texts of a row without changing the row itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from core.data.checks.turns import ROLES
from core.data.repairs.repair import RawRow
from core.messages import answer_start

Turn = dict[str, Any]
REJECTED = "rejected"
TURNS = ("messages", REJECTED)
"""What holds turns: the dialogue, and the worse answer of a preference pair."""


def turns_of(row: RawRow) -> list[Turn]:
    """The turns of a row; none when they can't all be read as objects."""
    turns = row.get("messages")
    if not isinstance(turns, list) or not all(isinstance(turn, dict) for turn in turns):
        return []
    return turns


def with_turns(row: RawRow, turns: list[Turn]) -> RawRow | None:
    """The row with other turns; None when no assistant's turn is left to learn from.

    A rejected answer whose question is not the last one any more is one to another question.
    """
    before = row.get("messages")
    if same(turns, before):
        return row
    if not any(role_of(turn) == "assistant" for turn in turns):
        return None
    edited = {**row, "messages": turns}
    if isinstance(row.get(REJECTED), list) and not _is_still_asked(turns_of(row), turns):
        edited[REJECTED] = []
    return edited


def _is_still_asked(before: list[Turn], after: list[Turn]) -> bool:
    """Whether turns end with an answer to the question that they ended with an answer to before.

    A question that was joined with an earlier one ends with it.
    """
    asked = []
    for turns in (before, after):
        start = answer_start([role_of(turn) for turn in turns])
        if start == len(turns):
            return False
        asked.append(str(turns[start - 1].get("content")) if start else "")
    return asked[1].endswith(asked[0])


def edit_turns(row: RawRow, edit: Callable[[Turn], Turn]) -> RawRow:
    """The row with each turn that is an object edited, those of a rejected answer included."""
    for key in TURNS:
        turns = row.get(key)
        if isinstance(turns, list):
            edited = [edit(turn) if isinstance(turn, dict) else turn for turn in turns]
            row = row if same(edited, turns) else {**row, key: edited}
    return row


def same(one: object, other: object) -> bool:
    """Whether two JSON values are written alike, too: Python takes true for 1."""
    return one == other and repr(one) == repr(other)


def role_of(turn: Turn) -> str:
    """A turn's role as it is understood; "" when it is not."""
    role = turn.get("role")
    return ROLES.get(role, "") if isinstance(role, str) else ""


def calls_in(turn: Turn) -> list[dict[str, Any]]:
    """A turn's tool calls that are objects with a function."""
    calls = turn.get("tool_calls")
    listed = calls if isinstance(calls, list) else []
    return [c for c in listed if isinstance(c, dict) and isinstance(c.get("function"), dict)]


def edit_texts(row: RawRow, edit: Callable[[str], str]) -> RawRow:
    """The row with what its turns say edited: contents and their text parts."""
    return edit_turns(row, lambda turn: _edit_content(turn, edit))


def edit_all_texts(
    row: RawRow, edit: Callable[[str], str], edit_arguments: Callable[[str], str]
) -> RawRow:
    """The row with contents edited, and the arguments of its tool calls."""

    def edit_turn(turn: Turn) -> Turn:
        return _edit_calls(_edit_content(turn, edit), edit_arguments)

    return edit_turns(row, edit_turn)


def texts_of(row: RawRow) -> Iterator[str]:
    """Everything that `edit_all_texts` edits."""
    for turn in _all_turns(row):
        content = turn.get("content")
        for part in content if isinstance(content, list) else [content]:
            text = part.get("text") if isinstance(part, dict) else part
            if isinstance(text, str):
                yield text
        for call in calls_in(turn):
            if isinstance(call["function"].get("arguments"), str):
                yield call["function"]["arguments"]


def _all_turns(row: RawRow) -> Iterator[Turn]:
    for key in TURNS:
        turns = row.get(key)
        if isinstance(turns, list) and all(isinstance(turn, dict) for turn in turns):
            yield from turns


def _edit_content(turn: Turn, edit: Callable[[str], str]) -> Turn:
    content = turn.get("content")
    if isinstance(content, str):
        return {**turn, "content": edit(content)}
    if isinstance(content, list):
        return {**turn, "content": [_edit_part(part, edit) for part in content]}
    return turn


def _edit_part(part: object, edit: Callable[[str], str]) -> object:
    if isinstance(part, str):
        return edit(part)
    if isinstance(part, dict) and isinstance(part.get("text"), str):
        return {**part, "text": edit(part["text"])}
    return part


def _edit_calls(turn: Turn, edit: Callable[[str], str]) -> Turn:
    calls = turn.get("tool_calls")
    if not isinstance(calls, list):
        return turn
    return {**turn, "tool_calls": [_edit_call(call, edit) for call in calls]}


def _edit_call(call: object, edit: Callable[[str], str]) -> object:
    function = call.get("function") if isinstance(call, dict) else None
    if not isinstance(call, dict) or not isinstance(function, dict):
        return call
    arguments = function.get("arguments")
    if not isinstance(arguments, str):
        return call
    return {**call, "function": {**function, "arguments": edit(arguments)}}
