"""From what a pre-flight measured to how long the whole run takes, and what it costs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import mean, median
from typing import NamedTuple

from core.messages import Record
from core.training.plan import TrainingPlan
from core.training.program.arguments import total_steps

SAVE_EVERY_S = 600.0
"""A run saves a checkpoint at least this often (`program.callbacks`)."""
CHEAP_SHARE = 0.1
"""A run validates before it trains when that is at most this share of its tokens
(`program.attempt`)."""


class Sample(Record):
    """One optimizer step that was timed."""

    tokens: int
    """That the model computed on, padding included."""
    seconds: float
    """From the end of the step before to its own end: data, logging and events included."""
    cpu_s: float
    """Of the trainer's process, all threads: not touched by what else the machine does."""


class Spent(Record):
    """What one phase took."""

    seconds: float
    """By the clock on the wall."""
    cpu_s: float
    """Of the trainer's process, all threads."""

    def times(self, factor: float) -> Spent:
        """So many times as much."""
        return Spent(seconds=factor * self.seconds, cpu_s=factor * self.cpu_s)


class Measured(Record):
    """What a pre-flight measured: the time of each phase, and memory."""

    startup: Spent
    """From the start of the process until it reads its plan: Python and its libraries."""
    load: Spent
    prepare: Spent
    """Rows from the cache of prepared ones, and the trainer around them."""
    first_step: Spent
    """What the first step takes beyond a usual one, with everything that is set up for it."""
    samples: tuple[Sample, ...]
    """Typical steps, spread over the lengths of an epoch's batches."""
    mean_tokens: float
    """Of an epoch's steps, padding included."""
    evaluation: Spent | None
    """One validation of all its rows; None without a validation part."""
    save: Spent
    checking: Spent
    """From the last step to a published and checked result."""
    sequences: int
    """What an epoch's batches are made of: rows, or packs of them."""
    train_tokens: int
    validation_tokens: int
    longest_tokens: int
    """Of the longest step, padding included."""
    peak_rss_bytes: int | None
    """The most main memory that the process held; None where the system can't tell."""
    peak_gpu_bytes: int | None
    """The most that torch took from the GPU's driver, and the driver's own; None without one."""

    @property
    def peak_bytes(self) -> int | None:
        """On the device that trains."""
        return self.peak_rss_bytes if self.peak_gpu_bytes is None else self.peak_gpu_bytes


class Eta(NamedTuple):
    """Seconds of a whole run, by phase."""

    before: float
    training: float
    evaluations: float
    saves: float
    checking: float
    steps: int

    @property
    def total(self) -> float:
        return self.before + self.training + self.evaluations + self.saves + self.checking


def eta(measured: Measured, plan: TrainingPlan, cpu: bool = False) -> Eta:
    """How long a run of this plan takes, from its start to its published result.

    startup + load + prepare + first step + steps x s/step + evaluations x s + saves x s + checking.
    The plan may differ from the measured one in what changes neither memory nor the time of a
    step, such as epochs or the learning rate. With `cpu`, processor seconds: they tell how good
    this formula is on a machine that others use, too.
    """

    def of(spent: Spent | None) -> float:
        return 0.0 if spent is None else spent.cpu_s if cpu else spent.seconds

    steps = total_steps(plan, measured.sequences)
    training = steps * step_seconds(measured.samples, measured.mean_tokens, cpu)
    times = min(plan.evaluations, steps)
    saves = times + math.floor(training / SAVE_EVERY_S)
    evaluations = times + (1 if steps and _validates_first(measured, plan) else 0)
    before = of(measured.startup) + of(measured.load) + of(measured.prepare)
    return Eta(
        before=before + (of(measured.first_step) if steps else 0.0),
        training=training,
        evaluations=evaluations * of(measured.evaluation),
        saves=saves * of(measured.save),
        checking=of(measured.checking),
        steps=steps,
    )


def _validates_first(measured: Measured, plan: TrainingPlan) -> bool:
    return measured.validation_tokens <= CHEAP_SHARE * measured.train_tokens * plan.epochs


def step_seconds(samples: Sequence[Sample], tokens: float, cpu: bool = False) -> float:
    """Seconds of a step with so many tokens: a + b x tokens, fitted to the timed steps.

    b is the median of the slopes between all pairs of samples (Theil 1950, Sen 1968), never below
    0; a the mean of what is left, without the one most and the one least: a step that another
    program held up counts little. So a mean over an epoch's steps needs only the mean of their
    tokens. With `cpu`, processor seconds.
    """
    if not samples:
        return 0.0
    points = [(sample.tokens, sample.cpu_s if cpu else sample.seconds) for sample in samples]
    slopes = [
        (after[1] - before[1]) / (after[0] - before[0])
        for number, before in enumerate(points)
        for after in points[number + 1 :]
        if after[0] != before[0]
    ]
    slope = max(median(slopes), 0.0) if slopes else 0.0
    left = sorted(seconds - slope * count for count, seconds in points)
    trimmed = left[1:-1] if len(left) > 4 else left
    return max(mean(trimmed) + slope * tokens, 0.0)


def cost(seconds: float | None, price_per_hour: float | None) -> float | None:
    """What so many seconds cost; None without a price or a time."""
    if seconds is None or price_per_hour is None:
        return None
    return seconds / 3600 * price_per_hour
