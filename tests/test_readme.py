"""The README says what is true: its tree, its pictures and its commands."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

from typer.testing import CliRunner

from ui.terminal import cli

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_tree_is_what_the_files_say() -> None:
    spec = importlib.util.spec_from_file_location("make_tree", ROOT / "docs" / "make_tree.py")
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    assert made.renewed(README) == README, "run `python docs/make_tree.py`"


def test_every_linked_file_exists() -> None:
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", README) if "://" not in link]
    assert len(links) >= 6
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_every_command_it_names_exists() -> None:
    block = README.split("## From the terminal")[1].split("## Models")[0]
    named = set(re.findall(r"\./duotune ([a-z]+)", block)) - {"bench"}
    offered = CliRunner().invoke(cli, ["--help"]).output
    assert named >= {"demo", "check", "train", "runs", "stop", "resume", "compare", "evaluate"}
    assert [name for name in named if not re.search(rf"\b{name}\b", offered)] == []


def test_every_setting_it_names_is_read() -> None:
    readers = (ROOT / "core" / "settings.py", ROOT / "duotune")
    read = "".join(file.read_text(encoding="utf-8") for file in readers)
    for name in re.findall(r"`(DUOTUNE_[A-Z_]+)`", README):
        stem = name.removesuffix("_URL")
        assert stem in read, name
