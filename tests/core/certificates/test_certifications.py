"""Certifications as the app sees them: started once, watched, cancelled, and what their program
leaves."""

from __future__ import annotations

import os
import sys
from typing import Any

import pytest

from core.actions import Actions
from core.certificates import certifications, certify_program, store
from core.certificates.certifications import CertificationFolder, CertificationProgress
from core.certificates.certify import Wish
from core.data import programs
from core.disk import append_line, take_lease, write_atomic
from core.errors import ModelError, RunError
from core.exporting import certifying
from core.processes import ProcessId
from core.settings import Settings
from core.workspace import Workspace
from tests.core.exporting import hand_made

GONE = 2**22 - 3
"""No process has this number."""


@pytest.fixture
def actions(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Actions:
    """Over a workspace with one finished run; programs are not started."""
    monkeypatch.setattr(certifications, "run_program", lambda *_: None)
    settings = Settings(home=workspace.root, offline=True)
    hand_made.finished(workspace, settings)
    return Actions(workspace, settings)


def folder_of(actions: Actions, name: str) -> CertificationFolder:
    return CertificationFolder.of(actions.workspace, name)


def program(actions: Actions, name: str, monkeypatch: pytest.MonkeyPatch) -> int:
    """Run the program on a certification's folder, in this process."""
    folder = folder_of(actions, name)
    monkeypatch.setenv("DUOTUNE_HOME", str(actions.workspace.root))
    monkeypatch.setattr(sys, "argv", ["certify_program", str(folder.root)])
    lease = take_lease(folder.lease)
    assert lease is not None
    monkeypatch.setattr(programs, "await_lease", lambda _: lease)
    return certify_program.main()


def test_one_at_a_time_is_watched_to_its_certificate(
    actions: Actions, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = actions.start_certification(hand_made.RUN, wish=Wish(prompts=3))
    assert (started.status, started.request.wish.prompts) == ("running", 3)
    with pytest.raises(RunError, match="certified already"):
        actions.start_certification(hand_made.RUN)
    told = CertificationProgress(told="Reading the model with transformers.")
    append_line(folder_of(actions, started.id).progress, told.model_dump_json())
    assert actions.certification(started.id).told == "Reading the model with transformers."

    asked: list[Any] = []

    def measured(_: Any, name: str, export_id: Any, wish: Wish, say: Any) -> Any:
        asked.append((name, export_id, wish.prompts))
        say("Asking.")
        return hand_made.certificate("red")

    monkeypatch.setattr(certifying, "certify", measured)
    assert program(actions, started.id, monkeypatch) == 0
    assert asked == [(hand_made.RUN, None, 3)]
    done = actions.certification(started.id)
    assert (done.status, done.told) == ("done", "")
    assert done.proved is not None
    assert (done.proved.verdict, done.proved.certificate_id) == ("red", hand_made.certificate().id)
    again = actions.start_certification(hand_made.RUN)
    assert [one.id for one in actions.certifications()] == [again.id], "what ended is forgotten"


def test_what_stops_it_is_told(actions: Actions, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: Any) -> Any:
        raise ModelError("The base is gone.", "starter", "Fetch it.")

    started = actions.start_certification(hand_made.RUN)
    monkeypatch.setattr(certifying, "certify", missing)
    assert program(actions, started.id, monkeypatch) == 1
    ended = actions.certification(started.id)
    assert (ended.status, ended.problem, ended.fix) == ("failed", "The base is gone.", "Fetch it.")
    assert ended.proved is None


def test_a_killed_one_failed_and_a_cancelled_one_leaves_nothing(actions: Actions) -> None:
    started = actions.start_certification(hand_made.RUN)
    home = started.request.home
    left = home / store.FOLDER / f"{store.WORK}{GONE}"
    mine = store.work_of(home)
    for work in (left, mine):
        work.mkdir(parents=True)
        (work / "half").write_text("half")
    actions.cancel_certification(started.id)
    assert actions.certification(started.id).status == "cancelled"
    assert not left.exists()
    assert mine.name == f"{store.WORK}{os.getpid()}"
    assert mine.exists(), "its process lives"

    killed = actions.start_certification(hand_made.RUN)
    process = ProcessId(pid=GONE, started=1.0)
    write_atomic(folder_of(actions, killed.id).process, process.model_dump_json())
    assert actions.certification(killed.id).problem == certifications.LOST


def test_a_model_that_is_read_right_now_stays(actions: Actions) -> None:
    run = actions.find_run("last")
    assert not actions._is_needed(run)
    started = actions.start_certification(hand_made.RUN)
    assert actions._is_needed(run), "or its days would end in the middle"
    with pytest.raises(RunError, match="exported or certified"):
        actions.delete_run(hand_made.RUN)
    actions.cancel_certification(started.id)
    actions.delete_run(hand_made.RUN)
    assert actions.runs() == ()


def test_there_is_nothing_to_certify_without_a_model(actions: Actions) -> None:
    with pytest.raises(RunError, match="no such export"):
        actions.start_certification(hand_made.RUN, "exp-20261121-110000-ab12")
    with pytest.raises(RunError, match="no such run"):
        actions.start_certification("run-20200101-000000-aaaa")
    assert actions.certifications() == ()
