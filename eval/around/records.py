"""What surrounds a verdict, as records: controls, baselines, leaks, length, speed, failures.

Where a figure is None, `note` (and `note_zh`, the same in Chinese) says why.
"""

from __future__ import annotations

from typing import Literal

from core.messages import Record
from eval.estimate_records import Estimate

Side = Literal["base", "tuned"]
Direction = Literal["better", "worse", "open"]


class ControlResult(Record):
    """Answers that must not win, scored by the same checks on the same sample of questions."""

    kind: Literal["base_again", "constant", "truncated", "shuffled"]
    against: Side
    """Whose answers it is compared with."""
    estimate: Estimate
    """base = the model's own answers, tuned = the control's; above 0: the control scores more."""
    won: bool | None
    """Whether it beat the model (of base_again: whether base differs from itself); None: unknown.

    By interval and exact test, p corrected after Holm for the number of controls.
    """
    adjusted_p: float | None = None
    answered_with: str = ""
    """The text of the constant control."""
    note: str = ""
    note_zh: str = ""


class Controls(Record):
    """The null controls of a run; one that wins makes the run invalid."""

    results: tuple[ControlResult, ...]
    scored_by: tuple[str, ...]
    """Ids of the criteria they were scored by: checks only, no judge is asked; of many questions
    200 are drawn."""
    valid: bool | None
    """False when a control won; None when none could be scored."""
    note: str = ""
    note_zh: str = ""


class Baseline(Record):
    """One way to do without training, answered and scored like the tuned model."""

    kind: Literal["base", "system_prompt", "few_shot"]
    headline: Estimate
    """base = this baseline, tuned = the tuned model; before training `tuned` is None."""
    score: Estimate
    low: float | None = None
    """95% interval of this baseline's own headline level; None with too few questions."""
    high: float | None = None
    added: str = ""
    """What the base model was given beside the question."""
    shown_rows: tuple[int, ...] = ()
    """Rows of the source file shown as examples."""
    left_out: int = 0
    """Questions that got no answer, such as those too long with the examples before them."""
    note: str = ""
    note_zh: str = ""


class Baselines(Record):
    """Whether training was needed: what the base model reaches with a prompt alone."""

    results: tuple[Baseline, ...]
    samples: int
    scored_by: tuple[str, ...]
    """Ids of the criteria: checks only."""
    best: str = ""
    """`kind` of the baseline with the highest headline level."""
    needed: bool | None = None
    """Whether the tuned model beats every baseline by interval and test; None: not known."""
    sentence: str = ""
    sentence_zh: str = ""
    note: str = ""
    note_zh: str = ""


class LeakSlice(Record):
    """The result on all questions, on those training never saw, and on those it saw."""

    which: Literal["all", "clean", "leaked"]
    samples: int
    headline: Estimate
    score: Estimate


class LeakCheck(Record):
    """The score three times; the verdict uses clean questions only when there are leaked ones."""

    slices: tuple[LeakSlice, ...]
    leaked_ids: tuple[str, ...]
    """Samples whose question stands in the training rows, wholly, nearly or in part."""
    verdict_uses: Literal["all", "clean"]
    note: str = ""
    note_zh: str = ""


class Likelihood(Record):
    """How probable the served models find texts they did not write: no judge, no sampling."""

    estimate: Estimate
    """Nats per token (-log p), mean over texts; a difference below 0 is better for tuned."""
    texts: int
    tokens: int
    perplexity_base: float | None
    """exp of nats per token, all tokens alike."""
    perplexity_tuned: float | None
    left_out: int = 0
    """Texts too long for the model, or that the server gave no figures for."""
    note: str = ""
    note_zh: str = ""


class LengthCheck(Record):
    """Whether the gain may be only length."""

    ratio: float | None
    """Mean length of tuned answers / mean length of base answers, in characters."""
    matched: int
    """Pairs of different answers whose lengths lie within 15% of each other."""
    matched_headline: Estimate | None
    """The headline on those pairs alone."""
    correlation: float | None
    """Spearman's, of length difference and score difference."""
    correlation_p: float | None
    may_be_length: bool | None
    """The headline shows a gain, the matched pairs do not, and longer (or shorter) answers score
    more; None when it can't be told."""
    note: str = ""
    note_zh: str = ""


class AdapterProof(Record):
    """That the tuned weights answered, before anything is scored."""

    identical: int
    answered: int
    """Samples that both sides answered."""
    served_change: float
    """Largest change of a prompt log-probability by the adapter as served, in nats."""
    trained_change: float
    worst_difference: float
    tolerance: float
    tokens: int
    real: bool
    sentence: str
    sentence_zh: str


class UnequalCondition(Record):
    """Something that was not equal for both sides, so that a difference may come from it."""

    kind: Literal["template", "stop_tokens", "truncation", "failures", "engine", "length"]
    base: str
    tuned: str
    sentence: str
    sentence_zh: str


class SpeedRatio(Record):
    """tuned / base of one figure, question by question."""

    name: Literal["first_token_s", "token_s", "tokens_per_s", "tokens"]
    """token_s is the time per output token after the first (TPOT), in seconds."""
    base: float | None
    """Geometric mean, in the figure's own unit."""
    tuned: float | None
    ratio: float | None
    """Geometric mean of tuned / base; 1 is equal."""
    low: float | None
    """95% interval of the mean logarithm, over groups."""
    high: float | None
    pairs: int
    note: str = ""
    note_zh: str = ""


class Speed(Record):
    """What both sides took, measured during the comparison."""

    ratios: tuple[SpeedRatio, ...]
    engine_memory_mib: int | None = None
    """GPU memory of the engine that serves; None without an NVIDIA GPU or when not known."""
    adapter_mib: float | None = None
    """What the adapter adds on disk, and in memory once it is loaded."""
    note: str = ""
    note_zh: str = ""


class NearRow(Record):
    """A training row that is like a question that was lost."""

    row: int
    example_id: str
    similarity: float
    """Cosine of character n-grams, 0 to 1."""
    question: str
    answer: str


class FailedSample(Record):
    """One question of a cluster, with the training rows nearest to it."""

    sample_id: str
    row: int
    nearest: tuple[NearRow, ...] = ()


class FailureCluster(Record):
    """Questions that failed alike."""

    kind: Literal["loss", "both_wrong"]
    """loss: base was better; both_wrong: neither met the headline."""
    criteria: tuple[str, ...]
    """Ids of the criteria that the tuned model did not meet on most of them."""
    terms: tuple[str, ...]
    """Pieces of text that tell this cluster from the others."""
    samples: tuple[FailedSample, ...]


class Failures(Record):
    """Losses and questions that both got wrong, grouped, the largest group first."""

    clusters: tuple[FailureCluster, ...]
    losses: int
    both_wrong: int
    left_out: int = 0
    """Failures beyond those that were grouped."""
    note: str = ""
    note_zh: str = ""
