"""Commands run as a shell runs them, in a workspace of their own, and files to give them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from tests.core.data.made_rows import row, write_lines
from ui.terminal import cli

Run = Callable[..., Result]
WORDS = [a + b for a in ("ka", "lo", "mi", "ne", "ru", "sa", "to") for b in ("bel", "din", "fot",
    "gam", "hin", "jor", "kul", "lem", "mop", "nar")]  # fmt: skip


def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command in a workspace of its own, with no endpoint set."""
    monkeypatch.setenv("DUOTUNE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    for name in ("AUGMENT", "ASSISTANT", "JUDGE"):
        monkeypatch.delenv(f"DUOTUNE_{name}_URL", raising=False)
        monkeypatch.delenv(f"DUOTUNE_{name}_MODEL", raising=False)

    def run(*arguments: object, typed: str | None = None) -> Result:
        return CliRunner().invoke(cli, [str(argument) for argument in arguments], input=typed)

    return run


def told(result: Result, status: int = 0) -> Any:
    """The one JSON object of a command."""
    assert result.exit_code == status, (result.stdout, result.stderr)
    (line,) = result.stdout.splitlines()
    return json.loads(line)


def question(name: str) -> str:
    return " ".join(Random(name).sample(WORDS, 9))


def classes(folder: Path, **sizes: int) -> Path:
    """Classes, told by the answers."""
    rows = [
        row(question(f"{label}{n}"), label)
        for label, size in (sizes or {"refund": 30, "track": 12, "greet": 5}).items()
        for n in range(size)
    ]
    return write_lines(folder / "classes.jsonl", rows)
