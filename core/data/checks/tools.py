"""Tool definitions and tool calls of an OpenAI conversation: read them, or say what is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from core.data.problems import Finding, Path, kind_of, shorten
from core.data.reading.malformed import MAX_DEPTH
from core.messages import Message, Role, ToolCall


def read_calls(
    turn: dict[str, Any], role: Role, path: Path, found: list[Finding]
) -> tuple[ToolCall, ...]:
    """The calls a turn makes, an old `function_call` included; findings are added to `found`."""
    calls: list[tuple[object, Path]] = []
    listed, legacy = turn.get("tool_calls"), turn.get("function_call")
    if legacy is not None:
        here = (*path, "function_call")
        found.append(Finding("legacy_functions", here))
        calls.append(({"function": legacy}, here))
    if isinstance(listed, list):
        calls += [(call, (*path, "tool_calls", index)) for index, call in enumerate(listed)]
    elif listed is not None:
        found.append(Finding("calls_not_list", (*path, "tool_calls"), {"kind": kind_of(listed)}))
    if calls and role != "assistant":
        found.append(Finding("calls_by_other_role", calls[0][1], {"role": role}))
    read = (_read_call(call, here, found) for call, here in calls)
    return tuple(call for call in read if call is not None)


def _read_call(call: object, path: Path, found: list[Finding]) -> ToolCall | None:
    function = call.get("function") if isinstance(call, dict) else None
    name = function.get("name") if isinstance(function, dict) else None
    if not isinstance(call, dict) or not isinstance(function, dict) or not isinstance(name, str):
        found.append(Finding("call_invalid", path))
        return None
    inside = path if path[-1] == "function_call" else (*path, "function")
    call_id = call.get("id")
    if call_id is not None and not isinstance(call_id, str):
        values = {"key": "id", "kind": kind_of(call_id)}
        found.append(Finding("not_text", (*path, "id"), values))
        return None
    arguments = _read_arguments(function, inside, found)
    return None if arguments is None else ToolCall(name=name, arguments=arguments, id=call_id)


def _read_arguments(function: dict[str, Any], path: Path, found: list[Finding]) -> str | None:
    arguments = function.get("arguments")
    here = (*path, "arguments")
    if not isinstance(arguments, str):
        found.append(Finding("arguments_not_text", here, {"kind": kind_of(arguments)}))
        return None
    value, reason = decode_text(arguments)
    if reason:
        found.append(Finding("arguments_not_json", here, {"reason": reason}))
    elif isinstance(value, str) and isinstance(decode_text(value)[0], dict):
        found.append(Finding("arguments_double_encoded", here, {"once": shorten(value)}))
    elif not isinstance(value, dict):
        found.append(Finding("arguments_not_object", here, {"kind": kind_of(value)}))
    return arguments


def decode_text(text: str) -> tuple[object, str]:
    """The value of JSON text and "", or None and why it has none."""
    if not text.strip():
        return None, "the text is empty"
    try:
        return msgspec.json.decode(text), ""
    except RecursionError:
        return None, "it is nested too deep"
    except ValueError as error:
        return None, shorten(str(error))


def read_tools(row: dict[str, Any], found: list[Finding]) -> tuple[dict[str, Any], ...]:
    """The function definitions of a row, old `functions` included."""
    listed = row.get("tools")
    legacy = row.get("functions")
    if legacy is not None and listed is None:
        found.append(Finding("legacy_functions", ("functions",)))
        if isinstance(legacy, list):
            legacy = [{"type": "function", "function": function} for function in legacy]
        return _check_tools(legacy, "functions", found)
    if legacy:
        found.append(Finding("key_unknown", ("functions",), {"key": "functions"}))
    return () if listed is None else _check_tools(listed, "tools", found)


def _check_tools(tools: object, key: str, found: list[Finding]) -> tuple[dict[str, Any], ...]:
    reason, path = "", (key,)
    if isinstance(tools, str):
        reason = "it is JSON inside a text, which must be written without the outer quotes"
    elif not isinstance(tools, list):
        reason = f"it is {kind_of(tools)}"
    elif too_deep(tools):
        reason = "it is nested too deep"
    if reason or not isinstance(tools, list):
        found.append(Finding("tools_invalid", path, {"reason": reason}))
        return ()
    for index, tool in enumerate(tools):
        function = tool.get("function") if isinstance(tool, dict) else None
        if not isinstance(function, dict) or not isinstance(function.get("name"), str):
            values = {"reason": "this entry has no function name"}
            found.append(Finding("tools_invalid", (key, index), values))
            return ()
    return tuple(tools)


def too_deep(value: object) -> bool:
    """Whether a value is nested deeper than JSON writers accept."""
    level, depth = [value], 0
    while level and depth <= MAX_DEPTH:
        inner: list[object] = []
        for item in level:
            if isinstance(item, dict):
                inner.extend(item.values())
            elif isinstance(item, list):
                inner.extend(item)
        level, depth = inner, depth + 1
    return bool(level)


def check_calls(
    turns: Sequence[Message], tools: Sequence[dict[str, Any]], found: list[Finding]
) -> None:
    """Whether calls use tools the row defines, and results answer calls that were made."""
    names = {tool["function"]["name"] for tool in tools}
    made: set[str | None] = set()
    for index, turn in enumerate(turns):
        path = ("messages", index)
        for number, call in enumerate(turn.tool_calls):
            if names and call.name not in names:
                here = (*path, "tool_calls", number, "function", "name")
                found.append(Finding("tool_unknown", here, {"name": shorten(call.name)}))
            made.add(call.id)
        if turn.role == "tool":
            _check_result(turn, path, made, found)


def _check_result(turn: Message, path: Path, made: set[str | None], found: list[Finding]) -> None:
    if turn.tool_call_id is None:
        if None not in made:  # the old form answers by name, without ids
            found.append(Finding("tool_id_missing", path))
    elif turn.tool_call_id not in made:
        values = {"id": shorten(turn.tool_call_id)}
        found.append(Finding("tool_id_unknown", (*path, "tool_call_id"), values))
