"""From verdicts to values: what each side got on each criterion and as a rubric score."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from statistics import fmean
from typing import Any, NamedTuple

from eval import statistics
from eval.paired_values import (
    Paired,
    Values,
    differences,
    name_of_test,
    pick,
    win_rate,
    worst_case,
)
from eval.records import (
    Comparison,
    CriterionResult,
    Estimate,
    Outcome,
    Side,
    TagResult,
    Verdict,
)
from eval.rubric.points import (
    Cell,
    example_score,
    lowest_score,
    nothing_to_gain,
    score_bounds,
)
from eval.rubric.rubrics import Criterion, Rubric

__all__ = ["FEWEST_FOR_A_TEST", "SMALLEST_GAP", "VALUES", "Paired", "Scores", "worst_case"]

VALUES: dict[Outcome, float | None] = {"met": 1.0, "not_met": 0.0, "unscored": None}
FEWEST_FOR_A_TEST = 20
"""A part of the samples smaller than this is shown without interval and test."""
SMALLEST_GAP = 0.05
"""The smallest difference, as a share, for which it is told how many more examples show it."""

Found = tuple[Outcome, int | None]
"""An outcome, with the level where it is that of a scale."""
LEFT_OUT = -1.0
"""Stands for a criterion that is left out of a sample."""
UNASKED: Found = ("unscored", None)
BOTH: tuple[Side, Side] = ("base", "tuned")


class Lacking(NamedTuple):
    """Questions that lack a verdict on a criterion for both answers."""

    questions: int
    against: float
    """The mean difference had every missing verdict spoken against the tuned model."""
    in_favour: float


@dataclass(frozen=True)
class Scores:
    """All values of an evaluation."""

    comparisons: Sequence[Comparison]
    rubric: Rubric
    found: dict[tuple[str, str, Side], Found]
    """By sample, criterion and side."""

    @classmethod
    def of(
        cls, comparisons: Sequence[Comparison], rubric: Rubric, verdicts: Iterable[Verdict]
    ) -> Scores:
        """Verdicts put in order; a later verdict on the same thing replaces an earlier one."""
        found = {(v.sample_id, v.criterion_id, v.side): (v.outcome, v.level) for v in verdicts}
        return cls(comparisons, rubric, found)

    @property
    def headline(self) -> Paired:
        """Values of the criterion that the verdict speaks of."""
        criterion = self.rubric.headline
        return self.score() if criterion is None else self.criterion(criterion)

    def criterion(self, criterion: Criterion) -> Paired:
        """1 where a side meets the criterion, 0 where not, None where unscored.

        A level of a scale lies between them.
        """
        return Paired(*self._both(criterion))

    def left_out(self) -> tuple[Criterion, ...]:
        """Criteria without a single verdict, which the score is computed without."""
        return tuple(
            criterion
            for criterion in self.rubric.criteria
            if not any(v is not None for side in self._both(criterion) for v in side)
        )

    def score(self) -> Paired:
        """Rubric score of every sample: points met / points that can be gained, after gates.

        A criterion unscored for both sides of a sample is left out of that sample on both; one
        unscored for one side leaves that side without a score there.
        """
        return self._score

    @cached_property
    def _score(self) -> Paired:
        known: dict[Values, tuple[float | None, float]] = {}
        shared = [self._both(criterion) for criterion in self.rubric.criteria]
        base: list[float | None] = []
        tuned: list[float | None] = []
        lowest = 0.0
        for index, comparison in enumerate(self.comparisons):
            own = self.rubric.own_criteria(comparison.sample)
            pairs = [(of_base[index], of_tuned[index]) for of_base, of_tuned in shared]
            pairs += [self._pair(comparison, criterion) for criterion in own]
            kept = [pair if pair != (None, None) else (LEFT_OUT, LEFT_OUT) for pair in pairs]
            for values, column in zip(zip(*kept, strict=True), (base, tuned), strict=True):
                if own or values not in known:
                    known[values] = _scored(values, (*self.rubric.criteria, *own))
                column.append(known[values][0])
                lowest = min(lowest, known[values][1])
        return Paired(tuple(base), tuple(tuned), 1.0 - lowest)

    def lacking(self) -> Lacking | None:
        """What verdicts missing on both answers of a question could change; None without any.

        The score leaves such a criterion out of the question, so the two may be scored all the
        same. Criteria without a single verdict are another matter: see `left_out`.
        """
        never = {criterion.id for criterion in self.left_out()}
        shared = [c for c in self.rubric.criteria if c.id not in never]
        columns = [self._both(criterion) for criterion in shared]
        known: dict[object, tuple[float, float] | None] = {}
        count, against, in_favour = 0, [], []
        for index, comparison in enumerate(self.comparisons):
            own = self.rubric.own_criteria(comparison.sample)
            pairs = [(of_base[index], of_tuned[index]) for of_base, of_tuned in columns]
            pairs += [self._pair(comparison, criterion) for criterion in own]
            count += (None, None) in pairs and any(pair != (None, None) for pair in pairs)
            key = (tuple(pairs), index if own else None)
            if key not in known:
                known[key] = _ends(pairs, (*shared, *own))
            ends = known[key]
            if ends is not None:
                against.append(ends[0])
                in_favour.append(ends[1])
        return Lacking(count, fmean(against), fmean(in_favour)) if count else None

    def at(self, positions: Sequence[int]) -> Scores:
        """The same values for the samples at these positions alone."""
        part = replace(self, comparisons=[self.comparisons[i] for i in positions])
        for criterion in self.rubric.criteria:
            sides = self._both(criterion)
            part._known[criterion.id] = (pick(sides[0], positions), pick(sides[1], positions))
        whole = self._score
        part.__dict__["_score"] = Paired(
            pick(whole.base, positions), pick(whole.tuned, positions), whole.span
        )
        return part

    def estimate(self, values: Paired, chosen: Sequence[int] | None = None) -> Estimate:
        """The paired difference over all samples, or over those at the chosen positions."""
        where = range(len(self.comparisons)) if chosen is None else chosen
        return statistics.paired_estimate(
            [values.base[i] for i in where],
            [values.tuned[i] for i in where],
            [self.comparisons[i].sample.group for i in where],
            values.span,
        )

    def result(self, criterion: Criterion) -> CriterionResult:
        """One criterion over all samples."""
        return self._result(
            self.criterion(criterion),
            criterion_id=criterion.id,
            name=criterion.label,
            text=criterion.text,
            kind=criterion.kind,
            points=criterion.points,
        )

    def score_result(self) -> CriterionResult:
        """The rubric score as a whole, in the shape of a criterion."""
        return self._result(
            self.score(),
            criterion_id="score",
            name="rubric score",
            text="Points met, as a share of the points that can be gained.",
            kind="score",
            points=sum(c.points for c in self.rubric.criteria if c.points > 0) or 1.0,
        )

    def _result(self, values: Paired, **facts: Any) -> CriterionResult:
        estimate = self.estimate(values)
        gaps = differences(values)
        wins, losses = sum(gap > 0 for gap in gaps), sum(gap < 0 for gap in gaps)
        rate = win_rate(values, estimate, [c.sample.group for c in self.comparisons])
        spread = statistics.cautious_deviation(estimate)
        return CriterionResult(
            estimate=estimate,
            wins=wins,
            losses=losses,
            test=name_of_test(values, estimate),
            win_rate=rate[0],
            win_low=rate[1],
            win_high=rate[2],
            detectable=statistics.detectable_gap(estimate.groups, spread)
            if estimate.groups
            else None,
            more_needed=statistics.more_needed(
                estimate, max(abs(estimate.difference or 0.0), SMALLEST_GAP)
            ),
            **facts,
        )

    def by_tag(self) -> tuple[TagResult, ...]:
        """The headline within the samples of each tag, the most frequent tag first."""
        positions: dict[str, list[int]] = {}
        for index, comparison in enumerate(self.comparisons):
            for tag in dict.fromkeys(comparison.sample.tags):
                positions.setdefault(tag, []).append(index)
        ordered = sorted(positions.items(), key=lambda item: (-len(item[1]), item[0]))
        values = self.headline
        return tuple(
            TagResult(tag=tag, estimate=_without_test(self.estimate(values, chosen)))
            for tag, chosen in ordered
        )

    @cached_property
    def _known(self) -> dict[str, tuple[Values, Values]]:
        """Values of shared criteria by id, each looked up once: a report asks for them often."""
        return {}

    def _both(self, criterion: Criterion) -> tuple[Values, Values]:
        if criterion.id not in self._known:
            both = self._side(criterion, "base"), self._side(criterion, "tuned")
            self._known[criterion.id] = both
        return self._known[criterion.id]

    def _pair(
        self, comparison: Comparison, criterion: Criterion
    ) -> tuple[float | None, float | None]:
        base, tuned = (self._values([comparison.sample.id], criterion, side)[0] for side in BOTH)
        return base, tuned

    def _side(self, criterion: Criterion, side: Side) -> Values:
        return self._values([c.sample.id for c in self.comparisons], criterion, side)

    def _values(self, samples: Sequence[str], criterion: Criterion, side: Side) -> Values:
        name, found = criterion.id, self.found
        told = [found.get((sample, name, side), UNASKED) for sample in samples]
        if criterion.kind != "scale":
            return tuple([VALUES[outcome] for outcome, _ in told])
        return tuple(
            None if outcome == "unscored" else criterion.level_value(level)
            for outcome, level in told
        )


def _ends(
    pairs: Sequence[tuple[float | None, float | None]], criteria: Sequence[Criterion]
) -> tuple[float, float] | None:
    """The lowest and the highest difference of a question that missing verdicts allow."""
    base, tuned = (
        score_bounds([Cell(c, pair[side]) for c, pair in zip(criteria, pairs, strict=True)])
        for side in (0, 1)
    )
    return None if base is None or tuned is None else (tuned[0] - base[1], tuned[1] - base[0])


def _scored(values: Values, criteria: Sequence[Criterion]) -> tuple[float | None, float]:
    """The score of one side of a sample, and the lowest that could be."""
    cells = [
        Cell(criterion, value)
        for criterion, value in zip(criteria, values, strict=True)
        if value != LEFT_OUT
    ]
    kept = [cell.criterion for cell in cells]
    if nothing_to_gain(criteria, kept):
        return None, 0.0
    return example_score(cells), lowest_score(kept)


def _without_test(estimate: Estimate) -> Estimate:
    if estimate.groups >= FEWEST_FOR_A_TEST or estimate.pairs == 0:
        return estimate
    note = f"Fewer than {FEWEST_FOR_A_TEST} independent questions: no interval, no test."
    return estimate.model_copy(update={"low": None, "high": None, "p_value": None, "note": note})
