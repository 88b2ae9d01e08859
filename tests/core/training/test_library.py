"""What is kept is a whole model by itself, which outlives its run."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from core.errors import RunError
from core.training import deleting, labels, library, manifests, runs
from core.training.events import RunFailed, RunStarted, RunSucceeded
from core.training.records import EvaluationFact
from core.workspace import Workspace
from tests.core.training.conftest import WrittenRun

FOUND = EvaluationFact(
    report_id="rep-20261121-120000-ab12", verdict="Better.", base=0.2, tuned=0.8, difference=0.6,
    pairs=40,
)  # fmt: skip


def succeeded(workspace: Workspace, name: str = "run-20261121-100000-ab12") -> WrittenRun:
    run = WrittenRun(workspace, name)
    run.happened(RunStarted(attempt=1, pid=1, from_step=0))
    run.happened(
        RunSucceeded(attempt=1, step=9, best_step=6, best_loss=0.5, seconds=3.0, changes_model=True)
    )
    run.adapter()
    run.folder.parity.write_text("{}")
    (run.folder.root / "reproduce.md").write_text("how")
    return run


def test_a_kept_model_is_whole_and_says_where_it_is_from(workspace: Workspace) -> None:
    run = succeeded(workspace)
    labels.note(run.folder, "the good one")
    found = runs.status(workspace, run.folder.run_id)
    kept = library.keep(workspace, found, "Tea desk: 茶", (FOUND,), "tea.jsonl")
    place = Path(kept.folder)
    assert place == workspace.library / "Tea-desk-茶"
    assert manifests.damage(place / "adapter") is None
    files = {path.name for path in place.iterdir()}
    assert files == {
        "adapter", "plan.json", "parity.json", "events.jsonl", "reproduce.md", "entry.json",
    }  # fmt: skip
    (listed,) = library.entries(workspace)
    assert listed == kept
    assert listed.is_whole
    entry = listed.entry
    assert (entry.run_id, entry.dataset_name, entry.evaluations) == (
        run.folder.run_id, "tea.jsonl", (FOUND,),
    )  # fmt: skip
    assert entry.note == "the good one"
    assert runs.status(workspace, run.folder.run_id).kept_as == ("Tea-desk-茶",)
    weights = place / "adapter" / "adapter_model.safetensors"
    assert weights.samefile(run.folder.adapter / weights.name), "it takes no more space"


def test_it_is_copied_where_the_disk_knows_no_links(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    run = succeeded(workspace)
    kept = library.keep(workspace, runs.status(workspace, run.folder.run_id))
    copied = Path(kept.folder) / "adapter" / "adapter_model.safetensors"
    assert not copied.samefile(run.folder.adapter / copied.name)
    assert kept.is_whole


def test_the_same_is_kept_once_and_another_needs_another_name(workspace: Workspace) -> None:
    one = runs.status(workspace, succeeded(workspace).folder.run_id)
    library.keep(workspace, one, "tea")
    again = library.keep(workspace, one, "tea", (FOUND,))
    assert len(library.entries(workspace)) == 1
    assert again.entry.evaluations == (FOUND,), "what was found meanwhile is noted"
    second = WrittenRun(workspace, "run-20261121-110000-cd34")
    second.happened(
        RunSucceeded(attempt=1, step=9, best_step=6, best_loss=0.4, seconds=3.0, changes_model=True)
    )
    second.adapter()
    (second.folder.adapter / "adapter_model.safetensors").write_text("others")
    manifests.write(second.folder.adapter)
    other = runs.status(workspace, second.folder.run_id)
    with pytest.raises(RunError, match="another model called 'tea'"):
        library.keep(workspace, other, "tea")
    assert library.keep(workspace, other, "tea 2").entry.name == "tea-2"


def test_a_damaged_model_is_not_kept(workspace: Workspace) -> None:
    run = succeeded(workspace)
    weights = run.folder.adapter / "adapter_model.safetensors"
    weights.write_text("weightz")
    with pytest.raises(RunError, match="is damaged, so it was not kept"):
        library.keep(workspace, runs.status(workspace, run.folder.run_id))
    assert list(workspace.library.iterdir()) == []
    weights.unlink()
    with pytest.raises(RunError, match="has failed, so there is no model of it to keep"):
        library.keep(workspace, runs.status(workspace, run.folder.run_id))


def test_the_model_of_a_run_whose_next_attempt_failed_can_still_be_kept(
    workspace: Workspace,
) -> None:
    run = succeeded(workspace)
    run.happened(RunStarted(attempt=2, pid=1, from_step=9), RunFailed(attempt=2, problem="No."))
    found = runs.status(workspace, run.folder.run_id)
    assert (found.status, found.has_model) == ("failed", True)
    assert library.keep(workspace, found).is_whole


@pytest.mark.parametrize("name", ["", "..", "///", "   "])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(RunError, match="can't be a name"):
        library.folder_name(name)


@pytest.mark.parametrize(
    ("name", "folder"),
    [("../../etc/passwd", "etc-passwd"), (".hidden", "hidden"), ("a" * 200, "a" * 60)],
)
def test_a_name_stays_within_the_library(name: str, folder: str) -> None:
    assert library.folder_name(name).lstrip("-.") == folder


def test_it_outlives_its_run_until_it_is_taken_out(workspace: Workspace) -> None:
    run = succeeded(workspace)
    library.keep(workspace, runs.status(workspace, run.folder.run_id), "tea")
    deleting.delete(workspace, run.folder.run_id, lambda _: False)
    (listed,) = library.entries(workspace)
    assert listed.is_whole
    (workspace.library / "stray").mkdir()
    assert library.unreadable(workspace) == (workspace.library / "stray",)
    library.remove(workspace, "tea")
    assert library.entries(workspace) == ()
    with pytest.raises(RunError, match="no model called 'tea'"):
        library.remove(workspace, "tea")
