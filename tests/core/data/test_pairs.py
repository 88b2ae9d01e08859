"""Pairs of answers go through reading, storing, repairs and versions with both their sides."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from core.data import repairing, store, unmasking, versions
from core.data.augment.proposals import as_example
from core.data.augment.records import Proposal
from core.data.identity import example_id
from core.data.ingest import read_file
from core.data.records import Dataset, Example, ReadChoices, Split
from core.data.validating import validate
from core.workspace import Workspace
from eval import comparison
from tests.core.data.made_rows import row, turns, write_lines

FILE = Path(__file__).with_name("preference_pairs.jsonl")
MAIL, OTHER_MAIL, CARD = "ada@fennel.org", "ben@fennel.org", "4539 1488 0343 6467"
REJECTED = {
    1: "Maybe, who knows.",
    2: "You will have to ask again tomorrow.",
    3: "Rakes are tools for leaves.",
    4: "不知道。",
    5: "Look at the door.",
    6: "I would not try.",
    7: "No.",
    8: "Pots are pots.",
    13: f"Not {MAIL}. Try {OTHER_MAIL}.",
    15: "As loud as it wants to be.",
    16: "No horses.",
}
"""By row of the file: what ends the answer that is worse."""


def kept(workspace: Workspace, path: Path) -> Dataset:
    return versions.keep(workspace, read_file(path), path)


def rows_of(workspace: Workspace, dataset: Dataset) -> dict[int, Example]:
    return {e.row: e for e in store.load_examples(workspace, dataset.id)}


def worse(example: Example) -> str | None:
    return example.rejected[-1].content if example.rejected else None


def pair(question: str, chosen: str, rejected: str) -> dict[str, str]:
    return {"prompt": question, "chosen": chosen, "rejected": rejected}


def test_every_format_keeps_both_answers(workspace: Workspace) -> None:
    dataset = kept(workspace, FILE)
    found = rows_of(workspace, dataset)
    assert {number: worse(e) for number, e in found.items() if e.rejected} == REJECTED
    assert len(found) == dataset.summary.usable == 16
    assert dataset.summary.pairs == len(REJECTED)
    assert not dataset.summary.rejected
    for example in found.values():
        assert example.id == example_id(example.conversation, example.rejected)
        if (whole := example.worse) is not None:
            start = example.conversation.answer_start
            assert whole.messages[:start] == example.conversation.messages[:start]
            assert whole.messages[start - 1].role == "user"
    assert [turn.role for turn in found[16].rejected or ()] == ["assistant", "tool", "assistant"]


def test_what_costs_a_pair_is_told_at_its_place_and_costs_no_row() -> None:
    found = read_file(FILE).dataset.problems
    told = {(p.row, p.code) for p in found if p.code.startswith("rejected_")}
    assert told == {
        (10, "rejected_equals_chosen"),
        (11, "rejected_empty"),
        (12, "rejected_other_question"),
        (14, "rejected_private"),
    }
    assert all(p.severity == "warning" and p.line == p.row for p in found if p.row in (10, 11, 12))
    (shared,) = [p for p in found if p.code == "pair_same_chosen"]
    assert shared.values == {"count": "1", "first": "8"}
    assert not [p for p in found if p.code in ("near_duplicate", "exact_duplicate")]


@pytest.mark.parametrize("answer", [5, [["x"]], [{"role": "user", "content": "And you?"}], []])
def test_what_is_no_answer_makes_no_pair(tmp_path: Path, answer: Any) -> None:
    path = write_lines(tmp_path / "rows.jsonl", [row("a?", "b", rejected=answer)])
    checked = read_file(path)
    assert [example.rejected for example in checked.examples] == [None]
    codes = {p.code for p in checked.dataset.problems}
    assert codes & {"rejected_unusable", "rejected_other_question"}


def test_rows_written_out_are_read_as_the_same_rows(workspace: Workspace, tmp_path: Path) -> None:
    first = kept(workspace, FILE)
    lines = [
        {
            "messages": [m.model_dump(exclude_defaults=True) for m in e.conversation.messages],
            "rejected": [m.model_dump(exclude_defaults=True) for m in e.rejected or ()],
        }
        for e in store.load_examples(workspace, first.id)
        if e.rejected and e.row != 16
    ]
    again = kept(workspace, write_lines(tmp_path / "rows.jsonl", lines))
    ids = {e.id for e in store.load_examples(workspace, again.id)}
    assert ids == {e.id for n, e in rows_of(workspace, first).items() if e.rejected and n != 16}


def test_a_dataset_from_before_there_were_pairs_loads(workspace: Workspace, tmp_path: Path) -> None:
    dataset = kept(workspace, write_lines(tmp_path / "rows.jsonl", [row("a?", "b")]))
    folder = workspace.dataset(dataset.id)
    record = json.loads((folder / store.DATASET).read_text())
    del record["summary"]["pairs"]
    (folder / store.DATASET).write_text(json.dumps(record))
    assert "rejected" not in json.loads((folder / store.ROWS).read_text())
    assert store.load(workspace, dataset.id).summary.pairs == 0
    (example,) = store.load_examples(workspace, dataset.id)
    assert example.rejected is None
    assert example.id == example_id(example.conversation)


def test_pairs_are_equal_when_both_answers_are(tmp_path: Path) -> None:
    rows = [pair("a?", "b", "c"), pair("a?", "b", "d"), pair("a?", "b", "c"), row("a?", "b")]
    path = write_lines(tmp_path / "rows.jsonl", rows)
    checked = read_file(path, choices=ReadChoices(structure_only=True))
    assert [(e.row, worse(e)) for e in checked.examples] == [(1, "c"), (2, "d"), (4, None)]
    assert checked.dataset.summary.duplicates == 1
    assert len({e.id for e in checked.examples}) == 3
    seen = validate(path)
    assert (seen.usable, seen.duplicates, seen.pairs) == (3, 1, 2)


def test_masks_are_the_same_on_both_sides_and_come_off(workspace: Workspace) -> None:
    dataset = kept(workspace, FILE)
    before = rows_of(workspace, dataset)
    masked = repairing.repair(workspace, dataset, ["pii_email", "rejected_private"])
    found = rows_of(workspace, masked)
    assert found[13].conversation.reference == "Ask [EMAIL_1], who does it herself."
    assert worse(found[13]) == "Not [EMAIL_1]. Try [EMAIL_2]."
    assert worse(found[14]) == "With my card [CARD_1]."
    assert masked.summary.pairs == len(REJECTED) + 1
    changes = {change.row: change for change in versions.changes(workspace, masked)}
    assert {place.path for place in changes[13].places} >= {"$.rejected[0].content"}

    back = unmasking.unmask(workspace, masked)
    again = rows_of(workspace, back.dataset)
    assert again[13] == before[13]
    assert (back.values, back.held_values) == (2, 1), "the card stays masked"
    assert worse(again[14]) == "With my card [CARD_1]."


def test_clean_ups_change_both_sides(workspace: Workspace, tmp_path: Path) -> None:
    path = write_lines(tmp_path / "rows.jsonl", [pair("a?", "b\u200bc", " d &amp; \u200be ")])
    dataset = kept(workspace, path)
    found = rows_of(workspace, repairing.repair(workspace, dataset, None))
    assert (found[1].conversation.reference, worse(found[1])) == ("bc", "d & e")


def test_rows_that_no_file_holds_are_mended_on_both_sides(
    workspace: Workspace, tmp_path: Path
) -> None:
    first = kept(workspace, write_lines(tmp_path / "rows.jsonl", [pair("a?", "b", "c")]))
    more = write_lines(tmp_path / "more.jsonl", [pair("d?", "e", "\u200bf"), pair("g?", "h", "i")])
    dataset = versions.add_rows(workspace, first, more)
    assert dataset.summary.pairs == 3
    mended = repairing.repair(workspace, dataset, ["zero_width"])
    assert [worse(e) for e in store.load_examples(workspace, mended.id)] == ["c", "f", "i"]
    assert mended.change is not None
    assert mended.change.changed == 1


@pytest.mark.parametrize(
    ("chosen", "code", "left", "told"),
    [
        (turns("a?", "b", "c?"), "no_reply_at_end", "b", True),
        (turns("a?", "b", "c?", " "), "turn_empty", "b", True),
        ([*turns("a?"), *turns("c?", "d")], "same_role_twice", "d", False),
    ],
)
def test_a_repair_that_takes_the_question_away_ends_the_pair(
    tmp_path: Path, chosen: list[dict[str, Any]], code: str, left: str, told: bool
) -> None:
    rows = [{"messages": chosen, "rejected": "x"}]
    choices = ReadChoices(repairs=(code,), structure_only=True)
    checked = read_file(write_lines(tmp_path / "rows.jsonl", rows), choices=choices)
    (example,) = checked.examples
    assert example.conversation.reference == left
    assert (example.rejected is None) == told
    assert ("rejected_other_question" in checked.dataset.problem_counts) == told


def test_a_question_is_asked_once_for_all_its_pairs(workspace: Workspace) -> None:
    examples = list(store.load_examples(workspace, kept(workspace, FILE).id))
    split = Split(
        dataset_id="d", train=(), validation=(), test=tuple(e.id for e in examples), seed=7,
        given=False, fingerprint="f",
    )  # fmt: skip
    rows = [sample.row for sample in comparison.samples(examples, split)]
    assert rows == [number for number in range(1, 17) if number != 8]


def test_a_reworded_question_keeps_its_pair(workspace: Workspace) -> None:
    parent = rows_of(workspace, kept(workspace, FILE))[3]
    said = parent.conversation.messages
    reworded = said[0].model_copy(update={"content": "Have you any rakes?"})
    proposal = Proposal(
        id="pr-1",
        parent_id=parent.id,
        conversation=parent.conversation.model_copy(update={"messages": (reworded, *said[1:])}),
        method="paraphrase",
        made_by="somebody",
        verdicts=(),
        accepted=True,
    )
    made = as_example(proposal, parent)
    assert made.rejected == parent.rejected
    assert made.id == example_id(proposal.conversation, parent.rejected) != parent.id
