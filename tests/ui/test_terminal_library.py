"""`duotune library` as a shell runs it, on models that were written by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.training import queue
from core.workspace import Workspace
from tests.core.training.made_elsewhere import foreign_adapter
from tests.ui.commands import Run, commands, told
from tests.ui.test_terminal_runs import FIRST, ended


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setattr(queue, "start_detached", lambda *_: None)
    monkeypatch.setenv("DUOTUNE_ENGINE", "transformers")
    return commands(tmp_path, monkeypatch)


@pytest.fixture
def shelf(run: Run, tmp_path: Path) -> Run:
    """A run's model called tea, and an imported one called foreign."""
    ended(Workspace.open(tmp_path / "home"))
    assert run("keep", FIRST, "--name", "tea").exit_code == 0
    brought = run("library", "import", foreign_adapter(tmp_path / "foreign"))
    assert "nobody recorded what it answered" in " ".join(brought.stdout.split())
    assert "duotune serve library:foreign" in brought.stdout
    return run


def test_the_list_shows_each_with_its_lineage(shelf: Run) -> None:
    shown = " ".join(shelf("library").stdout.split())
    assert "run 'by hand' finished, best loss 0.5 →" in shown
    assert "→ not evaluated → no certificate → not exported" in shown
    assert "imported, not trained here → no certificate → not exported" in shown
    listed = {one["entry"]["name"]: one for one in told(shelf("library", "--json"))["library"]}
    assert listed["tea"]["lineage"]["run"]["id"] == FIRST
    assert listed["foreign"]["lineage"]["origin"] == "imported"


def test_one_is_shown_renamed_and_noted(shelf: Run) -> None:
    assert told(shelf("library", "rename", "tea", "Desk", "--json"))["entry"]["name"] == "Desk"
    assert shelf("library", "note", "Desk", "for Ann").exit_code == 0
    shown = " ".join(shelf("library", "show", "Desk").stdout.split())
    assert "for Ann" in shown
    assert FIRST in shown
    assert "as long as it is in the library" in shown


def test_two_are_compared(shelf: Run) -> None:
    found = told(shelf("library", "compare", "tea", "foreign", "--json"))
    assert {"field": "origin", "values": ["trained", "imported"]} in found["facts"]
    assert "settings can't be compared" in shelf("library", "compare", "tea", "foreign").stdout


def test_deleting_names_what_goes_and_asks(shelf: Run) -> None:
    refused = told(shelf("library", "delete", "tea", "--json"), status=1)
    assert refused["error"]["problem"] == "Nothing was deleted."
    asked = shelf("library", "delete", "foreign", typed="n\n")
    assert asked.exit_code == 1
    assert "gone for good" in asked.stderr
    assert shelf("library", "delete", "foreign", typed="y\n").exit_code == 0
    assert told(shelf("library", "delete", "tea", "--yes", "--json"))["is_last"] is False
    assert told(shelf("library", "--json"))["library"] == []


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("show",), "takes NAME"),
        (("compare", "tea"), "takes NAME and NAME"),
        (("show", "none"), "no model called 'none'"),
        (("import", "/nowhere"), "no such folder"),
    ],
)
def test_what_is_wrong_is_said(run: Run, arguments: tuple[str, ...], says: str) -> None:
    refused = told(run("library", *arguments, "--json"), status=1)
    assert says in refused["error"]["problem"]
