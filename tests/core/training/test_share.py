"""A share of the training rows: nested, in whole groups, the same each time."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pydantic import ValidationError

from core.data.records import Example, Split
from core.messages import Conversation, Message
from core.training import share
from core.training.plan import TrainingPlan


def example(i: int) -> Example:
    said = (Message(role="user", content=f"{i}?"), Message(role="assistant", content="Yes."))
    return Example(
        id=f"ex-{i}", row=i + 1, group=f"g{i // 2}", conversation=Conversation(messages=said)
    )


ROWS = [example(i) for i in range(90)]
SPLIT = Split(
    dataset_id="ds-0001", train=tuple(e.id for e in ROWS[:80]), validation=("ex-80",),
    test=("ex-81",), seed=7, given=False, fingerprint="f" * 64,
)  # fmt: skip
PLAN = TrainingPlan(
    name="tea", dataset_id="ds-0001", split_fingerprint="f" * 64, base_model="starter",
    mask_sha256="m" * 64,
)  # fmt: skip


def rows(plan: TrainingPlan) -> tuple[str, ...]:
    found = share.taken(plan, SPLIT, ROWS)
    assert (found.validation, found.test) == (SPLIT.validation, SPLIT.test)
    return found.train


def test_a_smaller_share_is_part_of_a_larger_one_in_whole_groups() -> None:
    quarter, half, most = (rows(PLAN.edited({"train_share": s})) for s in (0.25, 0.5, 0.9))
    assert (len(quarter), len(half), len(most)) == (20, 40, 72)
    assert set(quarter) < set(half) < set(most) < set(SPLIT.train)
    group_of = {e.id: e.group for e in ROWS}
    outside = {group_of[i] for i in set(SPLIT.train) - set(half)}
    assert not outside & {group_of[i] for i in half}
    other = rows(PLAN.edited({"train_share": 0.25, "seed": 8}))
    assert set(other) != set(quarter)


def test_all_rows_are_taken_as_they_are_and_none_is_read() -> None:
    def unread() -> Iterator[Example]:
        raise AssertionError("nothing has to be read")
        yield ROWS[0]

    assert share.taken(PLAN, SPLIT, unread()) is SPLIT


def test_what_was_shown_of_other_rows_no_longer_counts() -> None:
    assert PLAN.edited({"seed": 8}).mask_sha256 == PLAN.mask_sha256
    less = PLAN.edited({"train_share": 0.5})
    assert less.mask_sha256 is None
    shown = less.edited({"mask_sha256": "n" * 64})
    assert shown.mask_sha256 == "n" * 64
    assert shown.edited({"epochs": 3}).mask_sha256 == "n" * 64
    assert shown.edited({"seed": 8}).mask_sha256 is None


@pytest.mark.parametrize("value", [0, 1.01, -0.5])
def test_a_share_lies_above_0_and_up_to_1(value: float) -> None:
    with pytest.raises(ValidationError, match="train_share"):
        PLAN.edited({"train_share": value})
