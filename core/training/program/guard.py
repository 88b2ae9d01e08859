"""Numbers that are no numbers stop a run: the stack by itself logs them as 0.0 and goes on."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import torch

from core.errors import RunError

FIX = (
    "Halve the learning rate and start again. The checkpoints saved before this are good. "
    "If it happens at the first step, the base model's weights may be damaged."
)


class Diverged(RunError):
    """Training produced a value that is not finite."""


def check_logs(step: int, logs: Mapping[str, object]) -> None:
    """Raises Diverged when the loss or the gradient norm is not a finite number."""
    for name, words in (("loss", "training loss"), ("grad_norm", "gradient norm")):
        value = logs.get(name)
        if isinstance(value, int | float) and not math.isfinite(value):
            raise Diverged(f"The {words} became {value} at step {step}.", f"step {step}", FIX)


def check_tensors(tensors: Iterable[tuple[str, torch.Tensor]], where: str) -> None:
    """Raises Diverged naming the first tensor that holds a value that is not finite."""
    for name, tensor in tensors:
        if not bool(torch.isfinite(tensor).all()):
            raise Diverged(f"The weights of {name} are not finite any more.", where, FIX)
