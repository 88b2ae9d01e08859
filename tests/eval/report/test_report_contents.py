"""A report shows gains and losses alike, counts what is unscored, and warns with numbers."""

from __future__ import annotations

import pytest

from core.training.records import Curve
from eval.records import Comparison, Verdict
from eval.report import reports
from eval.rubric.rubrics import load
from tests.eval import made_up
from tests.eval.made_up import comparisons, evidence, run_view, said, sample

JUDGED = (
    made_up.RUBRIC
    + """
  - id: tone
    text: Warm.
    kind: judge
    points: 5
"""
)


def judged(compared: list[Comparison], outcome: str, reason: str) -> list[Verdict]:
    return [
        Verdict.model_validate(
            {
                "sample_id": comparison.sample.id,
                "criterion_id": "tone",
                "side": side,
                "reason": reason,
                "outcome": outcome,
            }
        )
        for comparison in compared
        for side in made_up.SIDES
    ]


def test_examples_are_drawn_from_every_kind_with_counts() -> None:
    found = reports.build(evidence(comparisons(50, 20, 10, 20)))
    kinds = [shown.chosen_as for shown in found.examples]
    assert {kind: kinds.count(kind) for kind in kinds} == {
        "gain": 3,
        "loss": 3,
        "both_wrong": 2,
        "both_right": 1,
    }
    assert found.example_counts == {"gain": 50, "loss": 20, "both_wrong": 20, "both_right": 10}
    assert all(len(shown.verdicts) == 6 for shown in found.examples)
    assert reports.build(evidence(comparisons(50, 20, 10, 20))).examples == found.examples


def test_a_criterion_without_a_judge_is_unscored_left_out_and_said() -> None:
    compared = comparisons(60, 0, 0, 40)
    rubric = load(JUDGED)
    plain = reports.build(evidence(compared))
    verdicts = made_up.verdicts_of(load(made_up.RUBRIC), compared)
    verdicts += judged(compared, "unscored", "Not judged: no judge endpoint is set.")
    found = reports.build(evidence(compared, rubric, verdicts=verdicts))
    assert found.score.tuned == plain.score.tuned
    tone = next(result for result in found.criteria if result.criterion_id == "tone")
    assert tone.estimate.difference is None
    assert tone.estimate.unscored_tuned == 100
    assert any(
        "“tone” is unscored and left out of the rubric score: no judge endpoint is set" in warning
        for warning in found.warnings
    )


def test_a_judge_that_fails_on_some_leaves_only_these_unscored() -> None:
    compared = comparisons(60, 0, 0, 40)
    verdicts = made_up.verdicts_of(load(made_up.RUBRIC), compared)
    verdicts += judged(compared[:70], "met", "Kind.")
    verdicts += judged(compared[70:], "unscored", "The judge gave no verdict: it was cut.")
    found = reports.build(evidence(compared, load(JUDGED), verdicts=verdicts))
    tone = next(result for result in found.criteria if result.criterion_id == "tone")
    assert (tone.estimate.pairs, tone.estimate.tuned) == (70, 1.0)
    assert (tone.estimate.unscored_base, tone.estimate.unscored_tuned) == (30, 30)


def test_the_score_counts_points_and_takes_off_undesirable_ones() -> None:
    extra = """
  - id: bad
    text: Says done.
    kind: check
    points: -2
    check: {type: contains, text: Done}
"""
    found = reports.build(evidence(comparisons(30, 0, 0, 0), load(made_up.RUBRIC + extra)))
    assert found.score.tuned == pytest.approx((3 + 1 + 1 - 2) / 5)
    assert found.score.base == pytest.approx(1 / 5)


def test_warnings_tell_size_cuts_lengths_and_sameness_with_numbers() -> None:
    compared = [
        Comparison(
            sample=sample(i, reference=f"[A] {i}"),
            base=said("word " * 50, finish_reason="length"),
            tuned=said("Always this."),
        )
        for i in range(24)
    ]
    warnings = " ".join(reports.build(evidence(compared)).warnings)
    assert "Illustration only: there are 24 independent questions" in warnings
    assert "24 base answers of 24 (100%) ran into the limit of 256 tokens" in warnings
    assert "times as long as the base's" in warnings
    assert "The tuned model gave the same answer to every question" in warnings


def test_tags_with_few_questions_get_no_interval() -> None:
    compared = [
        comparison.model_copy(
            update={
                "sample": comparison.sample.model_copy(
                    update={"tags": ("en",) if i % 10 else ("zh", "en")}
                )
            }
        )
        for i, comparison in enumerate(comparisons(50, 10, 20, 20))
    ]
    tags = {t.tag: t.estimate for t in reports.build(evidence(compared)).by_tag}
    assert (tags["en"].pairs, tags["zh"].pairs) == (100, 10)
    assert tags["en"].low is not None
    assert tags["zh"].low is None
    assert "Fewer than 20" in tags["zh"].note


def test_what_was_not_measured_is_none() -> None:
    slow = [
        Comparison(
            sample=sample(i),
            base=said("a", first_token_s=None, tokens_per_s=None, tokens=None),
            tuned=said("b", first_token_s=0.1 * i),
        )
        for i in range(5)
    ]
    speed = reports.build(evidence(slow)).speed
    assert speed["base_first_token_s"] is None
    assert speed["base_first_token_s_n"] == 0
    assert speed["tuned_first_token_s"] == 0.2


def test_the_curve_comes_from_the_run() -> None:
    curve = Curve(train=((1, 2.0), (2, 1.0)), validation=((2, 1.1),))
    found = reports.build(evidence(comparisons(30, 0, 0, 0), run=run_view(curve)))
    assert found.curve_train == curve.train
    assert found.curve_validation == curve.validation
