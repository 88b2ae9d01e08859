"""Leaks, length, fairness, speed, likelihood and failures: what each says, and when none."""

from __future__ import annotations

import math

import pytest

from core.data.records import Example
from core.messages import Conversation, Message
from eval.around import failures, fairness, leaks, length, likelihood, nearest, speed
from eval.around.asked_records import TextNats
from eval.evidence import Facts
from eval.records import Comparison
from eval.report import reports
from eval.report.reports import identical_answers
from eval.rubric.rubrics import load
from eval.scoring import Scores
from tests.eval import made_up
from tests.eval.made_up import comparisons, evidence, pair, said, sample

RUBRIC = load(made_up.RUBRIC)


def scores_of(compared: list[Comparison]) -> Scores:
    return Scores.of(compared, RUBRIC, made_up.verdicts_of(RUBRIC, compared))


def test_the_verdict_rests_on_questions_that_training_never_saw() -> None:
    compared = comparisons(40, 0, 0, 40)
    leaked = tuple(c.sample.id for c in compared if c.tuned.text == c.sample.reference)
    seen = reports.build(evidence(compared, facts=Facts(leaked_ids=leaked)))
    assert reports.build(evidence(compared)).verdict.kind == "better"
    assert seen.verdict.kind == "no_difference"
    assert seen.leaks is not None
    assert {s.which: (s.samples, s.headline.tuned) for s in seen.leaks.slices} == {
        "all": (80, 0.5), "clean": (40, 0.0), "leaked": (40, 1.0),
    }  # fmt: skip
    assert seen.leaks.note in seen.warnings
    assert seen.leaks.note_zh in seen.warnings_zh
    assert (seen.samples, seen.headline.estimate.pairs) == (80, 40)


def test_when_every_question_leaked_there_is_no_verdict() -> None:
    compared = comparisons(30, 0, 0, 0)
    every = tuple(c.sample.id for c in compared)
    found = reports.build(evidence(compared, facts=Facts(leaked_ids=every)))
    assert found.verdict.kind == "not_measured"
    assert "all 30 questions" in found.verdict.sentence


def test_slices_have_the_values_of_their_samples() -> None:
    whole = scores_of(comparisons(5, 5, 5, 5))
    part = whole.at([3, 7, 12])
    assert part.score() == scores_of([whole.comparisons[i] for i in (3, 7, 12)]).score()
    assert leaks.clean(whole, ()) is whole


def unequal_lengths(short_pairs_right: int) -> list[Comparison]:
    """Longer tuned answers win; pairs of like length are right on either side by turns."""
    right = "[REFUND] Done."
    found = [Comparison(sample=sample(i), base=said("no"), tuned=said(right)) for i in range(60)]
    for i in range(60, 60 + short_pairs_right):
        sides = (right, "[REFUSE] Done.") if i % 2 else ("[REFUSE] Done.", right)
        found.append(Comparison(sample=sample(i), base=said(sides[0]), tuned=said(sides[1])))
    return found


def test_a_gain_that_like_lengths_do_not_show_may_be_length() -> None:
    compared = unequal_lengths(40)
    found = reports.build(evidence(compared))
    assert found.length is not None
    assert found.length.matched == 40
    assert found.length.may_be_length
    assert found.length.note in found.warnings
    few = unequal_lengths(10)
    told = length.check(scores_of(few), reports.build(evidence(few)).headline)
    assert told.may_be_length is None
    assert told.note_zh


def test_equal_answers_are_no_matched_pairs() -> None:
    found = reports.build(evidence(comparisons(40, 0, 60, 0))).length
    assert found is not None
    assert found.matched == 0


def test_truncation_that_hits_one_side_is_an_unequal_condition() -> None:
    compared = [
        c.model_copy(update={"tuned": c.tuned.model_copy(update={"finish_reason": "length"})})
        for c in comparisons(20, 0, 0, 0)
    ]
    kinds = {u.kind for u in fairness.unequal(evidence(compared), None)}
    assert kinds == {"truncation"}
    both = [
        c.model_copy(update={"base": c.base.model_copy(update={"finish_reason": "length"})})
        for c in compared
    ]
    assert fairness.unequal(evidence(both), 1.0) == ()
    other = pair()
    other = other.model_copy(
        update={"tuned": other.tuned.model_copy(update={"stop_token_ids": (3,)})}
    )
    (found,) = fairness.unequal(evidence(both, pair=other), 1.0)
    assert (found.kind, found.base, found.tuned) == ("stop_tokens", "()", "(3,)")
    assert found.sentence_zh


def test_an_adapter_is_real_when_it_is_the_trained_one_and_changes_answers() -> None:
    compared = comparisons(20, 0, 0, 0)
    assert fairness.adapter_proof(identical_answers(compared), pair()).real
    same = comparisons(0, 0, 20, 0)
    assert not fairness.adapter_proof(identical_answers(same), pair()).real
    off = pair().model_copy(update={"check": pair().check.model_copy(update={"agrees": False})})
    found = fairness.adapter_proof(identical_answers(compared), off)
    assert not found.real
    assert "not what was trained" in found.sentence


def test_speed_ratios_are_paired_and_geometric() -> None:
    compared = [
        Comparison(
            sample=sample(i),
            base=said("x", first_token_s=0.1 * (i + 1), tokens_per_s=50.0),
            tuned=said("x", first_token_s=0.2 * (i + 1) * (1.1 if i % 2 else 0.9)),
        )
        for i in range(40)
    ]
    by_name = {r.name: r for r in speed.ratios(compared).ratios}
    first = by_name["first_token_s"]
    assert first.ratio == pytest.approx(2 * math.sqrt(0.99))
    ends = [end for end in (first.low, first.ratio, first.high, 2.1) if end is not None]
    assert len(ends) == 4
    assert ends == sorted(ends)
    assert by_name["token_s"].ratio == pytest.approx(50 / 120)
    assert by_name["token_s"].low is None  # every ratio is the same
    none = [c.model_copy(update={"base": said("x", tokens_per_s=None)}) for c in compared]
    missing = {r.name: r for r in speed.ratios(none).ratios}["token_s"]
    assert missing.ratio is None
    assert missing.note
    assert missing.note_zh


def test_likelihood_counts_each_text_once_and_says_what_it_left_out() -> None:
    rows = [
        TextNats.model_validate(
            {"part": "reference", "id": f"s{i}", "side": side, "asked": "", "tokens": 10 * (i + 1)}
            | {"nats": None if i == 9 and side == "tuned" else 10 * (i + 1) * per_token}
        )
        for i in range(10)
        for side, per_token in (("base", 2.0 + i / 10), ("tuned", 1.0))
    ]
    found = likelihood.summarise(rows, "reference", {f"s{i}": f"g{i}" for i in range(10)})
    assert found is not None
    assert found.estimate.difference == pytest.approx(-1.4)
    assert (found.texts, found.tokens, found.left_out) == (9, 450, 1)
    assert found.perplexity_tuned == pytest.approx(math.e)
    assert found.note
    assert likelihood.summarise(rows, "general", {}) is None


@pytest.mark.parametrize(
    ("text", "row"),
    [("where is my refund for the lamp", 0), ("订单到哪里了", 2), ("zzz", None)],
)
def test_the_nearest_row_is_the_likest_in_every_script(text: str, row: int | None) -> None:
    rows = ["how do I get a refund for a lamp", "opening hours", "订单什么时候到"]
    (found,) = nearest.nearest_rows([text], rows, most=1)
    assert (found[0].position if found else None) == row
    assert nearest.nearest_rows([text], []) == [()]


def test_failures_are_grouped_by_topic_with_their_nearest_rows() -> None:
    topics = ["my lamp is broken and does not light", "cancel the subscription to the paper"]
    compared = [
        Comparison(
            sample=sample(i).model_copy(
                update={"prompt": (Message(role="user", content=f"{topics[i % 2]}, case {i}"),)}
            ),
            base=said("[REFUND] Done."),
            tuned=said("Something else."),
        )
        for i in range(20)
    ]
    train = [
        Example(
            id=f"ex-{i}",
            row=i + 1,
            conversation=Conversation(
                messages=(
                    Message(role="user", content=text),
                    Message(role="assistant", content="a"),
                )
            ),
        )
        for i, text in enumerate(topics)
    ]
    near = failures.near_rows([c.sample for c in compared[:20]], train, seed=7)
    found = failures.group(scores_of(compared), near, seed=7)
    assert (found.losses, found.both_wrong, len(found.clusters)) == (20, 0, 2)
    for cluster in found.clusters:
        assert cluster.criteria == ("exact", "tag")
        assert len(cluster.samples) == 10
        rows = {one.nearest[0].row for one in cluster.samples}
        assert len(rows) == 1
