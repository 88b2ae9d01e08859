"""What was held out before a change is held out after it, and nothing like it is trained on."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.data import excluding, ingest, repairing, splitting, versions
from core.data.records import Dataset, Part, Split
from core.data.splitting import frozen_split
from core.data.store import load_examples
from core.workspace import Workspace
from tests.core.data.made_rows import row, write_lines
from tests.core.data.whole.making import distinct

ROWS = 120


def questions(count: int) -> list[str]:
    return [example.conversation.messages[0].content for example in distinct(count)]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.open(tmp_path / "home")


@pytest.fixture
def dataset(workspace: Workspace, tmp_path: Path) -> Dataset:
    """Rows that are unlike each other; every fifth has a hidden character in its answer."""
    rows = [
        row(question, f"Answer\u200b {n}." if n % 5 == 0 else f"Answer {n}.")
        for n, question in enumerate(questions(ROWS))
    ]
    path = write_lines(tmp_path / "desk.jsonl", rows)
    return versions.keep(workspace, ingest.read_file(path, None), path)


def parts_by_row(workspace: Workspace, dataset: Dataset) -> dict[int, Part]:
    split = frozen_split(workspace, dataset.id)
    parts: dict[str, Part] = dict.fromkeys(split.train, "train")
    parts |= dict.fromkeys(split.validation, "validation")
    parts |= dict.fromkeys(split.test, "test")
    return {example.row: parts[example.id] for example in load_examples(workspace, dataset.id)}


def test_a_repaired_version_holds_out_the_same_rows(workspace: Workspace, dataset: Dataset) -> None:
    child = repairing.repair(workspace, dataset, ["zero_width"])
    assert child.change is not None
    assert child.change.changed == ROWS // 5
    assert parts_by_row(workspace, child) == parts_by_row(workspace, dataset)
    (note,) = frozen_split(workspace, child.id).notes
    assert note.startswith(f"{ROWS} rows stand in the parts that they had")


def test_rows_that_are_left_out_move_no_other(workspace: Workspace, dataset: Dataset) -> None:
    before = parts_by_row(workspace, dataset)
    gone = [number for number, part in before.items() if part == "train"][:7]
    child = excluding.exclude(workspace, dataset, gone)
    assert parts_by_row(workspace, child) == {r: p for r, p in before.items() if r not in gone}


def test_what_is_added_is_drawn_and_what_is_like_it_stays_together(
    workspace: Workspace, dataset: Dataset, tmp_path: Path
) -> None:
    before = parts_by_row(workspace, dataset)
    tested = next(number for number, part in before.items() if part == "test")
    question = load_examples(workspace, dataset.id)[tested - 1].conversation.messages[0].content
    new = [row(text, "New.") for text in questions(ROWS + 60)[ROWS:]]
    added = write_lines(tmp_path / "more.jsonl", [row(question, "Another answer."), *new])
    after = parts_by_row(workspace, child := versions.add_rows(workspace, dataset, added))
    assert {r: p for r, p in after.items() if r <= ROWS} == before
    assert after[ROWS + 1] == "test", "it has the question of a row that is tested on"
    drawn = [part for number, part in after.items() if number > ROWS + 1]
    assert {drawn.count("test"), drawn.count("validation")} == {12, 6}
    assert "60 new ones were drawn" in frozen_split(workspace, child.id).notes[0]


def test_rows_that_became_alike_are_trained_on(workspace: Workspace, dataset: Dataset) -> None:
    before = parts_by_row(workspace, dataset)
    examples = load_examples(workspace, dataset.id)
    held = next(e for e in examples if before[e.row] == "test")
    trained = next(e for e in examples if before[e.row] == "train")
    alike = held.saying(
        held.conversation.model_copy(
            update={"messages": (trained.conversation.messages[0], *held.conversation.messages[1:])}
        ),
        (),
        "changed",
    )
    found = splitting.make_split(
        "ds-1",
        [alike if e.id == held.id else e for e in examples],
        before={(alike.id if e.id == held.id else e.id): before[e.row] for e in examples},
    )
    assert alike.id in found.train
    assert "1 held-out rows moved to training" in found.notes[1]


def test_without_the_version_before_parts_are_drawn(workspace: Workspace, dataset: Dataset) -> None:
    child = excluding.exclude(workspace, dataset, [1])
    other: Split = frozen_split(workspace, child.id)
    splitting.split_path(workspace, child.id).unlink()
    workspace.dataset(dataset.id).rename(workspace.root / "elsewhere")
    alone = frozen_split(workspace, child.id)
    assert not any("version before" in note for note in alone.notes)
    assert alone.fingerprint != other.fingerprint
