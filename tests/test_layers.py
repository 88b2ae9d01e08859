"""The three sentences of the layout hold: who may know torch, vllm and Gradio."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HEAVY = {"torch", "transformers", "trl", "peft", "vllm", "datasets"}


def modules_loaded_by(statement: str) -> set[str]:
    """Top-level packages in a fresh interpreter after one statement."""
    report = "print(json.dumps(sorted({m.split('.')[0] for m in sys.modules})))"
    code = f"{statement}\nimport sys, json\n{report}"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.full
@pytest.mark.parametrize(
    "modules", ["app, core.actions, ui.terminal", "eval.evaluations, core.assistant.chats"]
)
def test_neither_training_nor_gradio_libraries_are_imported(modules: str) -> None:
    loaded = modules_loaded_by(f"import {modules}")
    assert not loaded & (HEAVY | {"gradio"})


@pytest.mark.full
def test_opening_the_app_imports_neither_training_libraries_nor_slow_ones() -> None:
    loaded = modules_loaded_by("import ui.shell")
    assert "gradio" in loaded
    assert not loaded & (HEAVY | {"scipy", "statsmodels", "matplotlib", "openai", "pydantic_ai"})


@cache
def imported_packages(file: Path) -> frozenset[str]:
    """Top-level packages that a file imports anywhere, also inside functions."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found.add(node.module.split(".")[0])
    return frozenset(found)


def python_files(*folders: str) -> list[Path]:
    return [file for folder in folders for file in sorted((ROOT / folder).rglob("*.py"))]


def test_only_ui_knows_gradio() -> None:
    guilty = [f for f in python_files("core", "eval") if imported_packages(f) & {"gradio", "ui"}]
    assert guilty == []


def test_only_the_server_program_knows_vllm() -> None:
    guilty = [f for f in python_files("core", "eval", "ui") if "vllm" in imported_packages(f)]
    assert [file.name for file in guilty] == ["vllm_server.py"]


def test_only_programs_of_their_own_know_torch() -> None:
    allowed = [
        ROOT / "core" / place
        for place in (
            "training",
            "models/build_starter",
            "exporting/program",
            "certificates/program",
            "serving/plain_model.py",
        )
    ]
    guilty = [
        file
        for file in python_files("core", "eval", "ui")
        if "torch" in imported_packages(file)
        and not any(file.is_relative_to(place) for place in allowed)
    ]
    assert guilty == []
