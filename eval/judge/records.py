"""Judging: which judge was asked how often, what it cost, and how far it can be believed."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from core.messages import Record

Preferred = Literal["base", "tuned", "tie", "order_dependent", "unscored"]
Trait = Literal[
    "known_met",
    "known_not_met",
    "negated",
    "longer_but_wrong",
    "empty",
    "constant",
    "injection",
    "wrong_language",
    "swapped",
    "identical",
]


class Share(Record):
    """A share from 0 to 1 with its 95% interval; None with the reason in `note`."""

    value: float | None = None
    low: float | None = None
    high: float | None = None
    count: int = 0
    """What the share is of."""
    note: str = ""
    note_zh: str = ""


class JudgeOptions(Record):
    """How a judge is to be used."""

    pairwise: bool = True
    """Also ask which of both answers is better, in both orders."""
    soft: bool = False
    """Also ask for the probability of each verdict, which not every endpoint tells."""
    exam: bool = True
    """Hold the bundled exam first; without it the judge's verdicts carry no conclusion."""
    repeated: float = Field(default=0.1, ge=0, le=1)
    """Share of the verdicts that is asked again (at least 20), to see how often they flip."""


class JudgeEstimate(Record):
    """What judging would take, computed before the first call."""

    model: str
    host: str
    """Host and port of the endpoint: where questions and answers are sent."""
    leaves_machine: bool
    """Whether the endpoint is on another machine than this one."""
    criteria_calls: int
    pairwise_calls: int
    repeated_calls: int
    exam_calls: int
    """0 when this judge's exam is on record."""
    tokens_in: int
    """Expected, from the length of the texts; retries come on top."""
    tokens_out: int
    """At most, without retries."""
    cost: float | None
    """In `currency`; None when no price is set."""
    currency: str
    sentence: str
    """All of this for a person who is to agree."""
    sentence_zh: str

    @property
    def calls(self) -> int:
        return self.criteria_calls + self.pairwise_calls + self.repeated_calls + self.exam_calls


class Flips(Record):
    """How often the judge says something else when it is asked the same again."""

    judged_twice: int
    """Verdicts with two readable replies."""
    flipped: int
    rate: Share
    by_criterion: dict[str, tuple[int, int]] = Field(default_factory=dict)
    """Criterion id -> (judged twice, flipped)."""
    unanswered: int = 0
    """Repeated questions that got no readable reply: neither flipped nor not."""


class Preference(Record):
    """Which of both answers to one sample a judge prefers; one line of `preferences.jsonl`."""

    sample_id: str
    preferred: Preferred
    """A side only when both orders agree on it."""
    base_first: Literal["first", "second", "tie"] | None
    """What was said with the base's answer shown first; None when nothing readable was."""
    tuned_first: Literal["first", "second", "tie"] | None
    reason: str = ""
    length_ratio: float | None = None
    """Characters of the tuned answer / characters of the base's."""


class Pairwise(Record):
    """The judge's overall preference, every pair asked in both orders."""

    wins: int
    """Pairs where tuned is preferred in both orders."""
    losses: int
    ties: int
    """Called a tie in both orders, or in one with a side in the other."""
    order_dependent: int
    """The place decided, not the answer: a tie that says something of the judge."""
    unscored: int
    win_rate: Share
    """(wins + half of all ties) / scored pairs."""
    p_value: float | None
    """Exact sign test of wins against losses, by whole groups where they have several pairs."""
    first_chosen: Share
    """Of single decisions, how often the answer shown first won; 0.5 is fair."""
    longer_chosen: Share
    """Of decided pairs with unequal lengths, how often the longer answer won."""


class ExamItem(Record):
    """How a judge did on one item of the exam."""

    id: str
    traits: tuple[Trait, ...]
    language: Literal["en", "zh"]
    expected: str
    said: tuple[str, ...]
    """What it said, in both orders for a pair; `unscored` for nothing that counts."""
    right: bool
    """Of a pair: in both orders."""


class ExamResult(Record):
    """A judge's result in the bundled exam."""

    model: str
    host: str
    served: str = ""
    """What the endpoint said of the weights behind the model's name; "" when it said nothing."""
    version: str
    """Of the exam and of the prompts it was asked with."""
    held: str
    """ISO time, UTC."""
    accuracy: Share
    """Share of items that are right; what can't be read is wrong here."""
    consistency: Share
    """Share of different pairs where both orders named the same answer."""
    longer_preferred: Share
    """Where the longer answer is wrong: how often it was chosen."""
    identical_tied: Share
    """Share of identical pairs called a tie in both orders."""
    readable: Share
    """Share of calls with a readable reply."""
    by_trait: dict[str, tuple[int, int]] = Field(default_factory=dict)
    """Trait -> (items right, items)."""
    silent: int = 0
    """Questions that nobody answered: such a result is not kept for the next evaluation."""
    passed: bool
    why_not: str = ""
    why_not_zh: str = ""
    items: tuple[ExamItem, ...] = ()


class CriterionCalibration(Record):
    """A judge against people on one criterion."""

    criterion_id: str
    labels: int
    """Answers that a person and the judge both rated."""
    sensitivity: Share
    """Share of answers that people call met and the judge too."""
    specificity: Share
    kappa: Share
    """Cohen's; below 0 is less than chance."""
    base: Share
    """What people would have called met of the base's answers, from what the judge called met."""
    tuned: Share


class Calibration(Record):
    """A judge against the person's own votes."""

    labels: int
    """Votes on single criteria that the judge rated, too."""
    preferences: int
    """Votes on pairs that the judge rated, too."""
    needed: int
    """Votes from which errors are computed."""
    sensitivity: Share
    specificity: Share
    kappa: Share
    preference_agreement: Share
    """Share of decided votes on which the judge's preference names the same side."""
    preference_kappa: Share
    by_criterion: tuple[CriterionCalibration, ...] = ()
    note: str = ""
    """Why there are no figures."""
    note_zh: str = ""


class Soft(Record):
    """Mean probability that the judge gave to `met`, on one criterion."""

    criterion_id: str
    base: float | None
    tuned: float | None
    pairs: int
    """Samples where both sides have one."""
    missing: int
    """Verdicts whose endpoint told no probabilities: left out, and never guessed."""


class Trouble(Record):
    """A kind of reply that could not be counted, and how often it came."""

    reason: str
    count: int


class Judging(Record):
    """What was asked of a judge in one evaluation, and whether it can be relied on."""

    model: str
    host: str
    """Host and port of the endpoint, never a key."""
    leaves_machine: bool
    version: str
    """Of the prompts: verdicts of two versions are not alike."""
    calls: int
    """Replies asked for over the network, retries included."""
    cached: int
    """Questions answered from what an earlier attempt was told."""
    verdicts: int
    """Verdicts that judge criteria need."""
    unscored: int
    """Of them, those that the judge gave no usable word on."""
    troubles: tuple[Trouble, ...] = ()
    """Why, the most frequent first."""
    misquoted: int = 0
    """Verdicts whose evidence does not stand in the answer, after asking once more."""
    addressed: int = 0
    """Answers that speak to a grader; each is judged with and without those words."""
    swayed: int = 0
    """Verdicts that such words changed: unscored."""
    tokens_in: int | None
    """As the endpoint counted them; None when it did not count all of them."""
    tokens_out: int | None
    cost: float | None
    """In `currency`; None when no price is set or tokens were not counted."""
    currency: str = "USD"
    seconds: float
    """Wall time of this attempt."""
    most_at_once: int = 0
    """Calls under way at once, at most."""
    slowed: int = 0
    """Times the endpoint asked for a slower pace, or did not answer in time."""
    exam: ExamResult | None = None
    flips: Flips | None = None
    pairwise: Pairwise | None = None
    calibration: Calibration | None = None
    soft: tuple[Soft, ...] = ()
    same_family: str = ""
    """A warning when judge and judged are relatives; "" when nothing says so."""
    same_family_zh: str = ""
    reliable: bool
    """Whether its verdicts may carry the conclusion."""
    why_not: str = ""
    why_not_zh: str = ""
