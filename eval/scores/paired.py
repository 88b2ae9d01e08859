"""The verdict on scores, or on winners, that were made anywhere: the report's rule on its own."""

from __future__ import annotations

from pathlib import Path

from core.messages import Record
from eval import statistics, verdicts
from eval.paired_values import Paired, worst_case
from eval.records import CriterionResult, Estimate, VerdictKind
from eval.scores.files import RowProblem, Rows, read_rows
from eval.scores.paired_rows import (
    SHARES,
    Scale,
    checked_scale,
    scale_of,
    scored_rows,
    voted_rows,
)
from eval.scoring import SMALLEST_GAP
from eval.verdicts import Identical

WANTED = '{"id": "q1", "base": 0.2, "tuned": 0.9} or {"id": "q1", "winner": "tuned"}'


class PairedStats(Record):
    """What paired scores show; figures are in the unit of the rows."""

    n: int
    """Rows scored on both sides."""
    clusters: int
    """Independent groups among them."""
    unscored: int
    """Rows without a value on at least one side."""
    unscored_base: int
    unscored_tuned: int
    base: float | None
    tuned: float | None
    difference: float | None
    """Mean of tuned - base."""
    interval: tuple[float, float] | None
    """95%, over clusters; None with the reason among the notes."""
    test: str
    """mcnemar_exact, sign_test_exact, or sign_flips of single rows or of whole clusters."""
    p: float | None
    verdict: VerdictKind
    sentence: str
    sentence_zh: str
    rule: str
    """The rule that chose the verdict, with its numbers."""
    more_needed: int | None
    """More independent rows that would show `more_needed_for` 8 times in 10; 0 if enough."""
    more_needed_for: float | None
    wins: int
    """Rows where tuned is above base."""
    losses: int
    ties: int
    win_rate: float | None
    """(wins + ties / 2) / n; for rows with winners."""
    worst_case: tuple[float, float] | None
    """The difference if every unscored value spoke against tuned, and for it; None without any."""
    scale: tuple[float, float]
    notes: tuple[str, ...] = ()
    problems: tuple[RowProblem, ...] = ()


def of_file(path: Path, scale: tuple[float, float] | None = None) -> PairedStats:
    """The figures and the verdict of a file of rows.

    `scale` is the range values can have; left out, it is 0 to 1, or for other values the range
    that they take. Raises DataError when the file can't be read or no row counts.
    """
    return of_rows(read_rows(path), scale)


def of_rows(rows: Rows, scale: tuple[float, float] | None = None) -> PairedStats:
    """As `of_file`, from rows that are read."""
    given = checked_scale(scale) if scale else None
    told = (row for _, row in rows.rows if {"winner", "base", "tuned"} & set(row))
    votes = "winner" in next(told, {})
    found = voted_rows(rows) if votes else scored_rows(rows, given)
    empty = all(row.base is None and row.tuned is None for row in found)
    rows.refuse_if_none(0 if empty and rows.problems else len(found), WANTED)
    notes: list[str] = []
    used = SHARES if votes else given or scale_of(found, notes)
    values = Paired(
        tuple(_share(row.base, used) for row in found),
        tuple(_share(row.tuned, used) for row in found),
    )
    estimate = statistics.paired_estimate(
        values.base, values.tuned, [row.cluster for row in found], values.span
    )
    return _result(rows, values, estimate, used, notes, votes)


def _result(
    rows: Rows, values: Paired, estimate: Estimate, scale: Scale, notes: list[str], votes: bool
) -> PairedStats:
    signs = [t - b for b, t in _scored(values)]
    wins, losses = sum(s > 0 for s in signs), sum(s < 0 for s in signs)
    shares = scale == SHARES  # 1 and 5 are ends of a scale, but not yes and no
    result = CriterionResult(
        criterion_id="score",
        name="preference" if votes else "score",
        text="",
        kind="check" if shares and _is_yes_or_no(values) and not votes else "score",
        points=1,
        estimate=estimate,
        wins=wins,
        losses=losses,
    )
    total = len(values.base)
    verdict = verdicts.decide(result, [], total, Identical(0, total))
    more, gap = _more_needed(verdict.kind, estimate)
    unscored = total - estimate.pairs
    low, high = estimate.low, estimate.high
    bounds = worst_case(values) if unscored else None
    return PairedStats(
        n=estimate.pairs,
        clusters=estimate.groups,
        unscored=unscored,
        unscored_base=estimate.unscored_base,
        unscored_tuned=estimate.unscored_tuned,
        base=_placed(estimate.base, scale),
        tuned=_placed(estimate.tuned, scale),
        difference=_sized(estimate.difference, scale),
        interval=None if low is None or high is None else (low * scale.span, high * scale.span),
        test=_test(result.kind, estimate, votes),
        p=estimate.p_value,
        verdict=verdict.kind,
        sentence=verdict.sentence,
        sentence_zh=verdict.sentence_zh,
        rule=verdict.rule,
        more_needed=more,
        more_needed_for=_sized(gap, scale),
        wins=wins,
        losses=losses,
        ties=len(signs) - wins - losses,
        win_rate=estimate.tuned if votes else None,
        worst_case=None if bounds is None else (bounds[0] * scale.span, bounds[1] * scale.span),
        scale=(scale.low, scale.high),
        notes=tuple(note for note in (*notes, estimate.note) if note),
        problems=rows.told(),
    )


def _more_needed(kind: VerdictKind, estimate: Estimate) -> tuple[int | None, float | None]:
    """How many more clusters, and for which gap as a share; by the rules of the sentence."""
    match kind:
        case "not_measured":
            return None, None
        case "too_few_examples":
            gap = verdicts.SMALL_GAP
            more = statistics.more_needed(estimate, gap)
            return max(more or 0, verdicts.FEWEST_GROUPS - estimate.groups), gap
        case "no_difference":
            gap = max(abs(estimate.difference or 0.0), SMALLEST_GAP)
            return statistics.more_needed(estimate, gap), gap
    return 0, abs(estimate.difference or 0.0)


def _test(kind: str, estimate: Estimate, votes: bool) -> str:
    if estimate.p_value is None:
        return ""
    if estimate.groups < estimate.pairs:
        return "cluster_sign_flips"
    if votes:
        return "sign_test_exact"
    return "mcnemar_exact" if kind == "check" else "sign_flips"


def _is_yes_or_no(values: Paired) -> bool:
    return all(value in (0.0, 1.0) for pair in _scored(values) for value in pair)


def _scored(values: Paired) -> list[tuple[float, float]]:
    return [
        (b, t)
        for b, t in zip(values.base, values.tuned, strict=True)
        if b is not None and t is not None
    ]


def _share(value: float | None, scale: Scale) -> float | None:
    return None if value is None else (value - scale.low) / scale.span


def _placed(share: float | None, scale: Scale) -> float | None:
    return None if share is None else scale.low + share * scale.span


def _sized(share: float | None, scale: Scale) -> float | None:
    return None if share is None else share * scale.span
