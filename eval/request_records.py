"""What an evaluation is asked to do, and how it stands."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from core.messages import Record
from core.serving.records import Sampling
from eval.judge.records import JudgeOptions


class EvaluationParts(Record):
    """What is measured around the verdict; each can be left out."""

    controls: bool = True
    """Null controls: base against itself, constant, truncated and shuffled answers."""
    forgetting: bool = True
    """The general set, answered by both sides, and how probable both find general texts."""
    forgetting_margin: float = Field(default=0.02, gt=0, lt=1)
    """How much the share of right general items may fall, in shares."""
    forgetting_texts: float = Field(default=0.05, gt=0)
    """How much nats per token of general texts may rise, as a share of the base model's: so much
    longer the texts would be if the models compressed them."""
    likelihood: bool = True
    """How probable both sides find the data's own answers."""
    baselines: bool = False
    """The base model with a system prompt and with three examples; asks as often again."""
    system_prompt: str = ""
    """For that baseline; "" takes the data's own, or describes the task from the training rows."""
    most_asked: int = Field(default=40, ge=1)
    """Questions for base against itself; baselines ask all questions, or four times as many."""


class EvaluationRequest(Record):
    """What to evaluate, and how; written before the evaluation program starts."""

    run_id: str
    rubric: str
    """The rubric's YAML text."""
    part: Literal["validation", "test"] = "test"
    limit: int | None = None
    """At most this many samples, taken in a seeded order; None takes all."""
    sampling: Sampling = Sampling()
    concurrency: int = 8
    """Questions under way at once, over both sides."""
    seed: int = 7
    parts: EvaluationParts = EvaluationParts()
    judging: JudgeOptions = JudgeOptions()


Phase = Literal["engine", "answers", "around", "judging", "report"]
"""around: what is asked beside the questions, such as controls and the general set."""


class Progress(Record):
    """How far the evaluation program is: one line of `progress.jsonl`."""

    at: str
    """ISO time, UTC."""
    phase: Phase
    done: int = 0
    total: int | None = None
    failed: int = 0
    """Answers or verdicts that could not be had so far, over all phases."""


EvaluationStatus = Literal["starting", "running", "succeeded", "failed", "interrupted", "stopped"]


class Evaluation(Record):
    """How an evaluation stands, derived from its folder."""

    id: str
    """`rep-...`: also the id of the report it makes."""
    request: EvaluationRequest
    created: str
    status: EvaluationStatus
    phase: Phase | None
    """`engine` includes loading and proving the adapter."""
    done: int
    total: int | None
    failed: int
    """Answers or verdicts that could not be had so far."""
    problem: str = ""
    where: str = ""
    fix: str = ""
