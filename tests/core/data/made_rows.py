"""Rows and files that the tests of core/data share."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from core.data.ingest import Checked, read_file
from core.data.problems import NoUsableRows
from core.data.records import Problem


def turns(*said: str) -> list[dict[str, Any]]:
    """Turns of user and assistant, by turns."""
    return [
        {"role": "assistant" if index % 2 else "user", "content": text}
        for index, text in enumerate(said)
    ]


def row(*said: str, **more: Any) -> dict[str, Any]:
    """A good row; what else stands in it is given by name."""
    return {"messages": turns(*(said or ("Hello?", "Hello!"))), **more}


def call(
    arguments: Any = "{}", name: str = "lamp", call_id: str | None = "call_1"
) -> dict[str, Any]:
    """An assistant turn that makes one tool call."""
    function = {"name": name, "arguments": arguments}
    return {
        "role": "assistant",
        "tool_calls": [{"id": call_id, "type": "function", "function": function}],
    }


def tool(name: str = "lamp") -> dict[str, Any]:
    """A tool definition."""
    return {"type": "function", "function": {"name": name, "parameters": {"type": "object"}}}


def write_lines(path: Path, rows: Iterable[Any]) -> Path:
    """A JSON Lines file; texts are written as they are."""
    lines = (r if isinstance(r, str) else json.dumps(r, ensure_ascii=False) for r in rows)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def check(path: Path, content: bytes | str) -> Checked | NoUsableRows:
    """Read a file with this content; the error when nothing in it can be used."""
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    try:
        return read_file(path, None)
    except NoUsableRows as error:
        return error


def problems_of(result: Checked | NoUsableRows) -> tuple[Problem, ...]:
    """What was found, errors or not; that no row has a system prompt goes without saying."""
    found = result.dataset.problems if isinstance(result, Checked) else result.problems
    return tuple(problem for problem in found if problem.code != "system_in_none")


def codes_of(result: Checked | NoUsableRows) -> list[str]:
    return [problem.code for problem in problems_of(result)]
