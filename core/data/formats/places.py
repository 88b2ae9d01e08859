"""Where a finding about a conversation stands in the record that the conversation was made of."""

from __future__ import annotations

from typing import Any

from core.data.formats.shape import Talk
from core.data.problems import Path

ROLE_KEYS = ("role", "from", "speaker", "author")


def source_path(path: Path, talk: Talk, record: Any) -> Path:
    """The record's own path to what `path` means in the conversation made of it."""
    if path[:1] == ("rejected",) and talk.rejected:
        return talk.rejected
    if not talk.origins or path[:1] != ("messages",):
        return path if resolves(record, path) else ()
    if len(path) == 1 or not isinstance(path[1], int) or path[1] >= len(talk.origins):
        return _shared(talk.origins)
    origin, rest = talk.origins[path[1]], path[2:]
    if rest[:1] == ("content",):
        return origin + rest[1:] if resolves(record, origin + rest[1:]) else origin
    turn = origin[:-1]
    if not rest and _is_one_turn(turn, talk, record):
        return turn
    for candidate in _beside(turn, rest):
        if turn and resolves(record, candidate):
            return candidate
    return origin


def _is_one_turn(turn: Path, talk: Talk, record: Any) -> bool:
    """Whether an entry of a list is one turn, and not a pair of two."""
    if not turn or not isinstance(turn[-1], int) or not resolves(record, turn):
        return False
    return sum(origin[:-1] == turn for origin in talk.origins) == 1


def _beside(turn: Path, rest: Path) -> list[Path]:
    """Paths beside a turn's text that may hold what is meant."""
    if rest == ("role",):
        return [(*turn, key) for key in ROLE_KEYS]
    return [turn + rest] if rest else []


def _shared(origins: tuple[Path, ...]) -> Path:
    """What all messages stand in."""
    first = origins[0]
    length = 0
    while length < len(first) - 1 and all(o[: length + 1] == first[: length + 1] for o in origins):
        length += 1
    shared = first[:length]
    return shared[:-1] if shared and isinstance(shared[-1], int) else shared


def resolves(record: Any, path: Path) -> bool:
    """Whether a path leads to something in a record."""
    for key in path:
        inside_list = isinstance(record, list) and isinstance(key, int) and 0 <= key < len(record)
        if not inside_list and not (isinstance(record, dict) and key in record):
            return False
        record = record[key]
    return True
