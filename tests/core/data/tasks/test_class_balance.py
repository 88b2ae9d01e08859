"""How uneven classes are, and which rows to leave out or to add."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.data.tasks.balance import cap, measure, tail, usual_limit


def pairs(**counts: int) -> list[tuple[str, str]]:
    return [(f"ex-{label}{i}", label) for label, count in counts.items() for i in range(count)]


def test_counts_entropy_and_ratio() -> None:
    even = measure(pairs(a=4, b=4))
    assert (even.counts, even.entropy, even.evenness, even.ratio) == ({"a": 4, "b": 4}, 1, 1, 1)
    assert not even.is_uneven
    skewed = measure([*pairs(a=6, b=2), ("ex-x", "")])
    assert skewed.entropy == pytest.approx(0.8113, abs=1e-4)
    assert (skewed.ratio, skewed.unlabelled, skewed.is_uneven) == (3, 1, True)
    assert list(skewed.counts) == ["a", "b"]
    nothing = measure([])
    assert (nothing.counts, nothing.entropy, nothing.ratio) == ({}, 0, 0)


def test_a_cap_leaves_out_the_same_rows_in_whatever_order_they_come() -> None:
    given = pairs(a=20, b=3)
    plan = cap(given, 5)
    assert plan.by_label == {"a": 15}
    assert len(plan.left_out) == 15
    assert all(name.startswith("ex-a") for name in plan.left_out)
    mixed = random.Random(1).sample(given, len(given))
    assert cap(mixed, 5) == plan
    assert cap(given, 5, seed=8).left_out != plan.left_out
    assert cap(given, 0).by_label == {"a": 19, "b": 2}


def test_a_lower_cap_leaves_out_what_a_higher_one_does_and_more() -> None:
    given = pairs(a=20)
    assert set(cap(given, 15).left_out) < set(cap(given, 5).left_out)


def test_the_proposed_cap_and_what_the_tail_lacks() -> None:
    balance = measure(pairs(a=100, b=40, c=30, d=5))
    assert usual_limit(balance) == 40
    assert tail(balance) == {"d": 15}
    assert tail(balance, floor=35) == {"c": 5, "d": 30}
    assert usual_limit(measure([])) == 0


@given(st.lists(st.tuples(st.text(max_size=3), st.sampled_from(("", "a", "b")))), st.integers())
def test_any_pairs_can_be_measured_and_capped(given: list[tuple[str, str]], limit: int) -> None:
    balance = measure(given)
    assert 0 <= balance.entropy <= math.log2(max(len(balance.counts), 2)) + 1e-9
    assert set(cap(given, limit).left_out) <= {name for name, _ in given}
