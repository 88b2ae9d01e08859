"""Tool definitions and tool calls as different formats write them, in the OpenAI shape."""

from __future__ import annotations

from typing import Any

from core.data.checks.tools import decode_text

PARAMETERS = ("parameters", "input_schema", "inputSchema", "parametersJsonSchema")
LISTS = ("functionDeclarations", "function_declarations", "tools")
WRAPPERS = ("function", "toolSpec")
NOT_OF_TOOLS = ("type", "cache_control")
"""What providers write beside a definition that says nothing about the tool."""


def tool_list(written: Any) -> Any:
    """Tools as a list of OpenAI definitions; None when there are none.

    What is no tool definition comes back as it is: the checks say what is wrong with it.
    """
    value = decode_text(written)[0] if isinstance(written, str) else written
    if value is None and isinstance(written, str) and written.strip() not in ("", "null"):
        return written
    if isinstance(value, dict):
        value = [value]
    if not isinstance(value, list):
        return value
    return [tool for entry in value for tool in _tools_of(entry)] or None


def _tools_of(entry: Any) -> list[Any]:
    if isinstance(entry, str):
        decoded = decode_text(entry)[0]
        entry = decoded if isinstance(decoded, dict) else entry
    if not isinstance(entry, dict):
        return [entry]
    for key in LISTS:
        if isinstance(entry.get(key), list):
            return [_tool(inner) for inner in entry[key]]
    return [_tool(entry)]


def _tool(entry: Any) -> Any:
    if not isinstance(entry, dict):
        return entry
    if isinstance(entry.get("function"), dict):
        return entry
    inner = next((entry[key] for key in WRAPPERS if isinstance(entry.get(key), dict)), entry)
    if not isinstance(inner.get("name"), str):
        return entry
    named = next((key for key in PARAMETERS if isinstance(inner.get(key), dict)), "")
    function = {key: inner[key] for key in ("name", "description") if inner.get(key) is not None}
    if named:
        function["parameters"] = inner[named].get("json", inner[named])
    for key, value in inner.items():  # such as `strict` and `returns`
        if key not in (*function, named, *NOT_OF_TOOLS) and value is not None:
            function[key] = value
    return {"type": "function", "function": function}


def calls_in(written: Any) -> list[Any]:
    """The calls that a turn's text (or its value) holds; [written] when it is something else."""
    value = decode_text(written)[0] if isinstance(written, str) else written
    if isinstance(value, dict):
        return [value]
    if isinstance(value, list) and value:
        return [decode_text(call)[0] if isinstance(call, str) else call for call in value]
    return [written]


def name_and_arguments(call: Any) -> tuple[str, Any] | None:
    """What a call names and gives, however it is written; None when it names nothing."""
    inner = call.get("function", call) if isinstance(call, dict) else None
    if isinstance(inner, str):  # {"function": "name", "arguments": ...}
        inner = {**call, "name": inner}
    if not isinstance(inner, dict) or not isinstance(inner.get("name"), str):
        return None
    for key in ("arguments", "parameters", "args", "input"):
        if key in inner:
            return inner["name"], inner[key]
    return inner["name"], None
