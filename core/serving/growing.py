"""An answer while it comes in: what is read of each event of it, and what it took so far."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import msgspec

from core.serving.records import Generation


class Delta(msgspec.Struct):
    """What a chunk adds to an answer."""

    content: str | None = None


class Choice(msgspec.Struct):
    """An answer's part of a chunk."""

    delta: Delta | None = None
    finish_reason: str | None = None


class Usage(msgspec.Struct):
    """What the server counted."""

    completion_tokens: int | None = None


class Chunk(msgspec.Struct):
    """What is read of one event of an answer; everything else in it is passed over.

    Servers leave out, or say null, for what they have nothing to tell of.
    """

    choices: list[Choice] | None = None
    usage: Usage | None = None


def as_chunk(event: object) -> Chunk:
    """An event that was JSON; raises ValueError when it is none of an answer."""
    return msgspec.convert(event, Chunk)


@dataclass
class Growing:
    """An answer while it comes in, with the times at which it did."""

    began: float = 0.0
    parts: list[str] = field(default_factory=list)
    first: float | None = None
    last: float | None = None
    finish_reason: str | None = None
    tokens: int | None = None
    error: str | None = None
    done: bool = False

    def take(self, chunk: Chunk) -> bool:
        """Add a chunk; True when it brought text."""
        if chunk.usage is not None:
            self.tokens = chunk.usage.completion_tokens
        if not chunk.choices:
            return False
        choice = chunk.choices[0]
        self.finish_reason = choice.finish_reason or self.finish_reason
        added = choice.delta.content if choice.delta is not None else None
        if not added:
            return False
        self.last = time.perf_counter()
        self.first = self.first or self.last
        self.parts.append(added)
        return True

    def end(self) -> None:
        """The stream is over: well, or before the model said why it stopped."""
        self.done = True
        if self.finish_reason is None:
            self.error = "The answer broke off: the model server ended it without a reason."
        elif self.finish_reason == "abort":
            self.error = "The model server was stopped before the answer was complete."

    def fail(self, why: str) -> None:
        """The answer can't be had, or not whole."""
        self.done = True
        self.finish_reason = None
        self.error = why

    def now(self) -> Generation:
        """The answer as far as it has come."""
        seconds = self.last - self.first if self.first and self.last else 0.0
        whole = self.done and self.error is None and self.tokens is not None
        return Generation(
            text="".join(self.parts),
            done=self.done,
            finish_reason=self.finish_reason,
            tokens=self.tokens,
            first_token_s=self.first - self.began if self.first else None,
            tokens_per_s=(self.tokens - 1) / seconds if whole and self.tokens and seconds else None,
            error=self.error,
        )
