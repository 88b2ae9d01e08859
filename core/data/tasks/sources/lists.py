"""Rows that are a list of a text and its intent, as CLINC150 has them under each split."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from core.data.formats.shape import Numbered
from core.data.problems import Finding
from core.data.tasks.shape import Labelled
from core.data.tasks.sources.cells import part_cell, text_cell, unwrapped

INTENT = re.compile(r"[A-Za-z][\w./:+-]{0,79}", re.ASCII)
PARTS = frozenset(("train", "val", "valid", "validation", "dev", "test"))


def fits(record: Any) -> bool:
    """Whether a record is a text and an identifier, in a list of two."""
    _, value = unwrapped(record)
    if not isinstance(value, list) or len(value) != 2:
        return False
    text, intent = value
    if not isinstance(text, str) or not isinstance(intent, str) or text == intent:
        return False
    return bool(INTENT.fullmatch(intent)) and not text.startswith("\n\nHuman:")


def items(records: Sequence[Numbered]) -> Iterator[Labelled]:
    """One item for each record."""
    for number, record in records:
        base, value = unwrapped(record)
        pair = value if isinstance(value, list) and len(value) == 2 else [None, None]
        text, intent = (text_cell(cell) for cell in pair)
        part = part_cell(base[-1]) if base else ""
        found = []
        if not text:
            found.append(Finding("text_missing", (0,), {"column": "0"}))
        if not intent:
            found.append(Finding("label_missing", (1,), {"column": "1"}))
        yield Labelled(
            number,
            text,
            labels={"intent": intent},
            text_at=(0,),
            label_at=(1,),
            part=part if part.casefold() in PARTS else "",
            found=tuple(found),
        )
