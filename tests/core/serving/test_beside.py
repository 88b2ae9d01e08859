"""Another model's engine stays where it is asked and memory allows; it is never cut off."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core.errors import ServingError
from core.models.catalog import STARTER_FOLDER
from core.processes import is_alive
from core.serving import beside, gpu, launch, registry, room
from core.serving.contenders import Contender
from core.serving.engines import Engines
from core.serving.gpu import GpuMemory
from core.serving.lanes import open_lanes
from core.serving.records import Engine
from core.serving.vllm_server import ANY
from tests.core.serving.serving_runs import adapter_run, fake_engines

pytestmark = pytest.mark.slow
RUN = "run-20261121-100000-aaaa"


@pytest.fixture
def engines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engines]:
    monkeypatch.setenv("VLLM_FAKE", "whole")
    with fake_engines(tmp_path) as found:
        yield found


@pytest.fixture
def other(tmp_path: Path) -> str:
    """Another base model."""
    folder = tmp_path / "other"
    folder.mkdir()
    for file in STARTER_FOLDER.iterdir():
        (folder / file.name).symlink_to(file)
    return str(folder)


@contextmanager
def asked(engines: Engines, engine: Engine, model: str = ANY) -> Iterator[None]:
    """A request is under way, as the server program notes it."""
    folder = engines.folder(engine)
    folder.note_use(model)
    with (folder.uses / model).open() as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        yield


def test_two_bases_are_served_at_once_while_both_are_asked(engines: Engines, other: str) -> None:
    first = engines.ensure("starter")
    with asked(engines, first):
        second = engines.ensure(other)
        assert set(engines.all_running()) == {first, second}
    assert engines.ensure("starter") == first, "nothing is started anew"
    with asked(engines, second):
        assert engines.ensure("starter") == first
    assert is_alive(second.process)


def test_one_that_nobody_asks_any_more_gives_its_memory_back(engines: Engines, other: str) -> None:
    first = engines.ensure("starter")
    engines.folder(first).note_use(ANY)
    second = engines.ensure(other)
    assert is_alive(first.process), "somebody may be in the middle of a conversation"
    long_ago = time.time() - beside.LATELY_S - 1
    os.utime(engines.folder(first).uses / ANY, (0, long_ago))
    engines.ensure(other)
    assert not is_alive(first.process)
    assert is_alive(second.process)


def test_too_little_memory_for_both_is_refused_naming_who_is_asked(
    engines: Engines, other: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    adapter_run(engines.workspace, RUN, 0.5)
    (lane,) = open_lanes(engines, [Contender(kind="run", name=RUN)], print)
    (first,) = engines.all_running()
    monkeypatch.setattr(room, "main_memory", lambda: (4_000_000_000, 900_000_000))
    with asked(engines, first, lane.endpoint.model):
        with pytest.raises(ServingError, match="is being asked now") as caught:
            engines.ensure(other)
        assert f"starter + {RUN}" in caught.value.problem
        assert engines.all_running() == (first,)
        assert lane.endpoint.model in registry.offered(engines, first)
    assert engines.ensure(other) == engines.running()
    assert not is_alive(first.process), "asked lately, but memory is for one only"


def test_on_a_gpu_an_engine_has_its_whole_share(
    engines: Engines, other: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gpu, "gpu_memory", lambda: GpuMemory(total=80_000, used=500))
    monkeypatch.setattr(launch, "gpu_memory", gpu.gpu_memory)
    first = engines.ensure("starter")
    with asked(engines, first), pytest.raises(ServingError, match="starter is being asked"):
        engines.ensure(other)
    engines.ensure(other)
    assert not is_alive(first.process)


def test_one_of_the_same_model_with_other_limits_takes_its_place(engines: Engines) -> None:
    first = engines.ensure("starter", rank=8)
    engines.folder(first).note_use(ANY)
    engines.ensure("starter", rank=33)
    assert not is_alive(first.process)
