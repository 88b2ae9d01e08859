"""Lines of a text, each with its number and place, and bounded in length."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from core.data.problems import size_text
from core.data.reading.malformed import Fault, not_utf8
from core.data.reading.rows import MAX_ROW_BYTES, Row
from core.data.reading.source import Source

STEP = 1 << 16


class Line(NamedTuple):
    """One line with its line end."""

    number: int
    """Counted from 1."""
    offset: int
    data: bytes
    """Just longer than a row may be where the line is too long."""

    def text(self) -> str | Fault:
        """What the line says, or why it can't be read."""
        return text_of(self.data)


def text_of(data: bytes) -> str | Fault:
    """Bytes as text, or why they can't be read."""
    if len(data) > MAX_ROW_BYTES:
        return Fault("row_too_large", 0, {"limit": size_text(MAX_ROW_BYTES)})
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        return not_utf8(data, error.start)


def read_lines(source: Source) -> Iterator[Line]:
    """All lines; where a file has no line feed near its beginning, carriage returns end them."""
    head = source.read(source.start, STEP)
    old = b"\n" not in head and b"\r" in head
    offset = source.start
    for number, (data, length) in enumerate(_ended_by_cr(source) if old else _lines(source), 1):
        yield Line(number, offset, data)
        offset += length


def _lines(source: Source) -> Iterator[tuple[bytes, int]]:
    source.file.seek(source.start)
    while data := source.file.readline(MAX_ROW_BYTES + 1):
        length = len(data)
        if length > MAX_ROW_BYTES:
            while not (rest := source.file.readline(MAX_ROW_BYTES)).endswith(b"\n") and rest:
                length += len(rest)
            length += len(rest)
        yield data, length


def _ended_by_cr(source: Source) -> Iterator[tuple[bytes, int]]:
    position, rest, dropped = source.start, b"", 0
    while chunk := source.read(position, STEP):
        position += len(chunk)
        *whole, rest = (rest + chunk).split(b"\r")
        for line in whole:
            yield line + b"\r", len(line) + 1 + dropped
            dropped = 0
        if len(rest) > MAX_ROW_BYTES + STEP:
            dropped += len(rest) - MAX_ROW_BYTES - 1
            rest = rest[: MAX_ROW_BYTES + 1]
    if rest:
        yield rest, len(rest) + dropped


def text_rows(source: Source) -> Iterator[Row]:
    """Every line of a plain text as a row, blank ones too: a message may span them."""
    for line in read_lines(source):
        text = line.text()
        if isinstance(text, Fault):
            yield Row(
                line.number, line.offset, line.data[: text.offset], None, (text,), line.number
            )
        else:
            yield Row(line.number, line.offset, b"", text.rstrip("\r\n"), (), line.number)
