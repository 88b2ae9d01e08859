"""The words that checks of texts look for, from `words.toml`."""

from __future__ import annotations

import tomllib
from importlib import resources
from typing import Any


def _read() -> dict[str, Any]:
    text = resources.files("core.data.checks").joinpath("words.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


_TABLES = _read()


def words(table: str, name: str) -> tuple[str, ...]:
    """A list of words."""
    return tuple(_TABLES[table][name].split())


def pattern(table: str, name: str) -> str:
    """A pattern of alternatives, made from its pieces."""
    return _join(_TABLES[table][name])


def patterns(table: str) -> dict[str, str]:
    """All patterns of a table, by name, in order."""
    return {name: _join(pieces) for name, pieces in _TABLES[table]["patterns"].items()}


def _join(pieces: str) -> str:
    return "|".join(pieces.strip("\n").split("\n"))
