"""The verbs about more rows and even classes: nothing held out ever moves, nothing is silent."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from random import Random

import pytest

from core.actions import Actions
from core.data.augment.noise import NoiseRequest
from core.data.augment.planning import AugmentRequest, GrowthRequest
from core.data.augment.proposals import ProposalFile
from core.data.augment.records import ParaphraseRequest, Proposal, make_proposal
from core.data.identity import group_key
from core.data.jobs import JobFolder, JobRequest
from core.data.records import Dataset, Example, Split
from core.disk import write_atomic
from core.errors import DataError, DuotuneError, SettingError
from core.messages import Message
from core.settings import EndpointSetting, Settings
from core.workspace import Workspace
from tests.core.data.made_rows import row, write_lines

SIZES = {"refund": 40, "track": 16, "greet": 6}
WORDS = [a + b for a in ("ka", "lo", "mi", "ne", "ru", "sa", "to") for b in ("bel", "din", "fot",
    "gam", "hin", "jor", "kul", "lem", "mop", "nar")]  # fmt: skip
JOB = "job-20261121-1000-abcd"


@pytest.fixture
def actions(workspace: Workspace) -> Actions:
    endpoint = EndpointSetting(base_url="http://127.0.0.1:9/v1", model="writer")
    return Actions(workspace, Settings(home=workspace.root, augment=endpoint))


def classes(actions: Actions, tmp_path: Path) -> Dataset:
    """Uneven classes, told by the answers."""
    rows = [
        row(" ".join(Random(f"{label}{n}").sample(WORDS, 9)), label)
        for label, size in SIZES.items()
        for n in range(size)
    ]
    return actions.import_data(write_lines(tmp_path / "classes.jsonl", rows))


def held_out(split: Split) -> set[str]:
    return {*split.validation, *split.test}


def labels(actions: Actions, ids: Iterable[str], dataset_id: str) -> Counter[str]:
    wanted = set(ids)
    found = actions.examples(dataset_id)
    return Counter(e.conversation.reference for e in found if e.id in wanted)


def proposed(actions: Actions, dataset: Dataset, *made: Proposal) -> ProposalFile:
    """An augmentation's job as it stands after its process has ended."""
    folder = JobFolder(actions.workspace.job(JOB))
    request = JobRequest(kind="augment", dataset_id=dataset.id, created="2026-11-21T10:00:00+00:00")
    write_atomic(folder.request, request.model_dump_json())
    file = ProposalFile(folder.proposals)
    file.append(made)
    return file


def reworded(parent: Example, text: str) -> Proposal:
    _, *rest = parent.conversation.messages
    turns = (Message(role="user", content=text), *rest)
    conversation = parent.conversation.model_copy(update={"messages": turns})
    return make_proposal(parent, conversation, "paraphrase", "writer", ())


# -- balance --------------------------------------------------------------------------------------


def test_balance_takes_rows_of_large_classes_from_training_only(
    actions: Actions, tmp_path: Path
) -> None:
    dataset = classes(actions, tmp_path)
    before = actions.split(dataset.id)
    plan = actions.balance_plan(dataset.id, 10)
    made = actions.balance(dataset.id, 10)
    after = actions.split(made.id)
    trained = labels(actions, after.train, made.id)
    assert max(trained.values()) == 10
    assert trained["greet"] == labels(actions, before.train, dataset.id)["greet"]
    assert (before.validation, before.test) == (after.validation, after.test)
    assert held_out(before)
    gone = set(before.train) - set(after.train)
    assert gone == set(plan.capped.left_out)
    assert made.parent == dataset.id
    assert made.change is not None
    assert (made.change.kind, made.change.removed) == ("balanced", len(gone))
    assert made.summary.usable == dataset.summary.usable - len(gone)
    assert {change.kind for change in actions.changes(made.id)} == {"removed"}
    assert actions.undo(made.id).id == dataset.id


def test_balance_says_when_there_is_nothing_to_do(actions: Actions, tmp_path: Path) -> None:
    dataset = classes(actions, tmp_path)
    with pytest.raises(DataError, match="No class has more than 400 rows"):
        actions.balance(dataset.id, 400)
    free = [row(f"Tell me something about tea {n}.", f"Tea {n} is green.") for n in range(20)]
    other = actions.import_data(write_lines(tmp_path / "free.jsonl", free))
    with pytest.raises(DataError, match="have no classes"):
        actions.balance(other.id)


# -- plans ----------------------------------------------------------------------------------------


def test_the_cost_is_known_before_anything_is_sent(actions: Actions, tmp_path: Path) -> None:
    dataset = classes(actions, tmp_path)
    cost = actions.augmentation_cost(dataset.id, ParaphraseRequest(rows=5, variants=2))
    assert (cost.calls, cost.calls_at_most, cost.judge_calls) == (5, 15, 0)
    assert cost.prompt_tokens > cost.reply_tokens > 0
    judged = actions.augmentation_cost(dataset.id, ParaphraseRequest(rows=5, variants=2), True)
    assert judged.judge_calls == 10
    noise = actions.augmentation_plan(dataset.id, NoiseRequest(kinds=("case",), rows=4))
    assert (noise.cost.calls, len(noise.chosen.tasks)) == (0, 4)
    assert actions.jobs() == ()


def test_small_classes_are_planned_to_the_floor(actions: Actions, tmp_path: Path) -> None:
    dataset = classes(actions, tmp_path)
    train = actions.split(dataset.id).train
    few = labels(actions, train, dataset.id)["greet"]
    plan = actions.augmentation_plan(dataset.id, GrowthRequest(floor=12))
    assert plan.growth is not None
    assert plan.growth.lacking["greet"] == 12 - few
    assert plan.cost.calls == len(plan.chosen.tasks) == len(plan.growth.variants)
    assert {task.example.id for task in plan.chosen.tasks} <= set(train)


@pytest.mark.parametrize(
    ("request_", "says"),
    [
        (NoiseRequest(), "No kind of noise is named"),
        (GrowthRequest(floor=1), "No class is small enough"),
    ],
)
def test_nothing_to_do_is_told_before_a_job_starts(
    actions: Actions, tmp_path: Path, request_: AugmentRequest, says: str
) -> None:
    dataset = classes(actions, tmp_path)
    for verb in (actions.augmentation_cost, actions.start_augmentation):
        with pytest.raises(DataError, match=says):
            verb(dataset.id, request_)
    assert actions.jobs() == ()


def test_an_endpoint_that_is_not_set_is_told_before_a_job_starts(
    workspace: Workspace, tmp_path: Path, actions: Actions
) -> None:
    dataset = classes(actions, tmp_path)
    without = Actions(workspace, Settings(home=workspace.root))
    with pytest.raises(SettingError, match="could reword"):
        without.start_augmentation(dataset.id, ParaphraseRequest())
    with pytest.raises(SettingError, match="could judge"):
        actions.start_augmentation(dataset.id, ParaphraseRequest(), judged=True)
    assert actions.jobs() == ()


# -- proposals ------------------------------------------------------------------------------------


def test_accepted_proposals_become_rows_of_training_and_nothing_held_out_moves(
    actions: Actions, tmp_path: Path
) -> None:
    dataset = classes(actions, tmp_path)
    split = actions.split(dataset.id)
    parents = [e for e in actions.examples(dataset.id) if e.id in split.train][:3]
    made = [reworded(e, f"I want this, now: {e.conversation.first_user}") for e in parents]
    proposed(actions, dataset, *made)
    with pytest.raises(DataError, match="No proposal was accepted"):
        actions.accept_augmentation(JOB)
    actions.decide_proposals(JOB, [made[0].id, made[1].id], True)
    actions.decide_proposals(JOB, [made[2].id], False)
    child = actions.accept_augmentation(JOB)
    assert child.change is not None
    assert (child.change.kind, child.change.added, child.parent) == ("augmented", 2, dataset.id)
    after = actions.split(child.id)
    assert (after.validation, after.test) == (split.validation, split.test)
    rows = {e.parent: e for e in actions.examples(child.id) if e.parent}
    assert set(rows) == {parents[0].id, parents[1].id}
    for parent in parents[:2]:
        new = rows[parent.id]
        assert new.id in after.train
        assert new.part == "train"
        assert new.group == group_key(parent.conversation)
        assert "augmented" in new.tags
        assert new.conversation.reference == parent.conversation.reference
    assert {change.kind for change in actions.changes(child.id)} == {"added"}
    assert actions.proposal_parents(JOB).keys() == {e.id for e in parents}
    assert [one.accepted for one in actions.augmentation(JOB).proposals.by_id.values()] == [
        True, True, False,
    ]  # fmt: skip


def test_a_rewording_with_the_first_turn_of_a_held_out_row_is_refused(
    actions: Actions, tmp_path: Path
) -> None:
    """Else the held-out row would move to training: rows with one first turn stay together."""
    rows = [
        row(f"Opening line number {n * 31}", "Yes?", f"What about {n} and all its many details?",
            f"It is {n}.")
        for n in range(30)
    ]  # fmt: skip
    dataset = actions.import_data(write_lines(tmp_path / "talks.jsonl", rows))
    split = actions.split(dataset.id)
    examples = list(actions.examples(dataset.id))
    parent = next(e for e in examples if e.id in split.train)
    tested = next(e for e in examples if e.id in split.test)
    bad = reworded(parent, tested.conversation.first_user.upper())
    verdicts = actions._context(dataset.id).check(parent, bad.conversation)
    proposed(actions, dataset, bad.model_copy(update={"verdicts": verdicts}))
    with pytest.raises(DataError, match="the same as a held-out row"):
        actions.decide_proposals(JOB, [bad.id], True)


def test_nothing_is_decided_when_one_of_several_is_not_there(
    actions: Actions, tmp_path: Path
) -> None:
    dataset = classes(actions, tmp_path)
    parent = next(e for e in actions.examples(dataset.id))
    good = reworded(parent, "I want my money back, please.")
    file = proposed(actions, dataset, good)
    with pytest.raises(DataError, match="no such proposal"):
        actions.decide_proposals(JOB, [good.id, "pr-none"], True)
    assert file.read().accepted == ()


def test_only_an_augmentation_has_proposals(actions: Actions) -> None:
    folder = JobFolder(actions.workspace.job(JOB))
    request = {"kind": "tokens", "dataset_id": "ds-1", "created": "2026-11-21T10:00:00+00:00"}
    write_atomic(folder.request, json.dumps(request))
    for verb in (actions.augmentation, actions.accept_augmentation, actions.proposal_parents):
        with pytest.raises(DuotuneError, match="makes no proposals"):
            verb(JOB)
