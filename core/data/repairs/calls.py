"""Repairs of tool definitions, tool calls and their results."""

from __future__ import annotations

import ast
import json
from typing import Any

from core.data.checks.tools import decode_text
from core.data.repairs.editing import Turn, edit_turns, role_of, turns_of
from core.data.repairs.repair import RawRow, RepairContext

LITERAL_CHARACTERS = 20_000
"""Longer text is not tried as a Python value."""


def mend_tools(row: RawRow, _: RepairContext) -> RawRow | None:
    """Write `tools` as a list of function definitions."""
    tools = row.get("tools")
    if isinstance(tools, str):
        tools = decode_text(tools)[0] if tools.strip() else []
    if isinstance(tools, dict):
        tools = [tools]
    if not isinstance(tools, list):
        return row
    written = [_wrap(tool) for tool in tools]
    return row if written == row.get("tools") else {**row, "tools": written}


def _wrap(tool: object) -> object:
    if isinstance(tool, dict) and "function" not in tool and isinstance(tool.get("name"), str):
        return {"type": "function", "function": tool}
    return tool


def mend_calls(row: RawRow, _: RepairContext) -> RawRow | None:
    """Write `tool_calls` as a list of calls with a function."""
    return edit_turns(row, _mend_turn_calls)


def _mend_turn_calls(turn: Turn) -> Turn:
    calls = turn.get("tool_calls")
    if isinstance(calls, str):
        calls = decode_text(calls)[0]
    if isinstance(calls, dict):
        calls = [calls]
    if not isinstance(calls, list):
        return turn
    return {**turn, "tool_calls": [_mend_call(call) for call in calls]}


def _mend_call(call: object) -> object:
    if not isinstance(call, dict) or "function" in call or not isinstance(call.get("name"), str):
        return call
    inside = {key: call[key] for key in ("name", "arguments") if key in call}
    others = {key: value for key, value in call.items() if key not in inside}
    return {"type": "function", **others, "function": inside}


def mend_arguments(row: RawRow, _: RepairContext) -> RawRow | None:
    """Write the arguments of each call as the JSON text of an object."""
    return edit_turns(row, _mend_turn_arguments)


def _mend_turn_arguments(turn: Turn) -> Turn:
    edited = dict(turn)
    calls, legacy = turn.get("tool_calls"), turn.get("function_call")
    if isinstance(calls, list):
        edited["tool_calls"] = [_with_arguments(call) for call in calls]
    if isinstance(legacy, dict):
        edited["function_call"] = _mend_function(legacy)
    return edited


def _with_arguments(call: object) -> object:
    if isinstance(call, dict) and isinstance(call.get("function"), dict):
        return {**call, "function": _mend_function(call["function"])}
    return call


def _mend_function(function: dict[str, Any]) -> dict[str, Any]:
    arguments = function.get("arguments")
    if isinstance(arguments, str) and isinstance(decode_text(arguments)[0], dict):
        return function
    value = _value_of(arguments)
    if not isinstance(value, dict):
        return function
    return {**function, "arguments": json.dumps(value, ensure_ascii=False)}


def _value_of(arguments: object) -> object:
    """The object that arguments mean, however they are written; else what they are."""
    if arguments is None:
        return {}
    if not isinstance(arguments, str):
        return arguments
    value, _ = decode_text(arguments)
    if isinstance(value, str):
        return decode_text(value)[0]
    if value is None:
        return {} if arguments.strip() in ("", "null", "None") else _python_value(arguments)
    return value


def _python_value(text: str) -> object:
    """A Python value, which uses single quotes, None and trailing commas."""
    if len(text) > LITERAL_CHARACTERS:
        return None
    try:
        value = ast.literal_eval(text.strip())
        return json.loads(json.dumps(value, allow_nan=False))
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return None


def link_results(row: RawRow, _: RepairContext) -> RawRow | None:
    """Give calls and the results that follow them the same ids, where they are equal in number."""
    turns = list(turns_of(row))
    for index, turn in enumerate(turns):
        calls = turn.get("tool_calls")
        if not isinstance(calls, list) or not all(isinstance(call, dict) for call in calls):
            continue
        end = index + 1
        while end < len(turns) and role_of(turns[end]) == "tool":
            end += 1
        if end - index - 1 == len(calls):
            turns[index:end] = _linked(turn, calls, turns[index + 1 : end], index)
    return row if turns == row.get("messages") or not turns else {**row, "messages": turns}


def _linked(turn: Turn, calls: list[Turn], results: list[Turn], index: int) -> list[Turn]:
    ids = [call.get("id") for call in calls]
    answered = [result.get("tool_call_id") for result in results]
    if set(answered) <= set(ids) - {None}:
        return [turn, *results]
    usable = all(isinstance(name, str) for name in ids) and len(set(ids)) == len(ids)
    names = ids if usable else [f"call_{index}_{n}" for n in range(1, len(calls) + 1)]
    return [
        {**turn, "tool_calls": [{**c, "id": name} for c, name in zip(calls, names, strict=True)]},
        *({**r, "tool_call_id": name} for r, name in zip(results, names, strict=True)),
    ]
