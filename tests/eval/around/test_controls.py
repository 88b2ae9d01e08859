"""Null controls win exactly where the rubric or the server measures something else than quality."""

from __future__ import annotations

from eval.around import controls
from eval.around.asked_records import AskedAnswer
from eval.evidence import Facts
from eval.records import Comparison
from eval.report import reports
from eval.report.concluding import Beside, conclude
from eval.rubric.rubrics import Rubric, load
from tests.eval import made_up
from tests.eval.made_up import comparisons, evidence, said

BRIEF = """
id: gameable
criteria:
  - id: brief
    text: The answer has at most 9 characters.
    kind: check
    points: 1
    headline: true
    check: {type: length, min_chars: 1, max_chars: 9}
"""


def again(compared: list[Comparison], text: str | None = None) -> list[AskedAnswer]:
    return [
        AskedAnswer(
            part="control", id=c.sample.id, side="base", asked="",
            answer=c.base if text is None else said(text),
        )
        for c in compared
    ]  # fmt: skip


def won(compared: list[Comparison], rubric: Rubric, constant: str = "x") -> dict[str, bool | None]:
    found = controls.measure(compared, rubric, again(compared), constant, seed=7)
    return {result.kind: result.won for result in found.results}


def test_no_control_wins_against_a_model_that_answers_rightly() -> None:
    compared = comparisons(60, 0, 0, 0)
    found = controls.measure(compared, load(made_up.RUBRIC), again(compared), "Hello.", seed=7)
    assert found.valid
    by_kind = {result.kind: result for result in found.results}
    assert [r.won for r in by_kind.values()] == [False] * 4
    assert by_kind["truncated"].estimate.tuned == 0.0
    assert by_kind["base_again"].estimate.difference == 0.0
    assert found.scored_by == ("exact", "tag", "brief")


def test_a_rubric_that_cut_answers_win_by_makes_the_run_invalid() -> None:
    compared = comparisons(60, 0, 0, 0)  # tuned says fourteen characters
    rubric = load(BRIEF)
    assert won(compared, rubric)["truncated"]
    found = controls.measure(compared, rubric, again(compared), "x", seed=7)
    assert found.valid is False
    plain = reports.build(evidence(compared))
    verdict = conclude(plain.verdict, plain.headline, Beside(controls=found))
    assert plain.verdict.kind == "better"
    assert verdict.kind == "not_measured"
    assert "first third" in verdict.sentence
    assert "固定回答" in verdict.sentence_zh
    assert plain.verdict.sentence in verdict.rule


def test_a_base_model_that_differs_from_itself_makes_the_run_invalid() -> None:
    compared = comparisons(0, 60, 0, 0)  # base has all right the first time
    changed = again(compared, "something else")
    found = controls.measure(compared, load(made_up.RUBRIC), changed, "", seed=7)
    by_kind = {result.kind: result for result in found.results}
    assert by_kind["base_again"].won
    assert "constant" not in by_kind
    assert found.valid is False


def test_chance_does_not_let_a_control_win() -> None:
    compared = comparisons(30, 30, 0, 0)
    assert not any(won(compared, load(made_up.RUBRIC), "[REFUND] Done!").values())


def test_a_rubric_of_judges_alone_leaves_controls_untold() -> None:
    rubric = load("id: j\ncriteria:\n  - {id: warm, text: Warm., kind: judge}\n")
    found = controls.measure(comparisons(5, 0, 0, 0), rubric, [], "x", seed=7)
    assert found.valid is None
    assert found.note
    assert found.note_zh


def test_the_report_shows_controls_only_when_they_were_asked_for() -> None:
    compared = comparisons(30, 0, 0, 0)
    assert reports.build(evidence(compared)).controls is None
    asked = reports.build(evidence(compared, facts=Facts(constant="Hi."), answers=again(compared)))
    assert asked.controls is not None
    assert asked.controls.valid
