"""Real training in several processes: they learn as one, and each way of ending leaves none."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import psutil
import pytest

from core.settings import Settings
from core.training import launching, manifests, runs
from core.training.events import CheckpointSaved, Evaluated, RunStarted, StepLogged, WarningRaised
from core.training.launchers.processes import read_handle
from core.training.records import RunView
from core.workspace import Workspace
from tests.core.training.attempts import tensors
from tests.core.training.conftest import Data, dialogue, make_data

pytestmark = [pytest.mark.slow, pytest.mark.thorough]
needs_ray = pytest.mark.skipif(
    find_spec("ray") is None, reason="Ray is not installed: the `cluster` extra brings it"
)
OFFLINE = Settings(offline=True)
STEPS = 16
SAVED = tuple(range(4, STEPS + 1, 4))


@pytest.fixture(autouse=True)
def quick_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.delenv("RAY_ADDRESS", raising=False)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Data:
    workspace = Workspace.open(tmp_path_factory.mktemp("workers") / "workspace")
    parts = ["train"] * 48 + ["validation"] * 6 + ["test"] * 6
    return make_data(workspace, [dialogue(n, part) for n, part in enumerate(parts)])


class Watched:
    """A run that is waited for."""

    def __init__(self, data: Data, **changes: object) -> None:
        given = {"max_steps": STEPS, "evaluations": len(SAVED), **changes}
        self.data = data
        self.id = runs.start(data.workspace, OFFLINE, data.plan("starter", **given)).id
        self.folder = data.workspace.run(self.id)

    def until(self, seen: Callable[[RunView], object], seconds: float = 300) -> RunView:
        deadline = time.monotonic() + seconds
        while not seen(view := runs.view(self.data.workspace, self.id)):
            if time.monotonic() > deadline:
                pytest.fail(f"{view.run}\n{runs.log_tail(self.data.workspace, self.id, 60)}")
            time.sleep(0.05)
        return view

    def at_step(self, number: int) -> RunView:
        view = self.until(lambda view: view.run.step >= number or not view.run.is_live)
        assert view.run.is_live, view.run.failure
        return view

    def ended(self) -> RunView:
        """The run when it is over, once everything that it had started is gone."""
        started = self.processes()
        view = self.until(lambda view: not view.run.is_live)
        deadline = time.monotonic() + 60
        while any(map(lives, started)) or launching.poll(self.folder).state != "exited":
            assert time.monotonic() < deadline, started
            time.sleep(0.05)
        return view

    def processes(self) -> list[psutil.Process]:
        """The head of the newest attempt and all that it has started."""
        handle = read_handle(self.folder)
        assert handle is not None
        head = psutil.Process(handle.process.pid)
        return [head, *head.children(recursive=True)]

    def go_on(self) -> None:
        runs.resume(self.data.workspace, OFFLINE, self.id)


def lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def losses(view: RunView) -> dict[int, float]:
    return {e.step: e.loss for e in view.events if isinstance(e, StepLogged)}


def starts(view: RunView) -> list[RunStarted]:
    return [e for e in view.events if isinstance(e, RunStarted)]


def test_two_workers_learn_what_one_does_through_a_death_and_a_stop(shop: Data) -> None:
    alone = Watched(shop, batch_size=8)
    expected = alone.ended()
    assert expected.run.status == "succeeded", expected.run.failure

    both = Watched(shop, batch_size=4, workers=2, launcher="accelerate")
    both.at_step(5)
    ranks = {p.environ().get("RANK"): p for p in both.processes() if "RANK" in p.environ()}
    assert ranks.keys() >= {"0", "1"}
    ranks["1"].kill()
    failed = both.ended().run
    assert failed.status == "failed"
    assert failed.failure is not None
    assert failed.failure.problem == "Worker 1 of 2 was killed by SIGKILL."
    assert failed.can_resume

    both.go_on()
    both.at_step(8)
    runs.stop(shop.workspace, both.id)
    stopped = both.ended().run
    assert stopped.status == "stopped", stopped.failure
    assert 8 <= stopped.step < STEPS
    assert stopped.last_checkpoint == f"checkpoint-{stopped.step}"

    both.go_on()
    view = both.ended()
    assert view.run.status == "succeeded", view.run.failure
    begun = [event.from_step for event in starts(view)]
    assert begun[0] == 0
    assert begun[1] in SAVED
    assert begun[2] == stopped.step
    found = losses(view)
    assert found.keys() == set(range(1, STEPS + 1)), "no hole in the curve"
    for step, loss in losses(expected).items():
        assert found[step] == pytest.approx(loss, abs=1e-4), f"step {step}"
    assert {e.step for e in view.events if isinstance(e, Evaluated)} >= set(SAVED)
    name = "adapter_model.safetensors"
    assert tensors(both.folder.adapter / name).keys() == tensors(alone.folder.adapter / name).keys()


@needs_ray
def test_ray_starts_lost_workers_again_and_the_run_completes(shop: Data) -> None:
    run = Watched(shop, batch_size=4, workers=2, launcher="ray")
    view = run.at_step(6)
    assert any(isinstance(event, CheckpointSaved) for event in view.events)
    own = [Path(p.cwd()) for p in run.processes() if p.name().startswith("ray::")]
    assert own, "the workers are below the process that was started"
    os.kill(starts(view)[-1].pid, signal.SIGKILL)
    done = run.ended()
    assert done.run.status == "succeeded", done.run.failure
    assert done.run.attempt == 1
    begun = [event.from_step for event in starts(done)]
    assert begun[0] == 0
    assert begun[1] in SAVED
    assert losses(done).keys() == set(range(1, STEPS + 1)), "no hole in the curve"
    told = [event.message for event in done.events if isinstance(event, WarningRaised)]
    assert any("Worker 0 of 2 was lost" in message for message in told), told
    assert manifests.damage(run.folder.adapter) is None


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[psutil.Process]:
    """A Ray cluster that is not ours, of this machine alone."""
    with socket.socket() as free:
        while True:
            free.bind(("127.0.0.1", 0))
            if (port := free.getsockname()[1]) > 20_000:  # below are Ray's own
                break
    folder = tempfile.mkdtemp(prefix="r", dir="/tmp")
    command = [
        *(sys.executable, "-m", "ray.scripts.scripts", "start", "--head", "--block"),
        *("--node-ip-address=127.0.0.1", f"--port={port}", "--include-dashboard=false"),
        *("--num-cpus=2", "--object-store-memory=100000000", f"--temp-dir={folder}"),
    ]
    env = {**os.environ, "RAY_USAGE_STATS_ENABLED": "0", "RAY_memory_monitor_refresh_ms": "0"}
    with (Path(folder) / "start.log").open("wb") as log:
        process = subprocess.Popen(command, env=env, stdout=log, stderr=log)
    head = psutil.Process(process.pid)
    monkeypatch.setenv("RAY_ADDRESS", f"127.0.0.1:{port}")
    deadline = time.monotonic() + 180
    while "--block" not in (Path(folder) / "start.log").read_text():
        assert time.monotonic() < deadline
        assert process.poll() is None, (Path(folder) / "start.log").read_text()
        time.sleep(0.1)
    yield head
    started = head.children(recursive=True)
    process.terminate()
    psutil.wait_procs(started, timeout=10)
    for one in (head, *started):
        if lives(one):
            one.kill()
    process.wait(timeout=30)
    shutil.rmtree(folder, ignore_errors=True)


@needs_ray
def test_a_stop_on_a_cluster_saves_and_leaves_no_process_of_ours(
    shop: Data, cluster: psutil.Process
) -> None:
    run = Watched(shop, batch_size=4, launcher="ray")
    pid = starts(run.at_step(2))[-1].pid
    assert pid in [child.pid for child in cluster.children(recursive=True)]
    runs.stop(shop.workspace, run.id)
    view = run.ended()
    assert view.run.status == "stopped", view.run.failure
    assert view.run.last_checkpoint == f"checkpoint-{view.run.step}"
    assert losses(view).keys() == set(range(1, view.run.step + 1))
    assert lives(cluster), "a cluster that we did not start is not ours to stop"
    deadline = time.monotonic() + 30
    while psutil.pid_exists(pid) and lives(psutil.Process(pid)):
        assert time.monotonic() < deadline, "the worker is still there"
        time.sleep(0.1)
