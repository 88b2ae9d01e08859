"""The guard around real training: what is saved, what is told, and when it ends early."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from core.errors import ModelError, RunError, WorkspaceError
from core.training import checkpoints
from core.training.events import CheckpointSaved, EarlyStopped, Evaluated, StepLogged
from core.training.program.guard import Diverged
from core.training.program.journal import Journal, StopRequest
from core.workspace import RunFolder
from tests.core.training.conftest import Data, WrittenRun
from tests.core.training.training_rig import Rig, make_rig

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def sigterm_as_before() -> Iterator[None]:
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


def watched(rig: Rig, steps: int, times: int, patience: int | None = None) -> None:
    """Add our callback; validates when the rig has rows for that."""
    from core.training.program.callbacks import Watch, schedule

    stop = StopRequest(rig.folder.stop)
    validate = len(rig.parts.validation.input_ids) > 0
    watch = Watch(rig.journal, stop, schedule(steps, times), validate, patience)
    rig.trainer.add_callback(watch)


@pytest.mark.parametrize(
    ("step", "words"),
    [(4, "not finite"), (3, "loss became nan at step 4")],
    ids=["in what would be saved", "between two checkpoints"],
)
def test_weights_that_turn_nan_stop_the_run_and_are_never_a_checkpoint(
    data: Data, tiny_model: Path, step: int, words: str
) -> None:
    from transformers import TrainerCallback

    class Poison(TrainerCallback):  # type: ignore[misc,unused-ignore]
        def on_step_end(self, _args: Any, state: Any, _control: Any, model: Any, **_: Any) -> None:
            if state.global_step == step:
                name, weight = next(p for p in model.named_parameters() if "lora_B" in p[0])
                assert weight.requires_grad, name
                weight.data.fill_(float("nan"))

    plan = data.plan(str(tiny_model), max_steps=8)
    rig = make_rig(data, tiny_model, plan, validate=False)
    rig.trainer.add_callback(Poison())
    watched(rig, steps=8, times=4)
    with pytest.raises(Diverged, match=words):
        rig.trainer.train()
    choice = checkpoints.newest_valid(rig.folder.checkpoints)
    assert choice.checkpoint is not None
    assert choice.checkpoint.step == 2
    assert [c.step for c in checkpoints.complete(rig.folder.checkpoints)] == [2]
    assert [event.step for event in rig.told(CheckpointSaved)] == [2]


def test_a_run_that_gets_no_better_ends_early_and_keeps_its_best(
    data: Data, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = data.plan(str(tiny_model), max_steps=12, learning_rate=1e-12)
    rig = make_rig(data, tiny_model, plan)
    kept: list[Any] = []
    step_of = type(rig.trainer).prediction_step

    def remembered(self: Any, *args: Any, **given: Any) -> Any:
        found = step_of(self, *args, **given)
        kept.extend(found[1:])
        return found

    monkeypatch.setattr(type(rig.trainer), "prediction_step", remembered)
    watched(rig, steps=12, times=6, patience=2)
    rig.trainer.train()
    assert rig.trainer.state.global_step == 6
    assert [(e.step, e.best_step) for e in rig.told(EarlyStopped)] == [(6, 2)]
    assert [event.step for event in rig.told(Evaluated)] == [2, 4, 6]
    assert "mean_token_accuracy" in rig.told(Evaluated)[0].metrics
    assert {c.step for c in checkpoints.complete(rig.folder.checkpoints)} == {2, 4, 6}
    step = rig.told(StepLogged)[0]
    assert {"entropy", "mean_token_accuracy"} <= step.metrics.keys()
    assert step.rss_mb is not None
    assert step.rss_mb > 10
    assert step.gpu_mb is None
    assert kept, "it validated"
    assert kept == [None] * len(kept), "no logits are kept, so validation takes no more memory"


# -- what the callback decides --------------------------------------------------------------------


class Hand:
    """The callback without a trainer: steps and logs as transformers would hand them on."""

    def __init__(self, run: WrittenRun, moments: frozenset[int]) -> None:
        from core.training.program.callbacks import Watch

        self.run = run
        stop = StopRequest(run.folder.stop)
        self.watch = Watch(Journal(run.folder, 1), stop, moments, validate=False)
        self.args: Any = SimpleNamespace(output_dir=str(run.folder.checkpoints), max_grad_norm=1.0)
        config = SimpleNamespace(vocab_size=2048)
        config.get_text_config = lambda: config
        state = SimpleNamespace(global_step=0, log_history=[])
        model = SimpleNamespace(config=config)
        self.watch.on_train_begin(self.args, state, None, model=model)

    def step(self, number: int, loss: float) -> bool:
        """One step with its log; whether a checkpoint is to be saved."""
        state: Any = SimpleNamespace(global_step=number, max_steps=60, epoch=0.0)
        control: Any = SimpleNamespace(should_save=False, should_log=True)
        self.watch.on_step_end(self.args, state, control)
        logs = {"loss": loss, "grad_norm": 1.0, "learning_rate": 1e-3}
        self.watch.on_log(self.args, state, control, logs=logs)
        return bool(control.should_save)


def test_nothing_is_saved_while_the_loss_is_bad(written_run: WrittenRun) -> None:
    hand = Hand(written_run, moments=frozenset((20, 24, 60)))
    assert [n for n in range(1, 21) if hand.step(n, 1.0)] == [20]
    assert not any(hand.step(n, 8.0) for n in range(21, 27))
    assert not hand.step(27, 1.0), "the last that was logged was still bad"
    assert hand.step(28, 1.0), "what was owed at 24 is made up for"
    assert not hand.step(29, 1.0)


def test_a_checkpoint_from_when_it_went_wrong_is_put_aside(written_run: WrittenRun) -> None:
    hand = Hand(written_run, moments=frozenset())
    for step in (18, 21):
        written_run.checkpoint(step)
    for number in range(1, 30):
        hand.step(number, 1.0 if number < 21 else 8.0)
    with pytest.raises(Diverged, match="diverged"):
        hand.step(30, 8.0)
    assert [c.step for c in checkpoints.complete(written_run.folder.checkpoints)] == [18]


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
