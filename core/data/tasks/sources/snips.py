"""Snips: a text in pieces, some of which are named as entities."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from core.data.formats.shape import Numbered
from core.data.problems import Finding
from core.data.tasks.shape import Labelled
from core.data.tasks.sources.cells import text_cell, unused_beside, unwrapped
from core.data.tasks.sources.entities import INTENT


def fits(record: Any) -> bool:
    """Whether a record's `data` is a list of pieces with a `text`."""
    _, value = unwrapped(record)
    if not isinstance(value, dict):
        return False
    pieces = value.get("data")
    return (
        isinstance(pieces, list)
        and bool(pieces)
        and all(isinstance(p, dict) and isinstance(p.get("text"), str) for p in pieces)
        and not any("role" in piece for piece in pieces)
    )


def items(records: Sequence[Numbered]) -> Iterator[Labelled]:
    """One item for each record."""
    for number, record in records:
        base, value = unwrapped(record)
        entry = value if isinstance(value, dict) else {}
        pieces = entry.get("data")
        read = [piece for piece in pieces or () if isinstance(piece, dict)] if _is(pieces) else []
        intent = text_cell(entry.get(INTENT)) or (base[-1] if base else "")
        text = "".join(p["text"] for p in read if isinstance(p.get("text"), str))
        found = [*unused_beside(entry, ("data", INTENT))]
        if not text.strip():
            found.append(Finding("text_missing", ("data",), {"column": "data"}))
        yield Labelled(
            number,
            text,
            labels={INTENT: intent} if intent else {},
            values=_values(read),
            text_at=("data",),
            label_at=("data",),
            found=tuple(found),
        )


def _is(pieces: Any) -> bool:
    return isinstance(pieces, list)


def _values(pieces: Sequence[dict[str, Any]]) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    for piece in pieces:
        name, text = text_cell(piece.get("entity")), piece.get("text")
        if name and isinstance(text, str) and text.strip():
            values.setdefault(name, []).append(text.strip())
    return values
