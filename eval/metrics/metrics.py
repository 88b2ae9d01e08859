"""Figures that the field knows, of both sides over the same samples, each with an interval."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from core.data.whole.languages import language_of
from eval import statistics
from eval.checks.deciding import spoken
from eval.checks.text import named_labels
from eval.estimate_records import Estimate
from eval.metrics.corpus import bleu_figure, chrf_figure, macro_f1_figure
from eval.metrics.labels import classify
from eval.metrics.records import Classification, MetricRow, Metrics
from eval.metrics.text import MetricUnavailable, rouge_l
from eval.records import Answer, Comparison
from eval.rubric.defaults import LONGEST_LABEL, MOST_LABELS

BRACKETED = re.compile(r"\A\s*[\[【]([^\]】\n]{1,40})[\]】]")
"""A category that an answer begins with, such as [REFUND]."""
MOST_BRACKETED = 0.9
"""Share of answers that must begin with a category before it counts as their label."""
MOST_TEXTS = 500
"""Samples whose texts BLEU, chrF and ROUGE are computed on; more are drawn with a seed."""
DETECTED = 50
"""References that the language is told from."""
ROUGE_SIGNATURE = "f1|beta:1|case:fold|width:NFKC|units:words, characters where no spaces|stem:no"


class Kept(NamedTuple):
    """Samples that both sides answered."""

    references: list[str]
    base: list[str]
    tuned: list[str]
    groups: list[str]


def label_set(references: Sequence[str]) -> tuple[str, ...]:
    """The labels that answers of the data are, or that they begin with in brackets; else ().

    A label set is small, and each label stands about three times or more.
    """
    answers = [text.strip() for text in references if text.strip()]
    whole = sorted(set(answers))
    if all(len(label) <= LONGEST_LABEL and "\n" not in label for label in whole) and _few(
        whole, len(answers)
    ):
        return tuple(whole)
    found = [match[1].strip() for text in answers if (match := BRACKETED.match(text))]
    bracketed = sorted(set(found))
    if answers and len(found) >= MOST_BRACKETED * len(answers) and _few(bracketed, len(found)):
        return tuple(f"[{label}]" for label in bracketed)
    return ()


def label_of(text: str, labels: Sequence[str]) -> str | None:
    """The one label that a text names; in brackets only at its beginning. None for none or two."""
    if labels and labels[0].startswith("["):
        match = BRACKETED.match(text)
        found = f"[{match[1].strip()}]" if match else None
        return found if found in labels else None
    named = named_labels(text, tuple(labels))
    return named[0] if len(named) == 1 else None


def measure(comparisons: Sequence[Comparison], labels: Sequence[str], seed: int) -> Metrics:
    """Classification figures where the answers are labels; BLEU, chrF and ROUGE of texts."""
    references = [c.sample.reference for c in comparisons if c.sample.reference.strip()]
    language = _language(references)
    whole = bool(labels) and not labels[0].startswith("[")
    by_label = _Labels.of(comparisons, labels) if labels else None
    rows = [*(_label_rows(by_label) if by_label else ())]
    note, note_zh = "", ""
    if not whole:
        chosen = _drawn(comparisons, seed)
        if len(chosen) < len(comparisons):
            note = (
                f"BLEU, chrF and ROUGE are computed on {len(chosen):,} of {len(comparisons):,} "
                f"questions, drawn with seed {seed}."
            )
            note_zh = (
                f"BLEU、chrF 和 ROUGE 在 {len(comparisons):,} 个问题中按种子 {seed} 抽取的 "
                f"{len(chosen):,} 个上计算。"
            )
        rows += _text_rows(chosen, language)
    return Metrics(
        rows=tuple(rows),
        labels=tuple(labels),
        labels_base=by_label.classified("base") if by_label else None,
        labels_tuned=by_label.classified("tuned") if by_label else None,
        language=language,
        note=note,
        note_zh=note_zh,
    )


class _Labels(NamedTuple):
    """Reference and answered labels of the samples whose reference names one."""

    labels: Sequence[str]
    references: list[str]
    base: list[str | None]
    tuned: list[str | None]
    had_base: list[bool]
    had_tuned: list[bool]
    groups: list[str]
    left_out: int

    @classmethod
    def of(cls, comparisons: Sequence[Comparison], labels: Sequence[str]) -> _Labels:
        named = [(c, label_of(c.sample.reference, labels)) for c in comparisons]
        known = [(c, label) for c, label in named if label is not None]
        had = [(_text(c.base), _text(c.tuned)) for c, _ in known]
        return cls(
            labels,
            [label for _, label in known],
            [None if b is None else label_of(b, labels) for b, _ in had],
            [None if t is None else label_of(t, labels) for _, t in had],
            [b is not None for b, _ in had],
            [t is not None for _, t in had],
            [c.sample.group for c, _ in known],
            len(named) - len(known),
        )

    def classified(self, side: str) -> Classification:
        answers, had = (
            (self.base, self.had_base) if side == "base" else (self.tuned, self.had_tuned)
        )
        return classify(self.references, answers, self.labels, had)


def _label_rows(found: _Labels) -> Iterator[MetricRow]:
    both = [
        i for i, (b, t) in enumerate(zip(found.had_base, found.had_tuned, strict=True)) if b and t
    ]
    left_out = found.left_out + len(found.references) - len(both)
    references = [found.references[i] for i in both]
    base, tuned = [found.base[i] for i in both], [found.tuned[i] for i in both]
    groups = [found.groups[i] for i in both]
    yield _mean_row("accuracy", statistics.paired_estimate(
        [float(r == b) for r, b in zip(references, base, strict=True)],
        [float(r == t) for r, t in zip(references, tuned, strict=True)],
        groups,
    ), left_out)  # fmt: skip
    difference = statistics.figure_difference(
        macro_f1_figure(references, base, found.labels),
        macro_f1_figure(references, tuned, found.labels),
        groups,
    )
    yield MetricRow(
        name="macro F1", scale="share", base=difference.base, tuned=difference.tuned,
        difference=difference.difference, low=difference.low, high=difference.high,
        counted=len(both), left_out=left_out, note=difference.note,
    )  # fmt: skip


def _text_rows(comparisons: Sequence[Comparison], language: str) -> Iterator[MetricRow]:
    kept = _kept(comparisons)
    left_out = len(comparisons) - len(kept.references)
    if not kept.references:
        return
    try:
        pairs = {
            "BLEU": [bleu_figure(kept.references, a, language) for a in (kept.base, kept.tuned)],
            "chrF2": [chrf_figure(kept.references, a) for a in (kept.base, kept.tuned)],
        }
    except MetricUnavailable as error:
        for name in ("BLEU", "chrF2"):
            yield MetricRow(
                name=name, scale="hundred", base=None, tuned=None, difference=None, low=None,
                high=None, counted=0, left_out=len(comparisons), note=str(error),
                note_zh="需要安装 sacrebleu。",
            )  # fmt: skip
        pairs = {}
    for name, (base, tuned) in pairs.items():
        found = statistics.figure_difference(base, tuned, kept.groups)
        yield MetricRow(
            name=name, scale="hundred", base=found.base, tuned=found.tuned,
            difference=found.difference, low=found.low, high=found.high,
            counted=len(kept.references), left_out=left_out, signature=base.signature,
            note=found.note,
        )  # fmt: skip
    base_f1, tuned_f1 = (
        [rouge_l(r, a).f1 for r, a in zip(kept.references, answers, strict=True)]
        for answers in (kept.base, kept.tuned)
    )
    estimate = statistics.paired_estimate(base_f1, tuned_f1, kept.groups)
    row = _mean_row("ROUGE-L", estimate, left_out)
    yield row.model_copy(update={"signature": ROUGE_SIGNATURE})


def _mean_row(name: str, estimate: Estimate, left_out: int) -> MetricRow:
    return MetricRow(
        name=name, scale="share", base=estimate.base, tuned=estimate.tuned,
        difference=estimate.difference, low=estimate.low, high=estimate.high,
        counted=estimate.pairs, left_out=left_out, note=estimate.note,
    )  # fmt: skip


def _kept(comparisons: Sequence[Comparison]) -> Kept:
    kept = Kept([], [], [], [])
    for comparison in comparisons:
        base, tuned = _text(comparison.base), _text(comparison.tuned)
        if base is not None and tuned is not None and comparison.sample.reference.strip():
            kept.references.append(comparison.sample.reference)
            kept.base.append(base)
            kept.tuned.append(tuned)
            kept.groups.append(comparison.sample.group)
    return kept


def _drawn(comparisons: Sequence[Comparison], seed: int) -> Sequence[Comparison]:
    if len(comparisons) <= MOST_TEXTS:
        return comparisons
    chosen = random.Random(seed).sample(range(len(comparisons)), MOST_TEXTS)
    return [comparisons[i] for i in sorted(chosen)]


def _text(answer: Answer) -> str | None:
    return None if answer.text is None or answer.error else spoken(answer.text)


def _language(references: Sequence[str]) -> str:
    """What most of the first references are in; "" without a reference."""
    told = Counter(language_of(text) for text in references[:DETECTED])
    return told.most_common(1)[0][0] if told else ""


def _few(labels: Sequence[str], answers: int) -> bool:
    return 2 <= len(labels) <= MOST_LABELS and len(labels) * 3 <= answers
