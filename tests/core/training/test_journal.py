"""The journal of an attempt: whole lines from any thread, signs of life, and a last word."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.training import events
from core.training.events import (
    Heartbeat,
    PhaseChanged,
    RunStopped,
    RunSucceeded,
    StepLogged,
    WarningRaised,
)
from core.training.program import journal as journals
from core.training.program.journal import Journal
from core.workspace import RunFolder

FROM_BEFORE = (
    '{"attempt":1,"at":"2026-11-21T10:00:00Z","kind":"step_logged","step":1,"total":9,'
    '"epoch":0.1,"loss":2.5,"learning_rate":0.001,"grad_norm":1.0,"tokens_per_s":100.0,'
    '"eta_s":8.0}\n'
    '{"attempt":1,"at":"2026-11-21T10:00:01Z","kind":"evaluated","step":1,"loss":2.4}\n'
    '{"attempt":1,"at":"2026-11-21T10:00:02Z","kind":"run_succeeded","step":9,"best_step":9,'
    '"best_loss":2.0,"seconds":3.0,"changes_model":true}\n'
)


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    folder = RunFolder(tmp_path / "run-20261121-100000-ab12")
    folder.root.mkdir()
    return folder


@pytest.fixture
def journal(folder: RunFolder, monkeypatch: pytest.MonkeyPatch) -> Iterator[Journal]:
    """One that gives a sign of life after 30 ms of silence."""
    monkeypatch.setattr(journals, "QUIET_S", 0.03)
    monkeypatch.setattr(journals, "QUIET_MOST_S", 0.06)
    journal = Journal(folder, 1)
    journal.open()
    yield journal
    journal.close()


def beats(folder: RunFolder) -> list[Heartbeat]:
    return [event for event in events.read(folder.events).events if isinstance(event, Heartbeat)]


def test_events_from_before_still_say_the_same(folder: RunFolder) -> None:
    folder.events.write_text(FROM_BEFORE)
    step, _, end = found = events.read(folder.events).events
    assert len(found) == 3
    assert isinstance(step, StepLogged)
    assert (step.loss, step.rss_mb, step.metrics) == (2.5, None, {})
    assert isinstance(end, RunSucceeded)
    assert (end.best_step, end.aftercare, end.peak_gpu_mb) == (9, None, None)


def test_a_quiet_trainer_says_that_it_lives_and_in_which_phase(
    folder: RunFolder, journal: Journal
) -> None:
    journal.write(PhaseChanged, phase="preparing")
    deadline = time.monotonic() + 5
    while len(beats(folder)) < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    first, second = beats(folder)[:2]
    assert (first.phase, second.phase) == ("preparing", "preparing")
    assert second.seconds >= first.seconds >= 0
    assert first.rss_mb is not None
    assert first.rss_mb > 1
    assert first.gpu_mb is None


def test_a_busy_trainer_says_nothing_beside_its_events(folder: RunFolder) -> None:
    journal = Journal(folder, 1)
    journal._wrote -= 14
    assert journal._beat() == pytest.approx(1, abs=0.5)
    journal.write(WarningRaised, message="busy")
    assert journal._beat() == pytest.approx(journals.QUIET_S, abs=0.5)
    assert beats(folder) == []


def test_nothing_comes_after_the_last_word(folder: RunFolder, journal: Journal) -> None:
    journal.last_words(RunStopped, step=3)
    journal.write(WarningRaised, message="too late")
    time.sleep(0.1)
    assert [event.kind for event in events.read(folder.events).events] == ["run_stopped"]
    assert "heartbeat" not in [thread.name for thread in threading.enumerate()]


def test_lines_of_many_threads_stay_whole(folder: RunFolder, journal: Journal) -> None:
    def write(name: int) -> None:
        for number in range(40):
            journal.write(WarningRaised, message=f"{name}-{number}" * 50)

    threads = [threading.Thread(target=write, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    tail = events.read(folder.events)
    assert tail.damaged == 0
    assert sum(isinstance(event, WarningRaised) for event in tail.events) == 160


def test_a_run_of_days_is_not_drowned_in_heartbeats(folder: RunFolder) -> None:
    journal = Journal(folder, 1)
    journal._opened -= 2 * 86_400
    journal._wrote -= 59
    assert journal._beat() == pytest.approx(1, abs=0.5)
    journal._wrote -= 2
    assert journal._beat() == journals.QUIET_MOST_S
    assert len(beats(folder)) == 1
