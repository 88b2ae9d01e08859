"""Read a YAML or JSON text so that every later complaint about it can name a line."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import yaml

from core.errors import RubricError

LONGEST = 256 * 1024
"""Characters of YAML that are read; a rubric is a page or two."""
LONGEST_JSON = 64 * 1024 * 1024
"""Characters of JSON that are read: rubrics made by a program have thousands of criteria."""
DEEPEST = 40
"""Levels of nesting that are read."""


class LocatedYaml:
    """A YAML mapping (or list) with the line of each of its parts."""

    def __init__(self, text: str, where: str, lists: bool = False) -> None:
        """Parse a text; `where` names it in errors, `lists` allows a list as the whole.

        Raises RubricError when it is not one YAML mapping, or uses aliases or repeated keys.
        """
        self.where = where
        self._roots = (yaml.MappingNode, yaml.SequenceNode) if lists else (yaml.MappingNode,)
        self.problems: list[str] = []
        self.root: yaml.Node | None = None
        """None for JSON too long to be located, or that YAML reads otherwise."""
        value = _json_object(text, where)
        if value is not None:
            self.value: Any = value
            if len(text) <= LONGEST:
                with suppress(yaml.YAMLError):
                    self._locate(text)
            return
        if len(text) > LONGEST:
            raise RubricError(
                f"The rubric has {len(text):,} characters; at most {LONGEST:,} are read.",
                where,
                "Keep the rubric to its criteria.",
            )
        self.value = self._as_yaml(text)

    def _as_yaml(self, text: str) -> Any:
        try:
            self._locate(text)
            return yaml.safe_load(text)
        except yaml.MarkedYAMLError as error:
            raise RubricError(
                f"This is not YAML: {error.problem or error.context}.",
                _place(self.where, error.problem_mark or error.context_mark),
                "Correct that line; texts with a colon, a hash or a bracket need quotes.",
            ) from error
        except yaml.YAMLError as error:
            raise RubricError(
                f"This is not YAML: {error}.", self.where, "Save it as UTF-8."
            ) from error
        except ValueError as error:  # such as an impossible date
            raise RubricError(
                f"A value can't be read: {error}.", self.where, "Put it in quotes."
            ) from error

    def _locate(self, text: str) -> None:
        """Find the lines; RubricError for what is no plain mapping."""
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        if not isinstance(node, self._roots):
            raise RubricError(
                "A rubric is a YAML mapping with `id` and `criteria`.",
                self.where,
                "Start from the bundled example: core/data/examples/support_desk.rubric.yaml.",
            )
        self._inspect(node, set(), 0)
        self.root = node

    def _inspect(self, node: yaml.Node, seen: set[int], depth: int) -> None:
        """Refuse aliases (they can unfold without end), deep nesting and repeated keys."""
        if id(node) in seen or depth > DEEPEST:
            what = "nests too deeply" if depth > DEEPEST else "uses an alias (*)"
            raise RubricError(
                f"The rubric {what}.", _place(self.where, node.start_mark), "Write it out flat."
            )
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            for item in node.value:
                self._inspect(item, seen, depth + 1)
        elif isinstance(node, yaml.MappingNode):
            keys: set[str] = set()
            for key, value in node.value:
                name = str(key.value)
                if name in keys:
                    line = key.start_mark.line + 1
                    self.problems.append(f"line {line}: `{name}` stands here a second time.")
                keys.add(name)
                self._inspect(value, seen, depth + 1)

    def line(self, path: Sequence[int | str]) -> int | None:
        """1-based line of the deepest part of a path that exists; None when lines are not known.

        Parts that are no key or index, such as the tags pydantic adds for unions, are skipped.
        """
        if self.root is None:
            return None
        node: yaml.Node = self.root
        for part in path:
            node = _child(node, part) or node
        return int(node.start_mark.line) + 1

    def place(self, path: Sequence[int | str]) -> str:
        """`line 7`, or "" when lines are not known."""
        line = self.line(path)
        return "" if line is None else f"line {line}"


def _json_object(text: str, where: str) -> dict[str, Any] | None:
    """The object that a JSON text is; None when it is none.

    Raises RubricError when it is one, but too long or too deep.
    """
    if not text.lstrip().startswith("{"):
        return None
    try:
        value = json.loads(text)
    except ValueError:
        return None
    except RecursionError as error:
        raise RubricError("The rubric nests too deeply.", where, "Write it out flat.") from error
    if len(text) > LONGEST_JSON:
        raise RubricError(
            f"The rubric has {len(text):,} characters; at most {LONGEST_JSON:,} are read.",
            where,
            "Keep the rubric to its criteria.",
        )
    if is_deeper(value, DEEPEST):
        raise RubricError("The rubric nests too deeply.", where, "Write it out flat.")
    return value if isinstance(value, dict) else None


def is_deeper(value: object, levels: int) -> bool:
    """Whether plain data nests deeper than so many levels."""
    level: list[Any] = [value] if isinstance(value, dict | list) else []
    for _ in range(levels + 1):
        inside = [v.values() if isinstance(v, dict) else v for v in level]
        level = [item for items in inside for item in items if isinstance(item, dict | list)]
        if not level:
            return False
    return True


def _child(node: yaml.Node, part: int | str) -> yaml.Node | None:
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        item: yaml.Node = node.value[part]
        return item
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == str(part):
                found: yaml.Node = value
                return found
    return None


def _place(where: str, mark: yaml.Mark | None) -> str:
    return f"{where}, line {mark.line + 1}, column {mark.column + 1}" if mark else where
