"""Datasets on disk: the same file is the same dataset, and damage is said, not spread."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from core.data import splitting, store
from core.data.ingest import Checked, read_file
from core.data.records import Dataset
from core.errors import DataError, WorkspaceError
from core.workspace import Workspace
from tests.core.data.made_rows import call, row, tool, turns, write_lines


def saved(workspace: Workspace, path: Path, name: str | None = None) -> tuple[Checked, Dataset]:
    checked = read_file(path, name)
    return checked, store.save(workspace, checked, path)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    rows = [row("问题 é", "答\u2028案 🙂", tags=["a"], split="test"), row("q", "a", "b")]
    rows.append({"messages": [*turns("Light!"), call('{"on": 1}')], "tools": [tool()]})
    return write_lines(tmp_path / "rows.jsonl", rows)


def test_what_is_saved_is_loaded(workspace: Workspace, path: Path) -> None:
    checked, dataset = saved(workspace, path)
    assert store.load(workspace, dataset.id) == dataset == checked.dataset
    assert list(store.load_examples(workspace, dataset.id)) == list(checked.examples)
    folder = workspace.dataset(dataset.id)
    assert (folder / "source.bin").read_bytes() == path.read_bytes()
    assert sorted(os.listdir(folder)) == [
        "dataset.json",
        "rejected.jsonl",
        "rows.jsonl",
        "source.bin",
    ]
    assert os.listdir(workspace.datasets) == [dataset.id]


def test_the_same_file_again_changes_only_the_name(workspace: Workspace, path: Path) -> None:
    _, first = saved(workspace, path, "First")
    splitting.frozen_split(workspace, first.id)
    folder = workspace.dataset(first.id)
    before = {p.name: p.stat().st_mtime_ns for p in folder.iterdir()}
    _, second = saved(workspace, path, "Second")
    assert second == first.model_copy(update={"name": "Second"})
    assert store.load(workspace, first.id).name == "Second"
    after = {p.name: p.stat().st_mtime_ns for p in folder.iterdir()}
    assert {name for name in after if after[name] != before[name]} == {"dataset.json"}


def test_another_file_with_the_same_rows_brings_its_own_problems(
    workspace: Workspace, path: Path, tmp_path: Path
) -> None:
    _, first = saved(workspace, path)
    split = splitting.frozen_split(workspace, first.id)
    other = tmp_path / "other.jsonl"
    other.write_bytes(b"{broken\n" + path.read_bytes())
    _, second = saved(workspace, other)
    assert second.id == first.id
    assert store.load(workspace, first.id).problems[0].code == "json_invalid"
    assert [e.row for e in store.load_examples(workspace, first.id)] == [2, 3, 4]
    assert splitting.frozen_split(workspace, first.id) == split


def test_datasets_are_listed_newest_first_and_damaged_ones_reported(
    workspace: Workspace, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert store.list_datasets(workspace) == ()
    _, old = saved(workspace, path)
    monkeypatch.setattr("core.data.ingest.now", lambda: "2999-01-01T00:00:00+00:00")
    _, new = saved(workspace, write_lines(tmp_path / "b.jsonl", [row()]))
    assert [d.id for d in store.list_datasets(workspace)] == [new.id, old.id]
    (workspace.dataset(new.id) / "dataset.json").write_text('{"id": 3}')
    (workspace.datasets / "ds-0123456789ab").mkdir()
    assert [d.id for d in store.list_datasets(workspace)] == [old.id]
    damaged = store.damaged_datasets(workspace)
    assert {new.id in str(error) or "ds-0123456789ab" in str(error) for error in damaged} == {True}
    assert len(damaged) == 2
    _, again = saved(workspace, tmp_path / "b.jsonl")
    assert again.id == new.id
    assert store.load(workspace, new.id) == again


def test_rows_that_were_touched_are_refused(workspace: Workspace, path: Path) -> None:
    _, dataset = saved(workspace, path)
    rows = workspace.dataset(dataset.id) / "rows.jsonl"
    lines = rows.read_text().split("\n")
    rows.write_text("\n".join(lines[1:]))
    with pytest.raises(DataError, match="damaged"):
        store.load_examples(workspace, dataset.id)
    rows.write_text(lines[0] + '\n{"id": "ex')
    with pytest.raises(DataError, match="line 2"):
        store.load_examples(workspace, dataset.id)
    with pytest.raises(DataError, match="no dataset"):
        store.load(workspace, "ds-0123456789ab")


def test_a_file_that_changed_meanwhile_is_not_saved(workspace: Workspace, path: Path) -> None:
    checked = read_file(path, None)
    path.write_text("something else")
    with pytest.raises(DataError, match="changed"):
        store.save(workspace, checked, path)
    assert os.listdir(workspace.datasets) == []


def test_a_full_disk_leaves_nothing_behind(
    workspace: Workspace, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked = read_file(path, None)

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(WorkspaceError, match="No space left"):
        store.save(workspace, checked, path)
    assert os.listdir(workspace.datasets) == []
