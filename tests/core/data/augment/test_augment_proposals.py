"""Nothing becomes a row before somebody accepts it; what does stays with its parent."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.data.augment.context import choose
from core.data.augment.proposals import ProposalFile, as_example, with_accepted
from core.data.augment.records import (
    FilterVerdict,
    ParaphraseRequest,
    Proposal,
    make_proposal,
)
from core.data.augment.turns import reworded
from core.data.identity import group_key
from core.data.records import Example
from core.data.whole.texts import Frame
from core.errors import DataError
from tests.core.data.augment.augmenting import GOOD, context_of, example, split_of

PARENT = example(row=3, label="delivery", tags=("en",))
OTHER = example("Do you sell lamps?", "We do.", row=4)
TEST = example("Is this a test?", "It is.", row=5)


def proposal(text: str = GOOD, parent: Example = PARENT, failed: str = "") -> Proposal:
    verdicts = [FilterVerdict.model_validate({"name": failed, "passed": False})] if failed else []
    conversation = reworded(parent.conversation, (text,), Frame())
    return make_proposal(parent, conversation, "paraphrase", "writer", tuple(verdicts))


@pytest.fixture
def file(tmp_path: Path) -> ProposalFile:
    found = ProposalFile(tmp_path / "proposals.jsonl")
    found.append([proposal(), proposal("Where's A-1234?"), proposal("Hm?", failed="held_out")])
    return found


def test_each_is_decided_by_itself_and_the_last_word_holds(file: ProposalFile) -> None:
    first, second, _ = file.read().undecided
    file.decide(first.id, True)
    file.decide(second.id, False)
    assert [p.id for p in file.read().accepted] == [first.id]
    assert len(file.read().undecided) == 1
    file.decide(first.id, None)
    file.decide(second.id, True)
    assert [p.id for p in file.read().accepted] == [second.id]


def test_a_proposal_that_is_made_again_keeps_its_decision(file: ProposalFile) -> None:
    file.decide(proposal().id, False)
    file.append([proposal()])
    assert file.read().by_id[proposal().id].accepted is False
    assert len(file.read().by_id) == 3


def test_unknown_and_forbidden_proposals_are_refused_and_nothing_is_decided(
    file: ProposalFile,
) -> None:
    first, second, held_out = file.read().undecided
    with pytest.raises(DataError, match="no such proposal"):
        file.decide("pr-0", True)
    with pytest.raises(DataError, match="held-out"):
        file.decide_all([first.id, held_out.id], True)
    assert file.read().accepted == ()
    assert file.decide(held_out.id, False).accepted is False
    assert len(file.decide_all([first.id, second.id, first.id], True)) == 2


def test_a_file_that_is_not_there_or_is_garbage_is_no_trouble(tmp_path: Path) -> None:
    assert ProposalFile(tmp_path / "none").read().by_id == {}
    garbage = tmp_path / "garbage"
    garbage.write_bytes(b'\xff\n{"kind": "other"}\n\n[1]\n' + proposal().model_dump_json().encode())
    found = ProposalFile(garbage).read()
    assert (len(found.by_id), found.damaged) == (1, 3)


def test_an_accepted_proposal_is_a_train_row_of_its_parents_group() -> None:
    accepted = proposal().model_copy(update={"accepted": True})
    row = as_example(accepted, PARENT)
    assert (row.part, row.parent, row.label) == ("train", PARENT.id, "delivery")
    assert row.tags == ("en", "augmented")
    assert row.group == group_key(PARENT.conversation)
    assert as_example(accepted, PARENT.model_copy(update={"group": "tree-1"})).group == "tree-1"
    assert row.id != PARENT.id
    for wrong in (proposal(), proposal().model_copy(update={"accepted": False})):
        with pytest.raises(DataError, match="accepted"):
            as_example(wrong, PARENT)
    with pytest.raises(DataError, match="accepted"):
        as_example(accepted, OTHER)


def test_accepted_rows_stand_behind_their_parents_and_parts_are_kept(file: ProposalFile) -> None:
    split = split_of([PARENT, OTHER], [TEST])
    rows = [PARENT, OTHER, TEST]
    assert [e.id for e in with_accepted(rows, split, file.read())] == [e.id for e in rows]
    file.decide(proposal().id, True)
    found = with_accepted(rows, split, file.read())
    assert [e.parent for e in found] == ["", PARENT.id, "", ""]
    assert [e.part for e in found] == ["train", "train", "train", "test"]


def test_a_parent_that_left_the_train_part_is_refused(file: ProposalFile) -> None:
    file.decide(proposal().id, True)
    with pytest.raises(DataError, match="train part"):
        with_accepted([PARENT, OTHER], split_of([OTHER], [PARENT]), file.read())


def test_rows_are_drawn_from_the_train_part_by_seed() -> None:
    train = [example(f"Lamp {n}?", "Yes.", row=n) for n in range(20)]
    odd = [
        example("x" * 5000, "Long."),
        example("  ", "Nothing asked."),
        example("Again?", "Yes.", parent=train[0].id),
    ]
    context = context_of([*train, *odd], [TEST])
    few = choose(context, ParaphraseRequest(rows=5))
    more = choose(context, ParaphraseRequest(rows=9))
    assert few.left_out == {"too_long": 1, "no_user_turn": 1, "augmented": 1}
    assert more.tasks[:5] == few.tasks
    assert {task.variants for task in few.tasks} == {3}
    other = choose(context, ParaphraseRequest(rows=5, seed=8))
    assert other.tasks != few.tasks
    everything = choose(context, ParaphraseRequest(rows=None))
    assert {task.example.id for task in everything.tasks} == {e.id for e in train}


def test_nothing_of_the_held_out_side_is_in_what_is_learned_from() -> None:
    context = context_of([PARENT, OTHER], [TEST])
    assert set(context.train) == {PARENT.id, OTHER.id}
    assert TEST.id not in context.labels
    assert context_of([OTHER]).guard is None
