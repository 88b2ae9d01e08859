"""Figures that the field knows, as records: classification, BLEU, chrF, ROUGE."""

from __future__ import annotations

from typing import Literal

from core.messages import Record


class ClassScore(Record):
    """One label; None where the figure would divide by nothing."""

    label: str
    support: int
    """Samples whose reference is this label."""
    predicted: int
    """Answers that name it."""
    precision: float | None
    recall: float | None
    f1: float | None


class Confusion(Record):
    """How often one label was answered where another was right."""

    reference: str
    answered: str | None
    """None: the answer named no label of the set."""
    count: int


class Classification(Record):
    """Answers against reference labels, all shares 0 to 1."""

    samples: int
    """Samples with an answer; what could not be had is not among them."""
    unscored: int
    """Samples without an answer: never counted as wrong."""
    outside: int
    """Answers that name no label of the set: counted as wrong."""
    accuracy: float | None
    accuracy_low: float | None
    """95% interval (Wilson), as if samples were independent."""
    accuracy_high: float | None
    macro_precision: float | None
    macro_recall: float | None
    macro_f1: float | None
    """Mean over the labels that stand in a reference or an answer; figures that would divide by
    nothing count as 0 there, as is usual."""
    micro_precision: float | None
    micro_recall: float | None
    micro_f1: float | None
    classes: tuple[ClassScore, ...]
    confusions: tuple[Confusion, ...]
    """The most frequent first."""
    note: str = ""


class MetricRow(Record):
    """One corpus figure of both sides over the same samples, with a paired interval."""

    name: str
    """`BLEU`, `chrF2`, `ROUGE-L`, `accuracy`, `macro F1`, ..."""
    scale: Literal["share", "hundred"]
    """share: 0 to 1; hundred: 0 to 100, as BLEU and chrF are usually given."""
    base: float | None
    tuned: float | None
    difference: float | None
    low: float | None
    """95% percentile bootstrap over groups (Koehn 2004)."""
    high: float | None
    counted: int
    left_out: int
    """Samples without an answer from both sides, or without a reference to compare with."""
    signature: str = ""
    """Everything needed to compute the same figure again."""
    note: str = ""
    note_zh: str = ""


class Metrics(Record):
    """Figures that the field knows; never what the verdict rests on."""

    rows: tuple[MetricRow, ...]
    labels: tuple[str, ...] = ()
    """The label set, when the data's answers are labels."""
    labels_base: Classification | None = None
    labels_tuned: Classification | None = None
    language: str = ""
    """ISO 639 code that chose the tokeniser."""
    note: str = ""
    note_zh: str = ""
