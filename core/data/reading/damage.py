"""What readers of other packages raise for a file that is damaged or made to do harm."""

from __future__ import annotations

import zipfile
import zlib

from core.data.reading.malformed import Fault
from core.data.reading.rows import Row

DAMAGE = (
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    AssertionError,
    EOFError,
    OSError,
    RuntimeError,
    MemoryError,
    SyntaxError,  # XML that can't be read
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
)
"""Readers of workbooks and columns check little: damage shows as almost any of these."""


def damaged_here(line: int | None = None, file: str = "") -> Row:
    """The remark that the rest of a file can't be read, because it is damaged."""
    return Row(None, 0, b"", None, (Fault("rest_damaged", 0, {}),), line, (), file)
