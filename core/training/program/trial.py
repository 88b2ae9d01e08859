"""An attempt in miniature: the real trainer and the real checks, over a few chosen batches."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pyarrow.compute as pc
import torch
from datasets import Dataset
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from core.models.templates import ChatTemplate
from core.training.eta import Measured, Sample, Spent, step_seconds
from core.training.program import picking
from core.training.program.attempt import Attempt
from core.training.program.building import Trainer
from core.training.program.callbacks import Watch
from core.training.program.loading import Base
from core.training.program.picking import Batches, Picked
from core.training.program.preparation import Parts

BUDGET_S = 90.0
"""Typical steps are timed for about so long, and at least LEAST of them."""
LEAST = 3


class Moment(NamedTuple):
    """A moment by the clock on the wall and by this process's processor time, in seconds."""

    wall: float
    cpu: float

    @classmethod
    def now(cls) -> Moment:
        return cls(time.monotonic(), sum(os.times()[:2]))

    def until(self, later: Moment) -> Spent:
        """What was spent in between."""
        return Spent(seconds=later.wall - self.wall, cpu_s=later.cpu - self.cpu)


class Peaks(NamedTuple):
    """The most memory that the process held, in bytes; None where it can't be told."""

    rss: int | None
    gpu: int | None


class Stopwatch(TrainerCallback):
    """Times steps, and at the last one has validated and saved, which it times, too."""

    def __init__(self, picked: Picked, validate: bool) -> None:
        self.picked, self.validate = picked, validate
        self.began = self._last = Moment.now()
        self.steps: list[Spent] = []
        """What each step took, the first with all that was set up for it."""
        self.evaluation: Spent | None = None
        self.save = Spent(seconds=0.0, cpu_s=0.0)

    def on_step_end(
        self, _args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        self.steps.append(self._lap())
        typical = len(self.steps) - self.picked.longest
        spent = typical >= LEAST and self._last.wall - self.began.wall > BUDGET_S
        if spent or state.global_step == len(self.picked.steps):
            control.should_training_stop = control.should_save = True
            control.should_evaluate = self.validate

    def on_evaluate(self, *_: Any, **__: Any) -> None:
        self.evaluation = self._lap()

    def on_save(self, *_: Any, **__: Any) -> None:
        self.save = self._lap()

    def _lap(self) -> Spent:
        before, self._last = self._last, Moment.now()
        return before.until(self._last)

    @property
    def samples(self) -> tuple[Sample, ...]:
        """The typical steps that were timed."""
        timed = zip(self.picked.steps, self.steps, strict=False)
        return tuple(
            Sample(tokens=step.tokens, seconds=spent.seconds, cpu_s=spent.cpu_s)
            for step, spent in list(timed)[self.picked.longest :]
        )


@dataclass
class Trial(Attempt):
    """Trains on the longest batch and on typical ones, and times what it does."""

    moments: dict[str, Moment] = field(default_factory=dict)
    """When each phase began."""
    prepared: Spent | None = None
    """Taking the prepared rows from their cache, as the run will."""
    rows_ready: Moment | None = None
    stopwatch: Stopwatch | None = None
    picked: Picked | None = None
    sequences: int = 0
    train_tokens: int = 0
    validation_tokens: int = 0
    evaluated_share: float = 1.0
    """Of the tokens of a whole validation, those that were validated on."""

    def _phase(self, phase: str, detail: str = "") -> None:
        self.moments[phase] = Moment.now()
        super()._phase(phase, detail)

    def _prepare(self, base: Base, template: ChatTemplate) -> Parts:
        super()._prepare(base, template)
        again = Moment.now()
        parts = super()._prepare(base, template)
        self.rows_ready = Moment.now()
        self.prepared = again.until(self.rows_ready)
        return parts

    def _train(self, trainer: Trainer, parts: Parts) -> list[dict[str, Any]] | None:
        self._phase("training")
        self.train_tokens, self.validation_tokens = parts.train.tokens, parts.validation.tokens
        lengths = sequence_lengths(trainer.train_dataset)
        batches = Batches(
            rows=self.plan.batch_size,
            accumulation=self.plan.gradient_accumulation,
            padded=not getattr(trainer.args, "padding_free", False),
        )
        self.sequences = len(lengths)
        self.picked = picked = picking.pick(lengths, batches, self.plan.seed)
        order = [place for step in picked.steps for place in step.places]
        trainer.train_dataset = trainer.train_dataset.select(order)
        trainer.args.train_sampling_strategy = "sequential"
        trainer.args.max_steps = len(picked.steps)
        validate = self._choose_validation(trainer, batches)
        self.stopwatch = Stopwatch(picked, validate)
        trainer.add_callback(Watch(self.journal, self.stop, frozenset(), validate))
        trainer.add_callback(self.stopwatch)
        trainer.train()
        return list(trainer.state.log_history)

    def _choose_validation(self, trainer: Trainer, batches: Batches) -> bool:
        if trainer.eval_dataset is None:
            return False
        lengths = sequence_lengths(trainer.eval_dataset)
        chosen = picking.evaluated(lengths, batches)
        taken = picking.validation_tokens([lengths[place] for place in chosen], batches)
        self.evaluated_share = taken / max(picking.validation_tokens(lengths, batches), 1)
        trainer.eval_dataset = trainer.eval_dataset.select(chosen)
        return True


def measured(trial: Trial, startup: Spent, peaks: Peaks) -> Measured:
    """What a trial that has run has measured."""
    watch, picked, ended = trial.stopwatch, trial.picked, Moment.now()
    if watch is None or picked is None or trial.prepared is None or trial.rows_ready is None:
        raise RuntimeError("the trial did not train")
    moments, tokens, first = trial.moments, picked.steps[0].tokens, watch.steps[0]
    built = trial.rows_ready.until(moments["training"])
    wall, cpu = (step_seconds(watch.samples, tokens, cpu) for cpu in (False, True))
    share = trial.evaluated_share
    return Measured(
        startup=startup,
        load=moments["loading"].until(moments["preparing"]),
        prepare=Spent(
            seconds=trial.prepared.seconds + built.seconds,
            cpu_s=trial.prepared.cpu_s + built.cpu_s,
        ),
        first_step=Spent(seconds=max(first.seconds - wall, 0.0), cpu_s=max(first.cpu_s - cpu, 0.0)),
        samples=watch.samples,
        mean_tokens=picked.mean_tokens,
        evaluation=watch.evaluation.times(1 / share) if watch.evaluation else None,
        save=watch.save,
        checking=moments["saving"].until(ended),
        sequences=trial.sequences,
        train_tokens=trial.train_tokens,
        validation_tokens=trial.validation_tokens,
        longest_tokens=tokens,
        peak_rss_bytes=peaks.rss,
        peak_gpu_bytes=peaks.gpu,
    )


def sequence_lengths(dataset: Dataset) -> list[int]:
    """Tokens of each sequence; of a preference pair, those of its longer side."""
    table = dataset.with_format("arrow")[:]

    def lengths(column: str) -> list[int]:
        return pc.list_value_length(table[column]).to_pylist()

    if "input_ids" in dataset.column_names:
        return lengths("input_ids")
    sides = zip(lengths("chosen_ids"), lengths("rejected_ids"), strict=True)
    prompts = zip(lengths("prompt_ids"), sides, strict=True)
    return [prompt + max(answers) for prompt, answers in prompts]
