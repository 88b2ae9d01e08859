"""The commands about runs, as a shell runs them, on runs that were written by hand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.disk import take_lease
from core.training import launching, queue, starting, tickets
from core.training.events import Evaluated, RunStarted, RunStopped, RunSucceeded
from core.training.tickets import Ticket
from core.workspace import Workspace
from tests.core.training.conftest import WrittenRun
from tests.core.training.test_run_status import step
from tests.ui.commands import Run, commands, told

FIRST, SECOND = "run-20261121-100000-ab12", "run-20261121-110000-cd34"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setattr(queue, "start_detached", lambda *_: None)
    return commands(tmp_path, monkeypatch)


@pytest.fixture
def home(tmp_path: Path) -> Workspace:
    return Workspace.open(tmp_path / "home")


def ended(home: Workspace, run_id: str = FIRST, succeeded: bool = True) -> WrittenRun:
    written = WrittenRun(home, run_id)
    written.happened(RunStarted(attempt=1, pid=1, from_step=0), step(4, loss=0.7))
    written.happened(Evaluated(attempt=1, step=4, loss=0.9))
    written.checkpoint(4)
    written.folder.log.write_text("loading\nCUDA error\ntraining\n")
    if succeeded:
        written.adapter()
        end = RunSucceeded(
            attempt=1, step=9, best_step=6, best_loss=0.5, seconds=3.0, changes_model=True
        )
        written.happened(end)
    else:
        written.happened(RunStopped(attempt=1, step=4))
    return written


def waiting(home: Workspace, run_id: str, turn: float) -> WrittenRun:
    written = WrittenRun(home, run_id)
    ticket = Ticket(
        attempt=1, asked="2026-11-21T10:00:00+00:00", turn=turn, offline=True, wants=1,
        may_use=("cpu",),
    )  # fmt: skip
    tickets.write(written.folder, ticket)
    return written


def test_show_means_a_run_or_else_a_dataset(home: Workspace, run: Run, tmp_path: Path) -> None:
    ended(home)
    rows = [{"messages": [{"role": "user", "content": f"q{n}"},
             {"role": "assistant", "content": f"a{n}"}]} for n in range(3)]  # fmt: skip
    file = tmp_path / "tea.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    dataset = told(run("import", file, "--json"))
    shown_as_json = told(run("show", "last", "--json"))
    assert (shown_as_json["id"], shown_as_json["lineage"]["name"]) == (FIRST, FIRST)
    shown = run("show", "by hand")
    assert "Validation loss" in shown.stdout
    assert "not exported" in shown.stdout
    assert "checkpoint-4" in shown.stdout
    assert told(run("show", dataset["id"], "--json"))["id"] == dataset["id"]
    assert told(run("show", "tea.jsonl", "--json"))["id"] == dataset["id"]
    assert told(run("show", dataset["id"], 2, "--json"))["row"] == 2
    missing = told(run("show", "nothing", "--json"), status=1)
    assert "No run fits 'nothing'" in missing["error"]["problem"]


def test_names_notes_and_the_log(home: Workspace, run: Run) -> None:
    written = ended(home)
    assert told(run("rename", FIRST, "tea desk", "--json"))["plan"]["name"] == "tea desk"
    run("note", "tea desk", "too hot")
    assert run("note", "tea desk").stdout == "too hot\n"
    assert told(run("log", FIRST, "--search", "cuda", "--json"))["lines"] == [
        {"number": 2, "text": "CUDA error", "is_cut": False}
    ]
    assert run("log", FIRST, "--lines", 1).stdout.strip() == "training"
    assert written.folder.label.exists()


def test_the_queue_is_listed_and_reordered(home: Workspace, run: Run) -> None:
    waiting(home, FIRST, 1.0)
    waiting(home, SECOND, 2.0)
    listed = told(run("queue", "--json"))["queue"]
    assert [(one["id"], one["place"]) for one in listed] == [(FIRST, 1), (SECOND, 2)]
    moved = told(run("queue", SECOND, "--place", 1, "--json"))["queue"]
    assert [one["id"] for one in moved] == [SECOND, FIRST]
    assert "queued (1)" in run("runs").stdout
    assert told(run("stop", SECOND, "--json"))["status"] == "stopped"
    assert "One run" not in run("queue").stdout
    assert told(run("stop", SECOND, "--json"), status=1)["error"]["problem"].endswith(
        "was stopped: there is nothing to stop."
    )


def test_continue_says_from_where_and_extends(
    home: Workspace, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = ended(home)
    monkeypatch.setattr(launching, "launch", lambda *_: None)
    monkeypatch.setattr(starting, "recheck", lambda *_: None)
    monkeypatch.setattr(starting, "launch", lambda *_: None)
    refused = told(run("resume", FIRST, "--json"), status=1)
    assert "has succeeded: there is nothing to resume" in refused["error"]["problem"]
    went_on = run("resume", FIRST, "--extend", 1)
    assert went_on.exit_code == 0, went_on.stderr
    said = " ".join(went_on.stderr.split())
    assert "Goes on from step 4" in said
    assert "new schedule at step 4" in said
    ticket = tickets.read(written.folder)
    assert ticket is not None
    assert ticket.plan is not None
    assert ticket.plan.epochs == 3


def test_a_clone_is_shown_and_starts_only_when_asked(home: Workspace, run: Run) -> None:
    ended(home)
    plan = told(run("clone", FIRST, "--set", "epochs=5", "--json"))
    assert (plan["name"], plan["epochs"]) == ("by hand (2)", 5.0)
    refused = told(run("clone", FIRST, "--start", "--json"), status=1)
    assert "no dataset" in refused["error"]["problem"]
    assert len(told(run("runs", "--json"))["runs"]) == 1


def test_keep_list_and_delete(home: Workspace, run: Run) -> None:
    ended(home)
    assert "library is empty" in run("library").stdout
    kept = told(run("keep", FIRST, "--name", "tea", "--json"))
    assert (kept["entry"]["name"], kept["is_whole"]) == ("tea", True)
    assert told(run("runs", "--json"))["runs"][0]["kept_as"] == ["tea"]
    refused = told(run("delete", FIRST, "--json"), status=1)
    assert refused["error"]["problem"] == "Nothing was deleted."
    assert run("delete", FIRST, typed="n\n").exit_code == 1
    assert run("delete", FIRST, typed="y\n").exit_code == 0
    assert told(run("runs", "--json"))["runs"] == []
    assert [one["entry"]["name"] for one in told(run("library", "--json"))["library"]] == ["tea"]
    assert told(run("library", "--remove", "tea", "--json"))["library"] == []


def test_runs_are_compared(home: Workspace, run: Run) -> None:
    ended(home)
    ended(home, SECOND, succeeded=False)
    found = told(run("compare-runs", FIRST, SECOND, "--json"))
    assert [one["best_loss"] for one in found["runs"]] == [0.5, None]
    assert found["same_data"] is True
    text = run("compare-runs", FIRST, SECOND).stdout
    assert "0.5000" in text
    assert "not measured" in text


def test_watching_ends_with_the_run(home: Workspace, run: Run) -> None:
    ended(home, succeeded=False)
    seen = run("watch", "last")
    assert seen.exit_code == 1
    assert "stopped at step 4 of 9" in seen.stdout


def test_a_silent_trainer_is_said_to_be_silent(home: Workspace, run: Run) -> None:
    import os

    written = WrittenRun(home, FIRST)
    written.happened(RunStarted(attempt=1, pid=1, from_step=0))
    os.utime(written.folder.events, (1, 1))
    lease = take_lease(written.folder.lease)
    assert lease is not None
    listed = " ".join(run("runs").stdout.split())
    assert "not responding" in listed
    assert "no sign of life" in listed
    os.close(lease)
