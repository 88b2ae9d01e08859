"""Worked examples of the literature, each with its source, come out as printed there."""

from __future__ import annotations

from math import exp, log

import numpy as np
import pytest

from eval.statistics import (
    Groups,
    JudgeErrors,
    Rate,
    cohen_kappa,
    corrected_rate,
    decided_needed,
    equivalence,
    group,
    groups_needed,
    holm,
    krippendorff_alpha,
    mcnemar,
    sign_test,
    wilson,
)
from eval.statistics.bootstrap import acceleration, resampled_means

PATCH_Z = [8406, 2342, 8187, 8459, 4795, 3516, 4796, 10238]
PATCH_Y = [-1200, 2601, -2705, 1982, -1290, 351, -638, -2719]


def names(count: int) -> list[str]:
    return [f"g{i}" for i in range(count)]


def test_mcnemar_gives_rosners_exact_value() -> None:
    """Rosner, Fundamentals of Biostatistics, exact McNemar test: 7 of 20 discordant, p = 0.263."""
    base = [True] * 30 + [True] * 7 + [False] * 13
    tuned = [True] * 30 + [False] * 7 + [True] * 13
    found = mcnemar(base, tuned, names(50))
    assert (found.only_base, found.only_tuned) == (7, 13)
    assert found.p_value == pytest.approx(0.263, abs=5e-4)


def test_the_sign_test_of_darwins_maize() -> None:
    """Darwin's maize (Fisher, The Design of Experiments, 1935): 13 of 15 plants are taller.

    By hand 2 (1 + 15 + 105) / 2^15 = 0.0074.
    """
    assert sign_test(13, 2) == pytest.approx(242 / 2**15)


def test_wilson_gives_newcombes_intervals() -> None:
    """Newcombe (1998), Statistics in Medicine 17:857, table I, method 3."""
    assert wilson(81, 263)[:2] == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(0, 20)[:2] == pytest.approx((0.0, 0.1611), abs=5e-5)


def test_the_bootstrap_of_the_patch_ratio() -> None:
    """Efron and Tibshirani (1993), chapter 10: ratio -0.0713, bootstrap standard error 0.105."""
    patch = Groups(np.array(PATCH_Y, float), np.array(PATCH_Z, float))
    assert patch.mean == pytest.approx(-0.0713, abs=5e-5)
    drawn = resampled_means(patch, 9_999)
    assert drawn.std(ddof=1) == pytest.approx(0.105, abs=0.004)
    assert drawn.mean() - patch.mean == pytest.approx(0.0043, abs=0.005)


def test_the_acceleration_of_a_mean_is_a_sixth_of_its_skewness() -> None:
    """Efron (1987), Better bootstrap confidence intervals: a = skewness / (6 sqrt(n)) of a mean."""
    values = np.random.default_rng(3).gamma(1.0, 1.0, 40)
    away = values - values.mean()
    skewness = (away**3).mean() / (away**2).mean() ** 1.5
    found = acceleration(group(values, names(40)))
    assert found == pytest.approx(skewness / (6 * 40**0.5))


def test_holm_rejects_what_it_rejects_in_benjamini_and_hochbergs_trial() -> None:
    """Benjamini and Hochberg (1995), section 4: of 15 p-values, three stand at 5%."""
    p_values = [
        0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459,
        0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0,
    ]  # fmt: skip
    adjusted = holm(p_values)
    assert adjusted[:4] == pytest.approx([0.0015, 0.0056, 0.0247, 0.114])
    assert sum(p < 0.05 for p in adjusted) == 3


def test_tost_gives_wellecks_bioequivalence() -> None:
    """Wellek (2003), p. 212, as SAS PROC TTEST works it out.

    Ratio of geometric means 0.9412, 90% interval 0.8634 to 1.0260, within 0.8 to 1.25.
    """
    test = [103.4, 59.92, 68.17, 94.54, 69.48, 72.17, 74.37, 84.44, 96.74, 94.26, 48.52, 95.68]
    reference = [90.11, 77.71, 77.71, 97.51, 58.21, 101.3, 79.84, 96.06, 89.3, 97.22, 61.62, 85.8]
    found = equivalence(
        [log(v) for v in reference], [log(v) for v in test], names(12), log(1.25), span=5.0
    )
    ends = (found.difference, found.low, found.high)
    assert [exp(v) for v in ends if v is not None] == [
        pytest.approx(0.9412, abs=5e-5), pytest.approx(0.8634, abs=5e-5),
        pytest.approx(1.0260, abs=5e-5),
    ]  # fmt: skip
    assert found.equivalent is True


def test_kappa_gives_fleiss_diagnoses() -> None:
    """Fleiss, Levin and Paik (2003), table 18.1: 100 diagnoses by two raters, kappa 0.68."""
    table = {
        ("psychotic", "psychotic"): 75, ("psychotic", "neurotic"): 1, ("psychotic", "organic"): 4,
        ("neurotic", "psychotic"): 5, ("neurotic", "neurotic"): 4, ("neurotic", "organic"): 1,
        ("organic", "organic"): 10,
    }  # fmt: skip
    pairs = [pair for pair, count in table.items() for _ in range(count)]
    found = cohen_kappa([a for a, _ in pairs], [b for _, b in pairs])
    assert found.value == pytest.approx((0.89 - 0.66) / (1 - 0.66))


def test_alpha_gives_krippendorffs_nominal_example() -> None:
    """Krippendorff (2011), Computing Krippendorff's Alpha-Reliability, example B: 0.692."""
    first = ["a", "a", "b", "b", "d", "c", "c", "c", "e", "d", "d", "a"]
    second = ["b", "a", "b", "b", "b", "c", "c", "c", "e", "d", "d", "d"]
    found = krippendorff_alpha(list(zip(first, second, strict=True)))
    assert found.value == pytest.approx(0.692, abs=5e-4)


def test_a_rate_is_corrected_as_by_rogan_and_gladen() -> None:
    """The cows of R's epiR (epi.prev): 23 of 150 positive, sensitivity 96%, specificity 89%.

    Rogan and Gladen (1978): (0.1533 + 0.89 - 1) / (0.96 + 0.89 - 1) = 0.051.
    """

    def known(share: float) -> Rate:
        return Rate(value=share, low=share, high=share, count=1_000)

    errors = JudgeErrors(sensitivity=known(0.96), specificity=known(0.89), unscored=0)
    found = corrected_rate(23, 150, errors)
    assert found.value == pytest.approx(0.051, abs=5e-4)
    assert found.low is not None
    assert found.high is not None
    assert 0 <= found.low < 0.051 < found.high < 0.15


def test_needed_numbers_are_cohens() -> None:
    """Cohen (1988): a paired t test of d = 0.5 takes 34 pairs for 80% power, of d = 0.8 takes 15;

    the exact sign test of 7 wins in 10 takes 49 pairs (PASS and G*Power give the same).
    """
    assert groups_needed(0.5, 1.0) == 34
    assert groups_needed(0.8, 1.0) == 15
    assert decided_needed(0.7) == 49
