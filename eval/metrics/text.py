"""How like references answers are: BLEU and chrF by sacrebleu, ROUGE for every script."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from importlib import import_module
from statistics import fmean
from typing import Any

from core.messages import Record
from eval.metrics.tokens import tokens

BLEU_TOKENISERS = {"zh": "zh", "ja": "char", "ko": "char", "th": "char", "lo": "char", "km": "char"}
"""By language; "13a", the standard of WMT, for all others. char needs no dictionary."""
CHARACTER_BLEU = frozenset({"my", "wuu", "yue"})


class MetricUnavailable(Exception):
    """A metric needs a package that is not installed; the message says which."""


class Overlap(Record):
    """Precision, recall and their harmonic mean, 0 to 1; None when a side has nothing to count."""

    precision: float | None
    recall: float | None
    f1: float | None


class TextMetric(Record):
    """A metric over a set of answers."""

    name: str
    value: float | None
    """BLEU and chrF 0 to 100, ROUGE 0 to 1; None with the reason in `note`."""
    counted: int
    """Pairs that it was computed on."""
    left_out: int
    """Pairs without an answer, or whose reference has nothing to count."""
    signature: str = ""
    """Everything needed to compute the same figure again."""
    note: str = ""


NOTHING = Overlap(precision=None, recall=None, f1=None)


def rouge_n(reference: str, answer: str, n: int) -> Overlap:
    """ROUGE-N (Lin 2004): n-grams in common, each counted as often as both have it."""
    wanted, given = _ngrams(tokens(reference), n), _ngrams(tokens(answer), n)
    return _overlap((wanted & given).total(), wanted.total(), given.total())


def rouge_l(reference: str, answer: str) -> Overlap:
    """ROUGE-L (Lin 2004): the longest common subsequence of the units of both; F with beta 1."""
    wanted, given = tokens(reference), tokens(answer)
    return _overlap(common_subsequence(wanted, given), len(wanted), len(given))


def common_subsequence(first: Sequence[str], second: Sequence[str]) -> int:
    """Length of the longest common subsequence, by the bit vectors of Hyyrö (2004)."""
    where: dict[str, int] = {}
    for i, item in enumerate(first):
        where[item] = where.get(item, 0) | 1 << i
    everything = (1 << len(first)) - 1
    row = everything
    for item in second:
        matches = row & where.get(item, 0)
        row = (row + matches | row - matches) & everything
    return len(first) - row.bit_count()


def rouge(references: Sequence[str], answers: Sequence[str | None], kind: str = "L") -> TextMetric:
    """Mean F1 of ROUGE over the answers; `kind` is "1", "2" or "L"."""
    if kind not in ("1", "2", "L"):
        raise ValueError(f"ROUGE is computed as 1, 2 or L, not as {kind}")
    found = [
        rouge_l(reference, answer) if kind == "L" else rouge_n(reference, answer, int(kind))
        for reference, answer in zip(references, answers, strict=True)
        if answer is not None
    ]
    values = [overlap.f1 for overlap in found if overlap.f1 is not None]
    return TextMetric(
        name=f"ROUGE-{kind}",
        value=fmean(values) if values else None,
        counted=len(values),
        left_out=len(references) - len(values),
        signature="f1|beta:1|case:fold|width:NFKC|units:words, characters where no spaces|stem:no",
        note="" if values else "No pair has an answer and a reference with words.",
    )


def bleu(references: Sequence[str], answers: Sequence[str | None], language: str) -> TextMetric:
    """Corpus BLEU by sacrebleu with the tokeniser that fits the language (ISO 639 code)."""
    kept, left_out = _kept(references, answers)
    if not kept:
        return _none("BLEU", left_out, "No pair has an answer and a reference.")
    metric = bleu_metric(language)
    score = metric.corpus_score([a for _, a in kept], [[r for r, _ in kept]])
    if not score.totals[-1]:
        note = "Every answer is shorter than four words, which BLEU needs."
        return _none("BLEU", left_out + len(kept), note)
    return TextMetric(
        name="BLEU",
        value=float(score.score),
        counted=len(kept),
        left_out=left_out,
        signature=str(metric.get_signature()),
    )


def chrf(references: Sequence[str], answers: Sequence[str | None]) -> TextMetric:
    """Corpus chrF2 by sacrebleu (Popović 2015): characters, so no tokeniser is needed."""
    kept, left_out = _kept(references, answers)
    if not kept:
        return _none("chrF2", left_out, "No pair has an answer and a reference.")
    metric = chrf_metric()
    score = metric.corpus_score([a for _, a in kept], [[r for r, _ in kept]])
    return TextMetric(
        name="chrF2",
        value=float(score.score),
        counted=len(kept),
        left_out=left_out,
        signature=str(metric.get_signature()),
    )


def sentence_chrf(reference: str, answer: str) -> float | None:
    """chrF2 of one answer, 0 to 1; None for an empty reference.

    Raises MetricUnavailable when sacrebleu is not installed.
    """
    if not reference.strip():
        return None
    return float(chrf_metric().sentence_score(answer, [reference]).score) / 100


def bleu_metric(language: str) -> Any:
    """sacrebleu's BLEU with the tokeniser that fits a language (ISO 639 code)."""
    tokenise = "char" if language in CHARACTER_BLEU else BLEU_TOKENISERS.get(language, "13a")
    return _sacrebleu("metrics").BLEU(tokenize=tokenise)


def chrf_metric() -> Any:
    """sacrebleu's chrF2."""
    return _sacrebleu("metrics").CHRF()


def _sacrebleu(part: str) -> Any:
    try:
        return import_module(f"sacrebleu.{part}")
    except ModuleNotFoundError as error:
        raise MetricUnavailable("BLEU and chrF need the package sacrebleu.") from error


def _kept(
    references: Sequence[str], answers: Sequence[str | None]
) -> tuple[list[tuple[str, str]], int]:
    """Pairs that can be compared, and how many can't: an empty answer can, and scores 0."""
    kept = [
        (reference, answer)
        for reference, answer in zip(references, answers, strict=True)
        if answer is not None and reference.strip()
    ]
    return kept, len(references) - len(kept)


def _none(name: str, left_out: int, note: str) -> TextMetric:
    return TextMetric(name=name, value=None, counted=0, left_out=left_out, note=note)


def _ngrams(found: Sequence[str], n: int) -> Counter[tuple[str, ...]]:
    return Counter(tuple(found[i : i + n]) for i in range(len(found) - n + 1))


def _overlap(common: int, wanted: int, given: int) -> Overlap:
    if not wanted:
        return NOTHING
    recall = common / wanted
    f1 = 2 * common / (wanted + given)
    return Overlap(precision=common / given if given else None, recall=recall, f1=f1)
