"""How well answers name labels: accuracy, precision, recall, F1, a table by class, confusions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from eval.metrics.records import Classification, ClassScore, Confusion
from eval.statistics.intervals import wilson

FEW_OF_A_CLASS = 5
"""With fewer samples of a class its figures are chance; the note says so."""


def classify(
    references: Sequence[str],
    answers: Sequence[str | None],
    labels: Sequence[str] = (),
    had: Sequence[bool] | None = None,
) -> Classification:
    """All figures of a classification.

    An answer that is not among the labels (those given, else those of the references) is wrong and
    counted as outside. `had` tells which answers could be had at all; left out, None among the
    answers means that it could not. Raises ValueError for a reference that is no label.
    """
    known = list(dict.fromkeys(labels or sorted(set(references))))
    strange = sorted(set(references) - set(known))
    if strange:
        raise ValueError(f"references that are no label: {', '.join(strange[:5])}")
    there = [answer is not None for answer in answers] if had is None else list(had)
    pairs = [
        (reference, answer if answer in known else None)
        for reference, answer, is_there in zip(references, answers, there, strict=True)
        if is_there
    ]
    if not pairs:
        return _nothing(len(references))
    tally = Counter(pairs)
    classes = tuple(_class_score(label, pairs, tally) for label in known)
    seen = [one for one in classes if one.support or one.predicted]
    right = sum(tally[label, label] for label in known)
    named = sum(answer is not None for _, answer in pairs)
    interval = wilson(right, len(pairs))
    return Classification(
        samples=len(pairs),
        unscored=len(references) - len(pairs),
        outside=len(pairs) - named,
        accuracy=right / len(pairs),
        accuracy_low=interval.low,
        accuracy_high=interval.high,
        macro_precision=_mean([one.precision for one in seen]),
        macro_recall=_mean([one.recall for one in seen]),
        macro_f1=_mean([one.f1 for one in seen]),
        micro_precision=right / named if named else None,
        micro_recall=right / len(pairs),
        micro_f1=2 * right / (named + len(pairs)),
        classes=classes,
        confusions=_confusions(tally),
        note=_note(classes),
    )


def macro_f1(references: Sequence[str], answers: Sequence[str | None]) -> float | None:
    """Macro F1 alone, for resampling; None stands for an answer outside the labels."""
    if not references:
        return None
    support, given = Counter(references), Counter(a for a in answers if a is not None)
    right = Counter(r for r, a in zip(references, answers, strict=True) if r == a)
    seen = support.keys() | given.keys()
    return sum(2 * right[one] / (support[one] + given[one]) for one in seen) / len(seen)


def _class_score(
    label: str,
    pairs: Sequence[tuple[str, str | None]],
    tally: Counter[tuple[str, str | None]],
) -> ClassScore:
    support = sum(reference == label for reference, _ in pairs)
    predicted = sum(answer == label for _, answer in pairs)
    right = tally[label, label]
    return ClassScore(
        label=label,
        support=support,
        predicted=predicted,
        precision=right / predicted if predicted else None,
        recall=right / support if support else None,
        f1=2 * right / (support + predicted) if support + predicted else None,
    )


def _confusions(tally: Counter[tuple[str, str | None]]) -> tuple[Confusion, ...]:
    wrong = [(pair, count) for pair, count in tally.items() if pair[0] != pair[1]]
    wrong.sort(key=lambda item: (-item[1], item[0][0], item[0][1] or ""))
    return tuple(Confusion(reference=r, answered=a, count=count) for (r, a), count in wrong)


def _mean(values: Sequence[float | None]) -> float | None:
    return sum(value or 0.0 for value in values) / len(values) if values else None


def _note(classes: Sequence[ClassScore]) -> str:
    few = [one.label for one in classes if 0 < one.support < FEW_OF_A_CLASS]
    if not few:
        return ""
    return f"Fewer than {FEW_OF_A_CLASS} samples of: {', '.join(few)}; their figures are chance."


def _nothing(unscored: int) -> Classification:
    return Classification(
        samples=0, unscored=unscored, outside=0, accuracy=None, accuracy_low=None,
        accuracy_high=None, macro_precision=None, macro_recall=None, macro_f1=None,
        micro_precision=None, micro_recall=None, micro_f1=None, classes=(), confusions=(),
        note="No answer could be had.",
    )  # fmt: skip
