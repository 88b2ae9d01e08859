"""What a run's trainers printed, over all attempts: its end, and lines that hold a text."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator

from core.errors import RunError
from core.messages import Record
from core.workspace import RunFolder

END_BYTES = 64 * 1024
"""Of a log that are looked at for its last lines."""
BLOCK_BYTES = 1 << 20
"""Read at once in a search; no more than two of them are held, however long the log."""
LINE_CHARACTERS = 500
"""Shown of one line."""


class LogLine(Record):
    """A line of a log."""

    number: int
    """From 1, over the whole log."""
    text: str
    """Its part around the match, when it is long."""
    is_cut: bool


class LogSearch(Record):
    """The lines of a log that hold a text."""

    text: str
    lines: tuple[LogLine, ...]
    """The last ones, oldest first."""
    found: int
    """Lines that match in all."""
    searched: int
    """Lines that the log has."""


def tail(folder: RunFolder, lines: int) -> str:
    """The last lines of what the trainer printed; "" when it printed nothing."""
    try:
        with folder.log.open("rb") as file:
            file.seek(max(0, folder.log.stat().st_size - END_BYTES))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-lines:])


def search(folder: RunFolder, text: str, limit: int = 100) -> LogSearch:
    """The last `limit` lines that hold a text; capital and small ASCII letters are the same.

    Memory is bounded: a log of 100 MB is read in blocks. Raises RunError for an empty text or no
    limit.
    """
    if not text or limit < 1:
        raise RunError("Say what to look for in the log, and for at least one line.", folder.run_id)
    pattern = re.compile(re.escape(text.encode()), re.IGNORECASE)
    kept: deque[LogLine] = deque(maxlen=limit)
    found = before = 0
    ends = True
    for block in _blocks(folder):
        for number, line, match in _matches(pattern, block):
            found += 1
            kept.append(_shown(before + number, line, match))
        before += block.count(b"\n")
        ends = block.endswith(b"\n")
    return LogSearch(text=text, lines=tuple(kept), found=found, searched=before + (not ends))


def _blocks(folder: RunFolder) -> Iterator[bytes]:
    """The log in pieces that end with a line; one without an end for a whole block is split."""
    try:
        file = folder.log.open("rb")
    except OSError:
        return
    with file:
        rest = b""
        while data := file.read(BLOCK_BYTES):
            data = rest + data
            end = data.rfind(b"\n") + 1
            if not end and len(data) < 2 * BLOCK_BYTES:
                rest = data
                continue
            end = end or len(data)
            rest = data[end:]
            yield data[:end]
        if rest:
            yield rest


def _matches(pattern: re.Pattern[bytes], block: bytes) -> Iterator[tuple[int, bytes, int]]:
    """(number in the block, line, where in it) of each line that matches, once."""
    number, counted, place = 1, 0, 0
    while match := pattern.search(block, place):
        start = block.rfind(b"\n", 0, match.start()) + 1
        end = block.find(b"\n", match.start())
        end = len(block) if end < 0 else end
        number += block.count(b"\n", counted, start)
        counted = start
        yield number, block[start:end], match.start() - start
        place = end + 1


def _shown(number: int, line: bytes, match: int) -> LogLine:
    text, place = line.decode("utf-8", "replace"), len(line[:match].decode("utf-8", "replace"))
    if len(text) <= LINE_CHARACTERS:
        return LogLine(number=number, text=text, is_cut=False)
    start = max(0, min(place - LINE_CHARACTERS // 4, len(text) - LINE_CHARACTERS))
    return LogLine(number=number, text=text[start : start + LINE_CHARACTERS], is_cut=True)
