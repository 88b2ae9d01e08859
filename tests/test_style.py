"""The linter and the type checker find nothing, and files stay small enough to read."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FOLDERS = ("core", "eval", "ui", "space")
LONGEST_FILE = 330
LONGEST_FUNCTION = 50


def run_tool(*arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *arguments], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_ruff_finds_nothing() -> None:
    run_tool("ruff", "check", ".")
    run_tool("ruff", "format", "--check", ".")


@pytest.mark.full
def test_the_type_checker_finds_nothing() -> None:
    run_tool("mypy")


def test_files_and_functions_stay_readable() -> None:
    long = []
    for file in [ROOT / "app.py", *(f for d in FOLDERS for f in sorted((ROOT / d).rglob("*.py")))]:
        text = file.read_text(encoding="utf-8")
        if text.count("\n") > LONGEST_FILE:
            long.append(f"{file.relative_to(ROOT)} has {text.count(chr(10))} lines")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or 0) - node.lineno + 1
                if lines > LONGEST_FUNCTION:
                    long.append(f"{file.relative_to(ROOT)}: {node.name} has {lines} lines")
    assert long == []
