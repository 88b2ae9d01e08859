"""The classifier tells drifted rewordings from good ones, and says when it can't."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest

from core.data.augment.labels import LabelGuard, Labelled, label_guard, labels_of
from tests.core.data.augment.augmenting import context_of, example

LOST = ["I lost my card", "My card is lost", "card is missing", "I can't find my card anywhere"]
LATE = [
    "My transfer is late",
    "Transfer has not arrived",
    "where is my transfer",
    "transfer pending",
]
NEIGHBOURING = (
    *("card_arrival", "card_delivery_estimate"),
    *("lost_or_stolen_card", "cancel_transfer"),
)
ROWS = [
    Labelled(f"{start}{text}{end}", label)
    for label, texts in (("lost_card", LOST), ("late_transfer", LATE))
    for text in texts
    for start in ("", "Hello, ", "Please help: ")
    for end in ("", "!")
]  # fmt: skip


def test_drift_to_the_neighbour_is_seen_and_named() -> None:
    guard = LabelGuard(ROWS)
    kept = guard.verdict("Help, my card got lost", "lost_card")
    assert kept.passed is True
    assert kept.number is not None
    assert kept.number > 0
    drifted = guard.verdict("Help, my transfer got lost, it has not arrived", "lost_card")
    assert (drifted.passed, drifted.detail) == (False, "late_transfer")


def test_three_classes_are_told_apart_too() -> None:
    refund = [Labelled(f"I want a refund for lamp {n}", "refund") for n in range(9)]
    guard = LabelGuard([*ROWS, *refund])
    assert guard.verdict("Refund the lamp, please", "refund").passed is True
    assert guard.verdict("Refund the lamp, please", "lost_card").detail == "refund"


def test_a_class_with_too_few_rows_can_not_be_told() -> None:
    guard = LabelGuard([*ROWS, Labelled("Hello", "greeting")])
    assert guard.verdict("Hello there", "greeting").passed is None


def test_a_classifier_that_guesses_has_no_say() -> None:
    noise = [Labelled(f"same words {n % 3}", f"label {n % 7}") for n in range(60)]
    guard = LabelGuard(noise)
    assert guard.accuracy is not None
    assert guard.accuracy < 0.6
    assert guard.verdict("same words 1", "label 1").passed is None


def test_short_answers_that_repeat_are_classes() -> None:
    rows = [example(f"Text {n}", "yes" if n % 2 else "no", row=n) for n in range(20)]
    assert set(labels_of(rows).values()) == {"yes", "no"}
    assert labels_of([example(f"Text {n}", f"Answer {n}") for n in range(20)]) == {}
    assert labels_of([example("Text", "x" * 100), example("Text 2", "yes")]) == {}
    assert labels_of([example("a", "b", label="c"), example("d", "e")]).keys() == {
        example("a", "b").id
    }
    assert label_guard([]) is None


def test_a_context_checks_labels_with_the_train_side_only() -> None:
    train = [example(row.text, "ok", label=row.label) for row in ROWS]
    test = [example("My transfer again", "ok", label="lost_card")]
    context = context_of(train, test)
    assert context.guard is not None
    assert context.guard.counts.total() == len(train)
    drifted = example("Hello, my transfer has not arrived, I lost track of it", "ok")
    names = [v.name for v in context.check(train[0], drifted.conversation) if v.passed is False]
    assert "label" in names


def banking(name: str) -> list[Labelled]:
    """Texts of four neighbouring intents."""
    folder = os.environ.get("DUOTUNE_SAMPLE_DATA")
    path = Path(folder or "", f"banking77_{name}.csv")
    if not folder or not path.exists():
        pytest.skip(f"DUOTUNE_SAMPLE_DATA names no folder with banking77_{name}.csv")
    with path.open(encoding="utf-8", newline="") as file:
        rows = [Labelled(row["text"], row["category"]) for row in csv.DictReader(file)]
    return [row for row in rows if row.label in NEIGHBOURING]


def test_banking77_intents_that_neighbour_each_other_are_told_apart() -> None:
    guard = LabelGuard(banking("train"))
    assert guard.accuracy is not None
    assert guard.accuracy > 0.9
    test = banking("test")
    right = [guard.verdict(row.text, row.label).passed for row in test]
    drifted = [
        guard.verdict(row.text, label).passed
        for row in test
        for label in NEIGHBOURING
        if label != row.label
    ]
    assert sum(map(bool, right)) > 0.9 * len(right)
    assert sum(map(bool, drifted)) < 0.05 * len(drifted)
