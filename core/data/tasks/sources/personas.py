"""Tables of a persona or style, a question, and an answer given in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from core.data.formats.shape import Numbered
from core.data.tasks.shape import Labelled
from core.data.tasks.sources.cells import folded, missing, part_of, text_cell, unused

COLUMNS = {
    "persona": ("persona", "character_card", "role_card", "style", "人设", "角色设定", "风格"),
    "question": ("question", "query", "user", "text", "input", "问题", "提问", "用户", "原文"),
    "answer": ("answer", "response", "reply", "output", "styled", "回答", "答案", "回复", "改写"),
}
FIELD = "answer"


def fits(record: Any) -> bool:
    """Whether a record has a persona, a question and an answer, all of them texts."""
    if not isinstance(record, dict):
        return False
    names = _columns(record)
    return len(names) == len(COLUMNS) and all(isinstance(record[n], str) for n in names.values())


def _columns(record: dict[Any, Any]) -> dict[str, str]:
    own = {folded(name): name for name in record if isinstance(name, str)}
    return {
        field: own[known[0]]
        for field, names in COLUMNS.items()
        if (known := [name for name in names if name in own])
    }


def items(records: Sequence[Numbered]) -> Iterator[Labelled]:
    """One item for each record; its persona is its own system prompt."""
    for number, record in records:
        entry = record if isinstance(record, dict) else {}
        names = _columns(entry)
        cells = {field: text_cell(entry.get(name)) for field, name in names.items()}
        found = [
            missing(code, names.get(field, field), field in names)
            for field, code in (("question", "text_missing"), (FIELD, "label_missing"))
            if not cells.get(field)
        ]
        yield Labelled(
            number,
            cells.get("question", ""),
            labels={FIELD: cells.get(FIELD, "")},
            text_at=(names["question"],) if "question" in names else (),
            label_at=(names[FIELD],) if FIELD in names else (),
            part=part_of(entry),
            system=cells.get("persona", ""),
            found=(*found, *unused(entry, names.values())),
        )
