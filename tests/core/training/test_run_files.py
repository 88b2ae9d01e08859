"""Events, manifests and checkpoints survive dying writers and damaged disks."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path

import pytest

from core.errors import WorkspaceError
from core.training import checkpoints, events, manifests
from core.training.checkpoints import Best
from core.training.events import RunFailed, RunStarted, RunStopped
from core.training.program.journal import Journal, StopRequest
from tests.core.training.conftest import WrittenRun


def test_a_half_written_event_waits_and_a_damaged_one_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    events.append(path, RunStarted(attempt=1, pid=1, from_step=0))
    with path.open("ab") as file:
        file.write(b'{"kind": "run_sto')
    tail = events.read(path)
    assert [event.kind for event in tail.events] == ["run_started"]
    events.finish_last_line(path)
    events.append(path, RunStopped(attempt=1, step=1))
    rest = events.read(path, tail.offset)
    assert [event.kind for event in rest.events] == ["run_stopped"]
    assert rest.damaged == 1


def test_a_finished_file_needs_no_finishing(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    events.finish_last_line(path)
    assert not path.exists()
    events.append(path, RunStopped(attempt=1, step=1))
    before = path.read_bytes()
    events.finish_last_line(path)
    assert path.read_bytes() == before


def test_a_manifest_sees_every_change(written_run: WrittenRun) -> None:
    place = written_run.checkpoint(5)
    assert manifests.is_whole(place)
    assert manifests.damage(place) is None
    weights = place / "weights"
    data = bytearray(weights.read_bytes())
    data[10] ^= 1
    weights.write_bytes(data)
    assert manifests.is_whole(place), "sizes alone can't tell"
    assert "weights has other bytes" in (manifests.damage(place) or "")
    weights.write_bytes(data[:-1])
    assert not manifests.is_whole(place)
    weights.unlink()
    assert "missing" in (manifests.damage(place) or "")


@pytest.mark.parametrize("text", ["", "{", '{"files": {}}', "[]"])
def test_a_damaged_manifest_vouches_for_nothing(written_run: WrittenRun, text: str) -> None:
    place = written_run.checkpoint(5)
    (place / manifests.NAME).write_text(text)
    assert not manifests.is_whole(place)
    assert manifests.damage(place) is not None


def test_the_newest_valid_checkpoint_is_chosen_by_its_bytes(written_run: WrittenRun) -> None:
    folder = written_run.folder.checkpoints
    for step in (5, 10, 100):
        written_run.checkpoint(step)
    (folder / "checkpoint-100" / "weights").write_text("other")
    choice = checkpoints.newest_valid(folder)
    assert choice.checkpoint is not None
    assert choice.checkpoint.step == 10
    assert len(choice.skipped) == 1
    assert "checkpoint-100" in choice.skipped[0]
    checkpoints.set_aside(folder, newer_than=10)
    assert [c.step for c in checkpoints.complete(folder)] == [5, 10]


def test_a_half_written_checkpoint_is_swept_away(written_run: WrittenRun) -> None:
    written_run.checkpoint(5)
    half = written_run.folder.checkpoints / "checkpoint-9"
    half.mkdir()
    (half / "README.md").write_text("the stack writes this first")
    checkpoints.sweep(written_run.folder.checkpoints)
    assert not half.exists()
    assert checkpoints.newest_valid(written_run.folder.checkpoints).skipped == ()


def test_no_checkpoints_is_no_error(tmp_path: Path) -> None:
    assert checkpoints.newest_valid(tmp_path / "none").checkpoint is None
    checkpoints.sweep(tmp_path / "none")


def test_the_best_and_the_last_two_are_kept(written_run: WrittenRun) -> None:
    folder, history = written_run.folder.checkpoints, []
    for step, loss in ((2, 0.9), (4, 0.4), (6, 0.6), (8, 0.7), (10, 0.5)):
        written_run.checkpoint(step)
        history.append({"step": step, "eval_loss": loss})
        checkpoints.prune(folder, history)
    assert [c.step for c in checkpoints.complete(folder)] == [4, 8, 10]
    assert Best.of(history, [4, 8, 10]) == Best(4, 0.4)
    assert Best.of(history, [8, 10]) == Best(10, 0.5)
    shutil.rmtree(folder)
    assert Best.of([], []) == Best()


def test_sigterm_asks_to_stop_as_the_file_does(tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGTERM)
    stop = StopRequest(tmp_path / "STOP")
    assert not stop.asked
    (tmp_path / "STOP").touch()
    assert stop.asked
    (tmp_path / "STOP").unlink()
    os.kill(os.getpid(), signal.SIGTERM)
    assert stop.asked
    signal.signal(signal.SIGTERM, before)


def test_a_full_disk_leaves_room_for_the_last_words(
    written_run: WrittenRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal(written_run.folder, 1)
    journal.open()
    real = events.append

    def full(path: Path, event: events.Event) -> None:
        if written_run.folder.reserve.exists():
            with path.open("ab") as file:
                file.write(b'{"half')
            raise WorkspaceError("Could not append to a file: No space left on device.")
        real(path, event)

    monkeypatch.setattr(events, "append", full)
    with pytest.raises(WorkspaceError):
        journal.write(RunStopped, step=1)
    journal.last_words(RunFailed, problem="The disk is full.")
    found = events.read(written_run.folder.events)
    assert [event.kind for event in found.events] == ["run_failed"]
