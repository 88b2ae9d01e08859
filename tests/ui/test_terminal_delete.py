"""`duotune delete` takes a run or a dataset, names what goes first, and asks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.data import store
from core.training import queue
from core.workspace import Workspace
from tests.core.data.made_rows import row, write_lines
from tests.ui.commands import Run, commands, told
from tests.ui.test_terminal_runs import FIRST, ended


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setattr(queue, "start_detached", lambda *_: None)
    return commands(tmp_path, monkeypatch)


@pytest.fixture
def home(tmp_path: Path) -> Workspace:
    return Workspace.open(tmp_path / "home")


@pytest.fixture
def desk(run: Run, tmp_path: Path) -> str:
    """A dataset's id; one of its texts ends in white space."""
    rows = [row(f"Question {n}?", f"Answer {n}.") for n in range(4)]
    file = write_lines(tmp_path / "desk.jsonl", [*rows, row("Is it ope\u200bn?", "Yes.")])
    return str(told(run("import", file, "--json"))["id"])


def listed(run: Run) -> list[str]:
    return [one["id"] for one in told(run("datasets", "--json"))["datasets"]]


def test_what_goes_and_what_stays_is_named_before_a_yes(
    home: Workspace, run: Run, desk: str
) -> None:
    plan = ended(home).folder.plan
    facts = json.loads(plan.read_text()) | {"dataset_id": desk, "name": "tea desk"}
    plan.write_text(json.dumps(facts))
    refused = run("delete", "desk.jsonl", typed="n\n")
    assert refused.exit_code == 1
    assert "Its 5 usable rows, with their split." in refused.stderr
    assert "The file as it was read, desk.jsonl." in refused.stderr
    assert "Runs that were trained on it stay (1): tea desk." in refused.stderr
    assert "Nothing was deleted." in refused.stderr
    unasked = told(run("delete", desk, "--json"), status=1)["error"]
    assert (unasked["problem"], "--yes" in unasked["fix"]) == ("Nothing was deleted.", True)
    assert listed(run) == [desk]
    assert run("delete", "desk", typed="y\n").exit_code == 0
    assert listed(run) == []
    assert told(run("runs", "--json"))["runs"][0]["id"] == FIRST
    assert f"data {desk} (deleted)" in run("show", FIRST).stdout


def test_versions_made_from_it_go_with_the_family(run: Run, desk: str) -> None:
    mended = told(run("repair", desk, "zero_width", "--json"))["id"]
    refused = told(run("delete", desk, "--yes", "--json"), status=1)["error"]
    assert refused["problem"] == "A version that was made from desk needs it."
    assert refused["where"] == mended
    several = told(run("delete", "desk", "--yes", "--json"), status=1)["error"]
    assert several["problem"] == "Several datasets fit 'desk': 2."
    gone = told(run("delete", desk, "--family", "--yes", "--json"))
    assert [one["id"] for one in gone["versions"]] == [desk, mended]
    assert (gone["source"], gone["stays"]["runs"]) == ("desk.jsonl", [])
    assert listed(run) == []


def test_a_name_that_a_run_and_a_dataset_have_is_not_guessed(
    home: Workspace, run: Run, desk: str
) -> None:
    ended(home)
    run("rename", FIRST, "desk")
    both = told(run("delete", "desk", "--yes", "--json"), status=1)["error"]
    assert both["problem"] == "A run and a dataset are called 'desk'."
    assert (FIRST in both["where"], desk in both["where"]) == (True, True)
    assert told(run("delete", "last", "--yes", "--json"))["id"] == FIRST, "'last' is a run"
    assert listed(run) == [desk]
    missing = told(run("delete", "last", "--yes", "--json"), status=1)["error"]
    assert missing["problem"] == "No run fits 'last'."
    assert told(run("delete", desk[:6], "--yes", "--json"))["id"] == desk
    unknown = told(run("delete", desk, "--yes", "--json"), status=1)["error"]
    assert unknown["problem"] == f"There is no dataset that fits '{desk}'."


def test_a_damaged_dataset_is_deleted_by_its_id(home: Workspace, run: Run, desk: str) -> None:
    (home.dataset(desk) / store.DATASET).write_text("nonsense")
    assert run("delete", desk, "--yes").exit_code == 0
    assert not home.dataset(desk).exists()
