"""Which rows a pre-flight trains on: the longest batch, then steps as an epoch has them."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import NamedTuple

LONGEST_STEPS = 2
TYPICAL_STEPS = 10
"""Enough that their mean is within a few percent of an epoch's, on a quiet machine."""
EVALUATED_BATCHES = 8


class Batches(NamedTuple):
    """How sequences become optimizer steps."""

    rows: int
    """Sequences of a forward pass."""
    accumulation: int
    """Forward passes of a step."""
    padded: bool
    """Whether all sequences of a forward pass are as long as its longest."""

    def tokens(self, lengths: Sequence[int]) -> int:
        """What the model computes on in one forward pass over these sequences."""
        if not lengths:
            return 0
        return len(lengths) * max(lengths) if self.padded else sum(lengths)


class Step(NamedTuple):
    """One optimizer step."""

    places: tuple[int, ...]
    """Of its sequences, in the order in which they are read."""
    tokens: int
    """That the model computes on, padding included."""


class Picked(NamedTuple):
    """What to train on."""

    steps: tuple[Step, ...]
    """First the longest, then typical ones in no order."""
    longest: int
    """How many of them are the longest."""
    mean_tokens: float
    """Of all steps of an epoch."""


def pick(lengths: Sequence[int], batches: Batches, seed: int) -> Picked:
    """The longest step twice, and steps at evenly spaced ranks of an epoch's steps by tokens.

    The epoch is one random order of the sequences, as the trainer takes them; each rank stands for
    as many steps, so a mean over the picked ones is one over the epoch.
    """
    epoch = steps_of(lengths, batches, seed)
    whole = [step for step in epoch if len(step.places) == batches.rows * batches.accumulation]
    ranked = sorted(whole or epoch, key=lambda step: step.tokens)
    count = min(TYPICAL_STEPS, max(len(ranked), TYPICAL_STEPS // 2))
    typical = [ranked[int((rank + 0.5) * len(ranked) / count)] for rank in range(count)]
    Random(seed).shuffle(typical)
    first = longest_step(lengths, batches, full=bool(whole))
    return Picked(
        steps=(*[first] * LONGEST_STEPS, *typical),
        longest=LONGEST_STEPS,
        mean_tokens=sum(step.tokens for step in epoch) / len(epoch),
    )


def steps_of(lengths: Sequence[int], batches: Batches, seed: int) -> list[Step]:
    """The steps of one epoch over sequences of these lengths."""
    order = list(range(len(lengths)))
    Random(seed).shuffle(order)
    size = batches.rows * batches.accumulation
    return [
        _step(order[start : start + size], lengths, batches) for start in range(0, len(order), size)
    ]


def longest_step(lengths: Sequence[int], batches: Batches, full: bool) -> Step:
    """The longest batch that can be made, in each forward pass of a step."""
    by_length = sorted(range(len(lengths)), key=lengths.__getitem__, reverse=True)
    rows = by_length[: batches.rows]
    return _step(rows * (batches.accumulation if full else 1), lengths, batches)


def evaluated(lengths: Sequence[int], batches: Batches) -> list[int]:
    """Sequences to validate on: the longest batch, and whole batches evenly spread.

    All of them when there are no more batches than that.
    """
    starts = range(0, len(lengths), batches.rows)
    if len(starts) <= EVALUATED_BATCHES:
        return list(range(len(lengths)))
    scale = (len(starts) - 1) / (EVALUATED_BATCHES - 2)
    chosen = [starts[round(part * scale)] for part in range(EVALUATED_BATCHES - 1)]
    spread = [place for start in chosen for place in range(start, start + batches.rows)]
    longest = sorted(range(len(lengths)), key=lengths.__getitem__, reverse=True)[: batches.rows]
    return [*longest, *(place for place in spread if place < len(lengths))]


def validation_tokens(lengths: Sequence[int], batches: Batches) -> int:
    """What the model computes on in one validation over sequences in this order."""
    starts = range(0, len(lengths), batches.rows)
    padded = batches._replace(padded=True)  # validation batches are always padded
    return sum(padded.tokens(lengths[start : start + batches.rows]) for start in starts)


def _step(places: Sequence[int], lengths: Sequence[int], batches: Batches) -> Step:
    found = [lengths[place] for place in places]
    starts = range(0, len(found), batches.rows)
    tokens = sum(batches.tokens(found[start : start + batches.rows]) for start in starts)
    return Step(tuple(places), tokens)
