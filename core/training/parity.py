"""Parity: prompt log-probabilities by the trainer, which what is served must agree with."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from core.disk import write_atomic
from core.messages import Record


class Probe(Record):
    """One text with what base and tuned make of it; log-probabilities are natural, in nats."""

    token_ids: tuple[int, ...]
    """Prompt and reference under the base's chat template, as token ids."""
    base: tuple[float, ...]
    """log p(token[i + 1] | tokens up to i) by the base: one fewer than the tokens."""
    tuned: tuple[float, ...]
    """The same by what was published, reloaded from disk."""


class Parity(Record):
    """What a serving engine is compared with before its answers are shown as tuned."""

    base_model: str
    """As the plan names it."""
    revision: str | None
    """Commit of a Hub model, as far as known."""
    dtype: str
    """Arithmetic of these figures, such as `float32`."""
    template_sha256: str
    """Of the chat template's text, so that serving can prove that it renders the same."""
    chat_template_kwargs: dict[str, Any]
    """Arguments to pass with every request, such as `enable_thinking`."""
    stop_token_ids: tuple[int, ...]
    """Tokens that end a turn: generation must stop at each of them."""
    probes: tuple[Probe, ...]
    result: Literal["adapter", "model"] = "adapter"
    """What was published, and must be served: an adapter on the base, or a model of its own."""
    reference: str = "the base model as it was trained on"
    """Which weights the figures were computed with, in words."""
    saving_difference: float | None = None
    """Mean |log-probability as published - as trained| in nats, of a whole model: what merging and
    storing its weights changed; None for an adapter, which is published as it was trained."""

    @property
    def trained_change(self) -> float:
        """Largest |tuned - base| over all tokens of all probes, in nats; 0.0 without a token."""
        return max(
            (
                abs(tuned - base)
                for probe in self.probes
                for tuned, base in zip(probe.tuned, probe.base, strict=True)
            ),
            default=0.0,
        )


def save(path: Path, parity: Parity) -> None:
    """Write the record so that readers see all of it or none."""
    write_atomic(path, parity.model_dump_json())


def load(path: Path) -> Parity:
    """Read the record back; raises pydantic's ValidationError or OSError when it is damaged."""
    return Parity.model_validate_json(path.read_bytes())
