"""Pass over a JSON value of any size and depth without decoding it."""

from __future__ import annotations

import re

import numpy as np

from core.data.reading.source import Source

STEP = 1 << 20
LONGEST_TEXT = 16 << 20
TEXT = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
BRACKET = re.compile(rb'"(?:[^"\\]++|\\.)*+"|([\[\]{}])', re.DOTALL)
NO_BRACKET = bytes(set(range(256)) - set(b"[]{}"))
STEPS = np.zeros(256, np.int8)
STEPS[list(b"[{")] = 1
STEPS[list(b"]}")] = -1


def skip_container(source: Source, position: int) -> int | None:
    """The byte after the list or object that begins at a position; None when it doesn't end.

    Only quotes and brackets are looked at: what is broken otherwise is passed over.
    """
    depth, size = 0, STEP
    while block := source.read(position, size):
        bare = TEXT.sub(b"", block)
        if (quote := bare.find(b'"')) >= 0:  # a text goes on after the block
            bare, block = bare[:quote], block[: len(block) - (len(bare) - quote)]
            if not block:
                size *= 4
                if size > LONGEST_TEXT:
                    return None
                continue
        depths = depth + np.cumsum(STEPS[_brackets(bare)], dtype=np.int64)
        closed = np.flatnonzero(depths == 0)
        if len(closed):
            return position + _end_of_bracket(block, int(closed[0]))
        depth = int(depths[-1]) if len(depths) else depth
        position, size = position + len(block), STEP
    return None


def _brackets(bare: bytes) -> np.ndarray[tuple[int], np.dtype[np.uint8]]:
    return np.frombuffer(bare.translate(None, NO_BRACKET), np.uint8)


def _end_of_bracket(block: bytes, index: int) -> int:
    """Where in a block the bracket ends that is the index-th outside of texts."""
    brackets = (match for match in BRACKET.finditer(block) if match[1])
    return next(match.end() for count, match in enumerate(brackets) if count == index)
