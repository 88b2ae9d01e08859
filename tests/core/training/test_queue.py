"""One run at a time has the machine; the others wait their turn, and none is started twice."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from core import slots
from core.disk import lease_is_held, take_lease
from core.errors import RunError
from core.models.catalog import STARTER_FOLDER
from core.settings import Settings
from core.slots import Holding
from core.training import launching, queue, runs, starting, tickets
from core.training.events import RunStarted, RunStopped
from core.training.job import Launch
from core.training.queue import Room
from core.training.records import Returned, Run
from core.workspace import RunFolder, Workspace
from tests.core.training.conftest import Data, WrittenRun
from tests.core.training.test_run_status import this_process

pytestmark = pytest.mark.full

OFFLINE = Settings(offline=True)


class Trainers:
    """Stands in for the launcher: what it starts holds its leases until it is ended."""

    def __init__(self) -> None:
        self.started: list[tuple[str, int]] = []
        self.held: dict[str, list[int]] = {}
        self.devices: list[tuple[str, ...]] = []

    def launch(self, folder: RunFolder, attempt: int, offline: bool, holding: Holding) -> None:
        assert offline
        self.started.append((folder.run_id, attempt))
        assert folder.run_id not in self.held, "one run has one trainer"
        own = take_lease(folder.lease)
        assert own is not None
        self.held[folder.run_id] = [own, *map(os.dup, holding.leases)]
        self.devices.append(holding.devices)
        record = Launch(attempt=attempt, process=this_process())
        folder.launch.write_text(record.model_dump_json())
        self._say(folder, RunStarted(attempt=attempt, pid=1, from_step=0))

    def end(self, workspace: Workspace, run_id: str) -> None:
        """The trainer stops as asked, or is killed."""
        folder = workspace.run(run_id)
        attempt = dict(self.started)[run_id]
        self._say(folder, RunStopped(attempt=attempt, step=3))
        for lease in self.held.pop(run_id):
            os.close(lease)

    @staticmethod
    def _say(folder: RunFolder, event: RunStarted | RunStopped) -> None:
        WrittenRun.of(folder).happened(event)


@pytest.fixture
def trainers(monkeypatch: pytest.MonkeyPatch) -> Iterator[Trainers]:
    """Trainers that train nothing, and no keeper: the test lets the queue go on."""
    made = Trainers()
    monkeypatch.setattr(launching, "launch", made.launch)
    monkeypatch.setattr(starting, "looked_at", lambda *given: given[2])  # is another test's matter
    monkeypatch.setattr(queue, "start_detached", lambda *_: None)
    yield made
    for leases in made.held.values():
        for lease in leases:
            os.close(lease)


def start(data: Data, **changes: object) -> Run:
    return runs.start(data.workspace, OFFLINE, data.plan("starter", **changes))


def go_on(data: Data, room: Room | None = None) -> tuple[str, ...]:
    return queue.advance(data.workspace, OFFLINE, room or Room())


def standing(data: Data) -> list[tuple[str, str, int | None]]:
    """(name, status, place) of all runs, oldest first."""
    found = sorted(runs.list_runs(data.workspace), key=lambda run: run.plan.name)
    return [(run.plan.name, run.status, run.place) for run in found]


def test_runs_wait_for_their_turn_and_say_what_for(data: Data, trainers: Trainers) -> None:
    first, second, third = (start(data, name=name) for name in "abc")
    assert standing(data) == [("a", "running", None), ("b", "queued", 1), ("c", "queued", 2)]
    assert second.waits_for == "Run 'a' is being trained."
    assert third.waits_for == "One run waits before it."
    assert second.is_live
    assert go_on(data) == ()
    trainers.end(data.workspace, first.id)
    assert go_on(data) == (second.id,)
    assert standing(data) == [("a", "stopped", None), ("b", "running", None), ("c", "queued", 1)]
    assert [run_id for run_id, _ in trainers.started] == [first.id, second.id]


def test_a_trainer_that_was_started_by_hand_counts_too(data: Data, trainers: Trainers) -> None:
    live = WrittenRun(data.workspace)
    live.happened(RunStarted(attempt=1, pid=1, from_step=0))
    lease = take_lease(live.folder.lease)
    assert lease is not None
    waiting = start(data)
    assert waiting.status == "queued"
    assert "'by hand' is being trained" in waiting.waits_for
    os.close(lease)
    assert go_on(data) == (waiting.id,)


def test_the_queue_is_reordered_and_left(data: Data, trainers: Trainers) -> None:
    first, b, c, d = (start(data, name=name) for name in "abcd")
    queue.move(data.workspace, d.id, 1)
    queue.move(data.workspace, b.id, 99)
    assert standing(data)[1:] == [("b", "queued", 3), ("c", "queued", 2), ("d", "queued", 1)]
    queue.move(data.workspace, b.id, 2)
    assert standing(data)[1:] == [("b", "queued", 2), ("c", "queued", 3), ("d", "queued", 1)]
    cancelled = runs.stop(data.workspace, d.id)
    assert (cancelled.status, cancelled.step, cancelled.began) == ("stopped", 0, False)
    assert cancelled.can_resume, "it can be put into the queue again"
    with pytest.raises(RunError, match="does not wait"):
        queue.move(data.workspace, d.id, 1)
    assert runs.resume(data.workspace, OFFLINE, d.id).place == 3
    trainers.end(data.workspace, first.id)
    assert go_on(data) == (b.id,)
    assert c.id not in dict(trainers.started)


def test_a_run_that_can_start_no_more_fails_and_the_next_has_its_turn(
    data: Data, trainers: Trainers, tmp_path: Path
) -> None:
    model = tmp_path / "model"
    shutil.copytree(STARTER_FOLDER, model)
    first = start(data, name="a")
    lost = start(data, name="b", base_model=str(model))
    last = start(data, name="c")
    shutil.rmtree(model)
    trainers.end(data.workspace, first.id)
    assert go_on(data) == (last.id,)
    failed = runs.status(data.workspace, lost.id)
    assert failed.status == "failed"
    assert failed.failure is not None
    assert "does not exist" in failed.failure.problem
    assert failed.can_resume, "once the model is back"
    shutil.copytree(STARTER_FOLDER, model)
    again = runs.resume(data.workspace, OFFLINE, lost.id)
    assert (again.status, again.place) == ("queued", 1)


def test_many_who_look_at_once_start_a_run_once(
    data: Data, trainers: Trainers, monkeypatch: pytest.MonkeyPatch
) -> None:
    gpus = tuple(f"gpu-{number}" for number in range(8))
    monkeypatch.setattr(slots, "here", lambda *_: gpus)
    away = Room(in_use=lambda: "Nobody may start now.")
    with monkeypatch.context() as patch:
        patch.setattr(queue, "advance", lambda *_: ())
        waiting = [runs.start(data.workspace, OFFLINE, data.plan("starter"), away) for _ in "abc"]
    threads = [threading.Thread(target=go_on, args=(data,)) for _ in gpus]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(trainers.started) == sorted((run.id, 1) for run in waiting)


def test_a_start_that_was_cut_off_is_made_up_for(data: Data, trainers: Trainers) -> None:
    """Killed after the folder was written: the run still waits, and whoever looks starts it."""
    run = start(data)
    folder = data.workspace.run(run.id)
    trainers.end(data.workspace, run.id)
    folder.launch.unlink()
    folder.events.unlink()
    trainers.started.clear()
    assert runs.status(data.workspace, run.id).status == "queued"
    assert go_on(data) == (run.id,)


def test_a_model_server_gives_its_memory_back_before_a_run_starts(
    data: Data, trainers: Trainers
) -> None:
    serving = True

    def stop() -> Returned:
        nonlocal serving
        serving = False
        return Returned(before_mb=12_000, after_mb=1_500)

    quick = Room(is_taken=lambda: serving)
    run = runs.start(data.workspace, OFFLINE, data.plan("starter"), quick)
    assert run.status == "queued", "nobody is kept waiting for it"
    assert "giving its memory back" in run.waits_for
    assert go_on(data, Room(is_taken=lambda: serving, make=stop)) == (run.id,)
    returned = runs.status(data.workspace, run.id).returned
    assert returned is not None
    assert returned.freed_mb == 10_500


def test_an_evaluation_is_waited_for_and_never_robbed(data: Data, trainers: Trainers) -> None:
    def robbed() -> Returned:
        raise AssertionError("the evaluation needs it")

    busy = Room(in_use=lambda: "An evaluation is at work.", is_taken=lambda: True, make=robbed)
    run = runs.start(data.workspace, OFFLINE, data.plan("starter"), busy)
    assert go_on(data, busy) == ()
    waiting = runs.status(data.workspace, run.id)
    assert (waiting.status, waiting.waits_for) == ("queued", "An evaluation is at work.")
    assert go_on(data) == (run.id,)


def test_each_gpu_has_one_run_and_the_first_is_left_for_serving(
    data: Data, trainers: Trainers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slots, "here", lambda *_: ("gpu-0", "gpu-1"))
    first, second, third = (start(data, name=name) for name in "abc")
    assert [run.status for run in (first, second, third)] == ["running", "running", "queued"]
    assert trainers.devices == [("1",), ("0",)]
    assert runs.status(data.workspace, first.id).slots == ("gpu-1",)
    trainers.end(data.workspace, first.id)
    engine = slots.take(data.workspace, ("gpu-1",), 1, "eng-1")
    assert engine is not None
    assert go_on(data) == ()
    assert "model server" in runs.status(data.workspace, third.id).waits_for
    engine.release()
    assert go_on(data) == (third.id,)


def test_a_keeper_is_started_once_and_only_when_something_waits(
    data: Data, trainers: Trainers, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []
    monkeypatch.setattr(queue, "start_detached", lambda argv, *_: asked.append(argv))
    start(data, name="a")
    assert asked == []
    start(data, name="b")
    assert [argv[-2:] for argv in asked] == [["core.queue_keeper", str(data.workspace.root)]]
    assert not queue.wake(data.workspace), "the one that was started is on its way"
    os.utime(data.workspace.keeper_mark, (1, 1))
    assert queue.wake(data.workspace), "it came to grief"
    os.utime(data.workspace.keeper_mark, (1, 1))
    lease = take_lease(data.workspace.keeper_lease)
    assert lease is not None
    assert not queue.wake(data.workspace), "one is at work"
    os.close(lease)


def test_a_cancelled_continuation_leaves_the_run_as_it_was(data: Data, trainers: Trainers) -> None:
    first = start(data, name="a")
    folder = data.workspace.run(first.id)
    trainers.end(data.workspace, first.id)
    WrittenRun.of(folder).checkpoint(3)
    start(data, name="b")
    waiting = runs.resume(data.workspace, OFFLINE, first.id)
    assert (waiting.status, waiting.place) == ("queued", 1)
    assert runs.stop(data.workspace, first.id).status == "stopped"
    held = tickets.read(folder)
    assert held is not None
    assert held.attempt == 2
    assert not lease_is_held(folder.lease)
