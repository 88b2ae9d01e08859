"""Two reports are compared pair by pair on common questions; without any, it is refused."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from core.errors import RunError
from eval.evidence import Facts
from eval.records import Comparison, JudgeCall, Verdict
from eval.report import reports
from eval.report.compare_reports import Found, compare_reports
from eval.rubric.rubrics import Rubric, load
from tests.eval import made_up
from tests.eval.made_up import evidence, said, sample
from tests.eval.made_up_parts import judging

pytestmark = pytest.mark.full

RUBRIC = load(made_up.RUBRIC)
RIGHT, WRONG = "[REFUND] Done.", "Something else entirely."


def found(
    report_id: str,
    right: Sequence[bool],
    *,
    first_id: int = 0,
    rubric: Rubric = RUBRIC,
    base: str = WRONG,
    judge: str = "",
    **more: object,
) -> Found:
    """A finished evaluation whose tuned model answered so."""
    compared = [
        Comparison(sample=sample(i + first_id), base=said(base), tuned=said(RIGHT if ok else WRONG))
        for i, ok in enumerate(right)
    ]
    checks = load(made_up.RUBRIC)
    known = {criterion.id for criterion in rubric.criteria}
    verdicts = [v for v in made_up.verdicts_of(checks, compared) if v.criterion_id in known]
    verdicts += [_judged(each, side, judge) for each in compared for side in made_up.SIDES if judge]
    report = reports.build(
        evidence(compared, rubric, verdicts=verdicts, report_id=report_id, **more)
    )
    return Found(report, rubric, compared, verdicts)


def _judged(each: Comparison, side: str, model: str) -> Verdict:
    call = JudgeCall(model=model, prompt_hash="h", replied=True, attempts=1, seconds=0.1)
    return Verdict.model_validate(
        {"sample_id": each.sample.id, "criterion_id": "warm", "side": side, "reason": "",
         "outcome": "met", "judge": call}
    )  # fmt: skip


def test_the_second_is_compared_with_the_first_on_the_same_questions() -> None:
    weak = [i % 2 == 0 for i in range(60)]
    compared = compare_reports(found("rep-1", weak), found("rep-2", [True] * 50, first_id=10))
    assert compared.common == 50
    estimate = compared.headline.estimate
    assert estimate.base == pytest.approx(0.5)
    assert estimate.tuned == pytest.approx(1.0)
    assert (compared.headline.wins, compared.headline.losses) == (25, 0)
    assert compared.direction == "better"
    assert "is better than" in compared.sentence
    assert "50 common questions" in compared.sentence
    assert "优于" in compared.sentence_zh
    back = compare_reports(found("rep-2", [True] * 50, first_id=10), found("rep-1", weak))
    assert back.direction == "worse"
    assert back.headline.estimate.difference == pytest.approx(-0.5)


def test_no_difference_is_said_and_the_base_sides_are_checked() -> None:
    right = [i % 3 == 0 for i in range(60)]
    same = compare_reports(found("rep-1", right), found("rep-2", right))
    assert same.direction == "open"
    assert same.base_identical == 60
    assert same.base_change.difference == 0
    moved = compare_reports(found("rep-1", right), found("rep-2", right, base=RIGHT))
    assert moved.base_identical == 0
    assert moved.base_change.difference == pytest.approx(1.0)


def test_what_differs_is_listed() -> None:
    other = found("rep-2", [True] * 30, conditions={"Sampling": "temperature 0.7"})
    compared = compare_reports(found("rep-1", [True] * 30), other)
    (differing,) = compared.differing
    assert (differing.name, differing.second) == ("Sampling", "temperature 0.7")


def test_criteria_that_mean_something_else_are_left_out_and_named() -> None:
    changed = load(made_up.RUBRIC.replace("max_chars: 200", "max_chars: 20"))
    compared = compare_reports(
        found("rep-1", [True] * 30), found("rep-2", [True] * 30, rubric=changed)
    )
    assert [result.criterion_id for result in compared.results] == ["exact", "tag"]
    assert compared.score is None
    assert "brief" in compared.notes[0]
    judged = load(made_up.RUBRIC + "  - {id: warm, text: Warm., kind: judge}\n")
    one = found("rep-1", [True] * 30, rubric=judged, judge="a")
    other = found("rep-2", [True] * 30, rubric=judged, judge="b")
    compared = compare_reports(one, other)
    assert "warm" not in [result.criterion_id for result in compared.results]
    assert compared.notes == ("Decided by different judges, so left out: warm.",)
    assert len(compared.notes_zh) == 1
    same = compare_reports(one, found("rep-3", [True] * 30, rubric=judged, judge="a"))
    assert "warm" in [result.criterion_id for result in same.results]
    assert same.score is not None


def test_without_a_common_question_it_is_refused() -> None:
    one = found("rep-1", [True] * 30)
    with pytest.raises(RunError, match="no question in common"):
        compare_reports(one, found("rep-2", [True] * 30, first_id=500))
    with pytest.raises(RunError, match="with itself"):
        compare_reports(one, one)
    with pytest.raises(RunError, match="share no criterion"):
        compare_reports(one, found("rep-2", [True] * 30, rubric=load(_OTHER)))


_OTHER = "id: other\ncriteria:\n  - {id: json, text: JSON., kind: check, check: {type: json}}\n"


def test_a_judge_that_failed_its_exam_decides_no_comparison() -> None:
    judged = load(made_up.RUBRIC + "  - {id: warm, text: Warm., kind: judge, headline: true}\n")
    right = [i % 2 == 0 for i in range(60)]
    failed = judging(reliable=False)
    one = found("rep-1", right, rubric=judged, judge="a", judging=failed)
    other = found("rep-2", [True] * 60, rubric=judged, judge="a", judging=failed)
    compared = compare_reports(one, other)
    assert "warm" not in [result.criterion_id for result in compared.results]
    assert compared.headline.criterion_id != "warm"
    assert compared.score is not None
    assert compared.score.difference == pytest.approx(0.5 * 4 / 5)
    assert len(compared.notes) == len(compared.notes_zh) == 2
    assert "not reliable" in compared.notes[0]
    only = load("id: o\ncriteria:\n  - {id: warm, text: Warm., kind: judge}\n")
    one = found("rep-1", right, rubric=only, judge="a", judging=failed)
    with pytest.raises(RunError, match="share no criterion"):
        compare_reports(one, found("rep-2", right, rubric=only, judge="a", judging=failed))


def test_questions_that_training_has_seen_decide_no_comparison() -> None:
    right = [True] * 40 + [False] * 40
    seen = Facts(leaked_ids=tuple(f"s{i}" for i in range(40)))
    one, other = found("rep-1", [False] * 80), found("rep-2", right, facts=seen)
    compared = compare_reports(one, other)
    assert (compared.common, compared.direction) == (40, "open")
    assert "left out: 40" in compared.notes[0]
    everything = found("rep-2", right, facts=Facts(leaked_ids=tuple(f"s{i}" for i in range(80))))
    compared = compare_reports(one, everything)
    assert compared.common == 80
    assert "only be remembered" in compared.notes[0]
