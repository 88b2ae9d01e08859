"""The command about masked private data, as a shell sees it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.core.data.made_rows import row, write_lines
from tests.ui.commands import Run, commands, told

pytestmark = pytest.mark.slow
EMAIL = "ann.lee@gmail.com"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A shell with a dataset of three rows, of which one has an address and one a hidden sign."""
    made = commands(tmp_path, monkeypatch)
    rows = [row(f"I am {EMAIL}", "Hi"), row("Ze\u200bro", "Width"), row("a", "b")]
    told(made("import", write_lines(tmp_path / "desk.jsonl", rows), "--json"))
    return made


def test_masked_values_come_back_as_a_version_and_into_a_file(run: Run, tmp_path: Path) -> None:
    masked = told(run("repair", "last", "--json"))
    example = told(run("show", "last", 1, "--json"))
    answers = write_lines(tmp_path / "answers.jsonl", [{"sample": example, "text": "[EMAIL_1]?"}])
    target = tmp_path / "open.jsonl"
    shown = run("unmask", masked["id"], "--file", answers, "--to", target)
    assert shown.exit_code == 0, shown.stderr
    assert "1 value of 1 examples put back" in " ".join(shown.stdout.split())
    assert json.loads(target.read_text(encoding="utf-8"))["text"] == f"{EMAIL}?"
    done = told(run("unmask", masked["id"], "--json"))
    assert (done["is_new"], done["values"], done["rows"]) == (True, 1, 1)
    assert done["dataset"]["parent"] == masked["id"]
    again = run("unmask", masked["id"])
    assert "no version was made" in " ".join(again.stdout.split())
    assert EMAIL in run("show", done["dataset"]["id"], 1).stdout
    assert told(run("repair", done["dataset"]["id"], "--undo", "--json"))["id"] == masked["id"]


def test_a_key_is_exported_then_deleted_after_a_yes(run: Run, tmp_path: Path) -> None:
    masked = told(run("repair", "last", "--json"))
    copy = tmp_path / "desk.key"
    unasked = told(run("unmask", "last", "--forget", "--json"), 1)["error"]
    assert (unasked["problem"], "--yes" in unasked["fix"]) == ("Nothing was deleted.", True)
    assert told(run("unmask", "last", "--export-key", copy, "--json"))["values"] == 1
    shown = run("unmask", "last", "--forget", "--yes")
    assert shown.exit_code == 0, shown.stderr
    assert masked["parent"] in shown.stdout
    assert "source.bin" in shown.stdout
    refused = told(run("unmask", "last", "--json"), 1)["error"]
    assert "is final" in refused["problem"]
    assert told(run("unmask", "last", "--key", copy, "--json"))["values"] == 1


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--file", "a.jsonl"], "go together"),
        (["--forget", "--key", "k"], "the dataset's own key"),
        ([], "Nothing in desk was masked"),
        (["--key", "nowhere.key"], "no such key file"),
        (["--forget", "--yes"], "Nothing in desk was masked"),
    ],
)
def test_what_does_not_fit_is_told_in_a_sentence(run: Run, options: list[str], says: str) -> None:
    error = told(run("unmask", "last", *options, "--json"), 1)["error"]
    assert says in error["problem"]
    assert error["fix"]
