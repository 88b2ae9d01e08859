"""A report shows gains and losses alike, counts what is unscored, and warns with numbers."""

from __future__ import annotations

import pytest

from core.training.records import Curve
from core.wording import said as said_in
from eval.records import Comparison, Verdict
from eval.report import cautions, reports
from eval.rubric.rubrics import load
from eval.scoring import Scores
from tests.eval import made_up
from tests.eval.made_up import comparisons, evidence, run_view, said, sample
from tests.eval.made_up_parts import judging

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


@pytest.mark.parametrize("headline", ["", ", headline: true"])
def test_a_judge_that_failed_its_exam_leaves_no_score_where_all_criteria_are_its(
    headline: str,
) -> None:
    compared = comparisons(60, 0, 0, 40)
    rubric = load(f"id: j\ncriteria:\n  - {{id: tone, text: Warm., kind: judge{headline}}}\n")
    verdicts = [
        verdict.model_copy(update={"outcome": "not_met" if verdict.side == "base" else "met"})
        for verdict in judged(compared, "met", "Kind.")
    ]
    given = evidence(compared, rubric, verdicts=verdicts, judging=judging(reliable=False))
    found = reports.build(given)
    assert found.verdict.kind == "not_measured"
    for estimate in (found.score, found.headline.estimate, *(tag.estimate for tag in found.by_tag)):
        assert (estimate.tuned, estimate.difference, estimate.low, estimate.pairs) == (
            None, None, None, 0,
        )  # fmt: skip
    (tone,) = found.criteria
    assert tone.estimate.tuned == 1, "what the judge said is shown, in its own row"
    assert found.examples
    believed = reports.build(evidence(compared, rubric, verdicts=verdicts, judging=judging()))
    assert (believed.verdict.kind, believed.score.tuned) == ("better", 1)


def test_a_judge_that_fails_on_both_answers_is_bounded_in_the_score_without_it() -> None:
    """Of 100 questions 40 lack a criterion worth 5 of 10 points, for both answers."""
    compared = comparisons(60, 0, 0, 40)
    rubric = load(JUDGED)
    verdicts = made_up.verdicts_of(load(made_up.RUBRIC), compared)
    verdicts += judged(compared[:60], "met", "Kind.")
    verdicts += judged(compared[60:], "unscored", "The judge gave no verdict: it was cut.")
    scores = Scores.of(compared, rubric, verdicts)
    lacking = scores.lacking()
    assert lacking is not None
    assert lacking.questions == 40
    known = {(v.sample_id, v.criterion_id, v.side): v.outcome for v in verdicts}
    gains = []
    for c in compared:
        met = [
            sum(
                criterion.points * (known[c.sample.id, criterion.id, side] == "met")
                for criterion in rubric.criteria
            )
            for side in made_up.SIDES
        ]
        gains.append((met[1] - met[0]) / 10)
    middle = sum(gains) / 100
    assert (lacking.against, lacking.in_favour) == pytest.approx((middle - 0.2, middle + 0.2))
    result = scores.score_result()
    (told,) = cautions.of_lacking(result, scores)
    assert "On 40 questions" in told
    assert said_in(told, "zh") != told
    whole = Scores.of(compared, load(made_up.RUBRIC), verdicts)
    assert whole.lacking() is None
