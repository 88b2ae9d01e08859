"""A file that may hold a rubric: its data, and the line of each part, whatever the container."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from core.errors import RubricError
from eval.rubric.complaints import shown, told
from eval.rubric.located_yaml import LONGEST, LONGEST_JSON, LocatedYaml, is_deeper

DEEPEST = 200
"""Levels of nesting that are read: trees of criteria are deep."""
MOST_TOLD = 20
"""Problems that are listed one by one."""
Path = Sequence[int | str]
M = TypeVar("M", bound=BaseModel)
RULE = re.compile(r":?-{2,}:?")
"""A cell of the line under a Markdown table's head."""
CELL = re.compile(r"(?<!\\)\|")


@dataclass
class Source:
    """Data read from a text, and where its parts stand."""

    where: str
    container: str
    """json, jsonl, yaml, csv or markdown."""
    value: Any
    """One value; of jsonl, csv and markdown a list of rows."""
    line: Callable[[Path], int | None]
    columns: tuple[str, ...] = ()
    """Of a table, in small letters."""
    problems: list[str] = field(default_factory=list)

    def place(self, path: Path) -> str:
        """`line 7`, or "" when lines are not known."""
        line = self.line(path)
        return "" if line is None else f"line {line}"

    def complain(self, path: Path, problem: str) -> None:
        """Note a problem with its place; `finish` tells all of them."""
        parts = [part for part in (self.place(path), shown(path)) if part]
        self.problems.append(f"{', '.join(parts)}: {problem}" if parts else problem)

    def parse(self, model: type[M], path: Path) -> M | None:
        """A part of the data as a record; None, and its problems noted, when it is none."""
        value = self.value
        for part in path:
            value = value[part]
        try:
            return model.model_validate(value)
        except ValidationError as error:
            self.problems += told(error, self.place, path)
            return None

    def finish(self, named: str) -> None:
        """Raise RubricError that lists the problems, if there are any."""
        if not self.problems:
            return
        more = len(self.problems) - MOST_TOLD
        lines = [f"- {problem}" for problem in self.problems[:MOST_TOLD]]
        lines += [f"- and {more} more"] if more > 0 else []
        count = "a problem" if len(self.problems) == 1 else f"{len(self.problems)} problems"
        raise RubricError(
            f"Read as {named}, the rubric has {count}:\n" + "\n".join(lines),
            self.where,
            "Correct these places and use the file again; nothing was started.",
        )


def open_source(text: str, where: str) -> Source:
    """The data of a text, in whichever container it is.

    Raises RubricError when it is empty, too long, or broken.
    """
    if not text.strip():
        raise RubricError("The file is empty.", where, "Give a file with a rubric.")
    if len(text) > LONGEST_JSON:
        raise RubricError(
            f"The rubric has {len(text):,} characters; at most {LONGEST_JSON:,} are read.",
            where,
            "Keep the rubric to its criteria.",
        )
    if text.lstrip()[0] in "{[":
        return _json(text, where)
    if (table := _markdown(text, where)) is not None:
        return table
    if (table := _csv(text, where)) is not None:
        return table
    return _yaml(text, where)


def _json(text: str, where: str) -> Source:
    try:
        value = json.loads(text)
    except RecursionError as error:
        raise _too_deep(where) from error
    except ValueError as error:
        lines = [line for line in text.splitlines() if line.strip()]
        if len(lines) > 1 and _is_object(lines[0]):
            return _jsonl(text, where)
        return _yaml_flow(text, where, error)
    if is_deeper(value, DEEPEST):
        raise _too_deep(where)
    return Source(where, "json", value, _lazy_lines(text))


def _yaml_flow(text: str, where: str, error: ValueError) -> Source:
    """YAML may begin with a brace, too; what is neither is told as broken JSON."""
    with suppress(RubricError):
        return _yaml(text, where)
    detail = f"{error.msg}" if isinstance(error, json.JSONDecodeError) else str(error)
    place = where
    if isinstance(error, json.JSONDecodeError):
        place = f"{where}, line {error.lineno}, column {error.colno}"
    raise RubricError(
        f"This is not JSON: {detail}.", place, "Correct that place, or export the file again."
    ) from error


def _jsonl(text: str, where: str) -> Source:
    rows: list[Any] = []
    numbers: list[int] = []
    problems: list[str] = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except RecursionError as error:
            raise _too_deep(where) from error
        except ValueError as error:
            problems.append(f"line {number}: this is not JSON ({error}).")
            continue
        if is_deeper(value, DEEPEST):
            raise _too_deep(where)
        rows.append(value)
        numbers.append(number)

    def line_of(path: Path) -> int | None:
        return numbers[path[0]] if path and isinstance(path[0], int) else None

    return Source(where, "jsonl", rows, line_of, problems=problems)


def _yaml(text: str, where: str) -> Source:
    document = LocatedYaml(text, where, lists=True)
    return Source(where, "yaml", document.value, document.line, problems=document.problems)


def _csv(text: str, where: str) -> Source | None:
    """A table with separators; None when its first line is no head that we know."""
    head = text.split("\n", 1)[0]
    separator = max(",;\t", key=head.count)
    columns = tuple(name.strip().lower() for name in next(csv.reader([head], delimiter=separator)))
    if len(columns) < 2 or not ({"text", "criterion", "requirement"} & set(columns)):
        return None
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    next(reader)
    rows, numbers, problems = [], [], []
    before = reader.line_num
    try:
        for cells in reader:
            start, before = before + 1, reader.line_num
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(columns):
                problems.append(
                    f"line {start}: {len(cells)} cells, but the head has {len(columns)}; "
                    "put a text with separators in quotes."
                )
                continue
            rows.append(dict(zip(columns, (cell.strip() for cell in cells), strict=True)))
            numbers.append(start)
    except csv.Error as error:
        problems.append(f"line {reader.line_num}: {error}.")
    return Source(where, "csv", rows, _table_line(numbers), columns, problems)


def _markdown(text: str, where: str) -> Source | None:
    """The first table of a Markdown text; None when there is none."""
    lines = text.splitlines()
    index = next((n for n in range(1, len(lines)) if _is_rule(lines[n])), None)
    if index is None:
        return None
    columns = tuple(name.lower() for name in _cells(lines[index - 1]))
    rows, numbers, problems = [], [], []
    for number, line in enumerate(lines[index + 1 :], index + 2):
        if "|" not in line:
            break
        cells = _cells(line)
        if len(cells) != len(columns):
            problems.append(
                f"line {number}: {len(cells)} cells, but the head has {len(columns)}; "
                "write a | inside a cell as \\|."
            )
            continue
        rows.append(dict(zip(columns, cells, strict=True)))
        numbers.append(number)
    return Source(where, "markdown", rows, _table_line(numbers), columns, problems)


def _is_rule(line: str) -> bool:
    return "|" in line and all(RULE.fullmatch(cell) for cell in _cells(line))


def _cells(line: str) -> list[str]:
    inner = line.strip().removeprefix("|")
    inner = inner[:-1] if inner.endswith("|") and not inner.endswith("\\|") else inner
    return [cell.strip().replace("\\|", "|") for cell in CELL.split(inner)]


def _table_line(numbers: Sequence[int]) -> Callable[[Path], int | None]:
    return lambda path: numbers[path[0]] if path and isinstance(path[0], int) else None


def _lazy_lines(text: str) -> Callable[[Path], int | None]:
    """Lines of a JSON text, found only when something has to be located."""
    made: list[LocatedYaml] = []

    def line(path: Path) -> int | None:
        if len(text) > LONGEST:
            return None
        if not made:
            try:
                made.append(LocatedYaml(text.expandtabs(1), "", lists=True))
            except RubricError:
                return None
        return made[0].line(path)

    return line


def _is_object(line: str) -> bool:
    with suppress(ValueError, RecursionError):
        return isinstance(json.loads(line), dict)
    return False


def _too_deep(where: str) -> RubricError:
    return RubricError("The rubric nests too deeply.", where, "Write it out flat.")
