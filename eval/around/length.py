"""Whether a gain may be only length: pairs of like length, and lengths against scores."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import mean
from typing import NamedTuple

from eval import verdicts
from eval.around.records import LengthCheck
from eval.checks.deciding import spoken
from eval.records import Comparison, CriterionResult
from eval.scoring import Scores

WITHIN = 0.15
"""Lengths of a matched pair differ by at most this share of the longer one."""
FEWEST_MATCHED = 20
"""With fewer matched pairs they say nothing of the rest."""
FEWEST_FOR_CORRELATION = 10
SIGNIFICANT = 0.05


class _Pair(NamedTuple):
    position: int
    base: int
    """Characters."""
    tuned: int
    differ: bool
    """Whether the answers differ: equal ones are of one length and say nothing of the rest."""

    @property
    def is_matched(self) -> bool:
        return self.differ and abs(self.base - self.tuned) <= WITHIN * max(self.base, self.tuned)


def length_ratio(comparisons: Sequence[Comparison]) -> float | None:
    """Mean length of tuned answers / mean length of base answers, in characters."""
    pairs = _pairs(comparisons)
    if not pairs or not (of_base := mean(pair.base for pair in pairs)):
        return None
    return mean(pair.tuned for pair in pairs) / of_base


def check(scores: Scores, headline: CriterionResult) -> LengthCheck:
    """The headline on pairs of like length, and whether longer answers score more."""
    pairs = _pairs(scores.comparisons)
    matched = [p.position for p in pairs if p.is_matched]
    estimate = scores.estimate(scores.headline, matched) if matched else None
    correlation, p_value = _correlation(scores, pairs)
    note, note_zh = "", ""
    if len(matched) < FEWEST_MATCHED:
        note = (
            f"Only {len(matched)} of {len(pairs):,} pairs are of like length and differ: too few "
            "to compare on them alone."
        )
        note_zh = (
            f"{len(pairs):,} 对回答中只有 {len(matched)} 对长度相近且内容不同，太少，无法单独比较。"
        )
    may_be = _may_be_length(headline, scores, matched, (correlation, p_value))
    if may_be:
        note = (
            "The gain may be length: it is not shown on pairs of like length, and the longer the "
            "change in length, the larger the change in score."
        )
        note_zh = (
            "提升可能只是长度造成的：在长度相近的回答上没有显示出提升，而且长度变化与得分变化相关。"
        )
    return LengthCheck(
        ratio=length_ratio(scores.comparisons),
        matched=len(matched),
        matched_headline=estimate,
        correlation=correlation,
        correlation_p=p_value,
        may_be_length=may_be,
        note=note,
        note_zh=note_zh,
    )


def _pairs(comparisons: Sequence[Comparison]) -> list[_Pair]:
    return [
        _Pair(i, len(spoken(c.base.text)), len(spoken(c.tuned.text)), c.base.text != c.tuned.text)
        for i, c in enumerate(comparisons)
        if c.base.text is not None and c.tuned.text is not None
    ]


def _correlation(scores: Scores, pairs: Sequence[_Pair]) -> tuple[float | None, float | None]:
    """Spearman's, over pairs that are scored; None where one of both never varies."""
    from scipy.stats import spearmanr

    values = scores.headline
    lengths, differences = [], []
    for pair in pairs:
        b, t = values.base[pair.position], values.tuned[pair.position]
        if b is not None and t is not None:
            lengths.append(pair.tuned - pair.base)
            differences.append(t - b)
    varies = len(set(lengths)) > 1 and len(set(differences)) > 1
    if len(lengths) < FEWEST_FOR_CORRELATION or not varies:
        return None, None
    found = spearmanr(lengths, differences)
    return float(found.statistic), float(found.pvalue)


def _may_be_length(
    headline: CriterionResult,
    scores: Scores,
    matched: Sequence[int],
    correlation: tuple[float | None, float | None],
) -> bool | None:
    """The headline gains, the matched pairs do not, and length goes with the score."""
    if verdicts.direction(headline) != "better":
        return False
    if len(matched) < FEWEST_MATCHED:
        return None
    alone = headline.model_copy(update={"estimate": scores.estimate(scores.headline, matched)})
    rho, p = correlation
    goes_along = rho is not None and p is not None and p < SIGNIFICANT
    return verdicts.direction(alone) != "better" and goes_along
