"""Sample, Answer, Comparison, Verdict and Report: the honest record of an evaluation."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from core.messages import Message, Record
from core.serving.records import Sampling

Side = Literal["base", "tuned"]
Outcome = Literal["met", "not_met", "unscored"]
VerdictKind = Literal[
    "better", "better_and_worse", "no_difference", "worse", "too_few_examples", "not_measured"
]
ExampleKind = Literal["gain", "loss", "both_wrong", "both_right"]


class Sample(Record):
    """A held-out prompt with the answer its data gives."""

    id: str
    row: int
    """Row in the source file."""
    group: str
    """Samples of one group (same first user turn) are resampled together."""
    prompt: tuple[Message, ...]
    reference: str
    tags: tuple[str, ...] = ()


class Answer(Record):
    """One side's answer to one sample."""

    text: str | None
    """None when the side gave none."""
    finish_reason: str | None = None
    tokens: int | None = None
    first_token_s: float | None = None
    tokens_per_s: float | None = None
    error: str | None = None


class Comparison(Record):
    """Both sides' answers to one sample, under one template and one sampling."""

    sample: Sample
    base: Answer
    tuned: Answer

    def side(self, side: Side) -> Answer:
        return self.base if side == "base" else self.tuned


class JudgeCall(Record):
    """What a judge was asked and what it said, kept so that a verdict can be audited."""

    model: str
    prompt_hash: str
    """SHA-256 of the rendered prompt, without its random mark."""
    replied: bool
    """Whether a reply came that could be read as a verdict."""
    attempts: int
    seconds: float
    """Wall time over all attempts."""
    raw: str = ""
    """The last reply as it came."""
    evidence: str = ""
    """What the judge quoted from the answer."""
    evidence_found: bool | None = None
    """Whether the quote stands in the answer; None when the judge quoted nothing."""


class Verdict(Record):
    """Whether one answer meets one criterion; the reason comes before the outcome."""

    sample_id: str
    criterion_id: str
    side: Side
    reason: str
    outcome: Outcome
    judge: JudgeCall | None = None
    """None for a check, and for a judge that was never asked."""


class Estimate(Record):
    """A paired difference (tuned - base) with its uncertainty, in the unit of its values."""

    base: float | None
    tuned: float | None
    difference: float | None
    low: float | None
    """Lower end of the 95% interval; None when it could not be computed, see `note`."""
    high: float | None
    p_value: float | None
    pairs: int
    """Samples where both sides were scored."""
    groups: int
    """Independent groups among them."""
    unscored_base: int
    unscored_tuned: int
    deviation: float | None = None
    """Standard deviation of the differences; None when there are fewer than two pairs."""
    note: str = ""
    """Why something is None, or how to read the interval."""


class CriterionResult(Record):
    """One criterion over all samples."""

    criterion_id: str
    text: str
    kind: str
    points: float
    estimate: Estimate
    """Share of samples that meet it, 0 to 1."""
    wins: int
    """Pairs only tuned meets."""
    losses: int
    """Pairs only base meets."""
    name: str = ""
    """What a sentence calls it."""
    adjusted_p: float | None = None
    """p_value after Holm's correction over all criteria but the headline; None for the headline."""


class TagResult(Record):
    """The headline criterion within the samples that carry one tag."""

    tag: str
    estimate: Estimate


class Shown(Record):
    """An example in the report, with why it was chosen."""

    comparison: Comparison
    chosen_as: ExampleKind
    verdicts: tuple[Verdict, ...] = ()
    """Every verdict on this sample, with its reason."""


class VerdictSentence(Record):
    """The conclusion, chosen by rule."""

    kind: VerdictKind
    sentence: str
    rule: str
    """The rule that chose it, with the numbers put in."""
    sentence_zh: str = ""
    """The same sentence in Chinese."""


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


Phase = Literal["engine", "answers", "judging", "report"]


class Progress(Record):
    """How far the evaluation program is: one line of `progress.jsonl`."""

    at: str
    """ISO time, UTC."""
    phase: Phase
    done: int = 0
    total: int | None = None
    failed: int = 0
    """Answers or verdicts that could not be had so far, over all phases."""


EvaluationStatus = Literal["starting", "running", "succeeded", "failed", "interrupted"]


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


class Report(Record):
    """Everything a reader needs to believe or doubt the conclusion."""

    id: str
    run_id: str
    run_name: str
    dataset_name: str
    base_model: str
    rubric_id: str
    rubric_hash: str
    created: str
    samples: int
    verdict: VerdictSentence
    score: Estimate
    """Rubric score: met points / positive points per sample, 0 to 1."""
    score_wins: int = 0
    """Pairs where tuned has the higher score."""
    score_losses: int = 0
    headline: CriterionResult
    """The criterion the verdict sentence speaks of."""
    criteria: tuple[CriterionResult, ...]
    by_tag: tuple[TagResult, ...]
    examples: tuple[Shown, ...]
    example_counts: dict[ExampleKind, int] = Field(default_factory=dict)
    """How many samples of each kind there are, of which `examples` shows a few."""
    curve_train: tuple[tuple[int, float], ...]
    curve_validation: tuple[tuple[int, float], ...]
    speed: dict[str, float | None]
    """Measured figures: `base_tokens_per_s`, `tuned_first_token_s`, ... None = not measured."""
    conditions: dict[str, str]
    """What was equal for both sides: template, sampling, engine, versions, seeds."""
    warnings: tuple[str, ...]
