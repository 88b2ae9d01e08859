"""The kinds of problems that data can have, and how one is put into words."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from importlib import resources
from typing import NamedTuple

from core.data.records import Problem, Severity
from core.errors import DataError
from core.messages import Record

SHOWN_IN_ERROR = 5
"""How many problems the text of a NoUsableRows lists one by one."""


class Kind(Record):
    """One kind of problem: an entry of a file in `kinds/`."""

    severity: Severity
    en: tuple[str, str]
    """What is wrong and what to do, with {values} to put in."""
    zh: tuple[str, str]
    once: bool = False
    """Said once for the whole file, with how often it occurs."""
    repair: str = ""
    """The repair that mends it (a name of `core.data.repairs`); "" when only a person can."""


def _read_kinds() -> dict[str, Kind]:
    kinds: dict[str, Kind] = {}
    for file in sorted(resources.files("core.data").joinpath("kinds").iterdir(), key=str):
        if file.name.endswith(".toml"):
            entries = tomllib.loads(file.read_text(encoding="utf-8"))
            if twice := kinds.keys() & entries:
                raise ValueError(f"{file.name} repeats {sorted(twice)}")
            kinds |= {code: Kind.model_validate(entry) for code, entry in entries.items()}
    return kinds


KINDS = _read_kinds()
ERRORS = frozenset(code for code, kind in KINDS.items() if kind.severity == "error")

Path = tuple[str | int, ...]
"""Keys and indexes from the row to a value inside it."""


class Finding(NamedTuple):
    """A problem found in a row, before its place in the file is known."""

    code: str
    path: Path = ()
    values: dict[str, str] = {}  # noqa: RUF012  # never changed


class Place(NamedTuple):
    """Where in a file, counted from 1."""

    row: int | None = None
    line: int | None = None
    column: int | None = None
    path: Path | None = None
    file: str = ""


def make_problem(code: str, place: Place | None = None, /, **values: str) -> Problem:
    """A Problem of a known kind, in English, at a place."""
    kind, place = KINDS[code], place or Place()
    return Problem(
        code=code,
        severity=kind.severity,
        message=kind.en[0].format(**values),
        fix=kind.en[1].format(**values),
        row=place.row,
        line=place.line,
        column=place.column,
        field=json_path(place.path) if place.path else "",
        file=place.file,
        values=values,
    )


def json_path(path: Path) -> str:
    """A path as people write it: `$.messages[1].role`."""
    return "$" + "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path)


def shorten(text: str, limit: int = 60) -> str:
    """Text from a file, fit to stand inside a sentence: one line, printable, not long."""
    clean = "".join(c if c.isprintable() else " " for c in text[: limit + 1])
    return clean if len(text) <= limit else clean[:limit] + "…"


def size_text(count: int) -> str:
    """A number of bytes in words: `12 MB`."""
    for unit, factor in (("GB", 1 << 30), ("MB", 1 << 20), ("KB", 1 << 10)):
        if count >= factor:
            return f"{count / factor:.3g} {unit}"
    return f"{count} bytes"


def kind_of(value: object) -> str:
    """What a JSON value is, in words."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    for types, words in ((str, "text"), (int | float, "a number"), (list, "a list")):
        if isinstance(value, types):
            return words
    return "an object"


class NoUsableRows(DataError):
    """Nothing in a file can be used; `problems` holds everything that was found."""

    def __init__(
        self, problem: str, where: str = "", fix: str = "", problems: tuple[Problem, ...] = ()
    ) -> None:
        super().__init__(problem, where, fix)
        self.args = (problem, where, fix, problems)
        self.problems = problems


def file_error(code: str, **values: str) -> NoUsableRows:
    """The error for a file that can't be read as rows at all."""
    problem = make_problem(code, **values)
    return NoUsableRows(problem.message, problem.where, problem.fix, (problem,))


def no_usable_rows(file_name: str, rows: int, problems: Sequence[Problem]) -> NoUsableRows:
    """The error for a file whose every row has an error; lists the first few."""
    errors = [problem for problem in problems if problem.severity == "error"]
    shared = errors[0].message if len({error.message for error in errors}) == 1 else ""
    shown = [e.where if shared else f"{e.where}: {e.message}" for e in errors[:SHOWN_IN_ERROR]]
    if len(errors) > SHOWN_IN_ERROR:
        shown.append(f"… and {len(errors) - SHOWN_IN_ERROR} more of {len(errors)}.")
    what = "The only row" if rows == 1 else f"None of the {rows} rows"
    verb = "cannot" if rows == 1 else "can"
    fixes = {error.fix for error in errors}
    return NoUsableRows(
        f"{what} of {file_name} {verb} be used. {shared}".strip(),
        "\n".join(shown),
        fixes.pop() if len(fixes) == 1 else "Correct these places and add the file again.",
        tuple(problems),
    )
