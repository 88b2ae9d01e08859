"""YAML text as nodes that know their lines; what could grow without bound is refused first."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import yaml

from core.data.problems import Finding
from core.data.reading.malformed import MAX_DEPTH

MAX_NODES = 2_000_000
"""Values that a file may stand for, repeated ones counted as often as they are repeated."""
MERGE = "tag:yaml.org,2002:merge"


class DataLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Reads only what JSON has: `yes`, `12:30` and dates stay the words that somebody wrote."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012  # as PyYAML declares it


for tag, pattern, firsts in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"-?(?:0|[1-9]\d{0,17})", list("-0123456789")),
    ("float", r"-?(?:0|[1-9]\d*)\.\d+(?:[eE][-+]?\d{1,3})?", list("-0123456789")),
):
    DataLoader.add_implicit_resolver(
        f"tag:yaml.org,2002:{tag}", re.compile(f"^(?:{pattern})$"), firsts
    )
DataLoader.add_implicit_resolver(MERGE, re.compile("^<<$"), ["<"])


class RefusedError(Exception):
    """Carries why a YAML text is not read."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.code)
        self.finding = finding


def read_nodes(text: str) -> list[yaml.Node]:
    """The documents of a text; yaml.YAMLError or RefusedError when there is no reading it."""
    _refuse_growth(yaml.parse(text, Loader=DataLoader))
    return [node for node in yaml.compose_all(text, Loader=DataLoader) if node is not None]


def build(node: yaml.Node) -> Any:
    """The value that a node stands for; ValueError when it is none that JSON has."""
    loader = DataLoader("")
    try:
        return loader.construct_document(node)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error
    finally:
        loader.dispose()


class _Size(NamedTuple):
    """What a value stands for, aliases written out."""

    nodes: int
    depth: int


SCALAR, EMPTY = _Size(1, 0), _Size(1, 1)
ENDLESS = _Size(MAX_NODES + 1, 0)


def _refuse_growth(events: Iterator[yaml.Event]) -> None:
    known: dict[str, _Size] = {}
    open_ones: list[_Open] = []
    for event in events:
        if isinstance(event, yaml.CollectionStartEvent):
            open_ones.append(_Open(event.anchor))
            _check(_Size(0, len(open_ones)))
            continue
        size = _size_of(event, open_ones, known)
        if size is not None:
            for around in open_ones[-1:]:
                around.add(size)
                _check(around.size)


@dataclass
class _Open:
    """A collection that isn't closed yet."""

    anchor: str | None
    size: _Size = EMPTY

    def add(self, inner: _Size) -> None:
        nodes, depth = self.size
        self.size = _Size(nodes + inner.nodes, max(depth, inner.depth + 1))


def _size_of(event: yaml.Event, open_ones: list[_Open], known: dict[str, _Size]) -> _Size | None:
    """The size of the value that an event ends; None for events that end none."""
    if isinstance(event, yaml.AliasEvent):
        return known.get(event.anchor or "", ENDLESS)  # unknown: it holds itself
    if isinstance(event, yaml.ScalarEvent):
        size, anchor = SCALAR, event.anchor
    elif isinstance(event, yaml.CollectionEndEvent):
        closed = open_ones.pop()
        size, anchor = closed.size, closed.anchor
    else:
        return None
    if anchor:
        known[anchor] = size
    return size


def _check(size: _Size) -> None:
    if size.depth > MAX_DEPTH:
        raise RefusedError(Finding("nested_too_deep", (), {"limit": str(MAX_DEPTH)}))
    if size.nodes > MAX_NODES:
        raise RefusedError(Finding("yaml_aliases", (), {"limit": f"{MAX_NODES:,}"}))
