"""Whether a rewording still belongs to its parent's class, by a classifier of the train side.

Rewordings drift to the neighbouring intent when intents are close, and a drifted row teaches the
wrong answer. The classifier knows training rows only and says so when it can't tell.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from core.data.augment.records import FilterVerdict
from core.data.augment.similarity import pieces
from core.data.records import Example

LEAST_ROWS = 3
"""Rows that a class needs before anything can be said about it."""
LEAST_ACCURACY = 0.6
"""On rows left out, below which the classifier's word counts for nothing."""
LEFT_OUT = 0.2
MOST_ROWS = 50_000
"""Rows that are learned from; of a larger set as many are drawn."""
LONGEST_LABEL = 80
REPEATED = 5
"""Rows per different answer from which on answers are classes, where no label is given."""


class Labelled(NamedTuple):
    """A text with its class."""

    text: str
    label: str


def labels_of(examples: Sequence[Example]) -> dict[str, str]:
    """Class by example id: the label, or the answer where few short answers repeat; else empty."""
    given = {example.id: example.label for example in examples if example.label}
    return given or answered_labels(examples)


def answered_labels(examples: Sequence[Example]) -> dict[str, str]:
    """The answer by example id where few short ones repeat, as labels do; else empty."""
    answers = {example.id: example.conversation.reference.strip() for example in examples}
    different = set(answers.values())
    repeats = len(answers) >= REPEATED * len(different)
    short = all(0 < len(answer) <= LONGEST_LABEL for answer in different)
    return answers if repeats and short and len(different) > 1 else {}


class LabelGuard:
    """Tells the classes of a train side apart; `accuracy` is that on rows it had not seen."""

    def __init__(self, rows: Sequence[Labelled], seed: int = 7) -> None:
        drawn = list(rows)
        random.Random(seed).shuffle(drawn)
        drawn = drawn[:MOST_ROWS]
        self.counts = Counter(row.label for row in drawn)
        cut = int(len(drawn) * LEFT_OUT)
        self.accuracy = _accuracy(drawn[cut:], drawn[:cut], seed)
        self._vectors, self._model = _fit(drawn, seed)

    def verdict(self, text: str, label: str) -> FilterVerdict:
        """Passes when the label is the likeliest; the number is its lead over the next one."""
        if self.counts[label] < LEAST_ROWS:
            return _untold(f"{label}: {self.counts[label]} < {LEAST_ROWS}")
        if self.accuracy is None or self.accuracy < LEAST_ACCURACY:
            return _untold(f"{self.accuracy or 0:.0%} < {LEAST_ACCURACY:.0%}")
        scores = self._scores(text)
        own = scores.pop(label)
        rival = max(scores, key=scores.__getitem__)
        lead = own - scores[rival]
        return FilterVerdict(
            name="label",
            passed=lead > 0,
            number=round(lead, 3),
            detail="" if lead > 0 else rival,
        )

    def _scores(self, text: str) -> dict[str, float]:
        values = self._model.decision_function(self._vectors.transform([text]))[0]
        classes = self._model.classes_
        if len(classes) == 2:  # one number: how far it is from the first class
            values = (-values, values)
        return {str(name): float(value) for name, value in zip(classes, values, strict=True)}


def label_guard(rows: Iterable[Labelled]) -> LabelGuard | None:
    """A guard trained on labelled train rows; None when there are not two classes to tell apart."""
    labelled = list(rows)
    return LabelGuard(labelled) if len({row.label for row in labelled}) > 1 else None


def _untold(why: str) -> FilterVerdict:
    return FilterVerdict(name="label", passed=None, detail=why)


def _fit(rows: Sequence[Labelled], seed: int) -> tuple[Any, Any]:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.svm import LinearSVC

    vectors = TfidfVectorizer(analyzer=pieces, sublinear_tf=True)
    model = LinearSVC(random_state=seed)
    model.fit(vectors.fit_transform(row.text for row in rows), [row.label for row in rows])
    return vectors, model


def _accuracy(seen: Sequence[Labelled], unseen: Sequence[Labelled], seed: int) -> float | None:
    """On rows that were not learned from; None when that can't be measured."""
    if not unseen or len({row.label for row in seen}) < 2:
        return None
    vectors, model = _fit(seen, seed)
    guessed = model.predict(vectors.transform(row.text for row in unseen))
    right: int = sum(guess == row.label for guess, row in zip(guessed, unseen, strict=True))
    return float(right / len(unseen))
