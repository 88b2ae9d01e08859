"""Plans to grow small classes: as even as it goes, repeatable, and honest about what is short."""

from __future__ import annotations

import pytest

from core.data.augment.balancing import MOST_VARIANTS, grow, growth_tasks, train_pairs, unable
from tests.core.data.augment.augmenting import context_of, example

PAIRS = [(f"{label}{n}", label) for label, n_rows in (("a", 20), ("b", 4)) for n in range(n_rows)]


def test_what_a_class_lacks_is_spread_over_its_rows() -> None:
    plan = grow(PAIRS, floor=10)
    assert plan.lacking == {"b": 6}
    assert plan.short == {}
    assert sorted(plan.variants.values()) == [1, 1, 2, 2]
    assert all(name.startswith("b") for name in plan.variants)
    assert plan == grow(reversed(PAIRS), floor=10)
    assert plan.variants != grow(PAIRS, floor=10, seed=9).variants


@pytest.mark.parametrize("floor", [5, 6, 7, 8, 9, 24])
def test_the_plan_gives_exactly_what_is_lacking(floor: int) -> None:
    assert sum(grow(PAIRS, floor).variants.values()) == floor - 4 + max(0, floor - 20)


def test_what_can_not_be_reached_is_said() -> None:
    plan = grow([*PAIRS, ("c0", "c")], floor=20, unable={"b0", "b1", "b2", "c0"})
    assert plan.variants == {"b3": MOST_VARIANTS}
    assert plan.short == {"b": 16 - MOST_VARIANTS, "c": 19}


def test_classes_that_are_large_enough_and_rows_without_class_are_let_be() -> None:
    assert grow(PAIRS, floor=4).variants == {}
    assert grow([("x", ""), ("y", "")], floor=4).variants == {}
    assert grow([]).variants == {}


def test_a_plan_becomes_tasks_of_the_train_side() -> None:
    rows = [example(f"Lamp {n}?", "ok", label="lamp") for n in range(6)]
    rows += [example(f"Card {n}?", "ok", label="card") for n in range(2)]
    rows.append(example("Card again?", "ok", label="card", parent=rows[-1].id))
    context = context_of(rows)
    assert unable(context) == {rows[-1].id}
    plan = grow(train_pairs(context), floor=6, unable=unable(context))
    tasks = growth_tasks(plan, context)
    assert [(task.example.label, task.variants) for task in tasks] == [("card", 2), ("card", 1)]
