"""Rows of a YAML file: the items of a list, of a list under a key, or its documents."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any, NamedTuple

import yaml

from core.data.problems import Path, file_error, size_text
from core.data.reading.malformed import OTHER_REASON, Fault
from core.data.reading.rows import Row
from core.data.reading.source import Source, file_size
from core.data.reading.wrapped import Pattern, beside_rows, shown_beside, wrapped_lists
from core.data.reading.yaml_nodes import RefusedError, build, read_nodes

MAX_YAML_BYTES = 16 << 20
"""YAML is read as a whole, and takes a hundred times its size."""
SAMPLED_LINES = 60
TOP_LINE = re.compile(r"-(\s|$)|[\w\"'][^:,|\t]{0,60}:(\s|$)|---|\.\.\.|%YAML|[\]}#]")
NESTED = re.compile(r"^\s|^-|:\s+(&\w+\s+)?[\[{]")
SURE = re.compile(r"\A(?:#[^\n]*\n|\s*\n)*(?:%YAML|---\s*\n\s*[-\w]|[\w\"'-]+:[ ]*\r?\n(\s*)- )")


class Item(NamedTuple):
    """A row before its value is built."""

    base: Path
    node: yaml.Node


def yaml_rows(source: Source) -> Iterator[Row] | None:
    """The file's rows; None when it isn't YAML, or only a text that could be taken for it."""
    head = source.read(source.start, 1 << 16).decode("utf-8", "ignore")
    if not looks_like_yaml(head):
        return None
    is_sure = SURE.match(head) is not None
    if file_size(source.file) > MAX_YAML_BYTES:
        if not is_sure:
            return None
        size, limit = (size_text(n) for n in (file_size(source.file), MAX_YAML_BYTES))
        raise file_error("file_too_large", file=source.name, size=size, limit=limit)
    try:
        nodes, last = _read(source)
    except yaml.YAMLError as error:
        if not is_sure:
            return None
        raise _invalid(source, error) from error
    except RefusedError as error:
        raise file_error(error.finding.code, **error.finding.values) from error
    if not any(map(_is_structured, nodes)):
        return None
    return chain(_remarks(nodes), _rows(_items(nodes), last))


def looks_like_yaml(head: str) -> bool:
    """Whether the beginning of a text reads like YAML with something nested."""
    lines = [line for line in head.splitlines()[: SAMPLED_LINES * 2] if line.strip()]
    lines = lines[:SAMPLED_LINES]
    top = [line for line in lines if not line[0].isspace()]
    nested = any(NESTED.search(line) for line in lines)
    return bool(top) and nested and all(TOP_LINE.match(line) for line in top)


def _invalid(source: Source, error: yaml.YAMLError) -> Exception:
    line, column = _mark(error)
    values = {"line": str(line + 1), "column": str(column + 1), "reason": OTHER_REASON}
    return file_error("yaml_invalid", file=source.name, **values)


def _mark(error: yaml.YAMLError) -> tuple[int, int]:
    mark = getattr(error, "problem_mark", None)
    return (mark.line, mark.column) if mark is not None else (0, 0)


def _read(source: Source) -> tuple[list[yaml.Node], int | None]:
    """The documents, and the line from which the file is broken, if it is."""
    data = source.read(source.start, MAX_YAML_BYTES)
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        return read_nodes(_up_to_item(data[: error.start].decode())), _line_of(data, error.start)
    try:
        return read_nodes(text), None
    except yaml.YAMLError as error:
        line = _mark(error)[0]
        whole = _up_to_item("".join(text.splitlines(keepends=True)[:line]))
        if not whole.strip():
            raise
        return read_nodes(whole), line + 1


def _line_of(data: bytes, position: int) -> int:
    return data.count(b"\n", 0, position) + 1


def _up_to_item(text: str) -> str:
    """A text without its last item, which may be broken."""
    starts = [match.start() for match in re.finditer(r"^\S", text, re.MULTILINE)]
    return text[: starts[-1]] if starts else ""


def _is_structured(node: yaml.Node) -> bool:
    if isinstance(node, yaml.SequenceNode):
        return any(isinstance(item, yaml.CollectionNode) for item in node.value)
    if isinstance(node, yaml.MappingNode):
        return any(isinstance(item, yaml.CollectionNode) for _, item in node.value)
    return False


def _items(nodes: Sequence[yaml.Node]) -> Iterator[Item]:
    for node in nodes:
        if isinstance(node, yaml.SequenceNode):
            yield from (Item((), item) for item in node.value)
            continue
        if patterns := _patterns(node, nodes):
            yield from (item for pattern in patterns for item in _inside(Item((), node), pattern))
        else:
            yield Item((), node)


def _patterns(node: yaml.Node, nodes: Sequence[yaml.Node]) -> list[Pattern]:
    """Where the rows are inside the one object that a file is."""
    is_only = len(nodes) == 1 and isinstance(node, yaml.MappingNode)
    return wrapped_lists(_value(node)) if is_only else []


def _remarks(nodes: Sequence[yaml.Node]) -> Iterator[Row]:
    """What stands beside the rows, once for all items of a list."""
    told: set[str] = set()
    patterns = _patterns(nodes[0], nodes)
    for base, node in _beside(Item((), nodes[0]), patterns) if patterns else ():
        place = shown_beside(base)
        if place and place not in told and node.value not in ("", "null", "~", []):
            told.add(place)
            fault = beside_rows(place, isinstance(node, yaml.CollectionNode))
            yield Row(None, 0, b"", None, (fault,), node.start_mark.line + 1)


def _beside(item: Item, patterns: Sequence[Pattern]) -> Iterator[Item]:
    if () in patterns:
        return
    for child in _children(item):
        inner = [pattern[1:] for pattern in patterns if pattern[0] in (None, child.base[-1])]
        if inner:
            yield from _beside(child, inner)
        else:
            yield child


def _inside(item: Item, pattern: Pattern) -> Iterator[Item]:
    """The rows at a pattern's end."""
    if not pattern:
        yield from _children(item)
        return
    for child in _children(item):
        if pattern[0] is None or child.base[-1] == pattern[0]:
            yield from _inside(child, pattern[1:])


def _children(item: Item) -> Iterator[Item]:
    if isinstance(item.node, yaml.SequenceNode):
        yield from (Item((*item.base, n), node) for n, node in enumerate(item.node.value))
    elif isinstance(item.node, yaml.MappingNode):
        yield from (Item((*item.base, str(_value(key))), node) for key, node in item.node.value)


def _value(node: yaml.Node) -> Any:
    try:
        return build(node)
    except ValueError:
        return None


def _rows(items: Iterator[Item], last: int | None) -> Iterator[Row]:
    for number, (base, node) in enumerate(items, start=1):
        line = node.start_mark.line + 1
        faults = tuple(_key_twice(node))
        try:
            value = build(node)
        except ValueError:
            value, faults = None, (*faults, Fault("cell_unreadable", 0, {}))
        yield Row(number, 0, b"", value, faults, line, base)
    if last is not None:
        yield Row(None, 0, b"", None, (Fault("rest_not_read", 0, {}),), last)


def _key_twice(node: yaml.Node, path: Path = ()) -> Iterator[Fault]:
    """Keys that stand twice in one mapping: reading keeps only the last."""
    keys: set[str] = set()
    for index, child in enumerate(node.value if isinstance(node, yaml.CollectionNode) else ()):
        if isinstance(node, yaml.SequenceNode):
            yield from _key_twice(child, (*path, index))
            continue
        key = str(child[0].value)
        if key in keys:
            yield Fault("key_twice", 0, {"key": key}, (*path, key))
        keys.add(key)
        yield from _key_twice(child[1], (*path, key))
