"""Masked values come back into a dataset as a new version; nothing is dropped or said twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.data import mask_keys, repairing, store, unmasking, versions
from core.data.ingest import read_file
from core.data.records import Change, Dataset, Example
from core.data.repairs.masking import MaskKey
from core.errors import DataError
from core.workspace import Workspace
from tests.core.data.made_rows import call, row, turns, write_lines

pytestmark = pytest.mark.full

EMAIL, PHONE, CARD = "ann.lee@gmail.com", "13912345670", "4539148803436467"
CODES = ["pii_email", "pii_phone"]


def kept(workspace: Workspace, path: Path) -> Dataset:
    return versions.keep(workspace, read_file(path, None), path)


def made(workspace: Workspace, tmp_path: Path) -> Dataset:
    """Six rows: an address twice, fine, a hidden character, a phone in a call, an address beside a
    card (so the row is rejected), and what looks like a mask."""
    paid = turns(f"My number is {PHONE}.")
    paid.append(call(f'{{"to": "{PHONE}", "at": "x\\"y"}}'))
    rows = [
        row(f"I am {EMAIL}", f"Not bob@mail.ru, but {EMAIL}?"),
        row("Hello there", "Hi!"),
        row("Ze\u200bro", "Width"),
        {"messages": paid},
        row(f"Mail {EMAIL}, card {CARD}", "I will not use it."),
        row("What is [EMAIL_7]?", "A mask."),
    ]
    return kept(workspace, write_lines(tmp_path / "desk.jsonl", rows))


def texts(workspace: Workspace, dataset: Dataset) -> dict[int, tuple[str, ...]]:
    return {
        e.row: tuple(t for m in e.conversation.messages for t in (m.content, *_arguments(m)))
        for e in store.load_examples(workspace, dataset.id)
    }


def _arguments(message: object) -> list[str]:
    return [one.arguments for one in getattr(message, "tool_calls", ())]


def rows_of(workspace: Workspace, dataset: Dataset) -> list[Example]:
    return list(store.load_examples(workspace, dataset.id))


def test_what_was_only_masked_comes_back_as_the_version_before(
    workspace: Workspace, tmp_path: Path
) -> None:
    before = made(workspace, tmp_path)
    masked = repairing.repair(workspace, before, CODES)
    assert texts(workspace, masked)[1] == ("I am [EMAIL_1]", "Not [EMAIL_2], but [EMAIL_1]?")
    done = unmasking.unmask(workspace, masked)
    assert done.dataset == before
    assert rows_of(workspace, done.dataset) == rows_of(workspace, before)
    assert (done.is_new, done.values, done.rows) == (False, 3, 2)
    assert (done.held_values, done.unknown_rows, done.equal_rows) == (0, 1, 0)
    assert store.load(workspace, masked.id) == masked


def test_other_changes_stay_and_the_version_can_be_undone(
    workspace: Workspace, tmp_path: Path
) -> None:
    before = made(workspace, tmp_path)
    masked = repairing.repair(workspace, before, [*CODES, "zero_width"])
    done = unmasking.unmask(workspace, masked)
    child = done.dataset
    assert (done.is_new, child.parent) == (True, masked.id)
    assert child.change == Change(kind="unmasked", changed=2)
    assert child.problem_counts["pii_email"] == before.problem_counts["pii_email"] - 1  # the card's
    assert texts(workspace, child) == texts(workspace, before) | {3: ("Zero", "Width")}
    changes = {change.row: change for change in versions.changes(workspace, child)}
    assert changes.keys() == {1, 4}
    assert (changes[1].places[0].before, changes[1].places[0].after) == (
        "I am [EMAIL_1]",
        f"I am {EMAIL}",
    )
    assert unmasking.unmask(workspace, masked).dataset == child
    assert versions.undo(workspace, child) == masked
    assert not workspace.dataset(child.id).exists()
    assert workspace.mask_key(masked.id).exists()


def test_a_value_that_may_not_be_trained_on_stays_masked_and_known(
    workspace: Workspace, tmp_path: Path
) -> None:
    before = made(workspace, tmp_path)
    masked = repairing.repair(workspace, before, [*CODES, "pii_card"])
    done = unmasking.unmask(workspace, masked)
    assert (done.values, done.held_values, done.held_rows) == (4, 1, 1)
    assert texts(workspace, done.dataset)[5][0] == f"Mail {EMAIL}, card [CARD_1]"
    seen = unmasking.hidden(workspace, done.dataset)
    assert seen is not None
    assert (seen.values, seen.rows, seen.unknown_rows) == ({"card": 1}, 1, 1)
    with pytest.raises(DataError, match="could not be trained on"):
        unmasking.unmask(workspace, done.dataset)


def test_what_masks_hide_is_counted_by_type(workspace: Workspace, tmp_path: Path) -> None:
    before = made(workspace, tmp_path)
    assert unmasking.hidden(workspace, before) is None
    masked = repairing.repair(workspace, before, [*CODES, "pii_card"])
    seen = unmasking.hidden(workspace, masked)
    assert seen is not None
    assert seen.values == {"email": 3, "phone": 1, "card": 1}
    assert (seen.rows, seen.unknown_rows, seen.problem, seen.final_since) == (3, 1, "", "")


def test_versions_made_from_a_masked_one_can_be_unmasked_too(
    workspace: Workspace, tmp_path: Path
) -> None:
    masked = repairing.repair(workspace, made(workspace, tmp_path), CODES)
    more = write_lines(tmp_path / "more.jsonl", [row("N\u200bew carl@mail.ru", "Row")])
    grown = versions.add_rows(workspace, masked, more)
    again = repairing.repair(workspace, grown, ["zero_width", "pii_email"])
    assert texts(workspace, again)[7] == ("New [EMAIL_1]", "Row")
    done = unmasking.unmask(workspace, again)
    assert (done.values, done.rows) == (4, 3)
    after = texts(workspace, done.dataset)
    assert after[7] == ("New carl@mail.ru", "Row")
    assert after[1] == (f"I am {EMAIL}", f"Not bob@mail.ru, but {EMAIL}?")


def test_a_masked_row_that_is_mended_later_keeps_its_values(
    workspace: Workspace, tmp_path: Path
) -> None:
    path = write_lines(tmp_path / "one.jsonl", [row(f"I a\u200bm {EMAIL}", "Hi"), row("a", "b")])
    masked = repairing.repair(workspace, kept(workspace, path), ["pii_email"])
    more = write_lines(tmp_path / "more.jsonl", [row("New", "Row")])
    grown = versions.add_rows(workspace, masked, more)
    mended = repairing.repair(workspace, grown, ["zero_width"])
    assert texts(workspace, mended)[1][0] == "I am [EMAIL_1]"
    assert texts(workspace, unmasking.unmask(workspace, mended).dataset)[1][0] == f"I am {EMAIL}"


def test_what_was_made_from_a_row_stays_with_it(workspace: Workspace, tmp_path: Path) -> None:
    masked = repairing.repair(workspace, made(workspace, tmp_path), CODES)
    first, *others = rows_of(workspace, masked)
    turn = first.conversation.messages[0].model_copy(update={"content": "[EMAIL_1] I am"})
    talk = first.conversation.model_copy(
        update={"messages": (turn, *first.conversation.messages[1:])}
    )
    made_from = Example(id="ex-0000", row=1, conversation=talk, part="train", parent=first.id)
    grown = versions.save_examples(
        workspace, masked, [first, made_from, *others], Change(kind="augmented", added=1)
    )
    done = unmasking.unmask(workspace, grown)
    parent, child, *_ = rows_of(workspace, done.dataset)
    assert child.conversation.first_user == f"{EMAIL} I am"
    assert child.parent == parent.id != first.id
    assert (done.values, done.rows) == (5, 3)


def test_rows_that_become_equal_are_told(workspace: Workspace, tmp_path: Path) -> None:
    path = write_lines(tmp_path / "one.jsonl", [row(f"I am {EMAIL}", "Hi"), row("a", "b")])
    masked = repairing.repair(workspace, kept(workspace, path), ["pii_email"])
    again = write_lines(tmp_path / "same.jsonl", [row(f"I am {EMAIL}", "Hi"), row("c", "d")])
    done = unmasking.unmask(workspace, versions.add_rows(workspace, masked, again))
    assert (done.values, done.equal_rows) == (1, 1)
    assert done.dataset.change is not None
    assert (done.dataset.change.changed, done.dataset.change.removed) == (1, 1)
    assert len(texts(workspace, done.dataset)) == 3


def test_rows_that_masking_makes_equal_are_kept_once(workspace: Workspace, tmp_path: Path) -> None:
    base = kept(workspace, write_lines(tmp_path / "one.jsonl", [row("a", "b")]))
    same = [row("I am ann.lee@gmail.com", "Hi"), row("I am bob@mail.ru", "Hi")]
    grown = versions.add_rows(workspace, base, write_lines(tmp_path / "more.jsonl", same))
    masked = repairing.repair(workspace, grown, ["pii_email"])
    assert masked.change is not None
    assert (masked.change.changed, masked.change.removed) == (1, 1)
    back = unmasking.unmask(workspace, masked).dataset
    assert texts(workspace, back) == {1: ("a", "b"), 2: ("I am ann.lee@gmail.com", "Hi")}


def test_rows_without_a_key_are_counted_and_left(workspace: Workspace, tmp_path: Path) -> None:
    masked = repairing.repair(workspace, made(workspace, tmp_path), [*CODES, "zero_width"])
    path = workspace.mask_key(masked.id)
    key = MaskKey.model_validate_json(path.read_bytes())
    first = rows_of(workspace, masked)[0]
    del key.rows[first.id]
    path.write_text(key.model_dump_json())
    done = unmasking.unmask(workspace, masked)
    assert (done.values, done.rows, done.unknown_rows) == (1, 1, 2)
    assert texts(workspace, done.dataset)[1] == texts(workspace, masked)[1]
    assert len(texts(workspace, done.dataset)) == len(texts(workspace, masked))


@pytest.mark.parametrize(("text", "says"), [(None, "no key that says"), ("{", "is damaged")])
def test_a_key_that_is_missing_or_damaged_is_told_with_its_place(
    workspace: Workspace, tmp_path: Path, text: str | None, says: str
) -> None:
    masked = repairing.repair(workspace, made(workspace, tmp_path), CODES)
    path = workspace.mask_key(masked.id)
    path.unlink()
    if text is not None:
        path.write_text(text)
    with pytest.raises(DataError, match=says) as caught:
        unmasking.unmask(workspace, masked)
    assert caught.value.where == str(path)
    assert "copy" in caught.value.fix
    seen = unmasking.hidden(workspace, masked)
    assert seen is not None
    assert (seen.problem, seen.where) == (caught.value.problem, str(path))
    assert (seen.values, seen.unknown_rows) == ({}, 3)


def test_what_was_never_masked_is_refused(workspace: Workspace, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="Nothing in desk was masked"):
        unmasking.unmask(workspace, made(workspace, tmp_path))


def test_an_exported_key_serves_in_place_of_the_own(workspace: Workspace, tmp_path: Path) -> None:
    masked = repairing.repair(workspace, made(workspace, tmp_path), [*CODES, "pii_card"])
    copy = tmp_path / "copy.key"
    assert mask_keys.export(workspace, masked, copy) == 5
    mask_keys.forget(workspace, masked)
    done = unmasking.unmask(workspace, masked, copy)
    assert (done.values, done.held_values) == (4, 1)
    assert not workspace.mask_key(done.dataset.id).exists()  # final stays final
    other = kept(workspace, write_lines(tmp_path / "other.jsonl", [row("[IP_1]?", "b")]))
    with pytest.raises(DataError, match="knows none of the masks"):
        unmasking.unmask(workspace, other, copy)


def test_the_version_before_is_made_anew_when_it_was_deleted(
    workspace: Workspace, tmp_path: Path
) -> None:
    before = made(workspace, tmp_path)
    masked = repairing.repair(workspace, before, CODES)
    folder = workspace.dataset(before.id)
    folder.rename(tmp_path / "gone")
    done = unmasking.unmask(workspace, masked)
    assert (done.dataset.id, done.dataset.parent, done.is_new) == (before.id, None, True)
    assert versions.undo(workspace, masked) == done.dataset


def test_weights_survive_a_repair_of_rows(workspace: Workspace, tmp_path: Path) -> None:
    talk = row("One", "Two", "Three", "Four")
    talk["messages"][1]["weight"] = 0
    base = kept(workspace, write_lines(tmp_path / "w.jsonl", [talk, row("a", "b")]))
    more = write_lines(tmp_path / "more.jsonl", [row("Ne\u200bw", "Row")])
    child = repairing.repair(workspace, versions.add_rows(workspace, base, more), ["zero_width"])
    assert child.change is not None
    assert child.change.changed == 1
    assert rows_of(workspace, child)[0].conversation.messages[1].weight == 0
