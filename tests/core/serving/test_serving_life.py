"""What becomes of engines over time: idle, crashed, asleep, left by the app; told in words."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core import slots
from core.actions import Actions
from core.errors import ServingError
from core.processes import group_members, is_alive
from core.serving import checking, gpu, launch, tending
from core.serving.contenders import Contender
from core.serving.engines import Engines
from core.serving.gpu import GpuMemory
from core.serving.records import Engine
from core.serving.vllm_server import ANY
from tests.core.serving.serving_runs import adapter_run, fake_engines

pytestmark = pytest.mark.slow

NAME = "run-20261121-100000-aaaa"
PICKED = (Contender(kind="base", name="starter"), Contender(kind="run", name=NAME))


@pytest.fixture
def engines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engines]:
    monkeypatch.setenv("VLLM_FAKE", "whole")
    with fake_engines(tmp_path) as found:
        yield found


def actions_of(engines: Engines, **settings: object) -> Actions:
    return Actions(engines.workspace, engines.settings.model_copy(update=settings))


def served(actions: Actions) -> Engine:
    adapter_run(actions.workspace, NAME, 0.5)
    actions.open_lanes(PICKED)
    engine = actions.engine()
    assert engine is not None
    return engine


def wait_for(what: str, true: Callable[[], object]) -> None:
    deadline = time.monotonic() + 15
    while not true():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def kill(engine: Engine) -> None:
    os.kill(engine.process.pid, signal.SIGKILL)
    wait_for("it dies", lambda: not is_alive(engine.process))


def test_an_engine_that_nobody_asks_ends_by_itself(
    engines: Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VLLM_FAKE", "late")  # its start takes about as long as it may be idle
    actions = actions_of(engines, engine_idle_minutes=0.01)
    engine = actions.engines.ensure("starter")
    folder = engines.folder(engine)
    began = time.monotonic()
    while time.monotonic() - began < 1.2:
        actions.tend_engines(is_needed=True)
        time.sleep(0.05)
    assert is_alive(engine.process), "what goes on and will ask it keeps it"
    wait_for("it ends", lambda: not folder.has_processes())
    state = actions.engine_state()
    assert state.status == "stopped"
    assert state.phase == "The model server has stopped: nobody asked it for 0.01 minutes."
    assert engines.crashed() == [], "it is no crash"


def test_one_crash_is_made_good_with_its_adapters_and_a_second_is_told(engines: Engines) -> None:
    actions, said = actions_of(engines), list[str]()
    engine = served(actions)
    (before,) = actions.served()
    actions.tend_engines(said.append)
    assert said == []
    with Path(engine.log).open("a") as log:
        log.write("RuntimeError: boom\n")
    kill(engine)
    actions.tend_engines(said.append)
    why = "It said: RuntimeError: boom"
    assert said[0] == f"The model server ended by itself and is started again. {why}"
    assert said[-1] == "The model server is back, with 1 adapters."
    (after,) = actions.served()
    assert after.models == before.models
    assert (after.engine.id, after.engine.port) == (engine.id, engine.port)
    assert "had ended by itself" in actions.engine_state().phase
    actions.tend_engines(said.append)

    said.clear()
    kill(after.engine)
    actions.tend_engines(said.append)
    assert said[0].startswith("The model server ended by itself twice within ten minutes")
    assert why in said[0]
    assert actions.engine() is None
    assert actions.engine_state().status == "failed"
    said.clear()
    actions.tend_engines(said.append)
    assert said == [], "it is told once"
    assert len(actions.open_lanes(PICKED)) == 2, "a person may still ask for it"


def test_what_ended_while_no_app_looked_is_not_started(engines: Engines) -> None:
    engine = engines.ensure("starter")
    tending.tend(engines, False, print)
    kill(engine)
    seen = engines.folder(engine).seen
    os.utime(seen, (0, time.time() - 2 * tending.SEEN_S))
    said: list[str] = []
    tending.tend(engines, False, said.append)
    assert (said, engines.running()) == ([], None)


def test_orphans_of_a_killed_server_are_ended_by_looking(
    engines: Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VLLM_FAKE", "child")
    monkeypatch.setattr("core.serving.engines.end_group.__defaults__", (0.3,))
    engine = engines.ensure("starter")
    kill(engine)
    assert len(group_members(engine.process)) == 1
    tending.tend(engines, False, print)
    assert group_members(engine.process) == []


@pytest.mark.parametrize("choice", ["keep", "stop"])
def test_the_end_of_the_app_is_as_set(engines: Engines, choice: str) -> None:
    actions, said = actions_of(engines, engine_on_exit=choice), list[str]()
    engine = actions.engines.ensure("starter")
    actions.leave_engines(said.append)
    assert is_alive(engine.process) is (choice == "keep")
    told = "The model server goes on, and ends when nobody asks it for 30 minutes. To stop it"
    assert said[0].startswith(told if choice == "keep" else "Stopping")


# -- asleep ---------------------------------------------------------------------------------------


@pytest.fixture
def sleepy(engines: Engines, monkeypatch: pytest.MonkeyPatch) -> Actions:
    """Engines on a GPU that is made up, which sleep."""
    monkeypatch.setattr(gpu, "gpu_memory", lambda: GpuMemory(total=80_000, used=500))
    monkeypatch.setattr(launch, "gpu_memory", gpu.gpu_memory)
    return actions_of(engines, engine_sleep=True)


def test_it_sleeps_for_a_trainer_and_wakes_up_the_same(sleepy: Actions) -> None:
    engine, said = served(sleepy), list[str]()
    tending.give_back(sleepy.engines, said.append)
    assert said == ["The model server goes to sleep."]
    assert sleepy.engine_state().status == "asleep"
    assert (sleepy.engine(), sleepy.engines.is_living()) == (None, False)
    tending.give_back(sleepy.engines, said.append)
    assert len(said) == 1, "it sleeps already"
    trainer = slots.take(sleepy.workspace, slots.here(), 1, "run-1")
    assert trainer is not None, "it has let the GPU go"
    with pytest.raises(ServingError, match="being trained on the GPU"):
        sleepy.open_lanes(PICKED)
    trainer.release()
    lanes = sleepy.open_lanes(PICKED, said.append)
    assert said[1:] == ["The model server wakes up."]
    assert lanes[0].endpoint.engine_id == engine.id
    assert lanes[1].check is not None
    assert slots.take(sleepy.workspace, slots.here(), 1, "run-1") is None, "it has it again"


def test_it_is_started_anew_when_it_answers_otherwise(
    sleepy: Actions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VLLM_FAKE", "forgets")
    engine, said = served(sleepy), list[str]()
    tending.give_back(sleepy.engines, print)
    monkeypatch.setenv("VLLM_FAKE", "whole")
    lanes = sleepy.open_lanes(PICKED, said.append)
    assert said[1] == "It answers otherwise than before it slept, so it is started anew."
    assert lanes[0].endpoint.engine_id != engine.id
    assert not is_alive(engine.process)


def test_memory_that_stays_ends_the_sleep_and_the_engine(
    sleepy: Actions, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, said = served(sleepy), list[str]()
    used = iter([70_000, 70_000, 70_000, 70_000, 500])
    monkeypatch.setattr(gpu, "gpu_memory", lambda: GpuMemory(total=80_000, used=next(used, 500)))
    monkeypatch.setattr(gpu, "BACK_S", 0.15)
    tending.give_back(sleepy.engines, said.append)
    assert said[1].startswith("It could not sleep, so it is stopped. The model server ended")
    assert not is_alive(engine.process)


def test_on_a_processor_nothing_ever_sleeps(engines: Engines) -> None:
    actions, said = actions_of(engines, engine_sleep=True), list[str]()
    engine = actions.engines.ensure("starter")
    assert engine.can_sleep is False
    tending.give_back(actions.engines, said.append)
    assert said[0] == "Stopping the model server."


def test_use_is_noted_by_the_server_itself(engines: Engines) -> None:
    actions = actions_of(engines)
    engine = served(actions)
    folder = engines.folder(engine)
    lane = actions.open_lanes(PICKED)[1]
    for name in (lane.endpoint.model, ANY):
        folder.note_use(name)
        os.utime(folder.uses / name, (0, 0))
    with checking.connect(engine, engines.key(engine).get_secret_value()) as client:
        list(client.models.list())
        assert folder.last_use(ANY) == 0, "a look is no use"
        client.completions.create(model=lane.endpoint.model, prompt=[1, 2])
        assert folder.last_use(lane.endpoint.model) > 0
        assert folder.last_use(ANY) == 0
        client.completions.create(model="base", prompt=[1, 2])
        assert folder.last_use(ANY) > 0
