"""What tuning cost elsewhere, as records: general suites and general texts, judge-free."""

from __future__ import annotations

from typing import Literal

from core.messages import Record
from eval.around.records import Likelihood
from eval.estimate_records import Estimate

ForgettingVerdict = Literal["kept", "lost", "not_shown"]
"""kept: no worse than the margin; lost: a fall is shown; not_shown: neither can be told."""


class SuiteResult(Record):
    """One suite of the general set, or all of it, answered by both sides."""

    suite: str
    """`instructions`, `arithmetic`, ... or `overall`."""
    name: str
    name_zh: str
    items: int
    estimate: Estimate
    """Share of items answered rightly."""
    low_one_sided: float | None
    """Lower 95% bound (one-sided) of tuned - base: no worse when above -margin."""
    no_worse: bool | None
    detectable_drop: float | None
    """The smallest true fall that so many items would show 8 times in 10, in shares."""
    verdict: ForgettingVerdict
    note: str = ""
    note_zh: str = ""


class GeneralItemResult(Record):
    """One item of the general set, as both sides did on it: a row of `general.jsonl`."""

    item_id: str
    suite: str
    language: Literal["en", "zh"]
    question: str
    base: str | None
    tuned: str | None
    base_right: bool | None
    """None when there is no answer."""
    tuned_right: bool | None


class Forgetting(Record):
    """Whether general ability was kept, by non-inferiority within a margin."""

    verdict: ForgettingVerdict
    margin: float
    """How much the share of right items may fall, such as 0.02."""
    overall: SuiteResult
    suites: tuple[SuiteResult, ...]
    texts: Likelihood | None = None
    """Nats per token on general texts; None when the server gives no prompt log-probabilities."""
    texts_margin: float = 0.0
    """How much nats per token may rise: a share of the base model's (`forgetting_texts`)."""
    texts_verdict: ForgettingVerdict | None = None
    lost_items: tuple[GeneralItemResult, ...] = ()
    """Items that base had right and tuned has not."""
    sentence: str = ""
    sentence_zh: str = ""
    rule: str = ""
    note: str = ""
    note_zh: str = ""
