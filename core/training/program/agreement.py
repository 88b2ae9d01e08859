"""Callbacks that keep several trainer processes in step around what rank 0 decides."""

from __future__ import annotations

from typing import Any

from torch.distributed.tensor import DTensor
from transformers import (
    Trainer,
    TrainerCallback,
    TrainerControl,
    TrainerState,
    TrainingArguments,
)

from core.errors import RunError
from core.training.program.journal import StopRequest
from core.training.program.workers import AgreedStop, Workers

DECISIONS = (
    "should_training_stop",
    "should_epoch_stop",
    "should_save",
    "should_evaluate",
    "should_log",
)


def follow(trainer: Trainer, workers: Workers, stop: StopRequest, watch: TrainerCallback) -> None:
    """Add the callback that decides and tells, with what keeps other processes in step with it.

    Only rank 0 gets it: the others do what was agreed.
    """
    trainer.add_callback(AllSaved(workers))
    if workers.speaks:
        trainer.add_callback(watch)
    if isinstance(stop, AgreedStop):
        trainer.add_callback(Agreement(workers, stop))


def evaluate_first(trainer: Trainer, workers: Workers) -> None:
    """Measure validation loss before the first step.

    With several workers inside of training: an evaluation before it would take the model for
    prepared, and training would leave it without what shares the gradients.
    """
    if workers.world == 1:
        trainer.evaluate()
    else:
        trainer.args.eval_on_start = True


class AllSaved(TrainerCallback):
    """Waits until every process has written its part of a checkpoint.

    Stands before the callback that writes the manifest, which must cover all parts.
    """

    def __init__(self, workers: Workers) -> None:
        self.workers = workers

    def on_save(
        self, _args: TrainingArguments, _state: TrainerState, _control: TrainerControl, **_: Any
    ) -> None:
        self.workers.wait()


class Agreement(TrainerCallback):
    """What one process decided, all do; a request to stop reaches all at the same step.

    Stands after the callbacks that decide. Processes that part ways wait for each other forever.
    """

    def __init__(self, workers: Workers, stop: AgreedStop) -> None:
        self.workers, self.stop, self._seen = workers, stop, False

    def on_pre_optimizer_step(
        self,
        _args: TrainingArguments,
        state: TrainerState,
        _control: TrainerControl,
        model: Any,
        **_: Any,
    ) -> None:
        """See once that gradients are shared: otherwise each process trains a model of its own.

        The stack does not say so when they are not (an evaluation before training is enough).
        """
        if self._seen:
            return
        self._seen = True
        found = [p.grad for p in model.parameters() if p.grad is not None]
        if any(isinstance(grad, DTensor) for grad in found):
            return  # sharded: every process holds another part
        norm = sum(float(grad.double().pow(2).sum()) for grad in found)
        if not self.workers.alike(norm):
            raise RunError(
                "The workers do not share their gradients, so each would train another model.",
                f"step {state.global_step + 1}",
                "Start the run with one worker, and report this as a fault of Duotune.",
            )

    def on_step_end(
        self, _args: TrainingArguments, _state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        if self.stop.agree():
            control.should_training_stop = control.should_save = control.should_log = True
            control.should_evaluate = False
        self._agree(control)

    def on_log(
        self, _args: TrainingArguments, _state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        self._agree(control)

    def on_evaluate(
        self, _args: TrainingArguments, _state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        self._agree(control)

    def on_save(
        self, _args: TrainingArguments, _state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        self._agree(control)

    def _agree(self, control: TrainerControl) -> None:
        agreed = self.workers.any(getattr(control, name) for name in DECISIONS)
        for name, flag in zip(DECISIONS, agreed, strict=True):
            setattr(control, name, flag)
