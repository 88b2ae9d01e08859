"""What changed in a row, place by place."""

from __future__ import annotations

import json
from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Any, Literal, NamedTuple

from core.data.problems import Path


class Change(NamedTuple):
    """One place of a row that changed."""

    path: Path
    """Where it stands in the row before; for what was added, in the row after."""
    before: Any
    """None when it was added."""
    after: Any
    """None when it was removed."""
    kind: Literal["changed", "added", "removed"] = "changed"


def row_diff(before: Any, after: Any) -> list[Change]:
    """What changed between two versions of a row; None for `after` when the row was removed."""
    return list(_changes(before, after, ()))


def _changes(before: Any, after: Any, path: Path) -> Iterator[Change]:
    if isinstance(before, dict) and isinstance(after, dict):
        yield from _changes_of_object(before, after, path)
    elif isinstance(before, list) and isinstance(after, list):
        yield from _changes_of_list(before, after, path)
    elif before != after or type(before) is not type(after):
        yield Change(path, before, after, "removed" if after is None and not path else "changed")


def _changes_of_object(
    before: dict[str, Any], after: dict[str, Any], path: Path
) -> Iterator[Change]:
    for key in before:
        if key in after:
            yield from _changes(before[key], after[key], (*path, key))
        else:
            yield Change((*path, key), before[key], None, "removed")
    for key in after.keys() - before.keys():
        yield Change((*path, key), None, after[key], "added")


def _changes_of_list(before: list[Any], after: list[Any], path: Path) -> Iterator[Change]:
    """Items are matched, so that a removed turn is one change and not a shift of all others."""
    matcher = SequenceMatcher(None, [*map(_text, before)], [*map(_text, after)], autojunk=False)
    for how, i, i_end, j, j_end in matcher.get_opcodes():
        if how == "equal":
            continue
        paired = min(i_end - i, j_end - j)
        for n in range(paired):
            yield from _changes(before[i + n], after[j + n], (*path, i + n))
        for n in range(i + paired, i_end):
            yield Change((*path, n), before[n], None, "removed")
        for n in range(j + paired, j_end):
            yield Change((*path, n), None, after[n], "added")


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)
