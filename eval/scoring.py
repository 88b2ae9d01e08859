"""From verdicts to values: what each side got on each criterion and as a rubric score."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from eval import statistics
from eval.records import (
    Comparison,
    CriterionResult,
    Estimate,
    Outcome,
    Side,
    TagResult,
    Verdict,
)
from eval.rubrics import Criterion, Rubric

VALUES: dict[Outcome, float | None] = {"met": 1.0, "not_met": 0.0, "unscored": None}
DIGITS = 12
"""Of a score: what comes after is only rounding."""
FEWEST_FOR_A_TEST = 20
"""A part of the samples smaller than this is shown without interval and test."""

Values = tuple[float | None, ...]


@dataclass(frozen=True)
class Paired:
    """Values of both sides, sample by sample, in the order of the comparisons."""

    base: Values
    tuned: Values
    span: float = 1.0
    """The largest difference that the scale allows."""


@dataclass(frozen=True)
class Scores:
    """All values of an evaluation."""

    comparisons: Sequence[Comparison]
    rubric: Rubric
    outcomes: dict[tuple[str, str, Side], Outcome]
    """By sample, criterion and side."""

    @classmethod
    def of(
        cls, comparisons: Sequence[Comparison], rubric: Rubric, verdicts: Iterable[Verdict]
    ) -> Scores:
        """Verdicts put in order; a later verdict on the same thing replaces an earlier one."""
        outcomes = {(v.sample_id, v.criterion_id, v.side): v.outcome for v in verdicts}
        return cls(comparisons, rubric, outcomes)

    @property
    def headline(self) -> Paired:
        """Values of the criterion that the verdict speaks of."""
        criterion = self.rubric.headline
        return self.score() if criterion is None else self.criterion(criterion)

    def criterion(self, criterion: Criterion) -> Paired:
        """1 where a side meets the criterion, 0 where not, None where unscored."""
        return Paired(self._side(criterion, "base"), self._side(criterion, "tuned"))

    def left_out(self) -> tuple[Criterion, ...]:
        """Criteria without a single verdict, which the score is computed without."""
        return tuple(
            criterion
            for criterion in self.rubric.criteria
            if not any(v is not None for side in self._both(criterion) for v in side)
        )

    def score(self) -> Paired:
        """Rubric score of every sample: points met / points that can be gained.

        A criterion unscored for both sides of a sample is left out of that sample on both; one
        unscored for one side leaves that side without a score there.
        """
        columns = [(c.points, *self._both(c)) for c in self.rubric.criteria]
        base: list[float | None] = []
        tuned: list[float | None] = []
        lowest = 0.0
        for index in range(len(self.comparisons)):
            cells = [
                (points, of_base[index], of_tuned[index])
                for points, of_base, of_tuned in columns
                if of_base[index] is not None or of_tuned[index] is not None
            ]
            base.append(_score([(points, value) for points, value, _ in cells]))
            tuned.append(_score([(points, value) for points, _, value in cells]))
            lowest = min(lowest, _floor([points for points, _, _ in cells]))
        return Paired(tuple(base), tuple(tuned), 1.0 - lowest)

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
        values = self.criterion(criterion)
        return CriterionResult(
            criterion_id=criterion.id,
            name=criterion.label,
            text=criterion.text,
            kind=criterion.kind,
            points=criterion.points,
            estimate=self.estimate(values),
            wins=_count(values, above=True),
            losses=_count(values, above=False),
        )

    def score_result(self) -> CriterionResult:
        """The rubric score as a whole, in the shape of a criterion."""
        values = self.score()
        return CriterionResult(
            criterion_id="score",
            name="rubric score",
            text="Points met, as a share of the points that can be gained.",
            kind="score",
            points=sum(c.points for c in self.rubric.criteria if c.points > 0),
            estimate=self.estimate(values),
            wins=_count(values, above=True),
            losses=_count(values, above=False),
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

    def _both(self, criterion: Criterion) -> tuple[Values, Values]:
        return self._side(criterion, "base"), self._side(criterion, "tuned")

    def _side(self, criterion: Criterion, side: Side) -> Values:
        keys = ((c.sample.id, criterion.id, side) for c in self.comparisons)
        return tuple(VALUES[self.outcomes.get(key, "unscored")] for key in keys)


def _score(cells: Sequence[tuple[float, float | None]]) -> float | None:
    gained = 0.0
    for points, value in cells:
        if value is None:
            return None
        gained += points * value
    possible = sum(points for points, _ in cells if points > 0)
    # equal sums of other points differ in the last digits, which is no difference to count
    return round(gained / possible, DIGITS) if possible else None


def _floor(points: Sequence[float]) -> float:
    """The lowest score that these points allow."""
    possible = sum(p for p in points if p > 0)
    return sum(p for p in points if p < 0) / possible if possible else 0.0


def _count(values: Paired, above: bool) -> int:
    pairs = [(b, t) for b, t in zip(values.base, values.tuned, strict=True) if None not in (b, t)]
    return sum((t > b) if above else (t < b) for b, t in pairs if b is not None and t is not None)


def _without_test(estimate: Estimate) -> Estimate:
    if estimate.groups >= FEWEST_FOR_A_TEST or estimate.pairs == 0:
        return estimate
    note = f"Fewer than {FEWEST_FOR_A_TEST} independent questions: no interval, no test."
    return estimate.model_copy(update={"low": None, "high": None, "p_value": None, "note": note})
