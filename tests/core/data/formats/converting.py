"""Convert records and check them, as the tests of core/data/formats need it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from core.data.checks.rows import CheckedRow, check_row
from core.data.formats.detecting import format_of
from core.data.formats.places import source_path
from core.data.formats.shape import Talk
from core.data.problems import KINDS, Finding


class Converted(NamedTuple):
    """What became of one record."""

    format: str
    talk: Talk
    checked: CheckedRow
    found: list[Finding]
    """Everything said about it, at its places in the record."""

    @property
    def said(self) -> list[tuple[str, str]]:
        """Role and text of every turn."""
        return [(turn["role"], turn.get("content")) for turn in self.talk.row["messages"]]

    @property
    def codes(self) -> list[str]:
        return [finding.code for finding in self.found]

    @property
    def usable(self) -> bool:
        errors = [code for code in self.codes if KINDS[code].severity == "error"]
        return self.checked.conversation is not None and not errors


def converted(record: Any, **answers: str) -> Converted:
    """A record's only conversation, made by the format that it is of."""
    entry = format_of(record)
    assert entry is not None, record
    assert entry.convert is not None
    (talk,) = entry.convert(record, answers)
    checked = check_row(talk.row)
    placed = [f._replace(path=source_path(f.path, talk, record)) for f in checked.found]
    return Converted(entry.name, talk, checked, [*talk.found, *placed])


def texts_at_origins(result: Converted, record: Any) -> list[Any]:
    """What stands in the record where each message says that its text does."""
    values = []
    for origin in result.talk.origins:
        value = record
        for key in origin:
            value = value[key]
        values.append(value)
    return values


def sample(name: str) -> Path:
    """A real file; the test is skipped where the folder is not there."""
    folder = os.environ.get("DUOTUNE_SAMPLE_DATA")
    path = Path(folder or "-") / name
    if not path.exists():
        pytest.skip(f"{name} is not in the folder that DUOTUNE_SAMPLE_DATA names")
    return path


def sample_rows(name: str) -> list[Any]:
    """The rows of a real file of JSON."""
    text = sample(name).read_text(encoding="utf-8")
    if name.endswith(".jsonl"):
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    value = json.loads(text)
    return value if isinstance(value, list) else [value]
