"""Build a rubric from the data's own answers, for people who have not written one yet."""

from __future__ import annotations

from collections.abc import Sequence

from core.errors import RubricError
from eval.checks.kinds import ExactCheck, LengthCheck, OneOfCheck
from eval.rubric.rubrics import Criterion, Rubric

MOST_LABELS = 60
"""More distinct answers than this are not labels."""
LONGEST_LABEL = 40
"""Characters; a longer answer is a text, not a label."""


def build(name: str, references: Sequence[str]) -> Rubric:
    """A default rubric: exact match, not empty, a usual length, and a known label if there are any.

    Raises RubricError when no answer of the data has text.
    """
    answers = [text.strip() for text in references if text.strip()]
    if not answers:
        raise RubricError(
            "No answer in this data has text, so there is nothing to compare with.",
            name,
            "Write a rubric and give it as a file.",
        )
    labels = sorted(set(answers))
    are_labels = _are_labels(labels, len(answers))
    criteria = [_exact(), _not_empty(), _length(answers)]
    if are_labels:
        criteria.insert(1, _known_label(labels))
    return Rubric(
        id="default-rubric",
        title=f"Default rubric for {name}",
        note=_note(are_labels),
        default=True,
        criteria=tuple(criteria),
    )


def _are_labels(labels: Sequence[str], answers: int) -> bool:
    """Few, short, and each used about three times or more."""
    return (
        2 <= len(labels) <= MOST_LABELS
        and len(labels) * 3 <= answers
        and all(len(label) <= LONGEST_LABEL and "\n" not in label for label in labels)
    )


def _note(are_labels: bool) -> str:
    note = "This is a default rubric, built from the data because none was given."
    if are_labels:
        return note
    return (
        f"{note} It counts an answer as right only when it equals the reference word for word, "
        "which is a hard test for free text: write a rubric for a fairer one."
    )


def _exact() -> Criterion:
    return Criterion(
        id="exact_match",
        name="exact match",
        text="The answer equals the reference answer.",
        kind="check",
        points=3,
        check=ExactCheck(type="exact"),
        headline=True,
    )


def _known_label(labels: Sequence[str]) -> Criterion:
    return Criterion(
        id="known_label",
        name="known label",
        text=f"The answer is one of the data's {len(labels)} labels, right or wrong.",
        kind="check",
        points=1,
        check=OneOfCheck(type="one_of", values=tuple(labels)),
    )


def _not_empty() -> Criterion:
    return Criterion(
        id="not_empty",
        name="not empty",
        text="The answer is not empty.",
        kind="check",
        points=1,
        check=LengthCheck(type="length", min_chars=1),
    )


def _length(answers: Sequence[str]) -> Criterion:
    shortest, longest = min(map(len, answers)), max(map(len, answers))
    return Criterion(
        id="usual_length",
        name="usual length",
        text=f"The answer is as long as the data's answers: {shortest} to {longest} characters.",
        kind="check",
        points=1,
        check=LengthCheck(type="length", min_chars=shortest, max_chars=longest),
    )
