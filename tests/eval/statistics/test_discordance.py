"""Tests on pairs that differ, margins, power and resampled figures, against known answers."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy.stats import binomtest, bootstrap, norm
from statsmodels.stats.contingency_tables import mcnemar as known_mcnemar
from statsmodels.stats.weightstats import ttost_paired

from eval.statistics import (
    Groups,
    clear_win,
    decided_needed,
    equivalence,
    figure_difference,
    mcnemar,
    more_needed,
    noninferiority,
    paired_estimate,
    sign_flip_p,
    sign_test,
    sign_test_power,
    win_rate,
)
from eval.statistics.bootstrap import bca_ends, expanded_quantile
from eval.statistics.discordance import Winner

pytestmark = pytest.mark.full


def names(count: int) -> list[str]:
    return [f"g{i}" for i in range(count)]


def pairs_of(both: int, only_base: int, only_tuned: int) -> tuple[list[bool], list[bool]]:
    base = [True] * both + [True] * only_base + [False] * only_tuned
    tuned = [True] * both + [False] * only_base + [True] * only_tuned
    return base, tuned


def test_mcnemar_on_single_pairs_is_the_exact_test() -> None:
    base, tuned = pairs_of(59, 16, 6)
    found = mcnemar(base, tuned, names(81))
    known = known_mcnemar([[59, 16], [6, 0]], exact=True).pvalue
    assert (found.only_base, found.only_tuned, found.method) == (16, 6, "exact_sign")
    assert found.p_value == pytest.approx(known)
    assert sign_test(1, 9) == pytest.approx(22 / 1024)
    assert sign_test(0, 0) is None


def test_clustered_pairs_are_flipped_as_groups_and_look_less_certain() -> None:
    base, tuned = pairs_of(0, 10, 30)
    groups = [f"g{i // 5}" for i in range(40)]  # eight groups, each all of one kind
    found = mcnemar(base, tuned, groups)
    assert (found.method, found.groups, found.pairs) == ("group_sign_flips", 8, 40)
    assert found.p_value == pytest.approx(binomtest(6, 8).pvalue)
    careless = mcnemar(base, tuned, names(40))
    assert careless.p_value is not None
    assert careless.p_value < 0.003


def test_copies_make_the_plain_test_lie_and_the_clustered_one_not() -> None:
    rng = np.random.default_rng(2)
    plain = grouped = 0
    for _ in range(200):
        kinds = rng.integers(0, 2, 12).astype(bool)  # no effect: either way by a coin
        tuned, base = list(np.repeat(kinds, 4)), list(~np.repeat(kinds, 4))
        groups = [str(i) for i in np.repeat(np.arange(12), 4)]
        p = mcnemar(base, tuned, groups).p_value
        assert p is not None
        grouped += p < 0.05
        plain += (sign_test(sum(tuned), sum(base)) or 1.0) < 0.05
    assert grouped / 200 <= 0.07
    assert plain / 200 > 0.2


def test_unscored_votes_are_counted_and_never_ties() -> None:
    counts: list[tuple[Winner | None, int]] = [("tuned", 61), ("base", 27), ("tie", 12), (None, 4)]
    winners = [winner for winner, count in counts for _ in range(count)]
    found = win_rate(winners, names(104))
    assert (found.wins, found.losses, found.ties, found.unscored) == (61, 27, 12, 4)
    assert found.rate == pytest.approx(0.67)
    assert found.p_value == pytest.approx(binomtest(61, 88).pvalue)
    assert found.low is not None
    assert found.high is not None
    assert 0.55 < found.low < 0.67 < found.high < 0.77
    few = win_rate(["tuned", "tuned", "tie"], names(3))
    assert few.low is None
    assert "too few for an interval" in few.note
    assert "Only 2 independent groups differ" in few.note
    assert win_rate([None], ["a"]).rate is None


def test_equivalence_is_two_one_sided_t_tests() -> None:
    rng = np.random.default_rng(6)
    base = rng.normal(0.6, 0.1, 60)
    tuned = base + rng.normal(0.0, 0.04, 60)
    found = equivalence(list(base), list(tuned), names(60), 0.02)
    p, lower, upper = ttost_paired(tuned, base, -0.02, 0.02)
    assert (found.p_low, found.p_high) == pytest.approx((lower[1], upper[1]))
    assert found.p_value == pytest.approx(p)
    assert found.equivalent == (p < 0.05)
    tripled = equivalence(list(base) * 3, list(tuned) * 3, names(60) * 3, 0.02)
    assert tripled.low == pytest.approx(found.low)
    assert tripled.groups == 60


def test_no_fall_seen_is_no_proof_that_nothing_was_forgotten() -> None:
    hundred = noninferiority([1.0] * 100, [1.0] * 100, names(100))
    assert hundred.low == pytest.approx(-0.0295, abs=1e-4)  # the rule of three: 3 / 100
    assert hundred.no_worse is False
    assert noninferiority([1.0] * 200, [1.0] * 200, names(200)).no_worse is True
    one_lost = noninferiority([1.0] * 200, [0.0] + [1.0] * 199, names(200))
    assert one_lost.no_worse is False  # 1 of 200: up to 2.35% by Clopper and Pearson
    assert one_lost.low == pytest.approx(-0.0235, abs=1e-4)
    few = noninferiority([1.0] * 9, [1.0] * 9, names(9))
    assert (few.no_worse, few.low, few.p_low) == (None, None, None)
    assert "too few" in few.note
    assert noninferiority([None], [1.0], ["a"]).difference is None
    with pytest.raises(ValueError, match="above 0"):
        noninferiority([1.0], [1.0], ["a"], margin=-0.02)


def test_a_model_at_the_margin_rarely_passes_as_no_worse() -> None:
    rng = np.random.default_rng(8)
    passed = 0
    for _ in range(120):
        tuned = np.where(rng.random(300) < 0.02, 0.0, 1.0)  # truly worse by the margin
        passed += bool(noninferiority([1.0] * 300, list(tuned), names(300)).no_worse)
    assert passed / 120 <= 0.06


@pytest.mark.parametrize(("rate", "pairs"), [(0.6, 199), (0.65, 90), (0.7, 49), (0.75, 30)])
def test_decided_pairs_needed_for_a_win_rate(rate: float, pairs: int) -> None:
    found = decided_needed(rate)
    assert found == pairs
    assert sign_test_power(found, rate) >= 0.8 > sign_test_power(found - 1, rate)
    assert decided_needed(1 - rate) == found
    assert decided_needed(0.5) is None


def test_a_clear_win_is_the_first_that_the_exact_test_shows() -> None:
    for decided in [*range(1, 20), 39]:
        shown = [k for k in range(decided + 1) if binomtest(k, decided).pvalue < 0.05]
        assert clear_win(decided) == min((k for k in shown if 2 * k > decided), default=None)
    assert clear_win(0) is None


def test_how_many_more_examples_follows_from_the_spread() -> None:
    found = paired_estimate([0.0] * 20 + [1.0] * 4, [1.0] * 8 + [0.0] * 12 + [1.0] * 4, names(24))
    more = more_needed(found, 0.15)
    assert more is not None
    assert 40 < more < 100
    assert more_needed(found, 0.9) == 0
    assert more_needed(paired_estimate([None], [None], ["a"]), 0.15) is None


@pytest.mark.parametrize(("kinds", "count"), [(3, 90), (1000, 90), (1000, 2050)])
def test_the_bootstrap_is_scipys_bca_at_the_level_for_few_groups(kinds: int, count: int) -> None:
    rng = np.random.default_rng(kinds)
    sizes = rng.integers(1, 4, count).astype(float)
    sums = rng.gamma(1.0, 1.0, count) if kinds > 64 else rng.integers(0, kinds, count) * sizes
    known = bootstrap(
        (sums, sizes),
        lambda s, n, axis: s.sum(axis=axis) / n.sum(axis=axis),
        paired=True,
        vectorized=True,
        n_resamples=9_999 if count < 100 else 499,
        confidence_level=2 * norm.cdf(expanded_quantile(count)) - 1,
        rng=np.random.default_rng(1),
    ).confidence_interval
    found = bca_ends(Groups(sums.astype(float), sizes))
    wide = known.high - known.low
    assert found == pytest.approx((known.low, known.high), abs=0.08 * wide)


def test_random_sign_flips_give_what_all_of_them_give() -> None:
    sums = np.random.default_rng(21).normal(0.3, 1.0, 16)
    signs = np.array(list(product([-1, 1], repeat=16)))
    known = np.mean(np.abs(signs @ sums) >= abs(sums.sum()) - 1e-12)
    assert 0.01 < known < 0.9
    assert sign_flip_p(sums) == pytest.approx(known, abs=0.01)
    assert sign_flip_p(-sums) == sign_flip_p(sums)


def test_too_few_groups_give_no_interval() -> None:
    found = paired_estimate([0.1, 0.2, 0.3, 0.4], [0.5, 0.3, 0.9, 0.2], names(4))
    assert (found.low, found.high) == (None, None)
    assert "Only 4 independent groups" in found.note
    assert found.p_value is not None


def test_a_resampled_figure_agrees_with_the_paired_mean() -> None:
    rng = np.random.default_rng(1)
    base, tuned = rng.random(80), rng.random(80) + 0.1
    found = figure_difference(
        lambda at: float(base[at].mean()), lambda at: float(tuned[at].mean()), names(80)
    )
    known = paired_estimate(list(base), list(tuned), names(80), span=2.0)
    assert found.difference == pytest.approx(known.difference)
    assert (found.low, found.high) == pytest.approx((known.low, known.high), abs=0.02)
    assert figure_difference(lambda _at: None, lambda _at: 1.0, names(80)).low is None
    assert figure_difference(lambda _at: 0.5, lambda _at: 1.0, names(5)).low is None
    assert figure_difference(lambda _at: 0.5, lambda _at: 1.0, []).difference is None
