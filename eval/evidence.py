"""Evidence: everything a report is made from, kept beside it so that it can be made again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from pydantic import Field

from core.data.records import Dataset
from core.messages import Record
from core.serving.records import Pair
from core.training.records import RunView
from eval.around.asked_records import AskedAnswer, BaselinePrompts, TextNats
from eval.around.records import NearRow
from eval.judge.records import Judging
from eval.records import Comparison, EvaluationRequest, Verdict
from eval.rubric.rubrics import Rubric


class Nearest(Record):
    """The training rows that are like one failed question: a line of `nearest.jsonl`."""

    sample_id: str
    rows: tuple[NearRow, ...]


class LeftOut(Record):
    """Why a part could not be measured."""

    note: str
    note_zh: str


class Facts(Record):
    """What is known beside the rows, as it was when they were made."""

    created: str = ""
    """ISO time, UTC; "" takes now."""
    leaked_ids: tuple[str, ...] | None = None
    """Samples whose question stands in the training rows; None when nobody looked."""
    labels: tuple[str, ...] = ()
    """The label set, when the training rows' answers are labels."""
    baselines: BaselinePrompts | None = None
    """What the base model was given instead of training; None when it was not asked."""
    constant: str | None = None
    """The answer of the constant control: the training rows' most frequent one; None when controls
    were not asked for."""
    engine_memory_mib: int | None = None
    adapter_mib: float | None = None
    engines: tuple[str, ...] = ()
    """Version and arithmetic of the engine that serves base, then tuned."""
    left_out: dict[str, LeftOut] = Field(default_factory=dict)
    """Parts that were asked for and could not be measured."""


@dataclass(frozen=True, repr=False)  # asyncio.run prints what its main task returns
class Evidence:
    """Everything a report is made from."""

    report_id: str
    request: EvaluationRequest
    rubric: Rubric
    run: RunView
    dataset: Dataset
    pair: Pair
    comparisons: Sequence[Comparison]
    verdicts: Sequence[Verdict]
    conditions: dict[str, str]
    conditions_zh: dict[str, str] = field(default_factory=dict)
    judge_model: str | None = None
    judging: Judging | None = None
    facts: Facts = field(default_factory=Facts)
    answers: Sequence[AskedAnswer] = ()
    """Answers to what was asked beside the samples: controls, general set, baselines."""
    nats: Sequence[TextNats] = ()
    """How probable each side found each text."""
    nearest: Sequence[Nearest] = ()
