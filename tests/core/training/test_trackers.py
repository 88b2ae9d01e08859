"""Trackers get the curves in the run folder, and can't harm the run whatever they do."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from core.training import events
from core.training.events import WarningRaised
from core.training.program.journal import Journal
from tests.core.training.conftest import Data, WrittenRun
from tests.core.training.training_rig import make_rig

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def environment_as_before() -> Iterator[None]:
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


def warnings(run: WrittenRun) -> list[str]:
    return [e.message for e in events.read(run.folder.events).events if type(e) is WarningRaised]


class Fake:
    """A tracker that does as it is told."""

    def __init__(self, fails_at: int = 99, hangs: bool = False) -> None:
        self.got: list[tuple[str, int, Any]] = []
        self.fails_at, self.hangs = fails_at, hangs
        self.threads: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("on_"):
            raise AttributeError(name)

        def hook(args: Any, state: Any, _control: Any, **given: Any) -> None:
            self.threads.add(threading.current_thread().name)
            self.got.append((name, state.global_step, given.get("logs")))
            assert (args.run_name, args.project) == ("a name run-1", "duotune")
            if self.hangs:
                time.sleep(30)
            if state.global_step >= self.fails_at:
                raise ConnectionError("no route to host")

        return hook


def played(run: WrittenRun, fakes: dict[Any, Fake]) -> Any:
    """Hand three logged steps to trackers, as training does: it changes its objects in place."""
    from core.training.program.trackers import Trackers

    made: dict[Any, Any] = {name: lambda fake=fake: fake for name, fake in fakes.items()}
    trackers = Trackers(made, "a name run-1", Journal(run.folder, 1))
    args: Any = SimpleNamespace(run_name=None, project="huggingface")
    state: Any = SimpleNamespace(global_step=0)
    control: Any = None
    trackers.on_train_begin(args, state, control, model=None)
    for step in (1, 2, 3):
        state.global_step = step
        logs = {"loss": 1.0 / step}
        trackers.on_log(args, state, control, model=None, logs=logs)
        logs.clear()
        time.sleep(0.02)
    trackers.on_train_end(args, state, control, model=None)
    assert args.run_name is None, "training's own arguments stay as they are"
    return trackers


def test_a_tracker_gets_all_in_order_in_a_thread_of_its_own(written_run: WrittenRun) -> None:
    fake = Fake()
    played(written_run, {"trackio": fake})
    assert fake.got == [
        ("on_train_begin", 0, None),
        *(("on_log", step, {"loss": 1.0 / step}) for step in (1, 2, 3)),
        ("on_train_end", 3, None),
    ]
    assert fake.threads == {"tracker trackio"}
    assert warnings(written_run) == []


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_tracker_that_raises_is_told_once_and_the_others_go_on(written_run: WrittenRun) -> None:
    bad, good = Fake(fails_at=2), Fake()
    played(written_run, {"wandb": bad, "tensorboard": good})
    assert len(good.got) == 5
    assert bad.got[-1][1] == 2
    (message,) = warnings(written_run)
    assert "The tracker wandb failed (ConnectionError: no route to host)" in message
    assert "goes on" in message


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_tracker_that_can_not_even_start_is_told(written_run: WrittenRun) -> None:
    from core.training.program.trackers import Trackers

    def make() -> Any:
        raise RuntimeError("requires mlflow to be installed")

    trackers = Trackers({"mlflow": make}, "x", Journal(written_run.folder, 1))
    trackers.close()
    (message,) = warnings(written_run)
    assert "mlflow failed (RuntimeError: requires mlflow" in message


def test_a_tracker_that_hangs_does_not_hold_the_run(
    written_run: WrittenRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.training.program import trackers

    monkeypatch.setattr(trackers, "PATIENCE_S", 0.2)
    began = time.monotonic()
    played(written_run, {"wandb": Fake(hangs=True)})
    assert time.monotonic() - began < 5
    (message,) = warnings(written_run)
    assert "did not finish in time" in message


def test_a_tracker_that_is_not_installed_is_told_and_left_out(
    data: Data, written_run: WrittenRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.training.program import trackers

    journal = Journal(written_run.folder, 1)
    plan = data.plan("tiny")
    assert trackers.callback(plan, written_run.folder, journal) is None
    assert warnings(written_run) == [], "off by default"
    monkeypatch.setattr(trackers, "find_spec", lambda name: None)
    plan = data.plan("tiny", trackers=("mlflow", "wandb"))
    assert trackers.callback(plan, written_run.folder, journal) is None
    assert [text.split()[2] for text in warnings(written_run)] == ["mlflow", "wandb"]
    assert "not installed" in warnings(written_run)[0]


def test_all_stays_in_the_run_folder_unless_the_person_wishes_otherwise(
    data: Data, written_run: WrittenRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.training.program import trackers

    monkeypatch.setattr(trackers, "find_spec", lambda name: True)
    monkeypatch.setattr(trackers, "_integration", lambda name: Fake)
    monkeypatch.setenv("WANDB_MODE", "online")
    for name in ("TRACKIO_DIR", "MLFLOW_TRACKING_URI", "TENSORBOARD_LOGGING_DIR"):
        monkeypatch.delenv(name, raising=False)
    folder = written_run.folder
    plan = data.plan("tiny", trackers=("wandb",))
    found = trackers.callback(plan, folder, Journal(folder, 1))
    assert found is not None
    found.close()
    assert os.environ["WANDB_MODE"] == "online"
    assert os.environ["TRACKIO_DIR"] == str(folder.root / "trackio")
    assert os.environ["MLFLOW_TRACKING_URI"] == (folder.root / "mlruns").as_uri()
    assert os.environ["TENSORBOARD_LOGGING_DIR"] == str(folder.root / "tensorboard")


@pytest.mark.skipif(
    not all(map(find_spec, ("tensorboard", "trackio"))), reason="the extra [trackers] is not there"
)
def test_tensorboard_and_trackio_hold_the_curves_of_a_real_run(
    data: Data, tiny_model: Path
) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    from core.training.program import trackers

    plan = data.plan(str(tiny_model), max_steps=3, trackers=("tensorboard", "trackio"))
    rig = make_rig(data, tiny_model, plan)
    callback = trackers.callback(plan, rig.folder, rig.journal)
    rig.trainer.add_callback(callback)
    rig.trainer.evaluate()
    rig.trainer.train()
    assert [event.message for event in rig.told(WarningRaised)] == []
    board = EventAccumulator(str(rig.folder.root / "tensorboard"))
    board.Reload()
    losses = [(point.step, point.value) for point in board.Scalars("train/loss")]
    assert [step for step, _ in losses] == [1, 2, 3]
    assert "eval/loss" in board.Tags()["scalars"]
    database = rig.folder.root / "trackio" / "duotune.db"
    with sqlite3.connect(database) as connection:
        names = connection.execute("select distinct run_name from metrics").fetchall()
        rows = connection.execute("select metrics from metrics").fetchall()
    assert names == [(f"a run {rig.folder.run_id}",)]
    assert sum("train/loss" in str(row[0]) for row in rows) == 3
