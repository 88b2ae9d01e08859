"""What is told about a rubric: what a conversion lost, what examples scored, what looks unwell."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from core.messages import Record
from eval.rubric.rubrics import Rubric
from eval.scores.files import RowProblem

FormatName = Literal[
    "duotune",
    "healthbench",
    "prometheus",
    "flask",
    "paperbench",
    "promptfoo",
    "deepeval",
    "openai",
    "weighted",
    "rar",
    "autoj",
    "csv",
    "markdown",
]


class Remark(Record):
    """One sentence in both languages."""

    text: str
    text_zh: str


class Converted(Record):
    """A rubric that was read from some format, with all that it could not carry over."""

    format: FormatName
    version: str
    """The rubric's hash."""
    notes: tuple[Remark, ...] = ()
    """What was left out, changed or chosen; empty when nothing was."""
    rubric: Rubric


class Exported(Record):
    """A rubric written in some format, with all that the format can't carry."""

    format: FormatName
    text: str
    notes: tuple[Remark, ...] = ()


class ExampleScore(Record):
    """What one example scored."""

    example: str
    score: float | None
    """Unclipped share; None when a criterion is unscored."""
    lowest: float | None
    """The lowest and the highest score that its unscored criteria still allow."""
    highest: float | None
    gates: tuple[str, ...] = ()
    """Criteria whose gate is closed."""
    unscored: tuple[str, ...] = ()
    """Criteria without a verdict on it."""
    passed: bool | None = None
    """Whether it reaches the pass mark; None without one, or without a score."""


class RubricScore(Record):
    """What a file of verdicts comes to."""

    rubric: str
    version: str
    examples: tuple[ExampleScore, ...]
    n: int
    """Examples with a score."""
    unscored: int
    """Examples without one."""
    mean: float | None
    """Over the examples with a score, clipped to 0..1; None when there is none."""
    mean_unclipped: float | None
    lowest_mean: float | None
    """The mean over all examples if every unscored criterion had gone wrong, unclipped."""
    highest_mean: float | None
    passed: int | None
    """Examples that reach the pass mark; None without one."""
    left_out: tuple[str, ...] = ()
    """Criteria without a single verdict, which all scores are computed without."""
    problems: tuple[RowProblem, ...] = ()
    note: str = ""


FindingKind = Literal["never_varies", "redundant", "flips", "unscored"]


class HealthFinding(Record):
    """Something about a rubric that a person should look at."""

    kind: FindingKind
    criteria: tuple[str, ...]
    """Ids of what it is about."""
    share: float
    """Of never_varies: how many met it; of redundant: how often both agree; else of all asked."""
    count: int
    """What the share is of."""
    sentence: str
    sentence_zh: str


class Health(Record):
    """How well a rubric's criteria do their work, as far as verdicts tell."""

    findings: tuple[HealthFinding, ...]
    looked_at: int
    """Criteria with enough verdicts to be looked at."""
    too_few: tuple[str, ...] = ()
    """Criteria with too few verdicts."""
    needed: int = Field(ge=1)
    """Verdicts on a criterion from which it is looked at."""
