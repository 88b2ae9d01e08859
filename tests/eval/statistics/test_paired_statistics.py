"""Intervals and tests give textbook values, cover what they promise, and admit ignorance."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests

from eval import statistics
from eval.statistics import paired_estimate

DARWIN = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48]
"""Heights of crossed minus self-fertilised maize, in eighths of an inch (Fisher 1935)."""


def names(count: int) -> list[str]:
    return [f"g{i}" for i in range(count)]


def test_sign_flips_give_fishers_value_for_darwins_maize() -> None:
    assert statistics.sign_flip_p(np.array(DARWIN, float)) == pytest.approx(1726 / 32768)


@pytest.mark.parametrize(("only_base", "only_tuned"), [(1, 9), (0, 6), (12, 15), (30, 4)])
def test_for_yes_and_no_sign_flips_are_mcnemars_exact_test(only_base: int, only_tuned: int) -> None:
    flips = np.array([1.0] * only_tuned + [-1.0] * only_base + [0.0] * 40)
    known = mcnemar([[0, only_base], [only_tuned, 0]], exact=True).pvalue
    assert statistics.sign_flip_p(flips) == pytest.approx(known)
    if (only_base, only_tuned) == (1, 9):
        assert known == pytest.approx(2 * 11 / 1024)  # by hand: (1 + 10) / 2^10 on each side


@pytest.mark.parametrize(
    ("met", "of", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_gives_newcombes_table(met: int, of: int, low: float, high: float) -> None:
    interval = statistics.wilson(met, of)
    assert interval[:2] == pytest.approx((low, high), abs=5e-5)


def test_holm_gives_the_worked_example() -> None:
    assert statistics.holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert statistics.holm([0.6, 0.9, 0.001]) == pytest.approx([1.0, 1.0, 0.003])
    p_values = [0.2, 0.01, 0.01, 0.5, 0.03]
    assert statistics.holm(p_values) == pytest.approx(multipletests(p_values, method="holm")[1])
    assert statistics.holm([]) == []


@pytest.mark.parametrize(
    ("decided", "wins"), [(5, None), (6, 6), (10, 9), (20, 15), (30, 21), (50, 33), (100, 61)]
)
def test_a_clear_win_needs_what_the_exact_sign_test_says(decided: int, wins: int | None) -> None:
    assert statistics.clear_win(decided) == wins


def test_needed_examples_fit_the_detectable_gap() -> None:
    assert statistics.groups_needed(0.5, 1.0) == 34  # (1.96 + 0.84)^2 / 0.25 + 1.96^2 / 2
    assert statistics.detectable_gap(34, 1.0) == pytest.approx(0.5, abs=0.01)
    needed = statistics.groups_needed(0.15, 0.7)
    assert statistics.detectable_gap(needed, 0.7) == pytest.approx(0.15, abs=0.002)
    assert statistics.detectable_gap(4, 0.1) == 1.0  # four pairs can't show anything


def test_three_equal_wins_do_not_look_certain() -> None:
    found = paired_estimate([0.0] * 3, [1.0] * 3, names(3))
    assert found.difference == 1.0
    assert found.low is not None
    assert found.low < 0  # 2 * 0.05^(1/3) - 1
    assert found.low == pytest.approx(2 * 0.05 ** (1 / 3) - 1)
    assert found.p_value == pytest.approx(0.25)
    assert "exact bound" in found.note


def test_equal_results_are_bounded_by_the_rule_of_three() -> None:
    found = paired_estimate([1.0] * 100, [1.0] * 100, names(100))
    assert (found.low, found.high) == pytest.approx((-0.0295, 0.0295), abs=1e-4)
    assert found.p_value == 1.0


def test_nothing_scored_gives_none_and_says_why() -> None:
    found = paired_estimate([None, 1.0], [1.0, None], names(2))
    assert found.difference is found.low is found.p_value is None
    assert (found.pairs, found.unscored_base, found.unscored_tuned) == (0, 1, 1)
    assert found.note


def test_unscored_samples_leave_both_sides_of_the_pair() -> None:
    found = paired_estimate([1.0, None, 0.0, 1.0], [1.0, 0.0, 1.0, None], names(4))
    assert (found.pairs, found.base, found.tuned) == (2, 0.5, 1.0)


def test_samples_of_one_group_are_not_counted_as_independent() -> None:
    rng = np.random.default_rng(1)
    base, tuned = list(rng.random(40)), list(rng.random(40))
    alone = paired_estimate(base, tuned, names(40))
    tripled = paired_estimate(base * 3, tuned * 3, names(40) * 3)
    assert tripled.groups == 40
    assert tripled.pairs == 120
    assert tripled.p_value == pytest.approx(alone.p_value, abs=0.01)
    assert tripled.low == pytest.approx(alone.low, abs=0.02)
    careless = paired_estimate(base * 3, tuned * 3, names(120))
    assert careless.low is not None
    assert careless.high is not None
    assert tripled.low is not None
    assert tripled.high is not None
    assert careless.high - careless.low < 0.75 * (tripled.high - tripled.low)


def test_the_same_data_give_the_same_figures() -> None:
    rng = np.random.default_rng(5)
    base, tuned = list(rng.random(60)), list(rng.random(60))
    assert paired_estimate(base, tuned, names(60)) == paired_estimate(base, tuned, names(60))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=30))
def test_estimates_keep_their_order_and_swap_with_the_sides(pairs: list[tuple[bool, bool]]) -> None:
    base = [float(b) for b, _ in pairs]
    tuned = [float(t) for _, t in pairs]
    there = paired_estimate(base, tuned, names(len(pairs)))
    back = paired_estimate(tuned, base, names(len(pairs)))
    assert there.difference == pytest.approx(-(back.difference or 0.0))
    assert there.p_value == pytest.approx(back.p_value)
    assert there.p_value is not None
    assert 0 < there.p_value <= 1
    if there.low is not None and there.high is not None:
        assert -1 <= there.low <= (there.difference or 0.0) + 1e-9
        assert (there.difference or 0.0) - 1e-9 <= there.high <= 1
