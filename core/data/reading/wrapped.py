"""Which lists inside one object hold the rows, where a file wraps them: `{"data": [...]}`."""

from __future__ import annotations

from typing import Any

from core.data.problems import Path, shorten
from core.data.reading.malformed import Fault
from core.data.reading.names import NAMES

Pattern = tuple[str | None, ...]
"""Keys from the top to what holds rows; None stands for every item of a list on the way."""

MAX_DEPTH = 3
SAMPLED = 3
HOLDERS = frozenset(NAMES["holders"])
TURNS = frozenset(NAMES["turns"])
RECORD = frozenset(NAMES["record"])
ABOUT = frozenset(NAMES["about"])
EXPORTED = (("from", "text"), ("from", "date"), ("author", "content"), ("user", "ts"))
"""Keys that messages of a chat export have, which are rows: who says what to whom is open."""


def wrapped_lists(value: Any) -> list[Pattern]:
    """Where the rows are, if an object is only their wrapping; empty when it is a row itself."""
    return _inside(value, 0) if isinstance(value, dict) else []


def shown_beside(path: Path) -> str:
    """Where something stands beside the rows, alike for all items of a list: `chats.list[].id`.

    "" for what only says where a file comes from.
    """
    if path[-1] in ABOUT:
        return ""
    steps = ("[]" if isinstance(key, int) else f".{shorten(str(key), 40)}" for key in path)
    return "".join(steps).removeprefix(".")


def beside_rows(place: str, holds_more: bool) -> Fault:
    """That something beside the rows was not read; a list or an object may hold more of them."""
    return Fault("list_beside_rows" if holds_more else "key_beside_rows", 0, {"key": place})


def _inside(value: dict[str, Any], depth: int) -> list[Pattern]:
    if not value or depth > MAX_DEPTH or _is_row(value):
        return []
    if depth == 0 and _maps_to_rows(value):
        return [()]
    found = {key: _under(key, inner, depth) for key, inner in value.items()}
    known = [key for key, patterns in found.items() if patterns and key in HOLDERS]
    keys = known or [key for key, patterns in found.items() if patterns]
    return [(key, *pattern) for key in keys for pattern in found[key]]


def _under(key: str, value: Any, depth: int) -> list[Pattern]:
    if isinstance(value, dict):
        return _inside(value, depth + 1)
    if not isinstance(value, list) or not _holds_rows(key, value):
        return []
    chats = [item for item in value[:SAMPLED] if isinstance(item, dict) and _is_chat(item)]
    return [(None, "messages")] if chats else [()]


def _is_row(value: dict[str, Any]) -> bool:
    """Whether an object is one dialogue or one record, rather than a wrapping of many."""
    for key in TURNS & value.keys():
        if not isinstance(value[key], list) or not _is_list_of_rows(value[key]):
            return True
    own = [value[key] for key in RECORD & value.keys()]
    return any(not isinstance(inner, list) or _has_roles(inner) for inner in own)


def _has_roles(values: list[Any]) -> bool:
    return any(isinstance(item, dict) and "role" in item for item in values[:SAMPLED])


def _is_list_of_rows(values: list[Any]) -> bool:
    """Whether what goes by a dialogue's key holds messages of an export, or whole dialogues."""
    sample = values[:SAMPLED]
    return bool(sample) and all(
        _is_exported(item) or _is_dialogue(item) or _is_texts(item) for item in sample
    )


def _is_exported(item: Any) -> bool:
    return isinstance(item, dict) and any(
        all(key in item for key in keys) for keys in (*EXPORTED, ("type", "date_unixtime"))
    )


def _is_dialogue(item: Any) -> bool:
    return isinstance(item, dict) and any(isinstance(item.get(key), list) for key in TURNS)


def _is_texts(item: Any) -> bool:
    return isinstance(item, list) and len(item) > 1 and isinstance(item[0], str)


def _is_chat(item: dict[str, Any]) -> bool:
    messages = item.get("messages")
    return isinstance(messages, list) and bool(messages) and _is_exported(messages[0])


def _holds_rows(key: str, values: list[Any]) -> bool:
    sample = values[:SAMPLED]
    if not sample:
        return False
    if all(isinstance(item, dict) for item in sample):
        return True
    turns = all(isinstance(item, list) and item for item in sample)
    return turns and (key in HOLDERS or all(map(_is_texts, sample)))


def _maps_to_rows(value: dict[str, Any]) -> bool:
    """Whether an object holds one row under each of its keys, such as a dialogue's number."""
    sample = list(value.values())[:SAMPLED]
    return len(value) > 1 and all(
        isinstance(item, dict) and (_is_row(item) or _is_dialogue(item)) for item in sample
    )
