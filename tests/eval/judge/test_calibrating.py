"""A judge held against votes: figures from thirty on, corrected rates, and none out of nothing."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from eval.folder import ReportFolder
from eval.judge import calibrating
from eval.judge.calibrating import calibrate
from eval.judge.records import Preference
from eval.records import JudgeCall, Outcome, Side, Verdict
from eval.votes.report_votes import Vote, cast_criterion

SIDES: tuple[Side, Side] = ("base", "tuned")
CALL = JudgeCall(model="judge", prompt_hash="0", replied=True, attempts=1, seconds=0.1)


def verdict(number: int, side: Side, outcome: Outcome, call: JudgeCall | None = CALL) -> Verdict:
    return Verdict(
        sample_id=f"s{number}",
        criterion_id="tone",
        side=side,
        reason="So it is.",
        outcome=outcome,
        judge=call,
    )


def label(number: int, side: Side, met: bool) -> Vote:
    return Vote(sample_id=f"s{number}", criterion_id="tone", side=side, met=met, at="now")


def judged(count: int) -> list[Verdict]:
    """The judge calls every tuned answer met, and every fourth base answer."""
    return [
        verdict(i, side, "met" if side == "tuned" or i % 4 == 0 else "not_met")
        for i, side in product(range(count), SIDES)
    ]


def test_sensitivity_specificity_kappa_and_corrected_rates() -> None:
    # people call met: all tuned answers but every fifth, and no base answer
    votes = [label(i, "tuned", i % 5 != 0) for i in range(20)]
    votes += [label(i, "base", False) for i in range(20)]
    found = calibrate(judged(40), [], votes)
    assert (found.labels, found.preferences, found.note) == (40, 0, "")
    assert found.sensitivity.value == 1.0
    assert found.specificity.value == pytest.approx(15 / 24)
    # agreement 31/40; by chance 25/40 * 16/40 + 15/40 * 24/40
    chance = (25 * 16 + 15 * 24) / 1600
    assert found.kappa.value == pytest.approx((31 / 40 - chance) / (1 - chance))
    assert found.kappa.low is not None
    (tone,) = found.by_criterion
    assert tone.base.value == pytest.approx(0.0), "10 of 40 met are what its errors make of none"
    assert tone.tuned.value == pytest.approx(1.0)
    assert tone.tuned.low is not None
    assert tone.tuned.low < 1.0


def test_below_thirty_votes_there_are_no_figures_but_a_reason() -> None:
    found = calibrate(judged(40), [], [label(i, "tuned", i % 2 == 0) for i in range(29)])
    assert (found.labels, found.needed) == (29, 30)
    assert found.sensitivity.value is None
    assert found.kappa.value is None
    assert "29 of the 30" in found.note
    assert found.note_zh != found.note


def test_what_no_judge_decided_calibrates_none() -> None:
    verdicts = [verdict(i, "tuned", "met", call=None) for i in range(40)]
    verdicts += [verdict(i, "base", "unscored") for i in range(40)]
    votes = [label(i, side, True) for i, side in product(range(40), SIDES)]
    assert calibrate(verdicts, [], votes).labels == 0


def test_votes_on_pairs_are_held_against_both_orders_together() -> None:
    words = ["tuned"] * 20 + ["base"] * 8 + ["order_dependent"] * 4 + ["unscored"] * 4
    preferences = [
        Preference.model_validate(
            {"sample_id": f"s{i}", "preferred": word, "base_first": None, "tuned_first": None}
        )
        for i, word in enumerate(words)
    ]
    votes = [
        Vote(sample_id=f"s{i}", shown_first="base", vote="second" if i < 30 else "tie", at="now")
        for i in range(36)
    ]
    found = calibrate([], preferences, votes)
    assert found.preferences == 32
    assert found.preference_agreement.value == pytest.approx(20 / 30)
    assert found.preference_kappa.value is not None
    assert found.sensitivity.value is None


def test_votes_lie_beside_the_report(tmp_path: Path) -> None:
    folder = ReportFolder(tmp_path)
    assert calibrating.of_folder(folder, judged(3)) is None
    cast_criterion(folder, "s1", "tone", "tuned", True)
    found = calibrating.of_folder(folder, judged(3))
    assert found is not None
    assert found.labels == 1
