"""Corpus figures from what each sample adds to them, so that resampling costs no new counting."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eval.metrics.text import bleu_metric, chrf_metric
from eval.statistics.resampled import Figure, Positions

Counts = NDArray[np.int64]


class CorpusFigure:
    """BLEU or chrF of any choice of samples, each counted as often as it is chosen.

    sacrebleu adds up the same counts for a whole corpus; its own significance test resamples them
    so, too (Koehn 2004).
    """

    def __init__(
        self, metric: Any, references: Sequence[str], answers: Sequence[str], longest: bool
    ) -> None:
        """`longest`: without a single n-gram of the longest kind there is no figure (BLEU)."""
        self._metric = metric
        self._longest = longest
        found = metric._extract_corpus_statistics(list(answers), [list(references)])
        self._counts: Counts = np.array(found, dtype=np.int64)
        self.signature = str(metric.get_signature())

    def __call__(self, positions: Positions) -> float | None:
        """None where no answer is as long as the longest n-gram that counts."""
        totals = self._counts[positions].sum(axis=0)
        if not totals.any() or (self._longest and not totals[-1]):
            return None
        return float(self._metric._compute_score_from_stats(totals.tolist()).score)


def bleu_figure(references: Sequence[str], answers: Sequence[str], language: str) -> CorpusFigure:
    """BLEU with the tokeniser that fits the language."""
    return CorpusFigure(bleu_metric(language), references, answers, longest=True)


def chrf_figure(references: Sequence[str], answers: Sequence[str]) -> CorpusFigure:
    """chrF2."""
    return CorpusFigure(chrf_metric(), references, answers, longest=False)


def macro_f1_figure(
    references: Sequence[str], answers: Sequence[str | None], labels: Sequence[str]
) -> Figure:
    """Macro F1 over the labels that stand in a chosen reference or answer, as `macro_f1` has it."""
    number = {label: i for i, label in enumerate(labels)}
    size = len(labels) + 1  # the last one: no label of the set
    of = np.array([number[r] for r in references], dtype=np.int64)
    given = np.array([size - 1 if a is None else number[a] for a in answers], dtype=np.int64)

    def figure(positions: Positions) -> float | None:
        if not len(positions):
            return None
        r, a = of[positions], given[positions]
        support = np.bincount(r, minlength=size)[:-1]
        predicted = np.bincount(a, minlength=size)[:-1]
        right = np.bincount(r[r == a], minlength=size)[:-1]
        seen = support + predicted
        shown = seen > 0
        return float((2 * right[shown] / seen[shown]).mean())

    return figure
