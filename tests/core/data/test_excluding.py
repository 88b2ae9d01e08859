"""Rows are left out of a dataset, or answered otherwise, as its next version."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.data import excluding, ingest, store
from core.data.records import Dataset
from core.errors import DataError
from core.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.open(tmp_path / "home")


@pytest.fixture
def dataset(workspace: Workspace, tmp_path: Path) -> Dataset:
    file = tmp_path / "tea.jsonl"
    rows = [
        {"messages": [{"role": "user", "content": f"Tea {n}?"},
                      {"role": "assistant", "content": f"Brew {n}."}]}
        for n in range(1, 13)
    ]  # fmt: skip
    file.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return store.save(workspace, ingest.read_file(file), file)


def test_excluded_rows_are_gone_in_the_next_version_only(
    workspace: Workspace, dataset: Dataset
) -> None:
    child = excluding.exclude(workspace, dataset, {3, 5})
    rows = [example.row for example in store.load_examples(workspace, child.id)]
    assert rows == [1, 2, 4, 6, 7, 8, 9, 10, 11, 12]
    assert child.change is not None
    assert (child.parent, child.change.kind, child.change.removed) == (
        dataset.id, "rows excluded", 2,
    )  # fmt: skip
    assert len(store.load_examples(workspace, dataset.id)) == 12


def test_a_corrected_row_has_the_new_answer_and_another_id(
    workspace: Workspace, dataset: Dataset
) -> None:
    child = excluding.correct(workspace, dataset, {4: " Brew it hotter. "})
    before = {e.row: e for e in store.load_examples(workspace, dataset.id)}
    after = {e.row: e for e in store.load_examples(workspace, child.id)}
    assert after[4].conversation.reference == "Brew it hotter."
    assert after[4].conversation.prompt == before[4].conversation.prompt
    assert [row for row in after if after[row].id != before[row].id] == [4]


def test_what_changes_nothing_is_refused(workspace: Workspace, dataset: Dataset) -> None:
    with pytest.raises(DataError, match="None of these rows"):
        excluding.exclude(workspace, dataset, {99})
    with pytest.raises(DataError, match="nothing would be left"):
        excluding.exclude(workspace, dataset, range(1, 13))
    with pytest.raises(DataError, match="needs an answer"):
        excluding.correct(workspace, dataset, {4: " "})
    with pytest.raises(DataError, match="None of these rows"):
        excluding.correct(workspace, dataset, {4: "Brew 4."})
