"""Points become scores: gates, scales, criteria of single examples, and what is unscored."""

from __future__ import annotations

from typing import Any

import pytest

from eval.paired_values import Paired, name_of_test, worst_case
from eval.records import Comparison, Verdict
from eval.rubric.criteria import Criterion
from eval.rubric.points import Cell, closed_gates, example_score, lowest_score, score_bounds
from eval.rubric.rubrics import Rubric
from eval.scoring import Scores
from tests.eval.made_up import said, sample

LEVELS = {1: "a", 3: "b", 5: "c"}


def criterion(name: str, points: float, **fields: Any) -> Criterion:
    kind = "scale" if "anchors" in fields else "judge"
    return Criterion.model_validate(
        {"id": name, "text": name, "kind": kind, "points": points, **fields}
    )


def score(*cells: tuple[float, float | None, Any]) -> float | None:
    return example_score(
        [Cell(criterion(f"c{n}", p, gate=g), value) for n, (p, value, g) in enumerate(cells)]
    )


def test_the_score_is_points_met_over_points_that_can_be_gained_and_never_clipped() -> None:
    # the lowest row of the published HealthBench results is below 0 in this way
    assert score((5, 1, "none"), (3, 0, "none"), (-8, 1, "none")) == pytest.approx(-3 / 8)
    assert score((5, 1, "none"), (5, 1, "none")) == 1
    assert score((4, 0.5, "none"), (4, 0, "none")) == 0.25


def test_where_nothing_can_be_gained_meeting_nothing_is_one() -> None:
    assert score((-3, 0, "none"), (-1, 0, "none")) == 1
    assert score((-3, 1, "none"), (-1, 0, "none")) == 0.25
    assert score((-3, 1, "none"), (-1, 1, "none")) == 0


@pytest.mark.parametrize(
    ("points", "value", "closed"),
    [(2, 0, True), (2, 1, False), (2, 0.5, False), (-2, 1, True), (-2, 0, False), (-2, 0.5, False)],
)
def test_a_gate_closes_when_good_is_not_met_or_bad_is_met(
    points: float, value: float, closed: bool
) -> None:
    rest = (8, 1, "none")
    plain = score(rest, (points, value, "none"))
    assert plain is not None
    assert score(rest, (points, value, "fail")) == (min(plain, 0) if closed else plain)
    assert score(rest, (points, value, {"cap": 0.3})) == (min(plain, 0.3) if closed else plain)
    gated = Cell(criterion("g", points, gate="fail"), value)
    assert [c.id for c in closed_gates([gated])] == (["g"] if closed else [])


def test_a_gate_never_lifts_a_score() -> None:
    assert score((2, 0, "none"), (-4, 1, "fail")) == -2
    assert score((2, 0, "none"), (-4, 1, {"cap": 0.5})) == -2


def test_unscored_is_never_not_met_but_bounds_are_known() -> None:
    assert score((1, 1, "none"), (1, None, "none")) is None
    cells = [Cell(criterion("a", 2), 1.0), Cell(criterion("b", 1), None),
             Cell(criterion("c", -3), None)]  # fmt: skip
    assert score_bounds(cells) == pytest.approx((-1 / 3, 1))
    assert score_bounds([]) is None
    assert example_score([]) is None
    assert lowest_score([criterion("a", 2), criterion("c", -3)]) == -1.5


def scored(plain: dict[str, Any], verdicts: dict[tuple[int, str, str], Any]) -> Scores:
    """Verdicts by sample, criterion and side: an outcome, or a level."""
    numbers = sorted({number for number, _, _ in verdicts})
    compared = [Comparison(sample=sample(n), base=said("b"), tuned=said("t")) for n in numbers]
    found = [
        Verdict(
            sample_id=f"s{n}", criterion_id=c, side=side, reason="r",  # type: ignore[arg-type]
            outcome="met" if isinstance(value, int) else value,
            level=value if isinstance(value, int) else None,
        )
        for (n, c, side), value in verdicts.items()
    ]  # fmt: skip
    return Scores.of(compared, Rubric.model_validate({"id": "r", **plain}), found)


def test_levels_of_a_scale_are_shares_of_it_and_an_unknown_level_is_unscored() -> None:
    plain = {"criteria": [criterion("tone", 1, anchors=LEVELS)]}
    scores = scored(plain, {
        (1, "tone", "base"): 1, (1, "tone", "tuned"): 3, (2, "tone", "base"): 5,
        (2, "tone", "tuned"): 4, (3, "tone", "base"): "met", (3, "tone", "tuned"): "unscored",
    })  # fmt: skip
    values = scores.criterion(scores.rubric.criteria[0])
    assert values == Paired((0, 1, None), (0.5, None, None))
    assert scores.score().tuned == (0.5, None, None)


def test_criteria_of_an_example_count_for_it_alone() -> None:
    plain = {
        "criteria": [criterion("all", 1)],
        "examples": {"s1": [criterion("own", 3)]},
    }
    scores = scored(plain, {
        (n, c, side): "met" if side == "tuned" and c == "own" else "not_met"
        for n in (1, 2) for c in ("all", "own") for side in ("base", "tuned")
    })  # fmt: skip
    assert scores.score() == Paired((0, 0), (0.75, 0))


def test_unscored_on_both_sides_is_left_out_there_and_on_one_leaves_no_score() -> None:
    plain = {"criteria": [criterion("a", 1), criterion("b", 3), criterion("bad", -2)]}
    outcomes: dict[tuple[int, str, str], Any] = {
        (n, c, side): "met" for n in (1, 2, 3) for c in ("a", "b", "bad")
        for side in ("base", "tuned")
    }  # fmt: skip
    outcomes |= {(1, "b", "base"): "unscored", (1, "b", "tuned"): "unscored"}
    outcomes |= {(2, "b", "base"): "unscored"}
    outcomes |= {(3, c, side): "unscored" for c in ("a", "b") for side in ("base", "tuned")}
    values = scored(plain, outcomes).score()
    assert values.base == (-1, None, None), "in the third nothing that can be gained is left"
    assert values.tuned == (-1, 0.5, None)
    assert values.span == 3


def test_a_closed_gate_shows_in_the_score_of_its_side() -> None:
    plain = {"criteria": [criterion("a", 1), criterion("bad", -1, gate="fail")]}
    scores = scored(plain, {
        (1, "a", "base"): "met", (1, "bad", "base"): "not_met",
        (1, "a", "tuned"): "met", (1, "bad", "tuned"): "met",
    })  # fmt: skip
    assert scores.score() == Paired((1,), (0,), 2.0)


def test_results_carry_win_rate_and_power_of_their_own_figures() -> None:
    plain = {"criteria": [criterion("a", 1), criterion("tone", 1, anchors=LEVELS)]}
    outcomes: dict[tuple[int, str, str], Any] = {}
    for n in range(30):
        outcomes |= {(n, "a", "base"): "met" if n < 6 else "not_met", (n, "a", "tuned"): "met"}
        outcomes |= {(n, "tone", "base"): 3, (n, "tone", "tuned"): 5 if n < 15 else 1}
    scores = scored(plain, outcomes)
    result = scores.result(scores.rubric.criteria[0])
    assert (result.wins, result.losses, result.test) == (24, 0, "exact_sign")
    assert result.win_rate == pytest.approx((24 + 3) / 30)
    assert result.estimate.low is not None
    assert result.win_low == pytest.approx((result.estimate.low + 1) / 2)
    assert result.more_needed == 0
    tone = scores.result(scores.rubric.criteria[1])
    assert tone.win_rate == 0.5
    assert tone.more_needed is not None
    assert tone.more_needed > 100


def test_worst_cases_fill_what_is_missing_both_ways() -> None:
    values = Paired((1, None, 0), (0, 1, None))
    assert worst_case(values) == pytest.approx((-1 / 3, 1 / 3))
    assert worst_case(Paired((), ())) is None
    assert name_of_test(values, scored(
        {"criteria": [criterion("a", 1)]}, {(1, "a", "base"): "unscored"}
    ).score_result().estimate) == ""  # fmt: skip
