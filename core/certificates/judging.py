"""From readings to a verdict: is it the same model, and if not, what is wrong with it?"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from core.certificates.records import (
    Cause,
    Difference,
    FileFacts,
    Lane,
    Question,
    Reading,
    Way,
    WeightFacts,
    Written,
)
from core.serving.checking import EXACT, ROUNDED, SILENT

MEAN_SHARE = 0.2
"""Of the tolerance for the worst token: what all tokens may differ by on average."""
SCALE_SLACK, SCALE_SEEN = 0.1, 0.03
"""How far the slope may lie from 1 beside three of its standard errors, and a merge's own scale;
and from where a slope explains figures that are off. Twice the change can be a slope of 1.06 only:
log-probabilities near 0 can't rise."""
NO_TEXT = "There was no text to compare it by."
SENTENCES: dict[Cause, str] = {
    "template": "It renders conversations with another chat template than the trained one.",
    "tokenizer": "Its tokenizer makes other tokens of the same text.",
    "eos": "It does not stop where the trained model ends its answers.",
    "dtype": "It is stored or computed in another arithmetic than it should be.",
    "base": "It stands on another base model than the one that was trained on.",
    "not applied": "What was trained is not in it: it answers as the base model does.",
    "scale": "What was trained is in it with another weight than it was trained with.",
    "differs": "It answers otherwise than the trained model, for a reason that was not found.",
}
ORDER: tuple[Cause, ...] = (
    "template", "tokenizer", "eos", "base", "not applied", "scale", "dtype", "differs",
)  # fmt: skip
"""The surest and most particular first."""


class Reference(NamedTuple):
    """What a way is held against."""

    tuned: Sequence[Sequence[float]]
    base: Sequence[Sequence[float]]
    written: Sequence[Written] = ()
    dtype: str = "float32"


class Case(NamedTuple):
    """One way with all that is known of it."""

    way: Way
    reading: Reading
    reference: Reference
    questions: Sequence[Question]
    weights: WeightFacts | None = None
    is_rounded: bool = False
    """Its weights were rounded to 16 bits after training, so it can't agree exactly."""


class Slope(NamedTuple):
    """The change here, regressed on the trained one without intercept."""

    value: float
    error: float


def judge(case: Case) -> Lane:
    """Measure one way against the reference and say what is wrong with it, if anything."""
    reading, reference = case.reading, case.reference
    limit = tolerance(case)
    differences = _minus(reading.tuned, reference.tuned)
    trained = _minus(reference.tuned, reference.base)
    found = _slope(_minus(reading.tuned, reference.base), trained)
    worst = max(map(abs, differences), default=None)
    mean = sum(map(abs, differences)) / len(differences) if differences else None
    answers = _answers(case, limit)
    off = _base_difference(reading, reference)
    causes = _causes(case, _Figures(worst, mean, limit, off, found, _change(trained)), answers)
    return Lane(
        way=case.way,
        verdict="red" if causes else "green" if differences else "not measured",
        causes=causes,
        sentence=SENTENCES[causes[0]] if causes else "" if differences else NO_TEXT,
        dtype=reading.dtype,
        texts=len(reading.tuned),
        tokens=len(differences),
        mean_difference=mean,
        worst_difference=worst,
        tolerance=limit,
        nll=nll(reading.tuned, case.questions),
        reference_nll=nll(reference.tuned, case.questions),
        slope=found.value if found else None,
        slope_error=found.error if found else None,
        base_difference=off,
        compared=answers.compared,
        agreed=answers.agreed,
        ties=answers.ties,
        first=answers.first,
        stops=answers.stops,
        stopped=answers.stopped,
        renders_alike=renders_alike(case),
    )


def tolerance(case: Case) -> float:
    """Nats that the worst token may differ by: more where either side rounds to 16 bits."""
    exact = {case.reading.dtype, case.reference.dtype} == {"float32"} and not case.is_rounded
    return EXACT if exact else ROUNDED


def nll(values: Sequence[Sequence[float]], questions: Sequence[Question]) -> float | None:
    """Mean negative log-probability of the answers' tokens, in nats; None without questions."""
    found = [
        value
        for one, question in zip(values, questions, strict=False)
        for value in one[len(question.prompt) - 1 :]
    ]
    return -sum(found) / len(found) if found else None


def renders_alike(case: Case) -> bool | None:
    """Whether the way renders the prompts to the very tokens that were asked."""
    pairs = [
        (own, question.prompt)
        for own, question in zip(case.reading.rendered, case.questions, strict=False)
        if own is not None
    ]
    return all(own == prompt for own, prompt in pairs) if pairs else None


# -- the causes -----------------------------------------------------------------------------------


class _Figures(NamedTuple):
    worst: float | None
    mean: float | None
    limit: float
    base: float | None
    slope: Slope | None
    trained: float
    """Largest change that was trained."""

    @property
    def is_off(self) -> bool:
        """Whether the log-probabilities differ by more than rounding."""
        far = self.worst is not None and self.worst > self.limit
        return far or (self.mean is not None and self.mean > MEAN_SHARE * self.limit)


def _causes(case: Case, figures: _Figures, answers: Answers) -> tuple[Cause, ...]:
    found: set[Cause] = set()
    if renders_alike(case) is False:
        found.add("template")
    if answers.stopped < answers.stops:
        found.add("eos")
    behaves = _of_figures(figures, case.weights)
    if behaves is None and answers.first is not None and not answers.first.is_tie:
        behaves = "differs"
    if behaves is not None and not (behaves == "differs" and found):
        found.add(behaves)
    return tuple(cause for cause in ORDER if cause in found)


def of_files_alone(files: FileFacts) -> tuple[Cause, ...]:
    """What files show without being run, the surest cause first."""
    found = set(_of_files(files))
    return tuple(cause for cause in ORDER if cause in found)


def _of_files(files: FileFacts) -> Iterator[Cause]:
    told: tuple[tuple[Cause, bool | None], ...] = (
        ("template", files.template),
        ("tokenizer", files.tokenizer),
        ("eos", files.stops),
        ("dtype", files.dtype),
        ("base", files.base),
        ("scale", files.scale),
    )
    yield from (cause for cause, holds in told if holds is False)
    if files.weights is not None:
        yield from _of_weights(files.weights)


def _of_weights(weights: WeightFacts) -> Iterator[Cause]:
    """What the tensors alone show: untouched ones are the base's, the others its scaled change."""
    if weights.foreign:
        yield "base"
    elif weights.wrong and weights.scale is not None:
        if abs(weights.scale) < SCALE_SLACK:
            yield "not applied"
        elif abs(weights.scale - 1) > SCALE_SLACK:
            yield "scale"
        else:
            yield "dtype"


def _of_figures(figures: _Figures, weights: WeightFacts | None) -> Cause | None:
    """What the log-probabilities show."""
    if figures.base is not None and figures.base > figures.limit:
        return "base"
    slope = figures.slope
    if weights is not None and figures.is_off and (told := next(_of_weights(weights), None)):
        return told
    if slope is None or figures.trained <= SILENT:
        return "differs" if figures.is_off else None
    distance = abs(slope.value - 1)
    slack = SCALE_SEEN if figures.is_off else SCALE_SLACK
    if distance > slack + 3 * slope.error:
        if weights is not None and not weights.wrong and not weights.foreign:
            return "dtype"  # every tensor is as near as its dtype allows, and that is not enough
        if abs(slope.value) <= SCALE_SLACK + 3 * slope.error and slope.error < 0.2:
            return "not applied"
        return "scale"
    return "dtype" if figures.is_off else None


# -- figures --------------------------------------------------------------------------------------


def _minus(left: Sequence[Sequence[float]], right: Sequence[Sequence[float]]) -> list[float]:
    return [
        a - b
        for one, other in zip(left, right, strict=True)
        for a, b in zip(one, other, strict=True)
    ]


def _change(trained: Sequence[float]) -> float:
    return max(map(abs, trained), default=0.0)


def _base_difference(reading: Reading, reference: Reference) -> float | None:
    if reading.base is None:
        return None
    return max(map(abs, _minus(reading.base, reference.base)), default=None)


def _slope(here: Sequence[float], trained: Sequence[float]) -> Slope | None:
    """Least squares through the origin; None where nothing was trained.

    slope b = sum(h t) / sum(t t); its standard error = sqrt(sum((h - b t)^2) / (n - 1) / sum(t t)).
    """
    energy = sum(value * value for value in trained)
    if energy <= SILENT**2 or len(trained) < 2:
        return None
    value = sum(h * t for h, t in zip(here, trained, strict=True)) / energy
    rest = sum((h - value * t) ** 2 for h, t in zip(here, trained, strict=True))
    return Slope(value, math.sqrt(rest / (len(trained) - 1) / energy))


class Answers(NamedTuple):
    """How far the greedy answers are the reference's."""

    compared: int
    agreed: int
    ties: int
    first: Difference | None
    stops: int
    stopped: int


def _answers(case: Case, limit: float) -> Answers:
    compared = agreed = stops = stopped = 0
    differences = []
    both = zip(case.questions, case.reading.written, case.reference.written, strict=False)
    for question, own, wanted in both:
        same = _common(own.tokens, wanted.tokens)
        difference = _difference(question, own, wanted, same, limit)
        agreed += same
        compared += same + (difference is not None and not difference.is_tie)
        if difference is not None:
            differences.append(difference)
        if (
            wanted.stopped
            and same >= len(wanted.tokens) - 1
            and not (difference is not None and difference.is_tie)
        ):
            stops += 1
            stopped += own.stopped and len(own.tokens) == len(wanted.tokens)
    ties = sum(one.is_tie for one in differences)
    first = next((one for one in differences if not one.is_tie), None)
    return Answers(compared, agreed, ties, first or next(iter(differences), None), stops, stopped)


def _common(left: Sequence[int], right: Sequence[int]) -> int:
    pairs = enumerate(zip(left, right, strict=False))
    return next((i for i, (a, b) in pairs if a != b), min(len(left), len(right)))


def _difference(
    question: Question, own: Written, wanted: Written, place: int, limit: float
) -> Difference | None:
    """Where an answer parts from the reference; None when it does not."""
    if place == len(wanted.tokens):
        return None  # the same, or it goes on after the end: `stops` tells of that
    found = own.tokens[place] if place < len(own.tokens) else None
    is_next = place < len(wanted.runners_up) and found == wanted.runners_up[place]
    margin = wanted.margins[place] if place < len(wanted.margins) else None
    tie = margin is not None and margin <= limit and (is_next or found is None)
    return Difference(
        row=question.row,
        position=place,
        expected=wanted.tokens[place],
        found=found,
        margin=margin,
        is_tie=tie,
    )
