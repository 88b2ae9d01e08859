"""Cells of labelled files: which columns are texts and labels by name, and what a cell holds."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping
from importlib import resources
from typing import Any

from core.data.formats.fields import METADATA, is_empty
from core.data.problems import Finding, Path, shorten
from core.data.tasks.shape import Label


def _read_names() -> dict[str, Any]:
    text = resources.files(__package__).joinpath("names.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


_NAMES = _read_names()
TEXTS: tuple[str, ...] = tuple(_NAMES["texts"])
PAIRS: tuple[tuple[str, ...], ...] = tuple(map(tuple, _NAMES["pairs"]))
LABELS: frozenset[str] = frozenset(_NAMES["labels"])
NOT_LABELS: frozenset[str] = frozenset(_NAMES["not_labels"])
SPLITS: frozenset[str] = frozenset(_NAMES["splits"])
GROUPS: frozenset[str] = frozenset(_NAMES["groups"])
NAMES: tuple[str, ...] = tuple(_NAMES["names"])
FILED = SPLITS | GROUPS | frozenset(NAMES)
"""What is used beside the text and its labels."""
DIALOGUE: frozenset[str] = frozenset(_NAMES["dialogue"])
PASSED_OVER = METADATA | {"id", "guid"}
PART = re.compile(r"[\s_\-./]+")


def folded(name: Any) -> str:
    """A column's name as it is compared."""
    return str(name).strip().strip("\ufeff").casefold()


def is_label_name(name: Any) -> bool:
    """Whether a column's name says that it holds a label: `label`, `coarse_label`, `意图`."""
    key = folded(name)
    if key in LABELS or key in NAMES:
        return key in LABELS
    parts = PART.split(key)
    return not LABELS.isdisjoint(parts) and NOT_LABELS.isdisjoint(parts)


def text_columns(names: Iterable[Any]) -> tuple[str, ...]:
    """The column of the text by its name, or the two that are judged together; () when unnamed."""
    by_name = {folded(name): name for name in names if isinstance(name, str)}
    for pair in PAIRS:
        if all(one in by_name for one in pair):
            return tuple(by_name[one] for one in pair)
    return next(((by_name[name],) for name in TEXTS if name in by_name), ())


def label_cell(value: Any) -> Label | None:
    """What a cell says as a label, or several; None when it says nothing of the kind."""
    if isinstance(value, list):
        labels = [one for item in value if isinstance(one := label_cell(item), str)]
        return labels if labels and len(labels) == len(value) else None
    if isinstance(value, str):
        return value if value.strip() else None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and math.isfinite(value):
        return str(int(value)) if value.is_integer() else str(value)
    return str(value) if isinstance(value, int) and abs(value) < 10**15 else None


def text_cell(value: Any) -> str:
    """What a cell says as a text; "" when it says nothing."""
    if isinstance(value, str):
        return value if value.strip() else ""
    found = label_cell(value)
    return found if isinstance(found, str) else ""


def part_cell(value: Any) -> str:
    """A split's name without the words that some files put before it (`oos_train`)."""
    name = value.strip() if isinstance(value, str) else ""
    return name.rpartition("_")[2] if name.startswith("oos_") else name


def unwrapped(value: Any) -> tuple[tuple[str, ...], Any]:
    """Keys from the top of the file to a record, and the record itself."""
    if isinstance(value, dict) and value.keys() == {"base", "value"}:
        base = value["base"]
        keys = base if isinstance(base, list | tuple) else [base]
        return tuple(str(key) for key in keys), value["value"]
    return (), value


def named_list(record: Mapping[Any, Any]) -> list[str]:
    """The names of numeric labels that a record carries."""
    for key in NAMES:
        names = record.get(key)
        if isinstance(names, list) and names and all(isinstance(name, str) for name in names):
            return list(names)
    return []


def part_of(record: Mapping[Any, Any]) -> str:
    """The split that a record names."""
    return next((part_cell(value) for key, value in record.items() if folded(key) in SPLITS), "")


def group_of(record: Mapping[Any, Any]) -> str:
    """The conversation or user that a record names."""
    return next((text_cell(value) for key, value in record.items() if folded(key) in GROUPS), "")


def unused(record: Mapping[Any, Any], used: Collection[Any]) -> Iterator[Finding]:
    """What of a record is not used, so that nothing is left out in silence."""
    for name, value in record.items():
        is_empty = value is None or value == ""
        if name not in used and not is_empty and folded(name) not in FILED:
            yield Finding("key_unknown", (str(name),), {"key": shorten(str(name), 40)})


def unused_beside(
    record: Mapping[Any, Any], used: Collection[Any], here: Path = ()
) -> Iterator[Finding]:
    """As `unused`, for formats whose records say much about themselves."""
    own = {name: value for name, value in record.items() if not is_empty(value)}
    for finding in unused(own, {*used, *PASSED_OVER}):
        yield finding._replace(path=(*here, *finding.path))


def missing(code: str, name: str, present: bool) -> Finding:
    """A text or label that is not there."""
    return Finding(code, (name,) if present else (), {"column": shorten(name, 40)})
