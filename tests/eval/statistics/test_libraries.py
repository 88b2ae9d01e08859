"""On random data our figures are those of scipy, statsmodels and scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, binomtest, permutation_test, ttest_1samp
from sklearn.metrics import cohen_kappa_score
from statsmodels.regression.linear_model import OLS
from statsmodels.stats.contingency_tables import mcnemar as known_mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import TTestPower
from statsmodels.stats.proportion import proportion_confint
from statsmodels.stats.weightstats import ttost_paired

from eval.statistics import (
    cohen_kappa,
    equivalence,
    group,
    groups_needed,
    holm,
    mcnemar,
    sign_flip_p,
    sign_test,
    wilson,
)
from eval.statistics.agreement import Weights
from eval.statistics.power import power

pytestmark = pytest.mark.full

CLOSE = 1e-9
SEEDS = st.integers(0, 2**32 - 1)
quick = settings(max_examples=15, deadline=None)


def names(count: int) -> list[str]:
    return [f"g{i}" for i in range(count)]


@quick
@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=60))
def test_mcnemar_is_statsmodels(pairs: list[tuple[bool, bool]]) -> None:
    base, tuned = [b for b, _ in pairs], [t for _, t in pairs]
    table = np.zeros((2, 2))
    np.add.at(table, (np.array(base, int), np.array(tuned, int)), 1)
    found = mcnemar(base, tuned, names(len(pairs))).p_value
    assert found == pytest.approx(known_mcnemar(table, exact=True).pvalue, rel=CLOSE, abs=CLOSE)


@quick
@given(st.integers(0, 200), st.integers(1, 200))
def test_the_sign_test_and_wilson_are_scipys_and_statsmodels(wins: int, losses: int) -> None:
    assert sign_test(wins, losses) == pytest.approx(
        binomtest(wins, wins + losses).pvalue, rel=CLOSE, abs=CLOSE
    )
    known = proportion_confint(wins, wins + losses, method="wilson")
    assert wilson(wins, wins + losses)[:2] == pytest.approx(known, rel=CLOSE, abs=CLOSE)


@settings(max_examples=5, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_holm_is_statsmodels(p_values: list[float]) -> None:
    assert holm(p_values) == pytest.approx(
        multipletests(p_values, method="holm")[1], rel=CLOSE, abs=CLOSE
    )


@settings(max_examples=4, deadline=None)
@given(SEEDS)
def test_kappa_is_scikit_learns(seed: int) -> None:
    rng = np.random.default_rng(seed)
    first = rng.integers(0, 4, 50)
    second = np.where(rng.random(50) < 0.6, first, rng.integers(0, 4, 50))
    ways: list[Weights] = ["none", "linear", "quadratic"]
    for way in ways:
        found = cohen_kappa(first.tolist(), second.tolist(), weights=way).value
        known = cohen_kappa_score(first, second, weights=None if way == "none" else way)
        assert found == pytest.approx(known, rel=CLOSE, abs=CLOSE)


@quick
@given(SEEDS)
def test_tost_is_statsmodels(seed: int) -> None:
    rng = np.random.default_rng(seed)
    base = rng.random(60)
    tuned = base + rng.normal(0.02, 0.1, 60)
    found = equivalence(list(base), list(tuned), names(60), 0.05)
    p, low, high = ttost_paired(tuned, base, -0.05, 0.05)
    assert (found.p_value, found.p_low, found.p_high) == pytest.approx((p, low[1], high[1]))


@quick
@given(SEEDS)
def test_the_error_of_single_pairs_is_the_t_tests_and_of_groups_nearly_statsmodels(
    seed: int,
) -> None:
    rng = np.random.default_rng(seed)
    values = rng.normal(0, 1, 90)
    single = group(values, names(90))
    known = ttest_1samp(values, 0.0)
    assert single.mean / single.standard_error == pytest.approx(
        known.statistic, rel=CLOSE, abs=CLOSE
    )
    assert single.freedom == pytest.approx(89, rel=CLOSE, abs=CLOSE)
    clusters = np.repeat(np.arange(30), 3)
    grouped = group(values, [str(i) for i in clusters])
    robust = OLS(values, np.ones(90)).fit(
        cov_type="cluster", cov_kwds={"groups": clusters, "df_correction": True}
    )
    # CR1 of statsmodels carries (n - 1) / (n - k) = 1; of equal groups CR2 is the same
    assert grouped.standard_error == pytest.approx(robust.bse[0], rel=CLOSE, abs=CLOSE)
    assert grouped.freedom == pytest.approx(29, rel=CLOSE, abs=CLOSE)


@quick
@given(SEEDS)
def test_few_sign_flips_are_scipys_permutation_test(seed: int) -> None:
    sums = np.random.default_rng(seed).normal(0.4, 1.0, 9)
    known = permutation_test(
        (sums,),
        lambda x, axis: x.mean(axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=np.inf,
    )
    assert sign_flip_p(sums) == pytest.approx(known.pvalue, rel=CLOSE, abs=CLOSE)


@pytest.mark.parametrize("size", [0.2, 0.35, 0.5])
def test_needed_groups_are_statsmodels_within_one(size: float) -> None:
    # a deviation so large can't be that of yes-or-no answers, so the t test it is
    known = TTestPower().solve_power(effect_size=size, power=0.8, alpha=0.05)
    assert groups_needed(2 * size, 2.0) == pytest.approx(known, abs=1.5)


def test_stated_power_of_yes_and_no_is_what_mcnemars_test_shows() -> None:
    rng, runs, groups, gap, differing = np.random.default_rng(5), 20_000, 60, 0.2, 0.4
    wins = rng.binomial(groups, (differing + gap) / 2, runs)
    losses = rng.binomial(groups - wins, (differing - gap) / 2 / (1 - (differing + gap) / 2))
    fewer, decided = np.minimum(wins, losses), wins + losses
    shown = (2 * binom.cdf(fewer, decided, 0.5) < 0.05).mean()
    stated = power(groups, gap, (differing - gap**2) ** 0.5)
    assert stated == pytest.approx(shown, abs=0.012)
