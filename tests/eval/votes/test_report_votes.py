"""Votes on an evaluation's answers are blind, kept once, ordered by disagreement, and exported."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.data.ingest import read_file
from core.errors import RunError
from eval.folder import ReportFolder
from eval.judge.records import Preference
from eval.records import Verdict
from eval.rubric.rubrics import load
from eval.votes import queue as vote_queue
from eval.votes import report_votes
from eval.votes.queue import Judged
from eval.votes.report_votes import Vote
from tests.eval import made_up

JUDGED = made_up.RUBRIC + "  - {id: warm, text: Warm., kind: judge, points: 2}\n"
SEED = 7


@pytest.fixture
def folder(tmp_path: Path) -> ReportFolder:
    return ReportFolder(tmp_path)


def judged(**kinds: int) -> Judged:
    rubric, compared = load(JUDGED), made_up.comparisons(**kinds)
    checked = load(made_up.RUBRIC)
    return Judged(compared, rubric, made_up.verdicts_of(checked, compared))


def test_sides_change_places_by_the_seed_and_the_vote_knows_who_stood_where(
    folder: ReportFolder,
) -> None:
    places = [report_votes.first_shown(SEED, f"s{i}") for i in range(200)]
    assert 70 < places.count("base") < 130
    assert places == [report_votes.first_shown(SEED, f"s{i}") for i in range(200)]
    for i in range(20):
        vote = report_votes.cast(folder, SEED, f"s{i}", "first")
        assert vote.winner == places[i]
        row = json.loads(folder.votes.read_text().splitlines()[-1])
        assert set(row) == {"sample_id", "shown_first", "vote", "at"}


def test_nobody_votes_twice_on_what_was_revealed(folder: ReportFolder) -> None:
    report_votes.cast(folder, SEED, "s1", "tie")
    report_votes.cast_criterion(folder, "s1", "warm", "base", True)
    with pytest.raises(RunError, match="voted on before"):
        report_votes.cast(folder, SEED, "s1", "first")
    with pytest.raises(RunError, match="voted on before"):
        report_votes.cast_criterion(folder, "s1", "warm", "base", False)
    assert len(report_votes.votes(folder)) == 2
    with pytest.raises(ValueError, match="give"):
        Vote(sample_id="s1", vote="first", met=True, at="now")


def test_the_count_keeps_ties_and_both_bad_apart_and_has_an_interval() -> None:
    compared = made_up.comparisons(wins=30, losses=10, both_right=0, both_wrong=0)
    found = [
        Vote.model_validate(
            {"sample_id": each.sample.id, "shown_first": "tuned", "vote": ballot, "at": "now"}
        )
        for each, ballot in zip(
            compared, ["first"] * 24 + ["second"] * 8 + ["tie"] * 5 + ["both_bad"] * 3, strict=True
        )
    ]
    told = report_votes.count(compared, found)
    assert (told.wins, told.losses, told.ties, told.both_bad) == (24, 8, 5, 3)
    assert told.rate == pytest.approx((24 + 4) / 40)
    assert told.low is not None
    assert told.high is not None
    assert told.low < 0.7 < told.high
    assert report_votes.count(compared, []).rate is None


def test_what_disagrees_is_asked_first_and_equal_answers_never() -> None:
    found = judged(wins=4, losses=2, both_right=3, both_wrong=5)
    ids = [each.sample.id for each in found.comparisons]
    wins = [
        each.sample.id
        for each in found.comparisons
        if each.tuned.text == each.sample.reference != each.base.text
    ]
    against = [
        Verdict(sample_id=wins[0], criterion_id="warm", side="base", reason="", outcome="met")
    ]
    swayed = Preference(
        sample_id=wins[1], preferred="order_dependent", base_first="first", tuned_first="first"
    )
    queue = vote_queue.pairs(
        found._replace(verdicts=[*found.verdicts, *against], preferences=[swayed]), SEED
    )
    assert [item.why for item in queue[:3]] == ["order_dependent", "conflict", "influential"]
    assert [item.sample_id for item in queue[:2]] == [wins[1], wins[0]]
    assert len(queue) == 4 + 2 + 5  # the three that both have right are the same text
    assert {item.sample_id for item in queue} < set(ids)
    assert vote_queue.upcoming(queue, {wins[1]}) == queue[1]
    assert vote_queue.upcoming(queue, ids) is None


def test_a_judges_verdicts_are_asked_about_met_and_not_met_by_turns() -> None:
    found = judged(wins=6, losses=0, both_right=0, both_wrong=0)
    said = [
        Verdict(
            sample_id=each.sample.id, criterion_id="warm", side=side, reason="",
            outcome="met" if n < 2 else "not_met" if n < 5 else "unscored",
        )
        for n, each in enumerate(found.comparisons)
        for side in made_up.SIDES
    ]  # fmt: skip
    queue = vote_queue.criteria(found._replace(verdicts=[*found.verdicts, *said]), SEED)
    outcome = {(v.sample_id, v.side): v.outcome for v in said}
    kinds = [outcome[item.sample_id, item.side] for item in queue]
    assert kinds[:8] == ["met", "not_met"] * 4
    assert kinds[8:] == ["not_met"] * 2


def test_decided_votes_are_preference_pairs_that_the_import_reads(
    folder: ReportFolder, tmp_path: Path
) -> None:
    compared = made_up.comparisons(wins=12, losses=0, both_right=0, both_wrong=0)
    for n, each in enumerate(compared):
        first = report_votes.first_shown(SEED, each.sample.id)
        ballot = "tie" if n == 0 else "first" if first == "tuned" else "second"
        report_votes.cast(folder, SEED, each.sample.id, ballot)  # type: ignore[arg-type]
    text = report_votes.preferences(compared, list(report_votes.votes(folder).values()))
    file = tmp_path / "preferences.jsonl"
    file.write_text(text)
    read = read_file(file)
    assert len(read.examples) == 11
    example = read.examples[0]
    assert example.conversation.reference == "[REFUND] Done."
    assert example.rejected is not None
    assert "Something else entirely." in str(example.rejected)
    with pytest.raises(RunError, match="No vote has decided"):
        report_votes.preferences(compared, [])
