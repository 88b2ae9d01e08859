"""Read a YAML text so that every later complaint about it can name a line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import yaml

from core.errors import RubricError

LONGEST = 256 * 1024
"""Characters of YAML that are read; a rubric is a page or two."""
DEEPEST = 40
"""Levels of nesting that are read."""


class LocatedYaml:
    """A YAML mapping with the line of each of its parts."""

    def __init__(self, text: str, where: str) -> None:
        """Parse a text; `where` names it in errors.

        Raises RubricError when it is not one YAML mapping, or uses aliases or repeated keys.
        """
        self.where = where
        self.problems: list[str] = []
        if len(text) > LONGEST:
            raise RubricError(
                f"The rubric has {len(text):,} characters; at most {LONGEST:,} are read.",
                where,
                "Keep the rubric to its criteria.",
            )
        try:
            node = yaml.compose(text, Loader=yaml.SafeLoader)
            if not isinstance(node, yaml.MappingNode):
                raise RubricError(
                    "A rubric is a YAML mapping with `id` and `criteria`.",
                    where,
                    "Start from the bundled example: core/data/examples/support_desk.rubric.yaml.",
                )
            self.root: yaml.MappingNode = node
            self._inspect(node, set(), 0)
            self.value: dict[str, Any] = yaml.safe_load(text)
        except yaml.MarkedYAMLError as error:
            raise RubricError(
                f"This is not YAML: {error.problem or error.context}.",
                _place(where, error.problem_mark or error.context_mark),
                "Correct that line; texts with a colon, a hash or a bracket need quotes.",
            ) from error
        except yaml.YAMLError as error:
            raise RubricError(f"This is not YAML: {error}.", where, "Save it as UTF-8.") from error
        except ValueError as error:  # such as an impossible date
            raise RubricError(
                f"A value can't be read: {error}.", where, "Put it in quotes."
            ) from error

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

    def line(self, path: Sequence[int | str]) -> int:
        """1-based line of the deepest part of a path that exists.

        Parts that are no key or index, such as the tags pydantic adds for unions, are skipped.
        """
        node: yaml.Node = self.root
        for part in path:
            node = _child(node, part) or node
        return int(node.start_mark.line) + 1


def _child(node: yaml.Node, part: int | str) -> yaml.Node | None:
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        item: yaml.Node = node.value[part]
        return item
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == part:
                found: yaml.Node = value
                return found
    return None


def _place(where: str, mark: yaml.Mark | None) -> str:
    return f"{where}, line {mark.line + 1}, column {mark.column + 1}" if mark else where
