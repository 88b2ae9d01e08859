"""The leak gate finds what training has seen, tells how, and leaves the rest in peace."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.data import leaks
from core.data.leaks import LeakReport, find_leaks, leak_findings, load_leaks, save_leaks
from core.data.problems import Place, make_problem
from core.data.records import Example
from core.data.splitting import make_split
from core.data.whole import overlaps
from core.data.whole.watching import Stopped, Watch
from core.data.wording import problem_text
from core.workspace import Workspace
from tests.core.data.whole.making import banking, distinct, example, of_turns

LONG = (
    "My parcel with the green kettle was to arrive on Monday, but the courier left it with a "
    "neighbour who is on holiday until March. Could you please send another one to my office?"
)
PASSAGE = (
    "the warranty covers the kettle for two years from the day on which it was bought in a shop"
)
PASSAGE_ZH = "自购买之日起两年内水壶出现任何非人为损坏均可免费维修"


def held(*questions: str) -> list[Example]:
    return [example(text, f"Held {n}.", n) for n, text in enumerate(questions, start=101)]


def kinds(report: LeakReport) -> list[tuple[str, int, int]]:
    return sorted((pair.kind, pair.held_out_row, pair.train_row) for pair in report.pairs)


def test_each_kind_is_found_and_clean_rows_are_not() -> None:
    train = [
        *distinct(30),
        example("What cards do you support?", row=31),
        example("I want a new card but I live in the US", row=32),
        example(LONG, row=33),
        example(f"Hello there. In your leaflet it says: {PASSAGE}. Is that so?", row=34),
        example(f"请问说明书里写的{PASSAGE_ZH}，是真的吗？", row=35),
    ]
    rows = held(
        " what CARDS do you  support？",
        "i live in the US but I want a new card",
        LONG.replace("green", "blue"),
        f"I bought a kettle last spring and it is broken; {PASSAGE}, but nobody answers my mail.",
        f"我去年买的水壶坏了。{PASSAGE_ZH}，可是没有人理我，怎么办？",
        "Nobody has asked this before.",
    )
    report = find_leaks(train, rows)
    assert kinds(report) == [
        ("exact", 101, 31),
        ("near", 103, 33),
        ("ngram", 104, 34),
        ("ngram", 105, 35),
        ("similar", 102, 32),
    ]
    assert report.counts == {"exact": 1, "near": 1, "similar": 1, "ngram": 2}
    assert report.leaked_ids == tuple(row.id for row in rows[:5])
    assert (report.train_rows, report.held_out_rows, report.clean_rows) == (35, 6, 1)
    codes = ["leak_exact", "leak_near", "leak_similar", "leak_ngram", "leak_ngram"]
    assert [finding.code for _, finding in leak_findings(report)] == codes


def test_only_what_is_asked_counts() -> None:
    train = [of_turns([("system", LONG), ("user", "Tea or ship?"), ("assistant", LONG)])]
    rows = [of_turns([("system", LONG), ("user", "Violin or lamp?"), ("assistant", LONG)])]
    assert find_leaks(train, rows).leaked_ids == ()


def test_a_phrase_of_the_trade_is_no_leak() -> None:
    train = [example(f"{e.conversation.first_user} {PASSAGE}", row=e.row) for e in distinct(12)]
    assert find_leaks(train, held(f"Good morning! {PASSAGE}")).counts == {}
    assert find_leaks(train[:10], held(f"Good morning! {PASSAGE}")).counts == {"ngram": 1}


def test_a_shared_instruction_is_no_leak() -> None:
    task = "Read the customer's message below and name its intent with one word, no more. Message: "
    train = [example(task + e.conversation.first_user, row=e.row) for e in distinct(20)]
    rows = [example(task + e.conversation.first_user, row=e.row) for e in distinct(60)[30:]]
    assert find_leaks(train, rows).leaked_ids == ()


def test_both_sides_are_read_once_and_may_be_empty() -> None:
    rows = distinct(5)
    assert find_leaks(iter(rows), iter(rows)).counts == {"exact": 5}
    assert find_leaks(iter(rows), iter([])).leaked_ids == ()
    assert find_leaks(iter([]), iter(rows)).clean_rows == 5
    with pytest.raises(Stopped):
        find_leaks(rows, rows, Watch(should_stop=lambda: True))


def test_the_same_leak_in_many_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaks, "BATCH", 3)
    rows = distinct(20)
    again = [row.model_copy(update={"row": row.row + 100}) for row in rows]
    report = find_leaks([*again, *rows], rows)
    assert kinds(report) == [("exact", row, row) for row in range(1, 21)]


def test_what_was_not_compared_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overlaps, "COSINE_WORK", 0)
    train = [example("I want a new card but I live in the US", row=4)]
    report = find_leaks(train, held("i live in the US but I want a new card"))
    assert report.not_compared == 1
    assert [finding.code for _, finding in leak_findings(report)] == ["leaks_not_compared"]


def test_findings_stand_at_the_training_row_in_both_languages(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(leaks, "KEPT_PAIRS", 2)
    train = [example("Where is it?", "a", 7, label="a"), *distinct(2)]
    rows = [example("Where is it?", "b", 3, label="b"), *distinct(2)]
    found = list(leak_findings(find_leaks(train, rows)))
    problems = [make_problem(f.code, Place(row), **f.values) for row, f in found]
    assert [(p.code, p.row) for p in problems] == [
        ("leak_exact", 7),
        ("leak_label_differs", 7),
        ("leak_exact", 1),
        ("leaks_not_listed", None),
    ]
    assert "row 3" in problems[0].message
    assert all("{" not in problem_text(p, lang) for p in problems for lang in ("en", "zh"))


def test_a_report_is_kept_beside_its_split(tmp_path: Path, workspace: Workspace) -> None:
    rows = distinct(40)
    split = make_split("ds-0123456789ab", rows)
    report = leaks.split_leaks(split, rows)
    assert report.held_out_rows == len(split.validation) + len(split.test)
    assert load_leaks(workspace, split) is None
    workspace.dataset(split.dataset_id).mkdir(parents=True)
    save_leaks(workspace, split, report)
    assert load_leaks(workspace, split) == report
    other = split.model_copy(update={"fingerprint": "another"})
    assert load_leaks(workspace, other) is None


def test_banking77_test_rows_that_stand_in_train() -> None:
    train, test = banking("banking77_train.csv"), banking("banking77_test.csv")
    report = find_leaks(train, test)
    assert report.counts["exact"] == 7
    exact = {pair.held_out_row for pair in report.pairs if pair.kind == "exact"}
    assert exact == {555, 977, 978, 1433, 1475, 2150, 3071}
    assert len(report.leaked_ids) >= 330
    assert sum(pair.train_label != pair.held_out_label for pair in report.pairs) >= 13
