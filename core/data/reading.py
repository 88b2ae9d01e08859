"""Read a data file row by row, whatever its extension says: one object per line, or a list."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from core.data.malformed import Fault
from core.data.problems import file_error, shorten, size_text
from core.data.rows import MAX_ROW_BYTES, Row, decode_row
from core.data.scanning import Scanner
from core.data.source import HEAD_BYTES, Source

SAMPLED_LINES = 100
BLANK = b" \t\r\n"
LIST = re.compile(rb'\[\s*+(?:["{\[\]]|-?\d+\s*+[,\]]|$)')
"""The beginning of a JSON list, but not of a log line such as `[12:30] Hello`."""


def read_rows(source: Source) -> tuple[str, Iterator[Row]]:
    """What the file is (`openai-jsonl` or `openai-json`), and its rows in order.

    Raises NoUsableRows when the file is blank or holds nothing like JSON.
    """
    if _is_one_per_line(source):
        return "openai-jsonl", _line_rows(source)
    return "openai-json", Scanner(source).rows()


def _is_one_per_line(source: Source) -> bool:
    lines = _lines(source)
    offset, first = next(lines, (0, b""))
    if not first:
        raise file_error("file_empty", file=source.name)
    is_object, is_list = first.startswith(b"{"), LIST.match(first) is not None
    end = Scanner(source).first_value_end() if is_object or is_list else None
    is_whole_line = end == offset + len(first)
    if is_list:
        return is_whole_line and next(lines, None) is not None
    if end is not None:
        return is_whole_line
    sample = [first, *(line for _, line in islice(lines, SAMPLED_LINES))]
    if all(line.startswith(b"{") for line in sample) or any(map(_is_object, sample)):
        return True
    if not is_object:
        start = shorten(first[:HEAD_BYTES].decode(errors="replace"), 40)
        raise file_error("file_not_json", file=source.name, start=start)
    return False


def _is_object(line: bytes) -> bool:
    return line.startswith(b"{") and isinstance(decode_row(0, 0, line).value, dict)


def _line_rows(source: Source) -> Iterator[Row]:
    for number, (offset, line) in enumerate(_lines(source), start=1):
        if len(line) > MAX_ROW_BYTES:
            fault = Fault("row_too_large", 0, {"limit": size_text(MAX_ROW_BYTES)})
            yield Row(number, offset, b"", None, (fault,))
        else:
            yield decode_row(number, offset, line)


def _lines(source: Source) -> Iterator[tuple[int, bytes]]:
    """Lines that are not blank, without surrounding white space, and the byte each begins at.

    Of a line that is too large only the beginning is returned, just longer than a row may be.
    """
    offset = source.start
    source.file.seek(offset)
    while line := source.file.readline(MAX_ROW_BYTES + 1):
        length = len(line)
        if length > MAX_ROW_BYTES:
            length += _skip_line(source)
        if text := line.strip(BLANK):
            yield offset + len(line) - len(line.lstrip(BLANK)), text
        offset += length


def _skip_line(source: Source) -> int:
    skipped = 0
    while chunk := source.file.readline(MAX_ROW_BYTES):
        skipped += len(chunk)
        if chunk.endswith(b"\n"):
            break
    return skipped
