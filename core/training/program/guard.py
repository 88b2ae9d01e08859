"""What stops a run: numbers that are no numbers, and a loss or a gradient that got out of hand.

The stack by itself logs NaN as 0.0 and goes on. A run that is stopped keeps the checkpoints that
were saved while all was well.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Mapping
from statistics import median
from typing import TYPE_CHECKING, Any

from core.errors import RunError

if TYPE_CHECKING:
    import torch

FIX = (
    "Halve the learning rate and start again. The checkpoints saved before this are good. "
    "If it happens at the first step, the base model's weights may be damaged."
)
SILENT_FIX = (
    "See on the data page which tokens are learnt: answers may be cut off by max_length, or marked "
    "as not to be learnt. If the loss fell to 0 by itself, the rows are known by heart: train "
    "fewer epochs."
)
BEGINNING, ROW = 8, 10
"""Logged points that tell how a run begins, and bad ones in a row that stop it."""
WORSE, NATS = 0.5, 1.0
"""Nats above guessing, and above all that was seen before the best, that make a loss bad."""
TIMES, MORE = 3.0, 3.0
"""How far above the best smoothed loss: so many times, or so many nats."""
SMOOTHING = 0.9
"""Share of the smoothed loss that is kept at each point, about the last 10 points' mean."""
STEEPER, STEEP = 100.0, 1000.0
"""Gradient norms are bad above so many times their median, and so many times the clipping norm."""
SILENT_ROW = 3
ANSWERS = 2
"""Of a pair."""


class Diverged(RunError):
    """Training produced a value that is not finite, or got out of hand."""

    since: int | None = None
    """The step at which it began, when that is known to be before the step it was seen at."""


class Losses:
    """Whether the loss has left the range of a run that learns.

    A logged loss is bad when it is above the lower of two limits:

    - it is worse than guessing among all V tokens, and than at first: max(ln V, loss_1) + 0.5;
    - after 8 points: max(worst + 1, min(3 best, best + 3)), with `best` the lowest exponential
      mean (0.9, bias-corrected) and `worst` the highest loss up to there.

    Ten in a row stop the run. A healthy one does not get there: rows differ, so single losses
    jump, but ten that lie a nat above everything seen before the best are another distribution.
    Of 2,400 made-up runs of 600 points (falling, flat, log-normal noise of up to 1.2, rows of
    which some are known and some are hard) none was stopped. Of 18 real ones of the starter, the
    10 that learnt were not; 6 of 8 whose learning rate was ruinous were, by step 16.
    """

    def __init__(self, vocabulary: int | None) -> None:
        self._guessing = math.log(vocabulary) if vocabulary else math.inf
        self.first: float | None = None
        self.best = math.inf
        self._smooth = self._weight = 0.0
        self._worst = self._worst_before_best = -math.inf
        self._points = 0
        self.bad_steps: list[int] = []
        """The bad points in a row up to now."""

    def add(self, step: int, loss: float) -> None:
        """Take in a logged loss."""
        self.first = loss if self.first is None else self.first
        if loss > self.limit:
            self.bad_steps.append(step)
        else:
            self.bad_steps.clear()
        self._points += 1
        self._worst = max(self._worst, loss)
        self._smooth = SMOOTHING * self._smooth + (1 - SMOOTHING) * loss
        self._weight = SMOOTHING * self._weight + (1 - SMOOTHING)
        if (now := self._smooth / self._weight) < self.best:
            self.best, self._worst_before_best = now, self._worst
        if self._points <= BEGINNING:
            self._worst_before_best = self._worst

    @property
    def limit(self) -> float:
        """The loss from which the next point counts as bad."""
        if self.first is None:
            return math.inf
        hopeless = max(self._guessing, self.first) + WORSE
        if self._points < BEGINNING:
            return hopeless
        lost = max(self._worst_before_best + NATS, min(TIMES * self.best, self.best + MORE))
        return min(hopeless, lost)


class Guard:
    """Looks at every logged point of a run, in order.

    Who prefers answers guesses among two: ln 2 is the loss of every pair before training. Of
    made-up runs over pairs, those whose loss stayed below 1.2 on average were never stopped.
    """

    def __init__(
        self, max_grad_norm: float = 1.0, vocabulary: int | None = None, pairs: bool = False
    ) -> None:
        """`pairs` says that the losses are those of preferences."""
        self.losses = Losses(ANSWERS if pairs else vocabulary)
        self._pairs = pairs
        self._steep = STEEP * max(max_grad_norm, 1.0)
        self._norms: list[float] = []
        self._last: deque[float] = deque(maxlen=ROW)
        self._silent = 0

    @property
    def suspects(self) -> bool:
        """Whether the last point was bad, so that nothing should be saved just now."""
        return bool(self.losses.bad_steps)

    def recall(self, history: Iterable[Mapping[str, Any]]) -> None:
        """Take in what was logged before the checkpoint that training goes on from."""
        for entry in history:
            if "loss" in entry:
                self._take(int(entry["step"]), entry)
        self.losses.bad_steps.clear()  # whoever goes on wants to see where it leads

    def see(self, step: int, logs: Mapping[str, Any]) -> None:
        """Look at what was logged at a step.

        Raises Diverged when it can't go on like this.
        """
        check_logs(step, logs)
        if "loss" not in logs:
            return
        self._take(step, logs)
        self._need_signal(step)
        self._need_bounded_loss(step)
        self._need_bounded_gradient(step)

    def _take(self, step: int, logs: Mapping[str, Any]) -> None:
        loss, norm = float(logs["loss"]), logs.get("grad_norm")
        self.losses.add(step, loss)
        self._silent = self._silent + 1 if loss == 0 and not norm else 0
        if norm is not None:
            if len(self._last) == ROW:
                self._norms.append(self._last[0])
            self._last.append(float(norm))

    def _need_signal(self, step: int) -> None:
        """A loss of exactly 0 without any gradient means that no token was learnt from.

        That of a pair vanishes once its answers are told apart beyond a float's reach.
        """
        if self._silent >= SILENT_ROW and not self._pairs:
            raise Diverged(
                f"The training loss is exactly 0, {SILENT_ROW} times in a row: nothing is learnt.",
                f"step {step}",
                SILENT_FIX,
            )

    def _need_bounded_loss(self, step: int) -> None:
        bad = self.losses.bad_steps
        if len(bad) < ROW:
            return
        error = Diverged(
            f"Training diverged: the loss was above {self.losses.limit:.2f} {ROW} times in a row, "
            f"and had begun at {self.losses.first:.2f}.",
            f"step {step}",
            FIX,
        )
        error.since = bad[0]
        raise error

    def _need_bounded_gradient(self, step: int) -> None:
        if len(self._last) < ROW or len(self._norms) < ROW or min(self._last) < self._steep:
            return
        usual = median(self._norms)
        if min(self._last) > STEEPER * usual:
            raise Diverged(
                f"Training diverged: the gradient's norm was {min(self._last):.3g} or more {ROW} "
                f"times in a row, where {usual:.3g} had been usual.",
                f"step {step}",
                FIX,
            )


def check_logs(step: int, logs: Mapping[str, object]) -> None:
    """Raises Diverged when the loss or the gradient norm is not a finite number."""
    for name, words in (("loss", "training loss"), ("grad_norm", "gradient norm")):
        value = logs.get(name)
        if isinstance(value, int | float) and not math.isfinite(value):
            raise Diverged(f"The {words} became {value} at step {step}.", f"step {step}", FIX)


def check_tensors(tensors: Iterable[tuple[str, torch.Tensor]], where: str) -> None:
    """Raises Diverged naming the first tensor that holds a value that is not finite.

    Of a tensor that several processes share, this one's part is looked at.
    """
    for name, tensor in tensors:
        local = tensor.to_local() if hasattr(tensor, "to_local") else tensor
        if not bool(local.isfinite().all()):
            raise Diverged(f"The weights of {name} are not finite any more.", where, FIX)
