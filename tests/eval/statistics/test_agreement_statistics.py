"""Agreement and judge errors give textbook values, and None where nothing can be told."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from eval.statistics import (
    cohen_kappa,
    corrected_rate,
    judge_errors,
    krippendorff_alpha,
    raw_agreement,
)
from eval.statistics.agreement import Level, Weights

OBSERVERS: list[list[float | None]] = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3],
    [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None],
]
"""Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011), example C."""


@pytest.mark.parametrize(
    ("level", "alpha"),
    [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849), ("ratio", 0.797)],
)
def test_alpha_gives_krippendorffs_example(level: Level, alpha: float) -> None:
    found = krippendorff_alpha(list(zip(*OBSERVERS, strict=True)), level)
    assert found.value == pytest.approx(alpha, abs=5e-4)
    assert found.units == 11  # the last unit has one rating only
    assert found.low is not None
    assert found.high is not None
    assert found.low < alpha < found.high


def test_alpha_of_two_observers_and_two_values_is_krippendorffs_example_a() -> None:
    first = [0, 1, 0, 0, 0, 0, 0, 0, 1, 0]
    second = [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]
    texts = [[str(a), str(b)] for a, b in zip(first, second, strict=True)]
    assert krippendorff_alpha(texts).value == pytest.approx(0.095, abs=5e-4)
    with pytest.raises(ValueError, match="needs numbers"):
        krippendorff_alpha(texts, "ordinal")


def test_kappa_gives_the_worked_example_and_what_sklearn_gives() -> None:
    first = ["yes"] * 25 + ["no"] * 25
    second = ["yes"] * 20 + ["no"] * 5 + ["yes"] * 10 + ["no"] * 15
    assert cohen_kappa(first, second).value == pytest.approx(0.4)  # (0.7 - 0.5) / (1 - 0.5)
    assert raw_agreement(first, second).value == pytest.approx(0.7)
    rng = np.random.default_rng(3)
    a, b = rng.integers(1, 6, 80).tolist(), rng.integers(1, 6, 80).tolist()
    ways: list[Weights] = ["none", "linear", "quadratic"]
    for way in ways:
        known = cohen_kappa_score(a, b, weights=None if way == "none" else way)
        assert cohen_kappa(a, b, weights=way).value == pytest.approx(known)


def test_what_cannot_be_told_is_none_with_its_reason() -> None:
    same = krippendorff_alpha([["a", "a"]] * 20)
    assert (same.value, same.low) == (None, None)
    assert "told from chance" in same.note
    assert krippendorff_alpha([["a", None]]).note == "No unit was rated by two raters."
    assert cohen_kappa([None], ["a"]).value is None
    few = raw_agreement(["a", "b", "a"], ["a", "b", "b"])
    assert few.value == pytest.approx(2 / 3)
    assert few.low is None
    assert "3 independent groups" in few.note


def test_copies_of_a_conversation_do_not_narrow_the_interval() -> None:
    rng = np.random.default_rng(9)
    a = rng.integers(0, 2, 30).tolist()
    b = [x if rng.random() < 0.8 else 1 - x for x in a]
    names = [str(i) for i in range(30)]
    alone, copied = cohen_kappa(a, b), cohen_kappa(a * 4, b * 4, names * 4)
    assert copied.groups == alone.groups == 30
    assert (copied.low, copied.high) == pytest.approx((alone.low, alone.high))


def test_a_rate_is_corrected_by_what_the_judge_gets_wrong() -> None:
    people = [True] * 50 + [False] * 50
    judge = [True] * 45 + [False] * 5 + [True] * 10 + [False] * 40
    errors = judge_errors(people, judge)
    assert (errors.sensitivity.value, errors.specificity.value) == (0.9, 0.8)
    found = corrected_rate(550, 1000, errors)
    assert found.value == pytest.approx((0.55 + 0.8 - 1) / (0.9 + 0.8 - 1))  # 0.5
    assert found.low is not None
    assert found.high is not None
    assert found.low < 0.42  # wider than the ±3 points of 1,000 answers: the judge errs too
    assert found.high > 0.55
    assert "labels" in corrected_rate(5, 10, judge_errors(people[:9], judge[:9])).note
    blind = judge_errors(people, [True, False] * 50)
    assert corrected_rate(5, 10, blind).value is None
    assert judge_errors([True, None], [None, True]).unscored == 2


def test_the_corrected_rate_covers_the_truth() -> None:
    rng = np.random.default_rng(4)
    covered, rounds, truth = 0, 300, 0.6
    for _round in range(rounds):
        hits, passes = rng.binomial(40, 0.9), rng.binomial(40, 0.85)
        people = [True] * 40 + [False] * 40
        judge = [i < hits for i in range(40)] + [i >= passes for i in range(40)]
        met = int(rng.binomial(200, truth * 0.9 + (1 - truth) * 0.15))
        found = corrected_rate(met, 200, judge_errors(people, judge))
        assert found.low is not None
        assert found.high is not None
        covered += found.low <= truth <= found.high
    assert 0.92 <= covered / rounds <= 0.99
