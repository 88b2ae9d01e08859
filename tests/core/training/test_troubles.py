"""What really goes wrong, done to the real trainer: each has its own card, and nothing is lost."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from statistics import median

import psutil
import pytest

from core.errors import DuotuneError
from core.processes import ProcessId, start_detached
from core.training import checkpoints, launching, runs
from core.training.doctor.diagnosing import Diagnosis, diagnose
from core.training.events import StepLogged
from core.training.plan import TrainingPlan
from core.training.records import Run
from core.workspace import RunFolder, Workspace
from tests.core.training.conftest import Data, dialogue, make_data
from tests.core.training.test_trainer_program import (
    OFFLINE,
    adapter_tensors,
    at_step,
    ended,
    train,
    trainer_pid,
    wait,
)

pytestmark = [pytest.mark.slow, pytest.mark.thorough]
ROOT = Path(__file__).parents[3]
STEPS = 90
SMALL_DISK = 96 << 20
LOG_BYTES = 1 << 20


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


def rows() -> list[dict[str, object]]:
    parts = ["train"] * 48 + ["validation"] * 6 + ["test"] * 6
    return [dialogue(n, part) for n, part in enumerate(parts)]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Data:
    workspace = Workspace.open(tmp_path_factory.mktemp("troubles") / "workspace")
    return make_data(workspace, rows())


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Data]:
    """The same data in a workspace on a disk of its own, too small for much."""
    place = tmp_path / "disk"
    place.mkdir()
    argv = ["mount", "-t", "tmpfs", "-o", f"size={SMALL_DISK}", "none", str(place)]
    if subprocess.run(argv, capture_output=True, check=False).returncode:
        pytest.skip("a small disk can't be mounted here")
    try:
        yield make_data(Workspace.open(place / "workspace"), rows())
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.fixture(scope="module")
def calm(shop: Data, tiny_model: Path) -> dict[str, bytes]:
    """The weights of a run that nothing disturbed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_NUM_THREADS", "1")
        run, folder = train(shop, plan_of(shop, tiny_model))
    assert run.status == "succeeded", run.failure
    return adapter_tensors(folder)


def plan_of(data: Data, model: Path, **changes: object) -> TrainingPlan:
    return data.plan(str(model), max_steps=STEPS, dropout=0.1, **changes)


def card(data: Data, run: Run) -> Diagnosis:
    found = diagnose(data.workspace.run(run.id), run)
    assert found is not None, run
    return found


def until_first_checkpoint(data: Data, plan: TrainingPlan) -> Run:
    run = runs.start(data.workspace, OFFLINE, plan)
    return wait(data, run.id, lambda view: view.run.last_checkpoint or not view.run.is_live)


def fill(place: Path, left: int) -> Path:
    """Take all of a disk but so many bytes."""
    filler = place / "filler"
    with filler.open("wb") as file:
        while (free := shutil.disk_usage(place).free) > left:
            file.write(bytes(min(free - left, 1 << 20)))
            file.flush()
    return filler


@pytest.mark.parametrize("left", [120_000, 0], ids=["at a checkpoint", "at an event"])
def test_a_disk_that_runs_full_costs_no_checkpoint(
    small_disk: Data, tiny_model: Path, calm: dict[str, bytes], left: int
) -> None:
    place = small_disk.workspace.root.parent
    run = until_first_checkpoint(small_disk, plan_of(small_disk, tiny_model))
    assert run.is_live, run.failure
    filler = fill(place, left)
    failed = wait(small_disk, run.id, ended, seconds=60)
    assert failed.status == "failed"
    assert card(small_disk, failed).signature == "disk_full"
    kept = checkpoints.complete(small_disk.workspace.run(run.id).checkpoints)
    assert kept
    assert failed.last_checkpoint == kept[-1].path.name
    filler.unlink()
    runs.resume(small_disk.workspace, OFFLINE, run.id)
    assert wait(small_disk, run.id, ended).status == "succeeded"
    assert adapter_tensors(small_disk.workspace.run(run.id)) == calm


def test_memory_that_runs_out_is_told_and_gone_on_from(
    shop: Data, tiny_model: Path, calm: dict[str, bytes]
) -> None:
    run = until_first_checkpoint(shop, plan_of(shop, tiny_model))
    trainer = psutil.Process(trainer_pid(shop, run.id))
    now = trainer.memory_info().vms
    trainer.rlimit(resource.RLIMIT_AS, (now, now))  # what it asks for from now on is refused
    failed = wait(shop, run.id, ended, seconds=60)
    assert failed.status == "failed", failed
    assert card(shop, failed).signature == "memory_full", failed.failure
    runs.resume(shop.workspace, OFFLINE, run.id)
    assert wait(shop, run.id, ended).status == "succeeded"
    assert adapter_tensors(shop.workspace.run(run.id)) == calm


def test_a_run_that_the_system_killed_says_so(shop: Data, tiny_model: Path) -> None:
    run = until_first_checkpoint(shop, plan_of(shop, tiny_model))
    os.killpg(trainer_pid(shop, run.id), signal.SIGKILL)
    killed = wait(shop, run.id, ended, seconds=10)
    assert killed.status == "interrupted"
    found = card(shop, killed)
    assert (found.signature, found.remedy and found.remedy.kind) == ("killed", "continue")


def test_a_base_model_that_went_away_is_told_before_anything_starts(
    shop: Data, tiny_model: Path, tmp_path: Path
) -> None:
    base = shutil.copytree(tiny_model, tmp_path / "base")
    run = until_first_checkpoint(shop, plan_of(shop, base))
    runs.stop(shop.workspace, run.id)
    stopped = wait(shop, run.id, ended)
    away = base.rename(tmp_path / "away")
    with pytest.raises(DuotuneError, match="base") as told:
        runs.resume(shop.workspace, OFFLINE, run.id)
    assert told.value.fix
    assert runs.status(shop.workspace, run.id) == stopped, "nothing of the run was touched"
    away.rename(base)
    runs.resume(shop.workspace, OFFLINE, run.id)
    assert wait(shop, run.id, ended).status == "succeeded"


def test_a_base_model_that_goes_while_it_is_loaded_has_its_card(
    shop: Data, tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = shutil.copytree(tiny_model, tmp_path / "base")
    real = launching.launch

    def after_it_went(folder: RunFolder, *given: object) -> None:
        base.rename(tmp_path / "away")
        real(folder, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(launching, "launch", after_it_went)
    run, folder = train(shop, plan_of(shop, base))
    assert run.status == "failed"
    assert card(shop, run).signature == "model_missing", run.failure
    assert not folder.adapter.exists()


NOISY = """
import runpy, sys, threading, time
def chatter():
    while True:
        print("x" * 8000, flush=True)
        time.sleep(0.02)
threading.Thread(target=chatter, daemon=True).start()
runpy.run_module("core.training.trainer", run_name="__main__", alter_sys=True)
"""


def test_a_log_that_nobody_reads_holds_up_no_step(
    shop: Data, tiny_model: Path, calm: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = start_detached

    def noisy(argv: list[str], *given: object) -> ProcessId:
        return real([argv[0], "-P", "-c", NOISY, argv[-1]], *given)  # type: ignore[arg-type]

    monkeypatch.setattr("core.training.launchers.processes.start_detached", noisy)
    run = runs.start(shop.workspace, OFFLINE, plan_of(shop, tiny_model))
    folder = shop.workspace.run(run.id)
    while runs.status(shop.workspace, run.id).is_live:  # looks at the state, reads no log
        time.sleep(0.5)
    view = runs.view(shop.workspace, run.id)
    assert view.run.status == "succeeded", view.run.failure
    assert folder.log.stat().st_size > LOG_BYTES
    steps = [event for event in view.events if isinstance(event, StepLogged)]
    assert [event.step for event in steps] == list(range(1, STEPS + 1))
    gaps = [(late.at - early.at).total_seconds() for early, late in pairwise(steps)]
    assert max(gaps) < 20 * median(gaps) + 2, "a stall: the steps must come evenly"
    assert adapter_tensors(folder) == calm


APP = """
import sys, time
from pathlib import Path
from core.actions import Actions
from core.settings import Settings
from core.training.plan import TrainingPlan
from core.workspace import Workspace
actions = Actions(Workspace.open(Path(sys.argv[1])), Settings(home=Path(sys.argv[1]), offline=True))
if len(sys.argv) > 2:
    print(actions.start_training(TrainingPlan.model_validate_json(sys.argv[2])).id, flush=True)
while True:
    for run in actions.runs():
        actions.run(run.id)
    time.sleep(0.1)
"""


def app(data: Data, *given: str) -> subprocess.Popen[str]:
    """What an open app does to a workspace: it starts a run, and looks at all of them."""
    argv = [sys.executable, "-c", APP, str(data.workspace.root), *given]
    return subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def one_alive(data: Data, ids: list[str]) -> bool:
    at_work = [each for each in ids if runs.status(data.workspace, each).is_at_work]
    return len(at_work) <= 1


def test_an_app_that_is_killed_and_started_again_finds_its_run_whole(
    shop: Data, tiny_model: Path, calm: dict[str, bytes]
) -> None:
    first = app(shop, plan_of(shop, tiny_model).model_dump_json())
    assert first.stdout is not None
    run_id = first.stdout.readline().strip()
    wait(shop, run_id, at_step(20))
    first.kill()
    first.wait()
    time.sleep(1)
    again = app(shop)
    try:
        run = wait(shop, run_id, ended)
    finally:
        again.kill()
        again.wait()
    assert (run.status, run.attempt) == ("succeeded", 1), run.failure
    events = runs.view(shop.workspace, run_id).events
    assert [e.step for e in events if isinstance(e, StepLogged)] == list(range(1, STEPS + 1))
    assert adapter_tensors(shop.workspace.run(run_id)) == calm


def test_two_apps_on_one_workspace_train_one_run_after_the_other(
    shop: Data, tiny_model: Path, calm: dict[str, bytes]
) -> None:
    plan = plan_of(shop, tiny_model).model_dump_json()
    apps = [app(shop, plan), app(shop, plan)]
    try:
        ids = [each.stdout.readline().strip() for each in apps if each.stdout]
        assert len(set(ids)) == 2
        over: Callable[[str], bool] = lambda each: not runs.status(shop.workspace, each).is_live  # noqa: E731
        deadline = time.monotonic() + 300
        while not all(map(over, ids)):
            assert one_alive(shop, ids), "two trainers at once on one machine"
            assert time.monotonic() < deadline
            time.sleep(0.05)
    finally:
        for each in apps:
            each.kill()
            each.wait()
    for run_id in ids:
        assert runs.status(shop.workspace, run_id).status == "succeeded"
        assert adapter_tensors(shop.workspace.run(run_id)) == calm
