"""When validation loss has not got better for too long."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


class Patience:
    """Counts measurements of validation loss in a row that were not better than the best.

    Only measurements after a step count: nothing can be kept of the model before training.
    """

    def __init__(self, most: int | None) -> None:
        self.most = most
        """None waits for ever."""
        self.best: float | None = None
        self.best_step = 0
        self.misses = 0

    def recall(self, history: Iterable[Mapping[str, Any]]) -> None:
        """Take in what was measured before the checkpoint that training goes on from.

        Who goes on after it had run out wants more training, and so begins to count again.
        """
        for entry in history:
            if "eval_loss" in entry and self.runs_out(int(entry["step"]), entry["eval_loss"]):
                self.misses = 0

    def runs_out(self, step: int, loss: float) -> bool:
        """Take in a measurement; whether training should stop now."""
        if step == 0:
            return False
        if self.best is None or loss < self.best:
            self.best, self.best_step, self.misses = loss, step, 0
        else:
            self.misses += 1
        return self.most is not None and self.misses >= self.most
