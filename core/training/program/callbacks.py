"""What happens around optimizer steps: events, validation, checkpoints, stop and the guard."""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from core.training import checkpoints, manifests
from core.training.events import CheckpointSaved, Evaluated, PhaseChanged, StepLogged
from core.training.program import guard
from core.training.program.journal import Journal, StopRequest

SAVE_EVERY_S = 600.0
"""A death costs at most about this much work."""
UNWANTED = ("training_args.bin", "README.md")
"""What the stack puts into a checkpoint that is never read: a pickle, and a wrong model card."""


def schedule(steps: int, times: int) -> frozenset[int]:
    """Evenly spread steps at which to evaluate and save; the last step is one of them."""
    return frozenset(math.ceil(steps * part / times) for part in range(1, times + 1))


class Watch(TrainerCallback):
    """Says what happens, decides when to validate and save, and stops when asked."""

    def __init__(
        self, journal: Journal, stop: StopRequest, moments: frozenset[int], validate: bool
    ) -> None:
        self.journal, self.stop = journal, stop
        self.moments, self.validate = moments, validate
        self._began = self._saved = time.monotonic()
        self._first = 0

    def on_train_begin(
        self, _args: TrainingArguments, state: TrainerState, _control: TrainerControl, **_: Any
    ) -> None:
        self._began = self._saved = time.monotonic()
        self._first = state.global_step

    def on_step_end(
        self, _args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        due = state.global_step in self.moments
        if self.stop.asked:
            control.should_training_stop = control.should_save = control.should_log = True
        elif due or time.monotonic() - self._saved > SAVE_EVERY_S:
            control.should_save = True
        if due and self.validate and not self.stop.asked:
            control.should_evaluate = True
            self.journal.write(PhaseChanged, phase="evaluating")

    def on_log(
        self,
        _args: TrainingArguments,
        state: TrainerState,
        _control: TrainerControl,
        logs: dict[str, Any],
        **_: Any,
    ) -> None:
        guard.check_logs(state.global_step, logs)
        if "loss" not in logs:
            return
        elapsed = max(time.monotonic() - self._began, 1e-9)
        done = state.global_step - self._first
        self.journal.write(
            StepLogged,
            step=state.global_step,
            total=state.max_steps,
            epoch=state.epoch or 0.0,
            loss=logs["loss"],
            learning_rate=logs["learning_rate"],
            grad_norm=logs.get("grad_norm"),
            tokens_per_s=logs["num_tokens"] / elapsed if "num_tokens" in logs else None,
            eta_s=elapsed / done * (state.max_steps - state.global_step) if done else None,
        )

    def on_evaluate(
        self,
        _args: TrainingArguments,
        state: TrainerState,
        _control: TrainerControl,
        metrics: dict[str, float],
        **_: Any,
    ) -> None:
        loss = metrics["eval_loss"]
        if not math.isfinite(loss):
            raise guard.Diverged(
                f"The validation loss became {loss} at step {state.global_step}.",
                f"step {state.global_step}",
                guard.FIX,
            )
        self.journal.write(Evaluated, step=state.global_step, loss=loss)
        self.journal.write(PhaseChanged, phase="training")

    def on_save(
        self,
        args: TrainingArguments,
        state: TrainerState,
        _control: TrainerControl,
        model: Any,
        **_: Any,
    ) -> None:
        folder = Path(args.output_dir)
        place = folder / f"checkpoint-{state.global_step}"
        trained = ((name, p) for name, p in model.named_parameters() if p.requires_grad)
        guard.check_tensors(trained, f"step {state.global_step}")
        for name in UNWANTED:
            (place / name).unlink(missing_ok=True)
        manifests.write(place)
        self._saved = time.monotonic()
        self.journal.write(CheckpointSaved, step=state.global_step, name=place.name)
        checkpoints.prune(folder, state.log_history)
