"""Splits: no leak, the same every time, and honest about what could not be made."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from core.data import ingest, splitting, store
from core.data.identity import group_key
from core.data.leaks import split_leaks
from core.data.records import Example, Split
from core.data.splitting import make_split
from core.errors import DataError
from core.workspace import Workspace
from tests.core.data.made_rows import row, write_lines
from tests.core.data.whole.making import banking, distinct, example, fastchat_identity


def examples_of(tmp_path: Path, rows: list[dict[str, object]]) -> Sequence[Example]:
    return ingest.read_file(write_lines(tmp_path / "rows.jsonl", rows), None).examples


def sizes(split: Split) -> tuple[int, int, int]:
    return len(split.train), len(split.validation), len(split.test)


def test_every_row_is_in_one_part_and_groups_stay_together(tmp_path: Path) -> None:
    rows = [row(f"Question {n % 90}?", f"Answer {n}.") for n in range(300)]
    for n in range(0, 300, 3):
        rows[n]["messages"][0]["content"] = f"  question {n % 90}？"
    examples = examples_of(tmp_path, rows)
    split = make_split("ds-1", examples)
    part_of = {e: p for p in ("train", "validation", "test") for e in getattr(split, p)}
    assert sorted(part_of) == sorted(example.id for example in examples)
    assert sum(sizes(split)) == 300
    groups: dict[str, set[str]] = {}
    for each in examples:
        groups.setdefault(group_key(each.conversation), set()).add(part_of[each.id])
    assert len(groups) == 90
    assert all(len(parts) == 1 for parts in groups.values())
    assert 25 <= len(split.test) <= 40
    assert 25 <= len(split.validation) <= 40


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (1000, (800, 100, 100)),
        (150, (115, 15, 20)),
        (50, (35, 5, 10)),
        (10, (7, 1, 2)),
        (9, (9, 0, 0)),
    ],
)
def test_sizes(tmp_path: Path, rows: int, expected: tuple[int, int, int]) -> None:
    split = make_split("ds-1", examples_of(tmp_path, [row(f"q{n}", "a") for n in range(rows)]))
    assert sizes(split) == expected
    assert bool(split.notes) == (rows < 10)


def test_the_split_does_not_depend_on_row_order_but_on_the_seed(tmp_path: Path) -> None:
    examples = examples_of(tmp_path, [row(f"q{n}", "a") for n in range(200)])
    split = make_split("ds-1", examples)
    assert make_split("ds-1", examples) == split
    assert set(make_split("ds-1", examples[::-1]).test) == set(split.test)
    other = make_split("ds-1", examples, seed=8)
    assert other.test != split.test
    assert other.fingerprint != split.fingerprint


def test_parts_hold_tags_and_languages_in_proportion(tmp_path: Path) -> None:
    rows = [row(f"q{n}", "a", tags=["common"]) for n in range(160)]
    rows += [row(f"问题 {n}", "答", tags=["rare"]) for n in range(40)]
    examples = examples_of(tmp_path, rows)
    rare = {example.id for example in examples if example.tags == ("rare",)}
    split = make_split("ds-1", examples)
    assert len(rare.intersection(split.test)) == 4
    assert len(rare.intersection(split.validation)) == 4


def test_one_large_group_goes_to_training_with_a_note(tmp_path: Path) -> None:
    rows = [row("Who are you?", f"I am {n}.") for n in range(100)]
    rows += [row(f"q{n}", "a") for n in range(50)]
    examples = examples_of(tmp_path, rows)
    split = make_split("ds-1", examples)
    assert {e.id for e in examples[:100]} <= set(split.train)
    assert "100 rows" in split.notes[0]
    alone = make_split("ds-2", examples[:100])
    assert sizes(alone) == (100, 0, 0)
    assert any("no test part" in note for note in alone.notes)


def test_given_parts_are_kept_but_leaks_leave_the_held_out_parts(tmp_path: Path) -> None:
    examples = examples_of(
        tmp_path,
        [
            row("a", "1", split="train"),
            row("b", "2", split="val"),
            row("c", "3", split="test"),
            row("A ", "4", split="test"),
            row("e", "5"),
            row("c", "6", split="validation"),
        ],
    )
    split = make_split("ds-1", examples)
    ids = [example.id for example in examples]
    assert split.given
    assert split.train == (ids[0], ids[2], ids[3], ids[4], ids[5])
    assert (split.validation, split.test) == ((ids[1],), ())
    assert "rows 3, 4, 6" in split.notes[0]
    assert "row 5" in split.notes[1]
    assert "no test part" in split.notes[2]


def test_a_file_that_names_only_train_is_divided_anyway(tmp_path: Path) -> None:
    rows = [row(f"q{n}", "a", split="train") for n in range(100)]
    split = make_split("ds-1", examples_of(tmp_path, rows))
    assert not split.given
    assert sizes(split) == (70, 10, 20)
    assert "says train" in split.notes[0]


def test_a_split_is_frozen_on_disk(tmp_path: Path, workspace: Workspace) -> None:
    path = write_lines(tmp_path / "rows.jsonl", [row(f"q{n}", "a") for n in range(30)])
    dataset = store.save(workspace, ingest.read_file(path, None), path)
    split = splitting.frozen_split(workspace, dataset.id)
    saved = splitting.split_path(workspace, dataset.id)
    changed = split.model_copy(update={"notes": ("as saved",)})
    saved.write_text(changed.model_dump_json())
    assert splitting.frozen_split(workspace, dataset.id) == changed
    saved.write_text("{")
    with pytest.raises(DataError, match="damaged"):
        splitting.frozen_split(workspace, dataset.id)
    saved.unlink()
    assert splitting.frozen_split(workspace, dataset.id) == split
    with pytest.raises(DataError, match="no dataset"):
        splitting.frozen_split(workspace, "ds-0123456789ab")


def parts_of(split: Split) -> dict[str, str]:
    return {e: p for p in ("train", "validation", "test") for e in getattr(split, p)}


def question(number: int) -> str:
    """A question that is like no other."""
    return distinct(1, number)[0].conversation.first_user.replace("tea", str(number * 7919))


def test_rows_of_a_conversation_user_or_tree_stay_together() -> None:
    rows = [e.model_copy(update={"group": f"user {e.row % 50}"}) for e in distinct(200)]
    split = make_split("ds-1", rows)
    parts = parts_of(split)
    users = [{parts[row.id] for row in rows if row.group == f"user {n}"} for n in range(50)]
    assert all(len(found) == 1 for found in users)
    assert split.groups == 50
    assert sizes(split) == (160, 20, 20)


def test_near_duplicates_stay_together() -> None:
    rows = distinct(100)
    long = "could you please tell me where the blue garden chairs that I ordered in May are"
    rows += [example(f"{long}, number {n}?", f"{n}", 100 + n) for n in range(1, 5)]
    split = make_split("ds-1", rows)
    assert split.near_duplicates
    assert split.groups == 101
    assert len({parts_of(split)[row.id] for row in rows[100:]}) == 1


def test_clusters_that_were_found_before_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(splitting, "COMPARED_ROWS", 50)
    rows = distinct(100)
    without = make_split("ds-1", rows)
    assert not without.near_duplicates
    assert "have not been looked for" in without.notes[0]
    clusters = {row.id: f"c{row.row % 25}" for row in rows}
    split = make_split("ds-1", rows, clusters=clusters)
    assert (split.near_duplicates, split.groups, split.notes) == (True, 25, ())
    parts = parts_of(split)
    assert len({(clusters[row.id], parts[row.id]) for row in rows}) == 25


def test_what_was_made_from_a_row_stays_with_it_in_training() -> None:
    rows = distinct(100)
    made = [example(f"{question(n)} really", "Yes.", 100 + n, parent=rows[n].id) for n in range(20)]
    split = make_split("ds-1", [*rows, *made])
    train = set(split.train)
    assert {row.id for row in made} <= train
    assert {row.id for row in rows[:20]} <= train
    assert "20 rows were made from others" in split.notes[0]
    given = [row.model_copy(update={"part": "test" if row.row <= 3 else "train"}) for row in rows]
    split = make_split("ds-1", [*given, *made])
    assert len(split.test) == 0


def test_labels_are_held_in_proportion_and_single_classes_trained_on() -> None:
    rows = [e.model_copy(update={"label": f"l{e.row % 10}"}) for e in distinct(300)]
    rows.append(example("Something quite different", "odd", 301, label="odd"))
    split = make_split("ds-1", rows)
    label = {row.id: row.label for row in rows}
    assert split.stratified_by == ("label",)
    for part in (split.test, split.validation):
        assert {label[name] for name in part} == {f"l{n}" for n in range(10)}
    assert rows[-1].id in split.train
    assert "training only: odd." in split.notes[0]
    names = [e.model_copy(update={"label": f"name {e.row}"}) for e in distinct(100)]
    assert make_split("ds-1", names).stratified_by == ()
    assert sizes(make_split("ds-1", names)) == (70, 10, 20)


def test_users_in_several_given_parts_are_kept_and_said() -> None:
    rows = [
        row.model_copy(
            update={"part": "test" if row.row > 30 else "train", "group": f"u{row.row % 31}"}
        )
        for row in distinct(40)
    ]
    split = make_split("ds-1", rows)
    assert len(split.test) == 10
    assert split.notes[0].startswith("9 held-out rows belong to a conversation or user")


def test_larger_groups_are_held_out_when_there_are_no_small_ones() -> None:
    rows = [e.model_copy(update={"group": f"user {e.row % 10}"}) for e in distinct(100)]
    assert sizes(make_split("ds-1", rows)) == (70, 10, 20)


def test_the_fastchat_identity_set_leaks_at_random_but_not_in_ours() -> None:
    rows = fastchat_identity()
    key = {row.id: group_key(row.conversation) for row in rows}
    shuffled = [row.id for row in rows]
    random.Random(7).shuffle(shuffled)
    validation, train = shuffled[:50], shuffled[50:]
    assert sum(key[name] in {key[other] for other in train} for name in validation) >= 48
    split = make_split("ds-1", rows)
    trained = {key[name] for name in split.train}
    held_out = [*split.validation, *split.test]
    assert len(held_out) > 80
    assert [name for name in held_out if key[name] in trained] == []
    report = split_leaks(split, rows)
    assert report.leaked_ids == ()


def test_banking77_is_divided_with_every_class_in_every_part() -> None:
    rows = list({row.id: row for row in banking("banking77_train.csv")}.values())
    split = make_split("ds-1", rows)
    label = {row.id: row.label for row in rows}
    assert len({label[name] for name in split.test}) == 77
    assert len({label[name] for name in split.validation}) == 77
    assert {"exact", "near", "similar"}.isdisjoint(split_leaks(split, rows).counts)
