"""The keeper starts what waits, survives trouble, and ends with the queue."""

from __future__ import annotations

import os
import threading

import pytest

from core import queue_keeper
from core.actions import Actions
from core.disk import take_lease
from core.errors import WorkspaceError
from core.settings import Settings
from core.training import queue, tickets
from core.training.events import RunStarted, RunStopped
from core.training.tickets import Ticket
from core.workspace import Workspace
from tests.core.training.conftest import WrittenRun


class Looking(Actions):
    """Each look at the queue is one of `looks`: an error, or a run that begins and ends."""

    looks: list[Exception | None] = []  # noqa: RUF012  one test at a time looks at it
    waiting: list[WrittenRun] = []  # noqa: RUF012

    def advance_queue(self, say: object = None) -> tuple[str, ...]:
        look = self.looks.pop(0) if self.looks else None
        if look is not None:
            raise look
        run = self.waiting.pop(0)
        run.happened(RunStarted(attempt=1, pid=1, from_step=0), RunStopped(attempt=1, step=1))
        return (run.folder.run_id,)


def waiting(workspace: Workspace, count: int) -> list[WrittenRun]:
    found = []
    for number in range(count):
        run = WrittenRun(workspace, f"run-20261121-10000{number}-ab12")
        ticket = Ticket(
            attempt=1, asked="2026-11-21T10:00:00+00:00", turn=number, offline=True, wants=1,
            may_use=("cpu",),
        )  # fmt: skip
        tickets.write(run.folder, ticket)
        found.append(run)
    return found


@pytest.fixture
def looking(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Looking:
    monkeypatch.setattr(queue_keeper, "POLL_S", 0.01)
    monkeypatch.setattr(queue_keeper, "TROUBLE_S", 0.01)
    actions = Looking(workspace, Settings())
    monkeypatch.setattr(queue_keeper, "Actions", lambda *_: actions)
    Looking.looks.clear()
    Looking.waiting[:] = waiting(workspace, 2)
    return actions


def test_it_ends_when_nothing_waits_and_leaves_no_mark(
    workspace: Workspace, looking: Looking
) -> None:
    workspace.keeper_mark.touch()
    assert queue_keeper.main([str(workspace.root)]) == 0
    assert looking.waiting == []
    assert not workspace.keeper_mark.exists()


def test_trouble_is_outlived_and_endless_trouble_given_up(
    workspace: Workspace, looking: Looking, capsys: pytest.CaptureFixture[str]
) -> None:
    looking.looks[:] = [WorkspaceError("The disk is full."), ZeroDivisionError("a mistake")]
    assert queue_keeper.main([str(workspace.root)]) == 0
    told = capsys.readouterr()
    assert "The disk is full." in told.out
    assert "ZeroDivisionError: a mistake" in told.err
    looking.waiting[:] = [WrittenRun.of(run.folder) for run in waiting_again(workspace)]
    looking.looks[:] = [WorkspaceError("No.") for _ in range(queue_keeper.TRIES)]
    assert queue_keeper.main([str(workspace.root)]) == 1


def waiting_again(workspace: Workspace) -> list[WrittenRun]:
    run = WrittenRun(workspace, "run-20261121-120000-ef56")
    ticket = tickets.read(workspace.run("run-20261121-100000-ab12"))
    assert ticket is not None
    tickets.write(run.folder, ticket)
    return [run]


@pytest.mark.full
def test_one_is_enough(workspace: Workspace, looking: Looking) -> None:
    lease = take_lease(workspace.keeper_lease)
    assert lease is not None
    done: list[int] = []
    thread = threading.Thread(target=lambda: done.append(queue_keeper.main([str(workspace.root)])))
    thread.start()
    thread.join(10)
    assert done == [0]
    assert len(looking.waiting) == 2, "the other one does it"
    os.close(lease)


def test_a_start_that_was_asked_for_while_it_left_is_not_lost(
    workspace: Workspace, looking: Looking, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The asker saw the lease held, and relied on it."""
    keep = queue_keeper.keep
    asked: list[WrittenRun] = []

    def keep_then_ask(actions: Actions) -> bool:
        done = keep(actions)
        if not asked:
            asked.extend(waiting_again(workspace))
            looking.waiting.extend(asked)
            assert not queue.wake(workspace), "it relies on the one that is still there"
        return done

    monkeypatch.setattr(queue_keeper, "keep", keep_then_ask)
    assert queue_keeper.main([str(workspace.root)]) == 0
    assert looking.waiting == []
    assert asked
