"""Rejected rows in a file, each with why, to be downloaded, corrected and added again."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from core.data.problems import Finding
from core.data.reading.rows import Row

MAX_BYTES = 64 << 20
"""After so many, rejected rows are only counted."""


@dataclass
class RejectedRows:
    """Writes one JSON object a line, into a file that is gone when nobody reads it any more."""

    file: BinaryIO = field(default_factory=tempfile.TemporaryFile)
    _bytes: int = 0

    def add(self, row: Row, found: Sequence[Finding]) -> None:
        """Write a row with its problems, if there is room."""
        if self._bytes > MAX_BYTES:
            return
        line = _rejected_line(row, found)
        self._bytes += len(line)
        self.file.write(line)


def _rejected_line(row: Row, found: Sequence[Finding]) -> bytes:
    """A rejected row with why: `_row` and `_problems` are taken off again when it comes back."""
    why = [fault.code for fault in row.faults] + [finding.code for finding in found]
    record: dict[str, Any]
    if isinstance(row.value, dict):
        record = dict(row.value)
    elif row.value is None:
        record = {"_text": row.data.decode("utf-8", "replace")}
    else:
        record = {"_value": row.value}
    record |= {"_row": row.number, "_problems": why}
    return json.dumps(record, ensure_ascii=False).encode("utf-8", "replace") + b"\n"
