"""Splits: no leak, the same every time, and honest about what could not be made."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.data import ingest, splitting, store
from core.data.identity import group_key
from core.data.records import Example, Split
from core.data.splitting import make_split
from core.errors import DataError
from core.workspace import Workspace
from tests.core.data.made_rows import row, write_lines


def examples_of(tmp_path: Path, rows: list[dict[str, object]]) -> tuple[Example, ...]:
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
    for example in examples:
        groups.setdefault(group_key(example.conversation), set()).add(part_of[example.id])
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
