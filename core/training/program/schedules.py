"""The learning rate's schedule of a run that was extended: it begins anew at the step it ended."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from core.training.plan import TrainingPlan


def begin_anew(trainer: Any, plan: TrainingPlan, step: int, total: int) -> None:
    """Let a trainer warm up again from `step` on, and fall over the steps that remain to `total`.

    A warm restart (Loshchilov and Hutter, SGDR, 2017): by then the old schedule has brought the
    rate down to nothing, and stretching it would make the rate jump without any warm-up.
    """
    left, build = total - step, trainer.create_scheduler
    trainer.args.warmup_steps = round(plan.warmup_ratio * left)

    def create_scheduler(num_training_steps: int, optimizer: Any = None) -> Any:  # noqa: ARG001
        scheduler = build(left, optimizer)
        scheduler.lr_lambdas = [_later(rate, step) for rate in scheduler.lr_lambdas]
        return scheduler

    trainer.create_scheduler = create_scheduler


def _later(rate: Callable[[int], float], step: int) -> Callable[[int], float]:
    return lambda now: rate(max(now - step, 0))
