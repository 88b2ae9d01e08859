"""Contenders and lanes: who is to be asked, and where each answers once it is served and proven."""

from __future__ import annotations

from typing import Literal

from core.messages import Record
from core.serving.records import AdapterCheck, Endpoint

MOST_LANES = 4
"""Contenders that are asked side by side at most: more panes than that nobody can read."""


class Contender(Record):
    """Somebody who can be asked, as a person chooses it; holds no secret."""

    kind: Literal["base", "run", "checkpoint", "library", "endpoint"]
    name: str
    """Of a base: the model's id or folder; of a run or checkpoint: the run's id; of a library
    entry or a saved endpoint: its name."""
    step: int | None = None
    """Of a checkpoint only: the optimizer step it was saved at."""
    revision: str | None = None
    """Of a base only."""

    @property
    def key(self) -> str:
        """The contender as one word, such as `run:run-1` or `checkpoint:run-1@20`."""
        at = f"@{self.step}" if self.step is not None else ""
        return f"{self.kind}:{self.name}{at}"


class Lane(Record):
    """A contender that is ready to be asked."""

    contender: Contender
    title: str
    """What a person calls it."""
    endpoint: Endpoint
    check: AdapterCheck | None = None
    """Proof that it is what was trained; None for a base, an endpoint, or where there is none."""
    note: str = ""
    """What the person must know of it, such as `slow: one question at a time`."""


class Offer(Record):
    """A contender that could be picked, with what a person calls it."""

    contender: Contender
    title: str
    is_served: bool = False
    """Whether it answers at once: nothing has to be started for it."""
