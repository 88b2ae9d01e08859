"""Gemini's and Vertex AI's format: `contents` of turns in parts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from core.data.formats.draft import Draft, as_it_is
from core.data.formats.fields import first_key, unused_keys
from core.data.formats.parts import add_parts, result_text
from core.data.formats.roles import role_of
from core.data.formats.shape import Answers, Format, Talk
from core.data.problems import Path

SYSTEMS = ("systemInstruction", "system_instruction")
USED = ("contents", "generationConfig", "safetySettings", "toolConfig")


def fits(record: Any) -> bool:
    """Whether a record keeps turns under `contents`."""
    if not isinstance(record, dict):
        return False
    turns = record.get("contents")
    return isinstance(turns, list) and (not turns or isinstance(turns[0], dict))


def convert(record: Any, _: Answers) -> Iterable[Talk]:
    """The turns: model as assistant, function calls and responses as tool calls and results."""
    if not fits(record):
        return (as_it_is(record),)
    draft = Draft()
    for index, turn in enumerate(record["contents"]):
        if isinstance(turn, dict):
            _add_turn(draft, turn, ("contents", index))
        else:
            draft.add(turn, ("contents", index))
    system = first_key(record, SYSTEMS)
    if system:
        written = record[system]
        parts = written.get("parts") if isinstance(written, dict) else written
        prompt = result_text(parts) if isinstance(parts, list) else parts
        draft.lead(prompt, (system, "parts") if isinstance(written, dict) else (system,))
    return (draft.talk(record, (*USED, *([system] if system else [])), "tools"),)


def _add_turn(draft: Draft, turn: dict[str, Any], here: Path) -> None:
    parts, written = turn.get("parts"), turn.get("role")
    draft.found += unused_keys(turn, ("role", "parts"), here)
    role = role_of(written)
    if isinstance(parts, dict):
        parts = [parts]
    if role is None or not isinstance(parts, list):
        message = {"role": role or written, "content": parts}
        draft.add({k: v for k, v in message.items() if v is not None}, (*here, "parts"))
        return
    # a turn of the role function holds nothing but responses, whose role is their own
    add_parts(draft, role, parts, (*here, "parts"))


FORMATS = (Format("gemini", "Gemini or Vertex AI contents", "Gemini/Vertex 格式", fits, convert),)
