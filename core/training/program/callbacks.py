"""What happens around optimizer steps: events, validation, checkpoints, stop and the guard."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from core.training import checkpoints, manifests
from core.training.events import (
    CheckpointSaved,
    EarlyStopped,
    Evaluated,
    PhaseChanged,
    StepLogged,
)
from core.training.program import guard
from core.training.program.early_stopping import Patience
from core.training.program.guard import Guard
from core.training.program.journal import Journal, StopRequest

SAVE_EVERY_S = 600.0
"""A death costs at most about this much work."""
UNWANTED = ("training_args.bin", "README.md")
"""What the stack puts into a checkpoint that is never read: a pickle, and a wrong model card."""

STEP_FIELDS = frozenset(("loss", "grad_norm", "learning_rate", "epoch", "step", "num_tokens"))
"""What a StepLogged has fields for; num_tokens counts from the start of the attempt."""
EVALUATION_FIELDS = STEP_FIELDS | {
    "runtime",
    "samples_per_second",
    "steps_per_second",
    "model_preparation_time",
}


def schedule(steps: int, times: int) -> frozenset[int]:
    """Evenly spread steps at which to evaluate and save; the last step is one of them."""
    return frozenset(math.ceil(steps * part / times) for part in range(1, times + 1))


class Watch(TrainerCallback):
    """Says what happens, decides when to validate and save, and stops when asked or in danger."""

    def __init__(
        self,
        journal: Journal,
        stop: StopRequest,
        moments: frozenset[int],
        validate: bool,
        patience: int | None = None,
    ) -> None:
        """`patience` is the plan's early_stopping."""
        self.journal, self.stop = journal, stop
        self.moments, self.validate = moments, validate
        self.patience = Patience(patience)
        self.guard = Guard()
        self._began = self._saved = time.monotonic()
        self._first = 0
        self._owed = False

    def on_train_begin(
        self,
        args: TrainingArguments,
        state: TrainerState,
        _control: TrainerControl,
        model: Any,
        **_: Any,
    ) -> None:
        self._began = self._saved = time.monotonic()
        self._first = state.global_step
        self.guard = Guard(args.max_grad_norm, _vocabulary(model), _are_pairs(args))
        self.guard.recall(state.log_history)
        self.patience.recall(state.log_history)
        self.journal.meter.take()

    def on_step_end(
        self, _args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        if self.stop.asked:
            control.should_training_stop = control.should_save = control.should_log = True
            return
        last = state.global_step >= state.max_steps
        self._owed = self._owed or state.global_step in self.moments
        if self.guard.suspects and not last:
            return  # what is saved while the loss is bad might be all that is left
        if self._owed or time.monotonic() - self._saved > SAVE_EVERY_S:
            control.should_save = control.should_log = True
        if self._owed and self.validate:
            control.should_evaluate = True
            self.journal.write(PhaseChanged, phase="evaluating")
        self._owed = False

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        _control: TrainerControl,
        logs: dict[str, Any],
        **_: Any,
    ) -> None:
        self._look(args, state.global_step, logs)
        if "loss" not in logs:
            return
        elapsed = max(time.monotonic() - self._began, 1e-9)
        done = state.global_step - self._first
        held = self.journal.meter.take()
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
            metrics=_others(logs, STEP_FIELDS),
            **held._asdict(),
        )

    def _look(self, args: TrainingArguments, step: int, logs: dict[str, Any]) -> None:
        try:
            self.guard.see(step, logs)
        except guard.Diverged as error:
            if error.since is not None:
                checkpoints.set_aside(Path(args.output_dir), newer_than=error.since - 1)
            raise

    def on_evaluate(
        self,
        _args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        metrics: dict[str, float],
        **_: Any,
    ) -> None:
        step, loss = state.global_step, metrics["eval_loss"]
        if not math.isfinite(loss):
            raise guard.Diverged(
                f"The validation loss became {loss} at step {step}.", f"step {step}", guard.FIX
            )
        found = {name.removeprefix("eval_"): value for name, value in metrics.items()}
        self.journal.write(
            Evaluated, step=step, loss=loss, metrics=_others(found, EVALUATION_FIELDS)
        )
        if self.patience.runs_out(step, loss) and step < state.max_steps:
            control.should_training_stop = True
            self.journal.write(EarlyStopped, step=step, best_step=self.patience.best_step)
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


def _vocabulary(model: Any) -> int | None:
    """How many tokens the model chooses among."""
    size = getattr(model.config.get_text_config(), "vocab_size", None)
    return size if isinstance(size, int) and size > 0 else None


def _are_pairs(args: TrainingArguments) -> bool:
    """Whether preferences are trained, by what only TRL's arguments for them have."""
    return hasattr(args, "precompute_ref_log_probs")


def _others(found: Mapping[str, Any], told: frozenset[str]) -> dict[str, float]:
    """What else was measured; a figure that is no number is left out."""
    return {
        name: value
        for name, value in found.items()
        if name not in told and isinstance(value, int | float) and math.isfinite(value)
    }
