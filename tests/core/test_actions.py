"""The verbs refuse what would harm what runs already, and name runs without guessing."""

from __future__ import annotations

import os
from types import SimpleNamespace

import psutil
import pytest

from core import run_actions
from core.actions import Actions
from core.disk import take_lease
from core.errors import RunError, ServingError
from core.models import catalog
from core.processes import ProcessId
from core.serving import adapters
from core.serving.engine_folder import EngineFolder
from core.serving.engines import Engines
from core.serving.gpu import GpuMemory
from core.serving.records import Engine
from core.serving.served import is_served
from core.settings import Settings
from core.training import manifests, runs
from core.training.events import RunStarted, RunSucceeded
from core.workspace import Workspace
from eval import evaluations
from eval.records import EvaluationRequest
from tests.core.training.conftest import WrittenRun

SUCCEEDED = RunSucceeded(
    attempt=1, step=9, best_step=6, best_loss=0.5, seconds=3.0, changes_model=True
)


def test_nothing_is_served_while_the_gpu_trains(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    actions = Actions(workspace, Settings())
    finished = WrittenRun(workspace)
    finished.happened(SUCCEEDED)
    finished.adapter()
    training = WrittenRun(workspace, "run-20261121-110000-cd34")
    training.happened(RunStarted(attempt=1, pid=1, from_step=0))
    lease = take_lease(training.folder.lease)
    assert lease is not None
    monkeypatch.setattr(catalog, "gpu_name", lambda: "NVIDIA H100")
    request = EvaluationRequest(run_id=finished.folder.run_id, rubric="")
    for verb in (
        lambda: actions.open_pair(finished.folder.run_id),
        lambda: actions.start_evaluation(request),
        lambda: actions.resume_evaluation("rep-20261121-110000-cd34"),
    ):
        with pytest.raises(RunError, match="is training on the GPU"):
            verb()
    os.close(lease)


def test_a_run_is_found_by_what_it_is_called_and_never_by_nothing(workspace: Workspace) -> None:
    actions = Actions(workspace, Settings())
    run_id = WrittenRun(workspace).folder.run_id
    for text in ("last", run_id, "run-20261121", "by hand"):
        assert actions.find_run(text).id == run_id
    for text in ("", "nobody"):
        with pytest.raises(RunError, match="No run fits"):
            actions.find_run(text)


def test_evaluations_are_waited_for_and_the_model_server_gives_its_memory_back(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    actions = Actions(workspace, Settings())
    told: list[str] = []
    room = actions._room(told.append)
    assert room.in_use() == ""
    assert not room.is_taken()
    running = [SimpleNamespace(status="running")]
    monkeypatch.setattr(evaluations, "list_evaluations", lambda _: running)
    assert "evaluation" in room.in_use()

    used = iter((12_000, 1_500, 12_000, 12_000))
    memory = lambda: GpuMemory(total=80_000, used=next(used))  # noqa: E731
    monkeypatch.setattr(run_actions, "gpu_memory", memory)
    returned = actions._ask_back(told.append)
    assert (returned.freed_mb, returned.warning) == (10_500, "")
    assert told == ["10,500 MiB of GPU memory came back."]

    def stays(*_: object) -> None:
        raise ServingError("The GPU still has 12000 MiB in use.")

    monkeypatch.setattr(Engines, "stop_all", stays)
    returned = actions._ask_back(told.append)
    assert (returned.freed_mb, returned.warning) == (0, "The GPU still has 12000 MiB in use.")
    assert told[-1] == returned.warning


def test_a_run_whose_model_is_served_is_known(workspace: Workspace) -> None:
    run = WrittenRun(workspace)
    run.happened(SUCCEEDED)
    run.adapter()
    (run.folder.adapter / "adapter_config.json").write_text("{}")
    manifest = manifests.write(run.folder.adapter)
    found = runs.status(workspace, run.folder.run_id)
    engines = Engines(workspace, Settings())
    assert not is_served(engines, found)
    folder = EngineFolder(workspace.engine("eng-20261121-100000-ab12"))
    folder.write_key("key")
    own = ProcessId(pid=os.getpid(), started=psutil.Process().create_time())
    engine = Engine(
        id=folder.root.name, base_model="starter", model_path="/x", port=1, process=own, log="",
        started="", max_length=64,
    )  # fmt: skip
    folder.save(engine)
    assert not is_served(engines, found), "it serves something else"
    parts = ("adapter_config.json", "adapter_model.safetensors")
    name = adapters.name_of([manifest.files[part].sha256 for part in parts])
    folder.note_use(name)
    assert is_served(engines, found)
    with pytest.raises(RunError, match="is being served"):
        Actions(workspace, Settings()).delete_run(found.id)
    folder.save(engine.model_copy(update={"model_path": str(run.folder.root / "model")}))
    folder.forget(name)
    assert is_served(engines, found), "a whole model of its own"


def test_keeping_house_counts_the_days_and_notes_what_ended(workspace: Workspace) -> None:
    run = WrittenRun(workspace)
    run.happened(SUCCEEDED)
    run.adapter()
    actions = Actions(workspace, Settings())
    assert actions.keep_house() == ()
    assert run.folder.ended.exists()
    assert workspace.clock.exists()
    assert actions.keep_run(run.folder.run_id).entry.dataset_name == ""
    assert actions.runs()[0].kept_as == ("by-hand",)
    assert actions.runs()[0].clears_at is None
    actions.remove_kept("by-hand")
    assert actions.library() == ()
