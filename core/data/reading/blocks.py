"""Split many rows of a JSON list at once, where the text between two rows is always the same.

Whoever decodes a piece learns whether it is a row: only whole values can be decoded, and between
two pieces stand nothing but a comma and white space.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

SMALL_BLOCK = 1 << 18
LARGE_BLOCK = 1 << 19
FIRST_KEY = re.compile(rb'\{\s*+"[^"\\]{1,80}"\s*+:')
GAP = re.compile(rb"\}(\s*+,\s*+)\Z")
NEAR = 1 << 8
TRIES = 100


def pieces(block: bytes) -> Iterator[tuple[int, int]]:
    """Where rows seem to begin and end in a block that begins with one; the last one is left out.

    None when the block doesn't begin with objects that have the same first key.
    """
    separator = _separator(block)
    if separator is None:
        return
    comma = separator.index(b"{")
    start, end = 0, block.find(separator)
    while end >= 0:
        yield start, end
        start = end + comma
        end = block.find(separator, start)


def _separator(block: bytes) -> bytes | None:
    """What stands between the first two rows, and the beginning of the second."""
    first = FIRST_KEY.match(block)
    position = 0
    for _ in range(TRIES if first else 0):
        assert first is not None
        position = block.find(first[0], position + 1)
        if position < 0:
            break
        if gap := GAP.search(block, max(position - NEAR, 0), position):
            return gap[1] + first[0]
    return None
