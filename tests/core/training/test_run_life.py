"""Real runs in a queue: one is killed, the next begins by itself, and is extended when done."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from core import slots
from core.settings import Settings
from core.training import logs, runs
from core.training.events import RunStarted, StepLogged
from core.training.plan import TrainingPlan
from core.training.records import Run, RunView
from core.workspace import Workspace
from tests.core.training.conftest import Data

pytestmark = [pytest.mark.slow, pytest.mark.thorough]
OFFLINE = Settings(offline=True)


def wait(data: Data, run_id: str, until: Callable[[RunView], object], seconds: float = 120) -> Run:
    """The run once `until` holds; nothing but its own folder is looked at meanwhile."""
    deadline = time.monotonic() + seconds
    while not until(view := runs.view(data.workspace, run_id)):
        if time.monotonic() > deadline:
            said = logs.tail(data.workspace.run(run_id), 40)
            pytest.fail(f"{view.run}\n{said}\n{keeper_log(data.workspace)}")
        time.sleep(0.05)
    return view.run


def keeper_log(workspace: Workspace) -> str:
    path = workspace.runs / "keeper.log"
    return path.read_text() if path.exists() else "no keeper"


def ended(view: RunView) -> bool:
    return not view.run.is_live


def test_a_queue_goes_on_by_itself_and_its_last_run_is_extended(
    data: Data, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    plan = data.plan(str(tiny_model), epochs=1.0, evaluations=1)
    first = runs.start(data.workspace, OFFLINE, plan.edited({"name": "first", "epochs": 100}))
    assert (first.status, first.phase) == ("starting", "launching")
    began = time.monotonic()
    second = runs.start(data.workspace, OFFLINE, plan.edited({"name": "second"}))
    assert time.monotonic() - began < 2
    assert (second.status, second.place) == ("queued", 1)
    wait(data, first.id, lambda view: view.run.step >= 1)
    assert slots.holder(data.workspace, "cpu") == first.id
    events = runs.view(data.workspace, first.id).events
    started = next(event for event in events if isinstance(event, RunStarted))
    os.kill(started.pid, signal.SIGKILL)  # it can't start its successor
    wait(data, first.id, ended, seconds=10)
    done = wait(data, second.id, ended)
    assert runs.status(data.workspace, first.id).status == "interrupted"
    assert (done.status, done.step, done.total_steps) == ("succeeded", 12, 12), done.failure
    _wait_for_keepers_end(data.workspace)
    _extend(data, done)


def _wait_for_keepers_end(workspace: Workspace) -> None:
    deadline = time.monotonic() + 20
    while any(str(workspace.root) in process.cmdline() for process in keepers()):
        assert time.monotonic() < deadline, "it lives only as long as anything waits"
        time.sleep(0.1)


def keepers() -> list[psutil.Process]:
    found = psutil.process_iter(["cmdline"])
    return [each for each in found if "core.queue_keeper" in (each.info["cmdline"] or [])]


def _extend(data: Data, done: Run) -> None:
    """One more epoch, from where it ended, under a new schedule."""
    found = runs.continuation(data.workspace, done.id, 1)
    assert (found.from_step, found.total_steps, found.remaining_steps) == (12, 24, 12)
    runs.resume(data.workspace, OFFLINE, done.id, extend=1)
    longer = wait(data, done.id, ended)
    assert (longer.status, longer.attempt, longer.step) == ("succeeded", 2, 24), longer.failure
    assert longer.start_step == 12
    events = runs.view(data.workspace, done.id).events
    rates = {e.step: e.learning_rate for e in events if isinstance(e, StepLogged)}
    peak = done.plan.learning_rate
    assert sorted(rates) == list(range(1, 25))
    assert rates[12] < 0.1 * peak, "the first schedule had spent it"
    assert max(rates[step] for step in (14, 15)) == pytest.approx(peak, rel=0.1)
    assert rates[24] < 0.1 * peak
    agreed = data.workspace.run(done.id).root / "plan-until-attempt-1.json"
    assert TrainingPlan.model_validate_json(agreed.read_bytes()).epochs == 1
    assert longer.plan.epochs == 2
