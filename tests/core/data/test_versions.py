"""Versions of a dataset: repaired, undone, answered, added to; and what masks hid kept apart."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from core.data import repairing, store, versions
from core.data.ingest import read_file
from core.data.records import Dataset, ReadChoices
from core.data.repairs.masking import MaskKey, unmask
from core.errors import DataError
from core.workspace import Workspace
from tests.core.data.made_rows import call, row, turns, write_lines

TALK = (("Ann", "Open?"), ("Bob", "Yes."), ("Ann", "Thanks"), ("Bob", "Bye"))
CARD = "5555 3412 4444 1115"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.open(tmp_path / "home")


def kept(workspace: Workspace, path: Path) -> Dataset:
    return store.save(workspace, read_file(path, None), path)


def made(workspace: Workspace, tmp_path: Path) -> Dataset:
    """Seven rows: fine, ends on the user, hidden characters, arguments encoded twice, fine, a
    card number, a question without an answer."""
    twice = [*turns("Light on!"), call(json.dumps('{"on": true}'))]
    rows = [
        row("Hello there", "Hi!"),
        {"messages": turns("One", "Two", "Three?")},
        row("Ze\u200bro", "Width"),
        {"messages": twice},
        row("Bye", "See you"),
        row(f"My card is {CARD}.", f"I will not use {CARD}."),
        {"messages": turns("nobody answers")},
    ]
    return kept(workspace, write_lines(tmp_path / "desk.jsonl", rows))


def test_what_can_be_mended_is_offered_with_its_count(workspace: Workspace, tmp_path: Path) -> None:
    dataset = made(workspace, tmp_path)
    offers = {offer.code: offer for offer in repairing.offers(dataset)}
    assert {
        "zero_width",
        "arguments_double_encoded",
        "pii_card",
        "no_reply_at_end",
    } <= offers.keys()
    assert offers["pii_card"].count == 2
    assert all(offer.en and offer.zh for offer in offers.values())
    assert "no_assistant_turn" not in offers


def test_a_repair_is_a_new_version_that_saves_rejected_rows_too(
    workspace: Workspace, tmp_path: Path
) -> None:
    dataset = made(workspace, tmp_path)
    assert [e.row for e in store.load_examples(workspace, dataset.id)] == [1, 2, 3, 5]
    codes = ["zero_width", "arguments_double_encoded"]
    child = repairing.repair(workspace, dataset, codes)
    assert child.parent == dataset.id
    assert child.change is not None
    assert (child.change.kind, child.change.codes) == ("repair", tuple(codes))
    assert (child.change.changed, child.change.added, child.change.removed) == (1, 1, 0)
    after = {e.row: e.conversation for e in store.load_examples(workspace, child.id)}
    assert after.keys() == {1, 2, 3, 4, 5}
    assert after[3].first_user == "Zero"
    assert json.loads(after[4].messages[-1].tool_calls[0].arguments) == {"on": True}
    changes = {change.row: change for change in versions.changes(workspace, child)}
    assert (changes[3].kind, changes[4].kind) == ("changed", "added")
    (place,) = changes[3].places
    assert (place.before, place.after) == ("Ze\u200bro", "Zero")
    assert store.load(workspace, dataset.id) == dataset


def test_a_second_repair_keeps_what_the_first_mended(workspace: Workspace, tmp_path: Path) -> None:
    first = repairing.repair(workspace, made(workspace, tmp_path), ["zero_width"])
    second = repairing.repair(workspace, first, ["no_reply_at_end"])
    texts = {e.row: e.conversation for e in store.load_examples(workspace, second.id)}
    assert texts[3].first_user == "Zero"
    assert texts[2].messages[-1].content == "Two"
    assert second.parent == first.id


def test_undo_goes_back_and_takes_the_version_away(workspace: Workspace, tmp_path: Path) -> None:
    dataset = made(workspace, tmp_path)
    child = repairing.repair(workspace, dataset, ["zero_width"])
    kept = workspace.prepared / f"{child.id}-0123"
    kept.mkdir(parents=True)
    assert versions.undo(workspace, child) == dataset
    assert not kept.exists(), "its rows as token ids hold what the rows held"
    assert not workspace.dataset(child.id).exists()
    with pytest.raises(DataError, match="nothing to undo"):
        versions.undo(workspace, dataset)


def test_undo_leaves_a_version_that_a_run_was_planned_on(
    workspace: Workspace, tmp_path: Path
) -> None:
    child = repairing.repair(workspace, made(workspace, tmp_path), ["zero_width"])
    plan = workspace.runs / "run-20261121-100000-ab12" / "plan.json"
    plan.parent.mkdir(parents=True)
    plan.write_text(json.dumps({"dataset_id": child.id}))
    versions.undo(workspace, child)
    assert store.load(workspace, child.id) == child


def test_masks_can_be_undone_with_a_key_that_is_kept_apart(
    workspace: Workspace, tmp_path: Path
) -> None:
    child = repairing.repair(workspace, made(workspace, tmp_path), ["pii_card"])
    (example,) = [e for e in store.load_examples(workspace, child.id) if e.row == 6]
    said = [turn.content for turn in example.conversation.messages]
    assert said == ["My card is [CARD_1].", "I will not use [CARD_1]."]
    folder = workspace.dataset(child.id)
    written = b"".join(p.read_bytes() for p in folder.iterdir() if p.name != "source.bin")
    assert CARD.encode() not in written
    path = workspace.mask_key(child.id)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    key = MaskKey.model_validate_json(path.read_bytes())
    back = unmask({"messages": example.conversation.as_openai()}, key.masks_of(example.id))
    assert back["messages"][0]["content"] == f"My card is {CARD}."


def test_what_takes_rows_away_is_only_done_by_name(workspace: Workspace, tmp_path: Path) -> None:
    rows = [
        row("Hello there", "As an AI language model, I cannot."),
        row("Ze\u200bro", "Width"),
    ]
    dataset = kept(workspace, write_lines(tmp_path / "ai.jsonl", rows))
    child = repairing.repair(workspace, dataset, None)
    assert child.summary.usable == 2
    removed = repairing.repair(workspace, child, ["ai_disclaimer"])
    assert removed.summary.usable == 1
    assert [c.kind for c in versions.changes(workspace, removed)] == ["removed"]


def test_a_code_that_cannot_be_mended_is_refused(workspace: Workspace, tmp_path: Path) -> None:
    dataset = made(workspace, tmp_path)
    with pytest.raises(DataError, match="can't be mended") as caught:
        repairing.repair(workspace, dataset, ["no_assistant_turn"])
    assert "zero_width" in caught.value.fix
    clean = kept(workspace, write_lines(tmp_path / "clean.jsonl", [row("a b c", "d e f")]))
    with pytest.raises(DataError, match="can be mended by itself"):
        repairing.repair(workspace, clean, None)


def test_rejected_rows_come_back_corrected(workspace: Workspace, tmp_path: Path) -> None:
    dataset = made(workspace, tmp_path)
    lines = store.rejected_file(workspace, dataset.id).read_text().splitlines()
    rejected = {entry["_row"]: entry for entry in map(json.loads, lines)}
    assert rejected.keys() == {4, 6, 7}
    assert "no_assistant_turn" in rejected[7]["_problems"]
    corrected = rejected[7]
    corrected["messages"] += turns("x", "Somebody answers")[1:]
    path = write_lines(tmp_path / "corrected.jsonl", [corrected])
    child = versions.add_rows(workspace, dataset, path)
    assert child.summary.usable == dataset.summary.usable + 1
    assert child.change is not None
    assert (child.change.kind, child.change.added) == ("rows added", 1)
    added = list(store.load_examples(workspace, child.id))[-1]
    assert added.conversation.reference == "Somebody answers"
    assert added.row > 7
    with pytest.raises(DataError, match="already"):
        versions.add_rows(workspace, child, path)


def test_rows_of_an_added_file_that_are_left_out_are_said(
    workspace: Workspace, tmp_path: Path
) -> None:
    dataset = kept(workspace, write_lines(tmp_path / "old.jsonl", [row("Old", "Row")]))
    new, broken = row("New", "Row"), {"messages": turns("x")}
    path = write_lines(tmp_path / "more.jsonl", [new, broken, row("Old", "Row"), new])
    child = versions.add_rows(workspace, dataset, path)
    (told,) = [p for p in child.problems if p.code == "added_rows_left_out"]
    assert told.values == {"file": "more.jsonl", "rows": "4", "rejected": "1", "known": "2"}
    assert child.problem_counts["added_rows_left_out"] == 1
    whole = versions.add_rows(
        workspace, dataset, write_lines(tmp_path / "whole.jsonl", [row("Newer", "Row")])
    )
    assert "added_rows_left_out" not in whole.problem_counts


def test_an_answer_reads_the_file_again(workspace: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "chat.txt"
    path.write_text(
        "".join(
            f"1/{day}/24, 10:0{minute} - {who}: {text} {day}\n"
            for day in range(1, 4)
            for minute, (who, text) in enumerate(
                [("Ann", "Open?"), ("Bob", "Yes."), ("Ann", "Thanks"), ("Bob", "Bye")]
            )
        )
    )
    dataset = kept(workspace, path)
    assistant = next(q for q in dataset.questions if q.id == "assistant")
    assert set(assistant.options) == {"Ann", "Bob"}
    assert assistant.chosen == "Bob"
    with pytest.raises(DataError, match="no answer") as caught:
        versions.answer(workspace, dataset, {"assistant": "Carl"})
    assert "Ann" in caught.value.fix
    other = versions.answer(workspace, dataset, {"assistant": "Ann"})
    chosen = {q.id: q.chosen for q in other.questions}
    assert chosen["assistant"] == "Ann"
    assert other.id != dataset.id


def test_texts_that_were_left_unread_are_read_later(workspace: Workspace, tmp_path: Path) -> None:
    rows = [row("Hello there", "Hi!"), row("Ze\u200bro", "Width"), row(f"Card {CARD}", "No")]
    path = write_lines(tmp_path / "quick.jsonl", rows)
    quick = ReadChoices(structure_only=True)
    dataset = store.save(workspace, read_file(path, None, quick), path)
    assert not dataset.inspected
    assert dataset.summary.pii is None
    assert dataset.summary.usable == 3
    told: list[tuple[str, int]] = []
    done = versions.inspect(workspace, dataset, lambda phase, n: told.append((phase, n)))
    assert done.inspected
    assert done.summary.pii == {"card": 1}
    assert done.summary.usable == 2
    assert done.parent == dataset.id
    assert told


def test_rows_that_are_not_in_the_file_survive_a_repair(
    workspace: Workspace, tmp_path: Path
) -> None:
    dataset = made(workspace, tmp_path)
    more = write_lines(tmp_path / "more.jsonl", [row("Ne\u200bw", "Row")])
    grown = versions.add_rows(workspace, dataset, more)
    child = repairing.repair(workspace, grown, ["zero_width"])
    texts = {e.row: e.conversation.first_user for e in store.load_examples(workspace, child.id)}
    assert texts == {1: "Hello there", 2: "One", 3: "Zero", 5: "Bye", 8: "New"}
    assert child.change is not None
    assert (child.change.kind, child.change.changed) == ("repair", 2)
    with pytest.raises(DataError, match="not in the file"):
        versions.answer(workspace, child, {})
