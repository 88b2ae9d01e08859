"""Held-out samples as questions of a batch."""

from __future__ import annotations

from collections.abc import Sequence

from core.comparing.prompts import Item
from eval.records import Sample


def as_items(samples: Sequence[Sample]) -> tuple[Item, ...]:
    """The same questions, with their references and tags."""
    return tuple(
        Item(
            id=sample.id, row=sample.row, messages=sample.prompt, reference=sample.reference,
            tags=sample.tags,
        )
        for sample in samples
    )  # fmt: skip
