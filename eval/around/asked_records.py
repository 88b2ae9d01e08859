"""What was asked beside the samples, as rows: one question or text of one side each."""

from __future__ import annotations

from typing import Literal

from core.messages import Record
from eval.around.records import Side
from eval.records import Answer

Part = Literal["control", "general", "plain", "system_prompt", "few_shot"]
"""plain: a sample as it is, to a base model that nothing was trained from yet."""
TextPart = Literal["reference", "general"]


class AskedAnswer(Record):
    """An answer to one question that is no plain sample: a line of `asked.jsonl`."""

    part: Part
    id: str
    """Of the sample, or of the general item."""
    side: Side
    asked: str
    """SHA-256 of model, messages and sampling, so that only the same question is not repeated."""
    answer: Answer


class TextNats(Record):
    """How probable one side finds one text: a line of `likelihood.jsonl`."""

    part: TextPart
    id: str
    side: Side
    asked: str
    """SHA-256 of model and token ids."""
    tokens: int
    """Tokens that count: those of the answer, or all but the first of a general text."""
    nats: float | None
    """-log p over those tokens; None when the server gave no figures, see `error`."""
    error: str = ""


class BaselinePrompts(Record):
    """What stands before each question of a baseline."""

    system_prompt: str
    source: Literal["given", "data", "described"]
    """Where the system prompt comes from: the person, the training rows, the run's purpose."""
    shown_rows: tuple[int, ...]
    """Rows of the source file that few_shot shows."""
    sample_ids: tuple[str, ...]
    """Samples that were asked."""
