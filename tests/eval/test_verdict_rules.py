"""The verdict sentence follows from intervals, tests and counts, in both languages."""

from __future__ import annotations

import pytest

from eval import statistics
from eval.records import Comparison, Report
from eval.report import cautions, reports
from eval.report.concluding import Beside, conclude
from eval.rubric.rubrics import load
from eval.scoring import Paired
from tests.eval import made_up
from tests.eval.made_up import comparisons, evidence, said, sample
from tests.eval.made_up_parts import forgetting


def report(wins: int, losses: int, both_right: int = 0, both_wrong: int = 0) -> Report:
    return reports.build(evidence(comparisons(wins, losses, both_right, both_wrong)))


@pytest.mark.parametrize(
    ("counts", "kind"),
    [
        ((80, 2, 2, 16), "better"),
        ((2, 80, 2, 16), "worse"),
        ((6, 5, 40, 49), "no_difference"),
        ((12, 0, 0, 0), "too_few_examples"),
        ((0, 0, 3, 9), "too_few_examples"),
    ],
)
def test_the_kind_follows_from_the_counts(counts: tuple[int, int, int, int], kind: str) -> None:
    found = report(*counts)
    assert found.verdict.kind == kind
    assert found.verdict.sentence.endswith(".")
    assert found.verdict.sentence_zh.endswith("。")
    assert found.verdict.rule


def test_a_gain_is_told_with_its_numbers() -> None:
    sentence = report(80, 2, 2, 16).verdict.sentence
    for figure in ("82%", "4%", "78 points more", "100 questions", "exact answer"):
        assert figure in sentence


def test_no_difference_tells_what_the_gap_could_be_and_what_more_would_show() -> None:
    sentence = report(6, 5, 40, 49).verdict.sentence
    assert "could be between −" in sentence
    assert "more questions would be needed" in sentence


def test_too_few_examples_tells_what_would_show_and_how_many_more() -> None:
    verdict = report(9, 1, 1, 1).verdict
    assert "with 12 only gaps over about" in verdict.sentence
    assert "more would show" in verdict.sentence
    assert "no gap can show at all" in report(3, 0).verdict.sentence


def test_an_interval_alone_is_not_enough_where_the_exact_test_does_not_agree() -> None:
    found = report(4, 0, 18, 8)  # McNemar: p = 0.125
    assert found.headline.estimate.p_value == pytest.approx(0.125)
    assert found.verdict.kind == "no_difference"


def test_identical_answers_make_no_difference_and_a_warning() -> None:
    same = [
        Comparison(sample=sample(i), base=said("Hello."), tuned=said("Hello.")) for i in range(12)
    ]
    found = reports.build(evidence(same))
    assert found.verdict.kind == "no_difference"
    assert "exactly the same answer" in found.verdict.sentence
    assert any("may change nothing" in warning for warning in found.warnings)


def test_a_few_identical_answers_among_failures_tell_nothing() -> None:
    gone = [
        Comparison(sample=sample(i), base=said("Hello."), tuned=said(None, error="Gone."))
        for i in range(60)
    ]
    same = Comparison(sample=sample(99), base=said("Hello."), tuned=said("Hello."))
    found = reports.build(evidence([*gone, same]))
    assert found.verdict.kind == "not_measured"
    assert "only 1 of 61" in found.verdict.sentence


@pytest.mark.full
def test_a_shown_gain_counts_also_among_mostly_identical_answers() -> None:
    found = report(40, 0, both_right=960)
    assert found.headline.estimate.low is not None
    assert found.headline.estimate.low > 0
    assert found.verdict.kind == "better"
    assert any("are byte-identical" in warning for warning in found.warnings)


def test_scores_that_differ_by_rounding_alone_are_no_difference() -> None:
    points = {"a": 0.1, "b": 0.2, "c": 0.3}
    criteria = "".join(
        f"  - {{id: {name}, text: t, kind: check, points: {worth}, "
        f"check: {{type: contains, text: {name}}}}}\n"
        for name, worth in points.items()
    )
    compared = [Comparison(sample=sample(i), base=said("a b"), tuned=said("c")) for i in range(30)]
    found = reports.build(evidence(compared, load(f"id: sums\ncriteria:\n{criteria}")))
    assert (found.score_wins, found.score_losses, found.score.p_value) == (0, 0, 1.0)


def test_the_worst_case_of_unscored_scores_includes_points_taken_away() -> None:
    score = reports.build(evidence(comparisons(1, 0, 0, 0))).headline.model_copy(
        update={"estimate": statistics.paired_estimate([1.0], [None], ["g0"])}
    )
    values = Paired(base=(1.0,), tuned=(None,), span=2.0)  # scores reach from -1 to 1
    (warning,) = cautions.of_unscored(score, values)
    assert "the difference would be −200 points; had all spoken for it, 0" in warning


def test_a_gain_that_costs_elsewhere_is_told_as_both() -> None:
    compared = [
        Comparison(sample=sample(i), base=said("Brief."), tuned=said("[REFUND] Done." + " " * 0))
        for i in range(40)
    ]
    rubric = load(
        made_up.RUBRIC.replace("max_chars: 200", "max_chars: 10").replace("id: brief", "id: terse")
    )
    found = reports.build(evidence(compared, rubric))
    assert found.verdict.kind == "better_and_worse"
    assert "better on “exact answer”" in found.verdict.sentence
    assert "worse on “terse”" in found.verdict.sentence


def test_more_of_something_undesirable_is_worse() -> None:
    extra = """
  - id: shouts
    text: The answer shouts.
    kind: check
    points: -1
    check: {type: contains, text: Done}
"""
    found = reports.build(evidence(comparisons(60, 0, 0, 40), load(made_up.RUBRIC + extra)))
    assert found.verdict.kind == "better_and_worse"
    assert "worse on “shouts”" in found.verdict.sentence


def test_answers_that_could_not_be_had_are_not_measured_rather_than_wrong() -> None:
    failed = [
        Comparison(sample=sample(i), base=said("[REFUND] Done."), tuned=said(None, error="Gone."))
        for i in range(40)
    ]
    found = reports.build(evidence(failed))
    assert found.verdict.kind == "not_measured"
    assert found.headline.estimate.difference is None
    some = failed[:30] + comparisons(0, 0, 0, 100)[30:]
    partly = reports.build(evidence(some))
    assert partly.headline.estimate.unscored_tuned == 30
    assert partly.headline.estimate.pairs == 70
    assert partly.verdict.kind == "no_difference"
    (at,) = [i for i, told in enumerate(partly.warnings) if "Had all of them spoken" in told]
    assert "若它们全部不利于微调后的模型" in partly.warnings_zh[at]


def test_most_unscored_is_not_measured() -> None:
    some = [
        Comparison(sample=sample(i), base=said("a"), tuned=said(None, error="Gone."))
        for i in range(60)
    ] + comparisons(0, 0, 20, 100)[60:]
    found = reports.build(evidence(some[:100]))
    assert found.verdict.kind == "not_measured"
    assert "only 40 of 100" in found.verdict.sentence


def test_a_gate_that_goes_wrong_more_often_is_told_without_correction() -> None:
    """Six of sixty fail the gate when tuned: p = 0.03 alone, more after Holm's correction."""
    gated = """
id: gated
criteria:
  - {id: right, text: Right., kind: check, headline: true, check: {type: contains, text: right}}
  - {id: polite, text: Polite., kind: check, GATE check: {type: contains, text: please}}
  - {id: short, text: Short., kind: check, check: {type: length, max_chars: 90}}
"""
    compared = [
        Comparison(
            sample=made_up.sample(i),
            base=made_up.said("please"),
            tuned=made_up.said("right" if i < 6 else "right, please"),
        )
        for i in range(60)
    ]
    kinds = {}
    for gate in ("", "gate: fail,"):
        rubric = load(gated.replace("GATE", gate))
        report = reports.build(made_up.evidence(compared, rubric))
        kinds[gate] = report.verdict.kind
        polite = next(r for r in report.criteria if r.criterion_id == "polite")
        assert polite.estimate.p_value == pytest.approx(2 * 0.5**6)
        assert polite.corrected == (gate == "")
        if gate:
            assert "after Holm's correction" not in report.verdict.rule
    assert kinds == {"": "better", "gate: fail,": "better_and_worse"}


def test_general_ability_lost_beside_a_gain_elsewhere_is_told_as_both() -> None:
    found = report(6, 5, 40, 49)
    for gained, kind in ((False, "worse"), (True, "better_and_worse")):
        beside = Beside(forgetting=forgetting("lost"), gained=gained)
        told = conclude(found.verdict, found.headline, beside)
        assert (told.kind, "General ability fell" in told.sentence) == (kind, True)
