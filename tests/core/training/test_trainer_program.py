"""The real trainer program on a tiny model: train, stop, die, resume, fail, and say so."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from safetensors import safe_open

from core.disk import take_lease
from core.settings import Settings
from core.training import launching, manifests, parity, runs
from core.training.events import (
    CheckpointSaved,
    DataPrepared,
    Evaluated,
    RunStarted,
    StepLogged,
    WarningRaised,
)
from core.training.plan import TrainingPlan
from core.training.records import Run, RunView
from core.workspace import RunFolder, Workspace
from tests.core.training.conftest import Data, dialogue, make_data

pytestmark = pytest.mark.slow
OFFLINE = Settings(offline=True)
STEPS = 60


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Data:
    """One workspace for the whole module, so that runs can be compared."""
    workspace = Workspace.open(tmp_path_factory.mktemp("trainer") / "workspace")
    parts = ["train"] * 48 + ["validation"] * 6 + ["test"] * 6
    return make_data(workspace, [dialogue(n, part) for n, part in enumerate(parts)])


def wait(data: Data, run_id: str, until: Callable[[RunView], object], seconds: float = 300) -> Run:
    """The run once `until` holds of its view."""
    deadline = time.monotonic() + seconds
    while not until(view := runs.view(data.workspace, run_id)):
        if time.monotonic() > deadline:
            pytest.fail(f"{view.run}\n{runs.log_tail(data.workspace, run_id, 40)}")
        time.sleep(0.02)
    return view.run


def trainer_pid(data: Data, run_id: str) -> int:
    events = runs.view(data.workspace, run_id).events
    return next(e.pid for e in reversed(events) if isinstance(e, RunStarted))


def ended(view: RunView) -> bool:
    return not view.run.is_live


def at_step(number: int) -> Callable[[RunView], bool]:
    return lambda view: view.run.step >= number or not view.run.is_live


def train(data: Data, plan: TrainingPlan) -> tuple[Run, RunFolder]:
    """A run from start to end."""
    run = runs.start(data.workspace, OFFLINE, plan)
    return wait(data, run.id, ended), data.workspace.run(run.id)


def adapter_tensors(folder: RunFolder) -> dict[str, bytes]:
    with safe_open(folder.adapter / "adapter_model.safetensors", "numpy") as file:
        return {name: file.get_tensor(name).tobytes() for name in file.keys()}  # noqa: SIM118


def plan_of(data: Data, model: Path, **changes: object) -> TrainingPlan:
    return data.plan(str(model), max_steps=STEPS, dropout=0.1, **changes)


@pytest.fixture(scope="module")
def whole(shop: Data, tiny_model: Path) -> tuple[Run, RunFolder]:
    """A run that nothing disturbed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_NUM_THREADS", "1")
        return train(shop, plan_of(shop, tiny_model))


def test_a_run_trains_and_publishes_a_checked_adapter(
    shop: Data, whole: tuple[Run, RunFolder]
) -> None:
    run, folder = whole
    assert run.status == "succeeded", run.failure
    assert run.result is not None
    assert run.result.changes_model
    events = runs.view(shop.workspace, run.id).events
    steps = [e for e in events if isinstance(e, StepLogged)]
    assert [e.step for e in steps] == list(range(1, STEPS + 1))
    assert steps[-1].loss < steps[0].loss
    losses = {e.step: e.loss for e in events if isinstance(e, Evaluated)}
    assert set(losses) == {0, 20, 40, 60}
    best = min(loss for step, loss in losses.items() if step)
    assert run.result.best_loss == best
    prepared = next(e for e in events if isinstance(e, DataPrepared))
    assert (prepared.train_rows, prepared.validation_rows) == (48, 6)
    assert 0 < prepared.supervised_tokens < prepared.train_tokens
    assert run.plan.mask_sha256 is not None
    told = [e.message for e in events if isinstance(e, WarningRaised)]
    assert not any("marks other tokens" in message for message in told), "the app saw the same"
    assert manifests.damage(folder.adapter) is None
    record = parity.load(folder.parity)
    assert record.probes
    assert record.trained_change > 0
    assert {e.name for e in events if isinstance(e, CheckpointSaved)} == {
        f"checkpoint-{step}" for step in (20, 40, 60)
    }


def test_what_is_published_names_no_path_of_this_machine(whole: tuple[Run, RunFolder]) -> None:
    _, folder = whole
    names = {path.name for path in folder.adapter.iterdir()}
    assert {"adapter_model.safetensors", "adapter_config.json", "README.md"} <= names
    assert {"tokenizer.json", "chat_template.jinja"} <= names
    assert not any(name.endswith((".bin", ".pt", ".pth")) for name in names)
    for path in folder.adapter.iterdir():
        if path.suffix != ".safetensors":
            assert str(folder.root.parents[2]) not in path.read_text(encoding="utf-8"), path.name
    config = json.loads((folder.adapter / "adapter_config.json").read_text())
    assert config["base_model_name_or_path"] == "tiny"


def test_stopped_then_killed_then_damaged_it_still_ends_with_the_same_weights(
    shop: Data, tiny_model: Path, whole: tuple[Run, RunFolder]
) -> None:
    run = runs.start(shop.workspace, OFFLINE, plan_of(shop, tiny_model))
    folder = shop.workspace.run(run.id)
    wait(shop, run.id, at_step(5))
    runs.stop(shop.workspace, run.id)
    stopped = wait(shop, run.id, ended)
    assert stopped.status == "stopped"
    assert 5 <= stopped.step < STEPS
    assert stopped.last_checkpoint == f"checkpoint-{stopped.step}"
    assert not folder.adapter.exists()

    runs.resume(shop.workspace, OFFLINE, run.id)
    wait(shop, run.id, at_step(41))
    os.kill(trainer_pid(shop, run.id), signal.SIGKILL)
    killed = wait(shop, run.id, ended, seconds=10)
    assert (killed.status, killed.last_checkpoint) == ("interrupted", "checkpoint-40")
    weights = folder.checkpoints / "checkpoint-40" / "adapter_model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-50:] = bytes(50)
    weights.write_bytes(data)

    runs.resume(shop.workspace, OFFLINE, run.id)
    resumed = wait(shop, run.id, ended)
    assert (resumed.status, resumed.attempt) == ("succeeded", 3), resumed.failure
    events = runs.view(shop.workspace, run.id).events
    assert [e.from_step for e in events if isinstance(e, RunStarted)] == [0, stopped.step, 20]
    told = [e.message for e in events if isinstance(e, WarningRaised)]
    assert any("checkpoint-40 can't be used" in message for message in told)
    assert adapter_tensors(folder) == adapter_tensors(whole[1])


@pytest.mark.thorough
def test_no_step_makes_an_adapter_that_changes_nothing(shop: Data, tiny_model: Path) -> None:
    run, folder = train(shop, shop.plan(str(tiny_model), max_steps=0))
    assert run.status == "succeeded", run.failure
    assert run.result is not None
    assert run.result.changes_model is False
    assert run.result.best_step is None
    assert parity.load(folder.parity).trained_change == 0
    with safe_open(folder.adapter / "adapter_model.safetensors", "numpy") as file:
        changing = [name for name in file.keys() if "lora_B" in name]  # noqa: SIM118
        assert changing
        assert not any(file.get_tensor(name).any() for name in changing)


@pytest.mark.thorough
def test_a_base_with_broken_weights_fails_and_publishes_nothing(
    shop: Data, made_models: Path
) -> None:
    run, folder = train(shop, plan_of(shop, made_models / "poisoned"))
    assert run.status == "failed"
    assert run.failure is not None
    assert "nan" in run.failure.problem
    assert "learning rate" in run.failure.fix
    assert not folder.adapter.exists()
    assert "Traceback" not in run.failure.problem


@pytest.mark.thorough
def test_a_full_disk_is_said_in_a_sentence(
    shop: Data, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def limited(
        argv: list[str], log: Path, env: dict[str, str], leases: Sequence[int] = ()
    ) -> object:
        limits = (100_000, resource.RLIM_INFINITY)
        with log.open("ab") as output:
            process = subprocess.Popen(
                argv,
                start_new_session=True,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=env,
                pass_fds=tuple(leases),
                preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limits),
            )
        import psutil

        from core.processes import ProcessId

        return ProcessId(pid=process.pid, started=psutil.Process(process.pid).create_time())

    monkeypatch.setattr("core.training.launchers.processes.start_detached", limited)
    run, folder = train(shop, plan_of(shop, tiny_model))
    assert run.status == "failed"
    assert run.failure is not None
    assert "disk is full" in run.failure.problem
    assert "resume" in run.failure.fix
    assert not folder.adapter.exists()


def test_a_second_trainer_leaves_at_once(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run-20261121-100000-ab12")
    lease = take_lease(folder.lease)
    assert lease is not None
    argv = [sys.executable, "-m", "core.training.trainer", str(folder.root)]
    done = subprocess.run(argv, env=launching.environment(offline=True), check=False)
    os.close(lease)
    assert done.returncode == 75
    assert not folder.events.exists()


def test_a_trainer_waits_out_a_reader_that_looks_at_the_lease(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run-20261121-100000-ab12")
    folder.root.mkdir()
    lease = take_lease(folder.lease)
    assert lease is not None
    argv = [sys.executable, "-m", "core.training.trainer", str(folder.root)]
    process = subprocess.Popen(argv, env=launching.environment(offline=True))
    time.sleep(1.0)
    os.close(lease)
    assert process.wait(timeout=60) == 1, "it got the lease, then found no job"
    assert "run_failed" in folder.events.read_text()
