"""How many rows there are, of what classes, and whether their answers differ at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from core.data.identity import fold
from core.data.problems import Finding, shorten
from core.data.records import Example
from core.data.tasks.balance import measure_counts
from core.data.whole.texts import shared_start
from core.messages import Record

NEEDED_ROWS = 10
"""OpenAI's service refuses fewer."""
ADVISED_ROWS = 50
"""OpenAI's guide sees clear improvements from 50 to 100 on."""
UNEVEN = 10.0
"""The largest class has so many times the rows of the smallest."""
ANSWERS = 5
"""So many rows must agree before their answers are called constant."""
SAMPLED = 500
"""Characters of an answer whose beginning is compared."""
LEAST_START = 12
"""A shorter shared beginning is chance ("the ")."""
NAMED = 10


class Balance(Record):
    """How rows spread over classes."""

    classes: dict[str, int]
    """Rows per label, the commonest first."""
    entropy: float
    """In bits."""
    evenness: float
    """Entropy as a share of what equal classes would have; 1 for a single class."""
    ratio: float
    """Rows of the largest class for one of the smallest."""
    single: tuple[str, ...]
    """Classes with one row."""


def balance_of(classes: Counter[str]) -> Balance | None:
    """The balance of labelled rows; None when no row has a label."""
    if not classes:
        return None
    spread = measure_counts(classes)
    return Balance(
        classes=dict(classes.most_common()),
        entropy=round(spread.entropy, 3),
        evenness=round(spread.evenness, 3),
        ratio=round(spread.ratio, 1),
        single=tuple(sorted(name for name, n in classes.items() if n == 1)),
    )


@dataclass
class Counted:
    """What is counted while the rows go by."""

    rows: int = 0
    classes: Counter[str] = field(default_factory=Counter)
    _answer: str | None = None
    _start: str = ""
    _same: bool = True

    def add(self, example: Example) -> None:
        """Count one row."""
        self.rows += 1
        if example.label:
            self.classes[example.label] += 1
        answer = fold(example.conversation.reference)
        if self._answer is None:
            self._answer, self._start = answer, answer[:SAMPLED]
            return
        self._same = self._same and answer == self._answer
        if self._start:
            self._start = shared_start(self._start, answer)

    def findings(self) -> Iterator[Finding]:
        """What is to be said about the file as a whole."""
        if self.rows < NEEDED_ROWS:
            yield Finding("rows_too_few", (), self._rows(NEEDED_ROWS))
        elif self.rows < ADVISED_ROWS:
            yield Finding("rows_few", (), self._rows(ADVISED_ROWS))
        if self.rows >= ANSWERS and self._answer:
            yield from self._constant(self._answer)
        if balance := balance_of(self.classes):
            yield from class_findings(balance)

    def _rows(self, wanted: int) -> dict[str, str]:
        return {"rows": str(self.rows), "wanted": str(wanted)}

    def _constant(self, answer: str) -> Iterator[Finding]:
        start = self._start.rstrip()
        if self._same:
            yield Finding("answers_identical", (), {"answer": shorten(answer)})
        elif len(start) >= LEAST_START:
            yield Finding("answers_same_start", (), {"start": shorten(start)})


def class_findings(balance: Balance) -> Iterator[Finding]:
    """Classes that one cannot learn, or learn to ignore."""
    if len(balance.classes) == 1:
        yield Finding("class_only_one", (), {"label": shorten(next(iter(balance.classes)))})
    if balance.single:
        values = {"count": str(len(balance.single)), "labels": named(balance.single)}
        yield Finding("class_single_row", (), values)
    if balance.ratio >= UNEVEN:
        ordered = list(balance.classes.items())
        (largest, most), (smallest, least) = ordered[0], ordered[-1]
        values = {"largest": shorten(largest), "most": f"{most:,}", "least": f"{least:,}"}
        values |= {"smallest": shorten(smallest), "ratio": f"{balance.ratio:g}"}
        yield Finding("class_imbalance", (), values)


def named(labels: tuple[str, ...]) -> str:
    """The first labels, as a list in a sentence."""
    more = ", …" if len(labels) > NAMED else ""
    return ", ".join(shorten(label, 30) for label in labels[:NAMED]) + more
