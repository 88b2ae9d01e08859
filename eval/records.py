"""Sample, Answer, Comparison, Verdict and Report: the honest record of an evaluation."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from core.messages import Message, Record
from eval.around.forgetting.records import Forgetting
from eval.around.records import (
    AdapterProof,
    Baselines,
    Controls,
    Failures,
    LeakCheck,
    LengthCheck,
    Likelihood,
    Side,
    Speed,
    UnequalCondition,
)
from eval.estimate_records import Estimate
from eval.judge.records import Judging
from eval.metrics.records import Metrics
from eval.request_records import (
    Evaluation,
    EvaluationParts,
    EvaluationRequest,
    EvaluationStatus,
    Phase,
    Progress,
)

__all__ = [
    "Answer",
    "Comparison",
    "CriterionResult",
    "Estimate",
    "Evaluation",
    "EvaluationParts",
    "EvaluationRequest",
    "EvaluationStatus",
    "ExampleKind",
    "JudgeCall",
    "Outcome",
    "Phase",
    "Progress",
    "Report",
    "Sample",
    "Shown",
    "Side",
    "TagResult",
    "Verdict",
    "VerdictKind",
    "VerdictSentence",
]

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
    cached: bool = False
    """Whether the reply is one that an earlier attempt was given."""
    tokens_in: int | None = None
    """As the endpoint counted them over all attempts; None when it did not say."""
    tokens_out: int | None = None
    path: str = ""
    """How the reply was read: `json`, `embedded` (prose around it); "" when it could not be."""
    trouble: str = ""
    """What was wrong when there is no verdict: `truncated`, `invalid`, `timeout`, `swayed`, ..."""
    soft: float | None = None
    """Probability of `met` by the endpoint's log-probabilities; None when not asked or not told."""


class Verdict(Record):
    """Whether one answer meets one criterion; the reason comes before the outcome."""

    sample_id: str
    criterion_id: str
    side: Side
    reason: str
    outcome: Outcome
    level: int | None = None
    """Of a scale: which of its levels the answer reaches; None for a criterion without levels."""
    judge: JudgeCall | None = None
    """None for a check, and for a judge that was never asked."""


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
    """p_value after Holm's correction over all criteria but the headline; None for the headline.

    For a gate that the tuned model fails more often it is p_value itself.
    """
    test: str = ""
    """How p was found: `exact_sign` (of yes-or-no pairs: McNemar's) or `group_sign_flips`."""
    win_rate: float | None = None
    """(wins + ties / 2) / pairs."""
    win_low: float | None = None
    """95% interval of the win rate, over groups."""
    win_high: float | None = None
    detectable: float | None = None
    """The smallest true difference that so many questions would show 8 times in 10."""
    more_needed: int | None = None
    """How many more questions would show the difference seen 8 times in 10; 0 when enough."""

    @property
    def corrected(self) -> bool:
        """Whether the correction changed p."""
        return self.adjusted_p is not None and self.adjusted_p != self.estimate.p_value


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
    warnings_zh: tuple[str, ...] = ()
    """The same in Chinese, one for one; empty in a report that an earlier version wrote."""
    conditions_zh: dict[str, str] = Field(default_factory=dict)
    judging: Judging | None = None
    """How the judge behaved; None without one."""
    controls: Controls | None = None
    forgetting: Forgetting | None = None
    likelihood: Likelihood | None = None
    baselines: Baselines | None = None
    leaks: LeakCheck | None = None
    metrics: Metrics | None = None
    length: LengthCheck | None = None
    adapter: AdapterProof | None = None
    unequal: tuple[UnequalCondition, ...] = ()
    speed_ratios: Speed | None = None
    failures: Failures | None = None
    left_out: dict[str, str] = Field(default_factory=dict)
    """Parts that could not be measured, by name, with the reason."""
    left_out_zh: dict[str, str] = Field(default_factory=dict)
    format: int = 1
    """2 since parts around the verdict are in it."""
