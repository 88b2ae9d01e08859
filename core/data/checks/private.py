"""One stretch of a text that is private or secret."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterable
from typing import NamedTuple


class Private(NamedTuple):
    """Where private text stands, and what it is."""

    start: int
    end: int
    code: str
    """The kind of problem, such as `pii_email`."""
    mask: str
    """The word that a mask of it is made from, such as `EMAIL`."""
    kind: str = ""
    """What sort of secret it is, in words."""


def hide(value: str) -> str:
    """A private text as it may be shown: its first and last characters."""
    if len(value) < 6:
        return f"{value[:1]}…"
    start, end = (1, 1) if len(value) < 12 else (2, 2) if len(value) < 20 else (4, 2)
    return f"{value[:start]}…{value[-end:]}".replace("\n", " ")


def without_overlap(found: Iterable[Private]) -> list[Private]:
    """Those that overlap no earlier one, by place: what is found first counts."""
    kept: list[Private] = []
    for new in found:
        at = bisect(kept, new)
        clear = at == 0 or kept[at - 1].end <= new.start
        if clear and (at == len(kept) or kept[at].start >= new.end):
            kept.insert(at, new)
    return kept
