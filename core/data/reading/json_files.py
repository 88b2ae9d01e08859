"""Read JSON text row by row: one value per line, a list, or rows inside one object."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from typing import NamedTuple

from core.data.reading.rows import MAX_ROW_BYTES, Row, Take, decode_row
from core.data.reading.scanning import Scanner
from core.data.reading.source import Source
from core.data.reading.unwrapping import Unwrapping, find_wrapped

SAMPLED_LINES = 100
BLANK = b" \t\r\n"
SPACE, BRACE = ord(" "), ord("{")
LIST = re.compile(rb'\[\s*+(?:["{\[\]]|-?\d+\s*+[,\]]|$)')
"""The beginning of a JSON list, but not of a log line such as `[12:30] Hello`."""


class JsonRows(NamedTuple):
    """JSON text as rows."""

    container: str
    """`jsonl` or `json`."""
    rows: Iterator[Row]
    rows_besides: Callable[[Take], Iterator[Row]] | None = None


def json_rows(source: Source) -> JsonRows | None:
    """The text's rows in order; None when it isn't JSON."""
    if (is_lines := _is_one_per_line(source)) is None:
        return None
    if (wrapping := find_wrapped(source)).patterns:
        return JsonRows("json", Unwrapping(source, wrapping).rows())
    if is_lines:
        return JsonRows("jsonl", _line_rows(source), partial(_line_rows_besides, source))
    return JsonRows("json", Scanner(source).rows(), partial(_list_rows, source))


def _list_rows(source: Source, take: Take) -> Iterator[Row]:
    return Scanner(source, take=take).rows()


def raw_lines(source: Source) -> Iterator[tuple[int, bytes]]:
    """Lines that are not blank, without surrounding white space, and the byte each begins at.

    Of a line that is too large only the beginning is returned, just longer than a row may be.
    """
    return ((offset, text) for _, _, offset, text in _lines(source))


def _lines(source: Source) -> Iterator[tuple[int, int, int, bytes]]:
    """As `raw_lines`, with the line and the column where each text begins."""
    offset, number = source.start, 0
    file = source.file
    file.seek(offset)
    while line := file.readline(MAX_ROW_BYTES + 1):
        number += 1
        length = len(line)
        if length > MAX_ROW_BYTES:
            length += _skip_line(source, offset + length)
        if text := line.strip(BLANK):
            lead = 0 if line[0] > SPACE else len(line) - len(line.lstrip(BLANK))
            yield number, lead + 1, offset + lead, text
        offset += length


def _is_one_per_line(source: Source) -> bool | None:
    lines = raw_lines(source)
    offset, first = next(lines, (0, b""))
    is_object, is_list = first.startswith(b"{"), LIST.match(first) is not None
    end = Scanner(source).first_value_end() if is_object or is_list else None
    is_whole_line = end == offset + len(first)
    if is_list:
        return is_whole_line and next(lines, None) is not None
    if end is not None:
        return is_whole_line
    sample = [first, *(line for _, line in islice(lines, SAMPLED_LINES))]
    objects = sum(map(_is_object, sample))
    if all(line.startswith(b"{") for line in sample) or objects * 2 >= len(sample):
        return True
    if is_object:
        return bool(objects)
    return None


def _is_object(line: bytes) -> bool:
    return line.startswith(b"{") and isinstance(decode_row(0, 0, line).value, dict)


def _line_rows(source: Source) -> Iterator[Row]:
    for number, (line, column, offset, text) in enumerate(_lines(source), start=1):
        yield decode_row(number, offset, text)._replace(line=line, column=column)


def _line_rows_besides(source: Source, take: Take) -> Iterator[Row]:
    """As `_line_rows`; most lines are taken, so a line is asked about before anything else."""
    offset, number, line = source.start, 0, 0
    file = source.file
    file.seek(offset)
    while written := file.readline(MAX_ROW_BYTES + 1):
        line += 1
        length = len(written)
        if written[0] == BRACE and take(number + 1, offset, written):
            number += 1
            offset += length
            continue
        if length > MAX_ROW_BYTES:
            length += _skip_line(source, offset + length)
        if text := written.strip(BLANK):
            number += 1
            lead = len(written) - len(written.lstrip(BLANK))
            row = decode_row(number, offset + lead, text)
            yield row._replace(line=line, column=lead + 1)
        offset += length


def _skip_line(source: Source, offset: int) -> int:
    source.file.seek(offset)
    skipped = 0
    while chunk := source.file.readline(MAX_ROW_BYTES):
        skipped += len(chunk)
        if chunk.endswith(b"\n"):
            break
    return skipped
