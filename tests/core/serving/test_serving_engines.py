"""Engines start, are found again, and leave nothing behind, however they end."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.errors import ModelError, ServingError
from core.processes import ProcessId, group_members, is_alive
from core.serving import commands, gpu, launch
from core.serving import engines as module
from core.serving.beside import LATELY_S
from core.serving.engines import Engines
from core.serving.gpu import GpuMemory
from core.serving.launch import Wanted
from core.settings import Settings
from core.workspace import Workspace
from tests.fake_vllm import make_environment

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]


@pytest.fixture
def quick(workspace: Workspace, tmp_path: Path) -> Iterator[Engines]:
    """Engines whose vLLM is a fake that is ready at once."""
    python = make_environment(tmp_path / "serve")
    settings = Settings(vllm_python=python, offline=True, engine="vllm")
    found = Engines(workspace, settings)
    yield found
    found.stop_all()


def wait_for(what: str, true: object) -> None:
    deadline = time.monotonic() + 10
    while not true():  # type: ignore[operator]
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def test_an_engine_starts_is_reused_and_stops(quick: Engines) -> None:
    said: list[str] = []
    assert quick.running() is None
    engine = quick.ensure("starter", say=said.append)
    assert quick.running() == engine
    assert quick.status().status == "ready"
    assert said[0] == "Starting the model server for starter."
    assert said[-1].startswith("The model server is ready")
    assert quick.ensure("starter") == engine
    quick.stop_all()
    assert quick.running() is None
    assert quick.status().status == "stopped"
    assert group_members(engine.process) == []


def test_another_app_finds_it_by_record(quick: Engines) -> None:
    engine = quick.ensure("starter")
    other = Engines(Workspace.open(quick.workspace.root), quick.settings)
    assert other.running() == engine
    assert other.ensure("starter") == engine
    other.stop(engine)
    assert quick.running() is None


def test_it_outlives_the_process_that_started_it(quick: Engines) -> None:
    code = (
        "import sys; from pathlib import Path; from core.serving.engines import Engines; "
        "from core.settings import Settings; from core.workspace import Workspace; "
        "s = Settings(vllm_python=Path(sys.argv[2]), offline=True); "
        "print(Engines(Workspace.open(Path(sys.argv[1])), s).ensure('starter').id)"
    )
    arguments = [str(quick.workspace.root), str(quick.settings.vllm_python)]
    command = [sys.executable, "-c", code, *arguments]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    engine = quick.running()
    assert engine is not None
    assert engine.id == told.stdout.strip()


def test_a_larger_rank_needs_another_engine_a_smaller_does_not(quick: Engines) -> None:
    first = quick.ensure("starter", rank=20)
    assert first.max_rank == 32
    assert quick.ensure("starter", rank=8) == first
    second = quick.ensure("starter", rank=33)
    assert second.max_rank == 64
    assert not is_alive(first.process)
    with pytest.raises(ServingError, match="rank 129"):
        quick.ensure("starter", rank=129)


def test_the_key_is_private_and_not_on_the_command_line(quick: Engines) -> None:
    engine = quick.ensure("starter")
    key = quick.key(engine).get_secret_value()
    assert len(key) > 30
    file = quick.folder(engine).root / "api_key"
    assert file.stat().st_mode & 0o077 == 0
    assert key not in Path(f"/proc/{engine.process.pid}/cmdline").read_text()
    assert key not in quick.folder(engine).record.read_text()
    assert key not in repr(quick.key(engine))


def test_two_callers_at_once_get_one_engine(quick: Engines) -> None:
    found: list[str] = []
    callers = [
        threading.Thread(target=lambda: found.append(quick.ensure("starter").id)) for _ in range(3)
    ]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert len(found) == 3
    assert len(set(found)) == 1


def test_orphans_of_a_killed_server_are_ended(
    quick: Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VLLM_FAKE", "child")
    engine = quick.ensure("starter")
    os.kill(engine.process.pid, signal.SIGKILL)
    wait_for("the server dies", lambda: not is_alive(engine.process))
    assert quick.running() is None
    assert len(group_members(engine.process)) == 1, "its child lives on"
    monkeypatch.setattr("core.serving.engines.end_group.__defaults__", (0.3,))
    quick.stop_all()
    assert group_members(engine.process) == []
    assert not quick.folder(engine).has_processes()


def test_an_engine_whose_record_was_never_written_is_ended(quick: Engines) -> None:
    engine = quick.ensure("starter")
    quick.folder(engine).record.unlink()
    assert quick.running() is None
    quick.stop_all()
    assert not is_alive(engine.process)


def test_an_engine_that_died_is_replaced_and_says_so(quick: Engines) -> None:
    engine = quick.ensure("starter")
    with Path(engine.log).open("a") as log:
        log.write("(EngineCore pid=1) ERROR 11-21 09:03:01 [core.py:1] RuntimeError: boom\n")
    os.kill(engine.process.pid, signal.SIGKILL)
    wait_for("the server dies", lambda: not is_alive(engine.process))
    state = quick.status()
    assert state.status == "failed"
    assert state.phase == "The model server ended by itself. It said: RuntimeError: boom"
    assert quick.ensure("starter").id != engine.id


def test_a_number_that_another_program_has_now_is_left_alone(quick: Engines) -> None:
    engine = quick.ensure("starter")
    quick.stop_all()
    bystander = subprocess.Popen(["sleep", "60"], start_new_session=True)
    try:
        taken = ProcessId(pid=bystander.pid, started=engine.process.started - 60)
        quick.folder(engine).save(engine.model_copy(update={"process": taken}))
        assert quick.running() is None
        quick.stop_all()
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def test_a_failed_start_says_why_and_where_the_log_is(
    quick: Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VLLM_FAKE", "crash OSError: [Errno 98] Address already in use")
    with pytest.raises(ServingError, match="port was taken") as caught:
        quick.ensure("starter")
    assert Path(caught.value.where.removeprefix("log: ")).exists()
    assert caught.value.fix
    assert quick.status().status == "failed"


def test_a_port_that_was_taken_in_between_is_not_the_end(
    quick: Engines, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VLLM_FAKE", f"taken once {tmp_path / 'taken'}")
    engine = quick.ensure("starter")
    assert (tmp_path / "taken").exists()
    assert quick.running() == engine
    assert len(quick.living()) == 1


def test_a_start_that_takes_too_long_is_ended(
    quick: Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VLLM_FAKE", "sleep")
    monkeypatch.setattr(module, "START_S", 0.6)
    with pytest.raises(ServingError, match="not ready after 1 seconds"):
        quick.ensure("starter")
    state = quick.status()
    assert state.engine is not None
    assert group_members(state.engine.process) == []


def test_a_start_can_be_stopped(quick: Engines, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VLLM_FAKE", "sleep")
    said: list[str] = []

    def start() -> None:
        with pytest.raises(ServingError) as caught:
            quick.ensure("starter")
        said.append(caught.value.problem)

    starter = threading.Thread(target=start)
    starter.start()
    wait_for("it starts", lambda: quick.status().status == "starting")
    quick.stop_all()
    starter.join(timeout=5)
    assert said == ["The model server was stopped while it started."]


def test_a_start_whose_app_died_is_waited_for(
    quick: Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setenv("VLLM_FAKE", "late")
    with monkeypatch.context() as patch:
        patch.setattr(Engines, "_await_ready", die)
        with pytest.raises(KeyboardInterrupt):
            quick.ensure("starter")
    started = quick.status()
    assert (started.status, quick.running()) == ("starting", None)
    assert quick.ensure("starter") == started.engine


def test_folders_of_old_engines_do_not_pile_up(
    quick: Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "KEPT", 1)
    for _ in range(3):
        last = quick.ensure("starter")
        quick.stop_all()
    kept = {path.name for path in quick.workspace.engines.glob("eng-*")}
    assert len(kept) == 2
    assert last.id in kept


def test_without_a_serving_environment_the_card_says_how_to_get_one(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launch, "SERVE_PYTHON", tmp_path / "missing" / "python")
    with pytest.raises(ServingError, match="not set up") as caught:
        Engines(workspace, Settings(engine="vllm")).ensure("starter")
    assert "./duotune" in caught.value.fix
    assert "DUOTUNE_VLLM_PYTHON" in caught.value.fix
    for other in (Path(sys.executable), Path("/bin/true"), Path("/bin/false")):
        with pytest.raises(ServingError, match="has no vLLM"):
            Engines(workspace, Settings(vllm_python=other)).ensure("starter")


def test_a_model_that_is_not_there_leaves_the_running_engine_alone(
    quick: Engines, tmp_path: Path
) -> None:
    engine = quick.ensure("starter")
    with pytest.raises(ModelError):
        quick.ensure(str(tmp_path / "nowhere"))
    assert quick.running() == engine


def test_a_head_size_that_cpus_can_not_serve_is_refused_before_a_start(
    quick: Engines, tmp_path: Path
) -> None:
    folder = tmp_path / "odd"
    folder.mkdir()
    starter = ROOT / "core" / "models" / "starter"
    for file in starter.iterdir():
        (folder / file.name).symlink_to(file)
    (folder / "config.json").unlink()
    config = json.loads((starter / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"head_dim": 48}))
    with pytest.raises(ServingError, match="size 48"):
        quick.ensure(str(folder))
    assert quick.status().engine is None


def test_secrets_of_the_app_stay_with_the_app(quick: Engines, tmp_path: Path) -> None:
    wanted = launch.want(quick.settings, "starter", None, 16)
    given = {"PATH": "/bin", "OPENAI_API_KEY": "s", "DUOTUNE_LOGIN": "s", "PYTHONPATH": "/x"}
    given["HF_ENDPOINT"] = "https://mirror.example"
    env = commands.environment(wanted, "key", tmp_path / "lease", environ=given)
    assert env["PATH"] == "/bin"
    assert env["HF_ENDPOINT"] == "https://mirror.example"
    assert not {"OPENAI_API_KEY", "DUOTUNE_LOGIN", "PYTHONPATH"} & env.keys()
    assert env["VLLM_API_KEY"] == "key"
    assert "key" not in commands.arguments(wanted, Path("python"), 1)


def test_a_gpu_is_shared_by_what_is_free() -> None:
    assert launch.gpu_share(GpuMemory(total=80_000, used=500)) == 0.85
    assert launch.gpu_share(GpuMemory(total=80_000, used=40_000)) == 0.48
    with pytest.raises(ServingError, match="too little"):
        launch.gpu_share(GpuMemory(total=80_000, used=79_000))


def test_two_engines_divide_a_gpu_between_them() -> None:
    empty, half = GpuMemory(total=80_000, used=500), GpuMemory(total=80_000, used=34_500)
    assert launch.gpu_share(empty, sharers=2, waiting=2) == 0.42
    assert launch.gpu_share(half, sharers=2, waiting=1) == 0.42
    busy = GpuMemory(total=80_000, used=48_000)
    assert launch.gpu_share(busy, sharers=2, waiting=2) == 0.19


def own_model(quick: Engines, tmp_path: Path) -> Wanted:
    """A model folder beside the starter's, as a run publishes one."""
    folder = tmp_path / "model"
    shutil.copytree(ROOT / "core" / "models" / "starter", folder, dirs_exist_ok=True)
    return launch.want_tuned(quick.settings, folder, "my tuned desk")


def test_a_tuned_model_gets_an_engine_beside_its_bases(quick: Engines, tmp_path: Path) -> None:
    beside = quick.ensure("starter", rank=20)
    said: list[str] = []
    wanted = launch.want(quick.settings, "starter", None, 1)
    own = own_model(quick, tmp_path)
    base, tuned = quick.ensure_all([wanted, own], said.append)
    assert base == beside, "on a CPU the one that ran is taken"
    assert (tuned.served_name, tuned.max_rank) == ("tuned", 0)
    assert said[0] == "Starting the model server for my tuned desk."
    command = Path(f"/proc/{tuned.process.pid}/cmdline").read_text().split("\0")
    assert command[command.index("--served-model-name") + 1] == "tuned"
    assert "--enable-lora" not in command
    assert quick.key(base).get_secret_value() != quick.key(tuned).get_secret_value()
    assert quick.running() == base
    assert set(quick.all_running()) == {base, tuned}
    assert quick.ensure_all([wanted, own]) == (base, tuned)

    assert quick.ensure("starter") == base
    assert is_alive(tuned.process), "whoever had it started is about to ask it"
    os.utime(quick.folder(tuned).ready, (0, time.time() - LATELY_S - 1))
    assert quick.ensure("starter") == base
    assert not is_alive(tuned.process), "it is wanted no more, and gives its memory back"
    both = quick.ensure_all([wanted, own])
    quick.stop_all()
    assert not any(is_alive(engine.process) for engine in both)


def test_a_base_engine_that_has_the_whole_gpu_makes_room(
    quick: Engines, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gpu, "gpu_memory", lambda: GpuMemory(total=80_000, used=500))
    monkeypatch.setattr(launch, "gpu_memory", gpu.gpu_memory)
    alone = quick.ensure("starter")
    own = own_model(quick, tmp_path)
    wanted = launch.want(quick.settings, "starter", None, 1).model_copy(update={"sharers": 2})
    base, tuned = quick.ensure_all([wanted, own])
    assert not is_alive(alone.process)
    shares = [Path(f"/proc/{e.process.pid}/cmdline").read_text().split("\0") for e in (base, tuned)]
    assert [s[s.index("--gpu-memory-utilization") + 1] for s in shares] == ["0.42", "0.42"]


def test_memory_that_stays_on_a_gpu_is_an_error(
    quick: Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    used = iter([1_000, 1_000, 60_000, 59_000, 2_000])
    monkeypatch.setattr(gpu, "gpu_memory", lambda: GpuMemory(total=80_000, used=next(used)))
    monkeypatch.setattr(launch, "gpu_memory", gpu.gpu_memory)
    engine = quick.ensure("starter")
    assert engine.gpu_used_before == 1_000
    quick.stop_all()
    assert next(used, None) is None, "it waited until the memory was back"

    monkeypatch.setattr(gpu, "gpu_memory", lambda: GpuMemory(total=80_000, used=60_000))
    monkeypatch.setattr(gpu, "BACK_S", 0.1)
    with pytest.raises(ServingError, match="still has 60000 MiB"):
        gpu.await_given_back(before=1_000, peak=60_500, log=engine.log)
