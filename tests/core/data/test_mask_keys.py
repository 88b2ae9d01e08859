"""Keys of masked values: for their owner only, exported, and given up for good."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from core.data import mask_keys, repairing, store, unmasking, versions
from core.data.ingest import read_file
from core.data.records import Dataset, ReadChoices
from core.data.repairs.masking import MaskKey
from core.errors import DataError
from core.workspace import Workspace
from tests.core.data.made_rows import row, write_lines

EMAIL, CARD = "ann.lee@gmail.com", "4539148803436467"
CODES = ["pii_email"]


@pytest.fixture
def before(workspace: Workspace, tmp_path: Path) -> Dataset:
    rows = [row(f"I am {EMAIL}", "Hi"), row("Mine: 13912345670", "Ok"), row("Ze\u200bro", "W")]
    path = write_lines(tmp_path / "desk.jsonl", rows)
    return versions.keep(workspace, read_file(path, None), path)


@pytest.fixture
def masked(workspace: Workspace, before: Dataset) -> Dataset:
    return repairing.repair(workspace, before, CODES)


def test_a_key_is_written_whenever_a_file_is_masked(workspace: Workspace, tmp_path: Path) -> None:
    path = write_lines(tmp_path / "cards.jsonl", [row(f"Card {CARD}", "No."), row("a", "b")])
    choices = ReadChoices(repairs=("pii_card",))
    dataset = versions.keep(workspace, read_file(path, None, choices), path)
    key = mask_keys.find(workspace, dataset)
    assert [*key.rows.values()] == [{"[CARD_1]": CARD}]
    assert mask_keys.was_masked(workspace, dataset)


def test_masking_again_adds_to_a_key_and_mends_a_damaged_one(
    workspace: Workspace, masked: Dataset
) -> None:
    path = workspace.mask_key(masked.id)
    mask_keys.save(workspace, masked.id, {"ex-1": {"[IP_1]": "x"}})
    known = MaskKey.model_validate_json(path.read_bytes())
    assert len(known.rows) == 2
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.write_text("nonsense")
    mask_keys.save(workspace, masked.id, {"ex-1": {"[IP_1]": "x"}})
    assert mask_keys.find(workspace, masked).rows == {"ex-1": {"[IP_1]": "x"}}


def test_an_exported_key_is_whole_private_and_replaces_nothing(
    workspace: Workspace, masked: Dataset, tmp_path: Path
) -> None:
    target = tmp_path / "desk.key.json"
    assert mask_keys.export(workspace, masked, target) == 1
    assert mask_keys.read(target) == mask_keys.find(workspace, masked)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    with pytest.raises(DataError, match="file of this name"):
        mask_keys.export(workspace, masked, target)
    with pytest.raises(DataError, match="no such key file"):
        mask_keys.read(tmp_path / "nowhere")
    target.write_text(json.dumps({"masks": []}))
    with pytest.raises(DataError, match="damaged"):
        mask_keys.read(target)


def test_forgetting_makes_it_final_for_all_that_share_the_masks(
    workspace: Workspace, before: Dataset, masked: Dataset
) -> None:
    more = repairing.repair(workspace, masked, ["zero_width"])
    back = unmasking.unmask(workspace, more).dataset
    done = mask_keys.forget(workspace, more)
    assert set(done.versions) == {masked.id, more.id}
    assert done.values == 1
    assert set(done.open_versions) == {before.id, back.id}
    assert Path(done.source).read_bytes() == store.source_file(workspace, before.id).read_bytes()
    for version in (masked, more):
        assert EMAIL not in workspace.mask_key(version.id).read_text()
        with pytest.raises(DataError, match="is final: its key was deleted on 20"):
            unmasking.unmask(workspace, version)
        seen = unmasking.hidden(workspace, version)
        assert seen is not None
        assert seen.final_since
        assert "is final" in seen.problem
    with pytest.raises(DataError, match="is final"):
        mask_keys.forget(workspace, masked)
    with pytest.raises(DataError, match="was masked"):
        mask_keys.forget(workspace, before)


def test_a_damaged_key_can_be_given_up(workspace: Workspace, masked: Dataset) -> None:
    workspace.mask_key(masked.id).write_text("{")
    assert mask_keys.forget(workspace, masked).values == 0
    assert mask_keys.is_final(workspace, masked)


def test_a_later_repair_does_not_bring_a_deleted_key_back(
    workspace: Workspace, masked: Dataset
) -> None:
    mask_keys.forget(workspace, masked)
    mended = repairing.repair(workspace, masked, ["zero_width", "pii_phone"])
    key = mask_keys.find(workspace, mended)
    assert [*key.rows.values()] == [{"[PHONE_1]": "13912345670"}]
    done = unmasking.unmask(workspace, mended)
    assert (done.values, done.unknown_rows) == (1, 1)


def test_answers_to_a_final_dataset_do_not_bring_its_key_back(
    workspace: Workspace, tmp_path: Path
) -> None:
    path = tmp_path / "chat.txt"
    lines = [
        f"1/{day}/24, 10:0{n} - {who}: {text} {day}\n"
        for day in range(1, 4)
        for n, (who, text) in enumerate([("Ann", "Open?"), ("Bob", f"Mail {EMAIL}")])
    ]
    lines += [f"1/{day}/24, 10:09 - Ann: Thanks {day}\n" for day in range(1, 4)]
    path.write_text("".join(sorted(lines)))
    dataset = versions.keep(workspace, read_file(path, None), path)
    masked = repairing.repair(workspace, dataset, CODES)
    chosen = next(q.chosen for q in masked.questions if q.id == "assistant")
    other = {"assistant": "Ann" if chosen == "Bob" else "Bob"}
    mask_keys.forget(workspace, masked)
    answered = versions.answer(workspace, masked, other)
    assert answered.id not in (dataset.id, masked.id)
    assert EMAIL not in workspace.mask_key(answered.id).read_text()
    assert mask_keys.is_final(workspace, answered)


def test_undo_takes_the_key_away_with_its_version(workspace: Workspace, masked: Dataset) -> None:
    versions.undo(workspace, masked)
    assert not workspace.mask_key(masked.id).exists()


def test_a_version_without_its_parent_still_has_its_own_key(
    workspace: Workspace, before: Dataset, masked: Dataset, tmp_path: Path
) -> None:
    more = repairing.repair(workspace, masked, ["zero_width"])
    for one in (before, masked):
        workspace.dataset(one.id).rename(tmp_path / one.id)
    assert list(mask_keys.lineage(workspace, more)) == [more.id, masked.id]
    assert len(mask_keys.find(workspace, more).rows) == 1
