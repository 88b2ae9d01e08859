"""Which of several workers is to blame: the first with a reason of its own."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from core.errors import PlanError
from core.training.program import worker_failures
from core.training.program.workers import Workers
from core.workspace import RunFolder

WORLD = 3
GLOO = RuntimeError("[gloo/transport/tcp/pair.cc:553] Connection closed by peer [127.0.0.1]:1")


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    made = RunFolder(tmp_path / "run-20261121-100000-ab12")
    worker_failures.forget(made)
    return made


def note(folder: RunFolder, rank: int, error: Exception, attempt: int = 1) -> None:
    worker_failures.note(folder, Workers(rank, WORLD, attempt), attempt, error)


def blamed(folder: RunFolder, exits: dict[int, int]) -> str:
    error = worker_failures.cause(folder, 1, exits, WORLD)
    return f"{error.problem} | {error.where}"


def test_a_workers_own_reason_counts_before_those_who_lost_it(folder: RunFolder) -> None:
    note(folder, 0, GLOO)
    note(folder, 2, PlanError("max_length is too large.", "the plan", "Lower it."))
    note(folder, 1, PlanError("Another reason."))
    said = blamed(folder, {0: 1, 1: 1, 2: 1})
    assert said.startswith("max_length is too large. | the plan, rank 2 of 3 on ")


def test_a_killed_worker_is_named_with_its_signal(folder: RunFolder) -> None:
    note(folder, 0, GLOO)
    said = blamed(folder, {0: 1, 1: -signal.SIGKILL, 2: -signal.SIGTERM})
    assert said == "Worker 1 of 3 was killed by SIGKILL. | rank 1"


def test_one_that_left_without_a_word_is_named(folder: RunFolder) -> None:
    note(folder, 0, GLOO)
    assert blamed(folder, {0: 1, 2: 7}) == "Worker 2 of 3 ended without a word. | rank 2"


def test_lost_contact_alone_is_said_as_such(folder: RunFolder) -> None:
    note(folder, 1, GLOO)
    said = blamed(folder, {0: -signal.SIGABRT, 1: 1})
    assert said.startswith("The workers lost contact with each other. | rank 1 of 3 on ")


def test_another_attempts_reason_does_not_count(folder: RunFolder) -> None:
    note(folder, 0, PlanError("Old."), attempt=9)
    assert worker_failures.own_failure(folder, 1) is None
    assert "Old." not in blamed(folder, {1: 1})


def test_who_was_lost_is_told_to_those_started_in_their_place(folder: RunFolder) -> None:
    assert worker_failures.restart_told(folder, 1, WORLD) == ""
    note(folder, 0, GLOO)
    worker_failures.note_lost(folder, 1, (0, 2))
    assert worker_failures.restart_told(folder, 1, WORLD).startswith("Worker 2 of 3 was lost")
    assert worker_failures.restart_told(folder, 2, WORLD) == ""
    assert "ended without a word" in blamed(folder, {0: 1}), "what 0 said then is forgotten"
