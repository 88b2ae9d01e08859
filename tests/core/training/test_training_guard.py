"""Values that are not finite stop training; checkpoints saved before stay good."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.errors import ModelError, RunError, WorkspaceError
from core.models.catalog import resolve
from core.models.masks import Masker
from core.models.templates import ChatTemplate
from core.settings import Settings
from core.training import checkpoints
from core.training.program.journal import Journal, StopRequest
from core.workspace import RunFolder
from tests.core.training.conftest import Data

pytestmark = pytest.mark.slow


@pytest.fixture
def sigterm_as_before() -> Iterator[None]:
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.mark.usefixtures("sigterm_as_before")
def test_weights_that_turn_nan_stop_the_run_and_are_never_a_checkpoint(
    data: Data, tiny_model: Path
) -> None:
    from transformers import TrainerCallback

    from core.data import store
    from core.training.program import building
    from core.training.program.callbacks import Watch, schedule
    from core.training.program.guard import Diverged
    from core.training.program.preparation import Prepared, Preparer

    class Poison(TrainerCallback):  # type: ignore[misc,unused-ignore]
        def on_step_end(self, _args: Any, state: Any, _control: Any, model: Any, **_: Any) -> None:
            if state.global_step == 4:
                name, weight = next(p for p in model.named_parameters() if "lora_B" in p[0])
                assert weight.requires_grad, name
                weight.data.fill_(float("nan"))

    folder = RunFolder(data.workspace.runs / "run-20261121-100000-ab12")
    folder.root.mkdir(parents=True)
    journal = Journal(folder, 1)
    journal.open()
    base = building.load_base(resolve(str(tiny_model), None, Settings(offline=True)), True)
    template = ChatTemplate.of(base.tokenizer, "tiny")
    rows = store.load_examples(data.workspace, data.dataset.id)
    train = Preparer(Masker(template, base.stop_ids, 128)).prepare(rows)
    plan = data.plan(str(tiny_model), max_steps=8)
    trainer = building.build(plan, base, folder.checkpoints, train, Prepared())
    trainer.add_callback(Poison())
    stop = StopRequest(folder.stop)
    trainer.add_callback(Watch(journal, stop, schedule(8, 4), validate=False))
    with pytest.raises(Diverged, match="not finite"):
        trainer.train()
    choice = checkpoints.newest_valid(folder.checkpoints)
    assert choice.checkpoint is not None
    assert choice.checkpoint.step == 2
    assert [c.step for c in checkpoints.complete(folder.checkpoints)] == [2]


def test_a_loss_that_is_no_number_is_seen_in_the_log() -> None:
    from core.training.program.guard import Diverged, check_logs

    check_logs(3, {"loss": 1.0, "grad_norm": 0.5, "epoch": 1})
    for name in ("loss", "grad_norm"):
        with pytest.raises(Diverged, match="at step 3"):
            check_logs(3, {"loss": 1.0, name: float("nan")})


def test_causes_are_told_in_words_with_a_remedy() -> None:
    import torch

    from core.training.program.explaining import explained

    folder = RunFolder(Path("/runs/run-20261121-100000-ab12"))
    disk = OSError(28, "No space left on device")
    wrapped = RuntimeError("PytorchStreamWriter failed writing file")
    wrapped.__cause__ = disk
    assert isinstance(explained(wrapped, folder), WorkspaceError)
    assert isinstance(explained(OSError(27, "File too large"), folder), WorkspaceError)
    for memory in (
        torch.OutOfMemoryError("CUDA out of memory"),
        MemoryError(),
        RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"),
    ):
        assert "memory" in explained(memory, folder).problem
        assert "batch_size" in explained(memory, folder).fix
    code = ValueError("Loading x requires you to execute ... `trust_remote_code=True`")
    assert isinstance(explained(code, folder), ModelError)
    unknown = explained(KeyError("x"), folder)
    assert isinstance(unknown, RunError)
    assert "KeyError" in unknown.problem
