"""Data is deleted with all that was worked out of its rows, whenever the program is cut off."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from core import trash
from core.data import deleting, excluding, jobs, repairing, store, versions
from core.data.ingest import read_file
from core.data.jobs import JobFolder, JobRequest
from core.data.records import Dataset
from core.disk import take_lease, write_atomic
from core.errors import DataError, WorkspaceError
from core.workspace import RunFolder, Workspace
from tests.core.data.made_rows import row, write_lines

SECRET = "ann.lee@gmail.com"


@pytest.fixture
def before(workspace: Workspace, tmp_path: Path) -> Dataset:
    """Three rows with an address, one without an answer."""
    rows = [row(f"I am {SECRET}, {n}", f"Hi {n}") for n in range(3)]
    rows.append({"messages": [{"role": "user", "content": f"{SECRET}?"}]})
    path = write_lines(tmp_path / "desk.jsonl", rows)
    return versions.keep(workspace, read_file(path, None), path)


@pytest.fixture
def masked(workspace: Workspace, before: Dataset) -> Dataset:
    return repairing.repair(workspace, before, ["pii_email"])


def job_on(
    workspace: Workspace, dataset_id: str, name: str = "job-20261121-1", **more: str
) -> Path:
    """A job that is done, with a proposal."""
    folder = JobFolder(workspace.job("job-20261121-1"))
    request = JobRequest(kind="augment", dataset_id=dataset_id, created="2026-11-21T10:00:00Z")
    write_atomic(folder.request, request.model_dump_json())
    write_atomic(folder.proposals, SECRET)
    write_atomic(folder.result, "{}")
    return folder.root


def work_on(workspace: Workspace, dataset_id: str) -> None:
    """Everything that is worked out of a version's rows."""
    job_on(workspace, dataset_id)
    write_atomic(workspace.prepared / f"{dataset_id}-0123" / "train.arrow", SECRET)
    write_atomic(workspace.prepared / f"{dataset_id}-0123.lease", "")
    write_atomic(workspace.prepared / f".{dataset_id}-0123.999999999" / "train.arrow", SECRET)
    write_atomic(workspace.trial(dataset_id, "weights"), SECRET)
    plan = RunFolder(workspace.preflight("pre-20261121-1")).plan
    write_atomic(plan, f'{{"dataset_id": "{dataset_id}"}}')
    write_atomic(workspace.datasets / f".{dataset_id}.999999999.tmp" / "rows.jsonl", SECRET)


def holding(workspace: Workspace, text: str) -> list[Path]:
    """Files of a workspace with a text in them."""
    files = (path for path in workspace.root.rglob("*") if path.is_file())
    return [path for path in files if text.encode() in path.read_bytes()]


def test_nothing_of_a_deleted_family_is_left_on_disk(
    workspace: Workspace, before: Dataset, masked: Dataset
) -> None:
    work_on(workspace, before.id)
    going = deleting.deletion(workspace, before.id)
    assert (going.ids, going.also) == ((before.id, masked.id), (masked.id,))
    assert [(one.rows, one.change) for one in going.versions] == [(3, ""), (3, "repair")]
    assert (going.source, going.rejected, going.keys) == ("desk.jsonl", 1, 1)
    assert (going.jobs, going.worked_out) == (1, 4)
    source = store.source_file(workspace, before.id).stat().st_size
    assert source < going.bytes < 50 * source, "versions share the file: it is counted once"
    deleting.remove(workspace, going.ids)
    assert holding(workspace, SECRET) == []
    assert holding(workspace, before.id) == []
    assert list(workspace.trash.iterdir()) == []
    with pytest.raises(DataError, match="There is no dataset"):
        deleting.deletion(workspace, before.id)


def test_the_file_and_the_rows_stay_with_a_version_that_needs_them(
    workspace: Workspace, before: Dataset, masked: Dataset
) -> None:
    going = deleting.deletion(workspace, masked.id)
    assert (going.ids, going.source, going.rejected) == ((masked.id,), "", 0)
    assert [one.id for one in going.holders] == [before.id]
    work_on(workspace, before.id)
    left = len(holding(workspace, SECRET))
    deleting.remove(workspace, going.ids)
    assert store.list_datasets(workspace) == (before,)
    assert versions.read_again(workspace, before, before.choices).dataset.id == before.id
    assert len(holding(workspace, SECRET)) == left - 3, "its rejects, its key, and the file"
    assert not workspace.mask_key(masked.id).exists()


def test_versions_of_versions_go_along_and_others_of_the_file_do_not(
    workspace: Workspace, before: Dataset, masked: Dataset
) -> None:
    fewer = excluding.exclude(workspace, masked, [1])
    other = excluding.exclude(workspace, before, [2])
    own = [file for file in workspace.dataset(fewer.id).iterdir() if file.name != store.SOURCE]
    freed = deleting.deletion(workspace, fewer.id).bytes
    assert freed == sum(file.stat().st_size for file in own), "the file has another name"
    going = deleting.deletion(workspace, masked.id)
    assert going.ids == (masked.id, fewer.id)
    assert {one.id for one in going.holders} == {before.id, other.id}


def test_copies_that_a_browser_has_go_with_the_file(
    workspace: Workspace, before: Dataset, tmp_path: Path
) -> None:
    upload = workspace.exchange / "0123" / "desk.jsonl"
    upload.parent.mkdir(parents=True)
    shutil.copyfile(tmp_path / "desk.jsonl", upload)
    lent = workspace.exchange / "out-0123" / "rejected.jsonl"
    lent.parent.mkdir()
    os.link(store.rejected_file(workspace, before.id), lent)
    foreign = workspace.exchange / "4567" / "other.jsonl"
    write_atomic(foreign, b"x" * upload.stat().st_size)
    assert deleting.deletion(workspace, before.id).uploads == 2
    deleting.remove(workspace, (before.id,))
    assert (upload.parent.exists(), lent.parent.exists(), foreign.exists()) == (False, False, True)


@pytest.mark.parametrize("calls", range(6))
def test_a_deletion_that_is_cut_off_is_finished_later(
    workspace: Workspace, masked: Dataset, monkeypatch: pytest.MonkeyPatch, calls: int
) -> None:
    work_on(workspace, masked.id)
    moved: list[Path] = []
    put_aside = trash.put_aside

    def cut_off(workspace: Workspace, path: Path) -> Path:
        if len(moved) == calls:
            raise KeyboardInterrupt
        moved.append(path)
        return put_aside(workspace, path)

    monkeypatch.setattr(trash, "put_aside", cut_off)
    with pytest.raises(KeyboardInterrupt):
        deleting.remove(workspace, (masked.id,))
    listed = masked.id in [one.id for one in store.list_datasets(workspace)]
    assert listed == (not moved), "the first step decides, and it takes the whole version"
    if listed:
        assert len(store.load_examples(workspace, masked.id)) == 3
        return
    monkeypatch.setattr(trash, "put_aside", put_aside)
    deleting.finish(workspace)
    assert holding(workspace, masked.id) == []
    assert list(workspace.trash.iterdir()) == []


def test_no_version_is_ever_there_without_what_it_was_made_from(
    workspace: Workspace, before: Dataset, masked: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_aside = trash.put_aside

    def only_once(workspace: Workspace, path: Path) -> Path:
        if workspace.trash.is_dir():
            raise KeyboardInterrupt
        return put_aside(workspace, path)

    monkeypatch.setattr(trash, "put_aside", only_once)
    with pytest.raises(KeyboardInterrupt):
        deleting.remove(workspace, (before.id, masked.id))
    assert store.list_datasets(workspace) == (before,)


def test_what_was_read_again_keeps_what_belongs_to_it(
    workspace: Workspace, before: Dataset, masked: Dataset
) -> None:
    trash.put_aside(workspace, workspace.dataset(masked.id))
    again = repairing.repair(workspace, before, ["pii_email"])
    deleting.finish(workspace)
    assert again.id == masked.id
    assert workspace.mask_key(masked.id).exists()
    assert list(workspace.trash.iterdir()) == []


def test_files_that_can_not_be_removed_are_told_and_tried_again(
    workspace: Workspace, before: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as locked:
        locked.setattr(shutil, "rmtree", lambda *_, **__: None)
        with pytest.raises(WorkspaceError, match="some of its files could not be removed yet"):
            deleting.remove(workspace, (before.id,))
    assert store.list_datasets(workspace) == ()
    assert holding(workspace, SECRET)
    deleting.finish(workspace)
    assert holding(workspace, SECRET) == []


def test_a_damaged_dataset_can_be_deleted_too(workspace: Workspace, before: Dataset) -> None:
    (workspace.dataset(before.id) / store.DATASET).write_text("nonsense")
    (version,) = deleting.deletion(workspace, before.id).versions
    assert (version.name, version.rows) == (before.id, None)
    deleting.remove(workspace, (before.id,))
    assert holding(workspace, SECRET) == []


def test_undo_leaves_a_version_that_is_worked_on(workspace: Workspace, masked: Dataset) -> None:
    folder = JobFolder(job_on(workspace, masked.id))
    folder.result.unlink()
    lease = take_lease(folder.lease)
    assert lease is not None
    assert jobs.status(workspace, folder.root.name).status == "running"
    versions.undo(workspace, masked)
    assert store.find(workspace, masked.id) == masked
    os.close(lease)
    write_atomic(folder.result, "{}")
    versions.undo(workspace, masked)
    assert not folder.root.exists(), "what it proposed quotes the rows"
