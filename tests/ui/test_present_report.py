"""What surrounds a verdict, failures, votes, two reports and the rubric, as the room shows them."""

from __future__ import annotations

from eval.records import Verdict
from eval.report.compare_reports import compare_reports
from eval.rubric.rubrics import load
from eval.votes import report_votes
from eval.votes.queue import CriterionItem, PairItem
from eval.votes.report_votes import Vote, VoteCount
from tests.eval import made_up
from tests.eval.made_up_parts import failures, full_report
from tests.eval.report.test_compare_reports import found
from ui.present import report_compare, report_parts, report_rubric
from ui.present import report_votes as votes_shown
from ui.present.report_votes import Standing
from ui.words import Voice

EN, ZH = Voice("en"), Voice("zh")
HOSTILE = "<script>alert(1)</script>"
COMPARED = made_up.comparisons(1, 0, 0, 0)[0]


def test_every_part_stands_in_a_line_in_either_language() -> None:
    report = full_report()
    assert report_parts.glance(report, EN).count("<li") == 12
    assert "It forgot general ability" in report_parts.glance(report, EN)
    assert "通用能力有所遗忘" in report_parts.glance(report, ZH)
    assert "It forgot" not in report_parts.glance(report, ZH)
    assert report_parts.glance(full_report(forgetting=None), EN).count("<li") == 11


def test_rows_near_a_failure_can_be_ticked_and_corrected() -> None:
    shown = report_parts.failures(full_report(), EN)
    assert 'name="rows" value="12"' in shown
    assert 'data-do="correct" data-row="12"' in shown
    assert "about parcel, late" in shown
    near = failures().clusters[0].samples[0].nearest[0]
    hostile = near.model_copy(update={"question": HOSTILE, "answer": HOSTILE})
    sample = failures().clusters[0].samples[0].model_copy(update={"nearest": (hostile,)})
    cluster = failures().clusters[0].model_copy(update={"samples": (sample,)})
    report = full_report(failures=failures().model_copy(update={"clusters": (cluster,)}))
    assert "<script" not in report_parts.failures(report, EN)
    assert report_parts.chosen_rows({"rows": "3,12"}) == [3, 12]
    assert "not grouped" in report_parts.failures(full_report(failures=None), EN)


def test_a_pair_has_no_names_until_it_was_voted_on() -> None:
    item = PairItem(COMPARED.sample.id, "conflict")
    blind = votes_shown.pair(item, COMPARED, "tuned", None, EN)
    assert not [name for name in ("Base", "Tuned", "base", "tuned") if name in blind]
    assert blind.index("[REFUND] Done.") < blind.index("Something else entirely.")
    vote = Vote(sample_id=item.sample_id, shown_first="tuned", vote="first", at="now")
    told = votes_shown.pair(item, COMPARED, "tuned", vote, EN)
    assert "You preferred the tuned model." in told
    assert 'data-do="vote"' not in told


def test_a_criterion_is_asked_without_what_the_judge_said() -> None:
    item = CriterionItem(COMPARED.sample.id, "warm", "base")
    rubric = load(made_up.RUBRIC + "  - {id: warm, text: Warm., kind: judge}\n")
    said = Verdict(
        sample_id=item.sample_id, criterion_id="warm", side="base", reason="Cold.",
        outcome="not_met",
    )  # fmt: skip
    blind = votes_shown.criterion(item, COMPARED, rubric.criteria[-1], said, None, EN)
    assert "Cold." not in blind
    assert "Warm." in blind
    vote = Vote(sample_id=item.sample_id, criterion_id="warm", side="base", met=True, at="now")
    told = votes_shown.criterion(item, COMPARED, rubric.criteria[-1], said, vote, EN)
    assert "The judge said otherwise." in told
    assert "Cold." in told


def test_votes_are_counted_with_their_interval_and_nothing_is_made_up() -> None:
    none = report_votes.count([], [])
    shown = votes_shown.standing(Standing(none, 12, 0), "pairs", EN)
    assert "0 of 12 pairs" in shown
    assert "<table" not in shown
    some = VoteCount(
        pairs=40, wins=24, losses=8, ties=5, both_bad=3, rate=0.7, low=0.57, high=0.81,
        p_value=0.007, criteria=0,
    )  # fmt: skip
    shown = votes_shown.standing(Standing(some, 60, 0), "pairs", EN)
    assert "70% (57% – 81%)" in shown
    assert 'data-do="preferences"' in shown


def test_two_reports_say_what_changed_beside_the_training() -> None:
    right = [True] * 30
    same = compare_reports(found("rep-1", right), found("rep-2", right))
    assert "All conditions were the same." in report_compare.comparison(same, EN)
    other = found("rep-2", right, base="Else.", conditions={"Sampling": HOSTILE})
    shown = report_compare.comparison(compare_reports(found("rep-1", right), other), EN)
    assert "answered 0 of 30 alike" in shown
    assert "dt-warning" in shown
    assert "<script" not in shown
    assert "没有显示出差别" in report_compare.comparison(same, ZH)


def test_a_rubric_shows_its_drafts_and_one_form() -> None:
    rubric = load(made_up.RUBRIC.replace("id: brief", "id: brief\n    draft: true"))
    shown = report_rubric.rubric(rubric, None, EN)
    assert "drafts: 1" in shown
    assert shown.count('data-do="accept"') == 2
    assert "data-form" not in shown
    form = report_rubric.rubric(rubric, 2, EN)
    assert form.count("data-form") == 1
    assert 'name="length.max_chars" id="rubric-length-max_chars" type="text" value="200"' in form
    assert rubric.hash[:12] in report_rubric.used(rubric, EN)
