"""What each launcher refuses, shows of the environment, and answers about what it started."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from core import slots
from core.disk import take_lease
from core.errors import PlanError
from core.processes import ProcessId, is_alive, start_detached
from core.training import launching
from core.training.events import RunFailed, RunStarted, RunStopped
from core.training.job import Launch
from core.training.launchers import JobSpec
from core.training.launchers.accelerate import AccelerateLauncher
from core.training.launchers.environment import environment
from core.training.launchers.local import LocalLauncher
from core.training.launchers.processes import ProcessLauncher
from core.training.launchers.ray import RayLauncher
from core.training.plan import TrainingPlan
from tests.core.training.conftest import WrittenRun

NOBODY = ProcessId(pid=2**22 - 1, started=1.0)
GONE = Launch(attempt=1, process=NOBODY)
ENVIRON = {
    "PATH": "/bin",
    "HF_TOKEN": "t",
    "OPENAI_API_KEY": "secret",
    "WANDB_API_KEY": "w",
    "GLOO_SOCKET_IFNAME": "eth7",
    "RAY_RUNTIME_ENV_HOOK": "h",
}


def plan(**changes: object) -> TrainingPlan:
    given = {"name": "x", "dataset_id": "ds", "split_fingerprint": "f", "base_model": "starter"}
    return TrainingPlan.model_validate({**given, **changes})


def spec(folder: Path, **changes: object) -> JobSpec:
    return JobSpec(attempt=1, folder=folder, plan=plan(**changes), offline=True)


@pytest.fixture
def gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two GPUs here."""
    monkeypatch.setattr(slots, "devices", lambda: ("0", "1"))


@pytest.fixture
def ray_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.training.launchers.ray.find_spec", lambda _: object())
    monkeypatch.delenv("RAY_ADDRESS", raising=False)


def test_the_local_launcher_starts_one_worker() -> None:
    launching.check(plan())
    with pytest.raises(PlanError, match="one process, and the plan asks for 2 workers"):
        launching.check(plan(workers=2))


@pytest.mark.usefixtures("gpus", "ray_is_there")
@pytest.mark.parametrize("launcher", ["accelerate", "ray"])
def test_no_more_workers_than_gpus(launcher: str) -> None:
    launching.check(plan(launcher=launcher, workers=2))
    with pytest.raises(PlanError, match="3 workers, one a GPU, and there are 2") as caught:
        launching.check(plan(launcher=launcher, workers=3))
    assert "workers to 2" in caught.value.fix


def test_without_a_gpu_no_more_workers_than_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slots, "devices", lambda: ())
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    launching.check(plan(launcher="accelerate", workers=4))
    with pytest.raises(PlanError, match="no GPU and 4 cores"):
        launching.check(plan(launcher="accelerate", workers=5))


def test_without_ray_the_way_to_install_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.training.launchers.ray.find_spec", lambda _: None)
    with pytest.raises(PlanError, match="ray, which is not installed") as caught:
        launching.check(plan(launcher="ray"))
    assert "DUOTUNE_EXTRAS=cluster ./duotune" in caught.value.fix


@pytest.mark.usefixtures("ray_is_there")
def test_a_cluster_is_joined_from_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_ADDRESS", "10.0.0.1:6379")
    launching.check(plan(launcher="ray", workers=64))
    monkeypatch.setenv("RAY_ADDRESS", "ray://10.0.0.1:10001")
    with pytest.raises(PlanError, match="joined from one of its machines"):
        launching.check(plan(launcher="ray", workers=2))


@pytest.mark.parametrize("launcher", [LocalLauncher(), AccelerateLauncher(), RayLauncher()])
def test_keys_are_kept_from_a_run_and_a_trackers_own_only_reach_its_runs(
    launcher: ProcessLauncher, tmp_path: Path
) -> None:
    env = launcher.environment(spec(tmp_path), ENVIRON)
    assert (env["PATH"], env["HF_TOKEN"]) == ("/bin", "t")
    assert not {"OPENAI_API_KEY", "WANDB_API_KEY"} & env.keys()
    tracked = launcher.environment(spec(tmp_path, trackers=("wandb",)), ENVIRON)
    assert tracked["WANDB_API_KEY"] == "w"


def test_each_worker_has_a_gpu_and_its_part_of_the_cores(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    asked = spec(tmp_path, launcher="accelerate", workers=2)
    seen = {**ENVIRON, "CUDA_VISIBLE_DEVICES": "4, 5, 6"}
    env = AccelerateLauncher().environment(asked, seen)
    assert env["CUDA_VISIBLE_DEVICES"] == "4,5"
    assert env["OMP_NUM_THREADS"] == "4"
    assert env["GLOO_SOCKET_IFNAME"] == "eth7", "the person's choice"
    assert LocalLauncher().environment(spec(tmp_path), seen)["CUDA_VISIBLE_DEVICES"] == "4"
    assert AccelerateLauncher().environment(asked, {})["CUDA_VISIBLE_DEVICES"] == "0,1"


def test_a_cluster_of_our_own_is_closed_to_others(tmp_path: Path) -> None:
    asked = spec(tmp_path, launcher="ray", workers=2)
    first, second = (RayLauncher().environment(asked, ENVIRON) for _ in range(2))
    assert first["RAY_AUTH_MODE"] == "token"
    assert len(first["RAY_AUTH_TOKEN"]) >= 32
    assert first["RAY_AUTH_TOKEN"] != second["RAY_AUTH_TOKEN"]
    assert first["RAY_DEDUP_LOGS"] == "0"
    assert "CUDA_VISIBLE_DEVICES" not in first, "Ray hands the GPUs out"
    joined = RayLauncher().environment(asked, {**ENVIRON, "RAY_ADDRESS": "auto"})
    assert "RAY_AUTH_TOKEN" not in joined
    assert joined["RAY_ADDRESS"] == "auto"


def test_a_poll_follows_from_process_lease_and_last_word(written_run: WrittenRun) -> None:
    folder = written_run.folder
    assert launching.poll(folder).state == "lost", "never started"
    folder.launch.write_text(GONE.model_dump_json())
    assert launching.poll(folder).state == "lost"
    lease = take_lease(folder.lease)
    assert lease is not None
    assert launching.poll(folder).state == "pending"
    written_run.happened(RunStarted(attempt=1, pid=1, from_step=0))
    assert launching.poll(folder).state == "running"
    os.close(lease)
    assert launching.poll(folder).state == "lost"
    written_run.happened(RunStopped(attempt=1, step=3))
    assert launching.poll(folder).model_dump() == {"state": "exited", "exit_code": 0}
    written_run.happened(RunFailed(attempt=1, problem="no"))
    assert launching.poll(folder).exit_code == 1
    later = GONE.model_copy(update={"attempt": 2})
    folder.launch.write_text(later.model_dump_json())
    assert launching.poll(folder).state == "lost", "the last word was another attempt's"


def test_a_process_of_another_machine_is_not_asked_after_by_its_number() -> None:
    here = ProcessId(pid=os.getpid(), started=psutil.Process().create_time())
    assert launching.is_alive(Launch(attempt=1, process=here, host=socket.gethostname()))
    assert launching.is_alive(Launch(attempt=1, process=here)), "an old record"
    assert not launching.is_alive(Launch(attempt=1, process=here, host="elsewhere"))


def test_a_kill_reaches_workers_in_sessions_of_their_own(written_run: WrittenRun) -> None:
    folder = written_run.folder
    said = folder.root / "child"
    program = f"setsid sleep 60 & echo $! > {said}.part; mv {said}.part {said}; wait"
    process = start_detached(["sh", "-c", program], folder.log, dict(os.environ))
    folder.launch.write_text(Launch(attempt=1, process=process).model_dump_json())
    while not said.exists():
        assert is_alive(process)
    found = psutil.Process(int(said.read_text()))
    child = ProcessId(pid=found.pid, started=found.create_time())
    assert is_alive(child)
    assert launching.kill(folder, grace_s=5.0)
    assert not is_alive(process)
    assert not is_alive(child)


def test_the_same_attempt_is_not_started_twice(
    written_run: WrittenRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[int] = []
    here = ProcessId(pid=os.getpid(), started=psutil.Process().create_time())

    def start(*_: object) -> ProcessId:
        started.append(1)
        return here

    monkeypatch.setattr("core.training.launchers.processes.start_detached", start)
    for attempt in (1, 1, 2):
        launching.launch(written_run.folder, attempt, offline=True)
    assert len(started) == 2
    handle = Launch.model_validate_json(written_run.folder.launch.read_bytes())
    assert (handle.attempt, handle.launcher, handle.workers) == (2, "local", 1)


@pytest.mark.parametrize(("load", "spin"), [(0.1, None), (1000.0, "20000")])
def test_threads_spin_shortly_only_beside_other_work(
    monkeypatch: pytest.MonkeyPatch, load: float, spin: str | None
) -> None:
    monkeypatch.setattr(os, "getloadavg", lambda: (load, load, load))
    assert environment(True, {}).get("GOMP_SPINCOUNT") == spin
    assert environment(True, {"GOMP_SPINCOUNT": "7"})["GOMP_SPINCOUNT"] == "7"


def test_a_step_takes_the_memory_of_the_one_before_it() -> None:
    """Faulting in what was just given back costs a tenth of a step and more."""
    program = (
        "import resource\n"
        "def step():\n"
        "    held = [bytearray(16 << 20) for _ in range(8)]\n"
        "step(); before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt\n"
        "step(); print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)\n"
    )
    env = environment(True, dict(os.environ))
    done = subprocess.run(
        [sys.executable, "-c", program], env=env, capture_output=True, text=True, check=True
    )
    assert int(done.stdout) < 2000  # 8 x 4096 pages when each is given back
    assert environment(True, {"MALLOC_TRIM_THRESHOLD_": "7"})["MALLOC_TRIM_THRESHOLD_"] == "7"
