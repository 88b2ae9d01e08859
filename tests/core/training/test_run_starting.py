"""What must hold before a trainer is started; a refused start leaves nothing behind."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from core.errors import DataError, DuotuneError, ModelError, PlanError, RunError, WorkspaceError
from core.settings import Settings
from core.slots import Holding
from core.training import launching, runs
from core.training.events import RunFailed, RunStarted, RunStopped, RunSucceeded
from core.workspace import RunFolder, Workspace
from tests.core.training.conftest import Data, WrittenRun, dialogue, make_data

OFFLINE = Settings(offline=True)


class Disk(NamedTuple):
    total: int
    used: int
    free: int


@pytest.mark.parametrize(
    ("changes", "error", "says"),
    [
        ({"split_fingerprint": "another"}, PlanError, "not the one that this plan was made for"),
        ({"dataset_id": "ds-000000000000"}, DataError, "no dataset"),
        ({"base_model": "/no/such/model"}, ModelError, "does not exist"),
        ({"base_model": "starter", "max_length": 100_000}, PlanError, "reads .* tokens"),
    ],
)
def test_a_plan_that_cannot_be_carried_out_is_refused(
    data: Data, changes: dict[str, object], error: type[DuotuneError], says: str
) -> None:
    plan = data.plan("starter").model_copy(update=changes)
    with pytest.raises(error, match=says):
        runs.start(data.workspace, OFFLINE, plan)
    assert runs.list_runs(data.workspace) == ()


def test_a_full_disk_is_seen_before_the_start(data: Data, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Disk(100, 99, 1))
    with pytest.raises(WorkspaceError, match="0 MB are free"):
        runs.start(data.workspace, OFFLINE, data.plan("starter"))


def test_no_train_row_is_refused(workspace: Workspace) -> None:
    data = make_data(workspace, [dialogue(n, "test") for n in range(4)])
    with pytest.raises(PlanError, match="training part of this data is empty"):
        runs.start(workspace, OFFLINE, data.plan("starter"))


def test_a_start_launches_one_trainer_and_says_starting(
    data: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    launched: list[tuple[str, int]] = []

    def launch(folder: RunFolder, attempt: int, offline: bool, holding: Holding) -> None:
        launched.append((folder.run_id, attempt))
        assert offline
        assert len(holding.leases) == len(holding.slots) == 1

    monkeypatch.setattr(launching, "launch", launch)
    run = runs.start(data.workspace, OFFLINE, data.plan("starter"))
    assert launched == [(run.id, 1)]
    assert data.workspace.run(run.id).plan.exists()


@pytest.mark.parametrize("status", ["succeeded", "failed without a checkpoint"])
def test_only_a_run_with_something_left_to_do_is_resumed(data: Data, status: str) -> None:
    run = WrittenRun(data.workspace)
    run.happened(RunStarted(attempt=1, pid=1, from_step=0))
    if status == "succeeded":
        run.adapter()
        run.checkpoint(9)
        run.happened(
            RunSucceeded(attempt=1, step=9, best_step=9, best_loss=1, seconds=1, changes_model=True)
        )
    else:
        run.happened(RunFailed(attempt=1, problem="No."))
    with pytest.raises(RunError, match=r"nothing to resume|no whole checkpoint"):
        runs.resume(data.workspace, OFFLINE, run.folder.run_id)


def test_a_run_is_not_resumed_on_another_base(data: Data, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launching, "launch", lambda *_: None)
    run = runs.start(data.workspace, OFFLINE, data.plan("starter"))
    folder = data.workspace.run(run.id)
    text = folder.job.read_text()
    from core.models import catalog

    shape = catalog.resolve("starter", None, OFFLINE).shape
    assert shape is not None
    folder.job.write_text(text.replace(shape.fingerprint, "0" * 64))
    written = WrittenRun.__new__(WrittenRun)
    written.folder = folder
    written.happened(RunStarted(attempt=1, pid=1, from_step=0), RunStopped(attempt=1, step=2))
    written.checkpoint(2)
    with pytest.raises(RunError, match="not the one that this run began with"):
        runs.resume(data.workspace, OFFLINE, run.id)


def test_the_trainer_sees_an_allow_list_of_the_environment() -> None:
    env = launching.environment(
        offline=True,
        environ={
            "PATH": "/bin",
            "HF_TOKEN": "t",
            "CUDA_VISIBLE_DEVICES": "0",
            "DUOTUNE_JUDGE_KEY": "secret",
            "OPENAI_API_KEY": "secret",
            "PYTHONPATH": "/elsewhere",
        },
    )
    assert env["PATH"] == "/bin"
    assert env["HF_TOKEN"] == "t"
    assert env["HF_HUB_OFFLINE"] == "1"
    assert "secret" not in env.values()
    assert env["PYTHONPATH"].split(os.pathsep) == [
        str(Path(runs.__file__).parents[2]),
        "/elsewhere",
    ]
