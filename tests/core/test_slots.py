"""A slot has one holder: the program that inherited its lease, for as long as it lives."""

from __future__ import annotations

import os
import stat
import sys
import time
from pathlib import Path

import pytest

from core import slots
from core.errors import ServingError
from core.processes import end_group, start_detached
from core.serving.gpu import GpuMemory, shared_slot
from core.workspace import Workspace

pytestmark = pytest.mark.full


def fake_driver(folder: Path, said: str) -> str:
    """A folder for PATH in which `nvidia-smi` says this."""
    program = folder / "nvidia-smi"
    program.write_text(f"#!/bin/sh\nprintf '{said}'\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return f"{folder}:{os.environ['PATH']}"


@pytest.mark.parametrize(
    ("said", "allowed", "found"),
    [
        ("0\\n1\\n", None, ("gpu-0", "gpu-1")),
        ("0\\n1\\n2\\n3\\n", "2, 3", ("gpu-2", "gpu-3")),
        ("0\\n", "", ("cpu",)),
        ("0\\n", "-1", ("cpu",)),
        ("No devices were found", None, ("cpu",)),
        ("0\\n", "GPU-8a/../b", ("gpu-GPU-8a/../b",)),
    ],
)
def test_the_slots_are_the_gpus_that_this_process_may_use(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    workspace: Workspace,
    said: str,
    allowed: str | None,
    found: tuple[str, ...],
) -> None:
    monkeypatch.setenv("PATH", fake_driver(tmp_path, said))
    assert slots.here({} if allowed is None else {"CUDA_VISIBLE_DEVICES": allowed}) == found
    for slot in found:
        assert slots.lease_file(workspace, slot).parent == workspace.locks


def test_taken_slots_are_nobody_elses_and_say_who_has_them(workspace: Workspace) -> None:
    both = ("gpu-0", "gpu-1")
    first = slots.take(workspace, both, 1, "run-1")
    assert first is not None
    assert (first.slots, first.devices) == (("gpu-0",), ("0",))
    assert slots.take(workspace, both, 2, "run-2") is None
    with slots.held(workspace, both, 1, "run-3") as second:
        assert second is not None
        assert second.devices == ("1",), "what a refused request took was given back"
        assert [slots.holder(workspace, slot) for slot in both] == ["run-1", "run-3"]
    first.release()
    assert [slots.holder(workspace, slot) for slot in both] == [None, None]


def test_a_program_that_inherited_a_slot_has_it_until_it_is_killed(workspace: Workspace) -> None:
    holding = slots.take(workspace, ("cpu",), 1, "run-1")
    assert holding is not None
    argv = [sys.executable, "-c", "import time; time.sleep(60)"]
    process = start_detached(argv, workspace.root / "log.txt", os.environ, holding.leases)
    holding.release()
    assert slots.take(workspace, ("cpu",), 1, "run-2") is None
    end_group(process, grace_s=0)
    deadline = time.monotonic() + 5
    while (free := slots.take(workspace, ("cpu",), 1, "run-2")) is None:
        assert time.monotonic() < deadline
    free.release()


def test_engines_share_a_gpu_and_a_trainer_has_it_alone(workspace: Workspace) -> None:
    engines = [slots.share(workspace, "gpu-0", name) for name in ("eng-1", "eng-2")]
    assert None not in engines
    assert slots.take(workspace, ("gpu-0",), 1, "run-1") is None
    assert slots.holder(workspace, "gpu-0") == "eng-2"
    for lease in engines:
        assert lease is not None
        os.close(lease)
    with slots.held(workspace, ("gpu-0",), 1, "run-1") as holding:
        assert holding is not None
        assert slots.share(workspace, "gpu-0", "eng-3") is None


def test_no_engine_starts_on_a_gpu_that_trains(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slots, "here", lambda *_: ("gpu-3",))
    memory = GpuMemory(total=80_000, used=0)
    with shared_slot(workspace, None, "eng-1") as leases:
        assert leases == (), "without a GPU nobody has to have it"
    with shared_slot(workspace, memory, "eng-1") as leases:
        assert len(leases) == 1
        assert slots.holder(workspace, "gpu-3") == "eng-1"
    with (
        slots.held(workspace, ("gpu-3",), 1, "run-1"),
        pytest.raises(ServingError, match="being trained on the GPU"),
        shared_slot(workspace, memory, "eng-1"),
    ):
        pass
