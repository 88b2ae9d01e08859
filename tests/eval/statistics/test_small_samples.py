"""Whatever forty pairs hold, no figure misleads: None with its reason, or one that makes sense."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from eval.records import Estimate
from eval.statistics import (
    cautious_deviation,
    cohen_kappa,
    detectable_gap,
    equivalence,
    group,
    groups_needed,
    krippendorff_alpha,
    level_interval,
    mcnemar,
    more_needed,
    noninferiority,
    paired_estimate,
    wilson,
    win_rate,
)
from eval.statistics.discordance import Winner

ROUNDING = 1e-9
RESAMPLES = 199
any_input = settings(max_examples=40, deadline=None)
values = st.one_of(
    st.sampled_from([0.0, 1.0, 0.5, None, float("nan"), float("inf")]), st.floats(0, 1)
)
names = st.sampled_from("abcdefghijklmnopqrst")
rows = st.lists(st.tuples(values, values, names), max_size=40)
Rows = list[tuple[float | None, float | None, str]]


def makes_sense(found: Estimate) -> bool:
    """An interval holds its estimate and lies on the scale, p lies in 0..1, None has a reason."""
    if found.difference is None:
        return found.p_value is None and found.low is None and bool(found.note)
    ends = (-1.0, found.low, found.difference, found.high, 1.0)
    told = [end for end in ends if end is not None]
    in_order = all(a <= b + ROUNDING for a, b in pairwise(told))
    reasoned = (found.low is None) == (found.high is None) and (found.low is not None or found.note)
    return in_order and bool(reasoned) and found.p_value is not None and 0 < found.p_value <= 1


def estimate(found: Rows) -> Estimate:
    return paired_estimate(
        [b for b, _, _ in found], [t for _, t, _ in found], [g for _, _, g in found],
        resamples=RESAMPLES,
    )  # fmt: skip


@any_input
@given(rows)
def test_any_pairs_give_sense(found: Rows) -> None:
    assert makes_sense(estimate(found))


@any_input
@given(st.lists(st.tuples(values, values), max_size=40))
def test_one_group_gives_no_certainty(pairs: list[tuple[float | None, float | None]]) -> None:
    found = estimate([(b, t, "one") for b, t in pairs])
    assert makes_sense(found)
    assert found.low is None or (found.high or 0) - found.low > 0.9
    assert found.p_value in (None, 1.0)


@any_input
@given(st.floats(0, 1), st.floats(0, 1), st.integers(1, 40))
def test_equal_differences_are_never_certain(base: float, tuned: float, count: int) -> None:
    found = estimate([(base, tuned, f"g{i}") for i in range(count)])
    assert makes_sense(found)
    assert found.low is not None
    assert found.high is not None
    assert found.high - found.low > 0.05


def test_what_is_no_number_counts_as_unscored() -> None:
    nan, far = float("nan"), float("inf")
    found = estimate([(nan, 1.0, "a"), (0.0, far, "b"), (None, 1.0, "c"), (0.0, 1.0, "d")])
    assert (found.pairs, found.unscored_base, found.unscored_tuned) == (1, 2, 1)


@any_input
@given(rows, st.floats(0.01, 0.5))
def test_margins_are_judged_or_refused_with_a_reason(found: Rows, margin: float) -> None:
    columns = [b for b, _, _ in found], [t for _, t, _ in found], [g for _, _, g in found]
    for told in (noninferiority(*columns, margin), equivalence(*columns, margin)):
        assert told.no_worse is not None or told.note
        assert told.p_low is None or 0 <= told.p_low <= 1
        if told.low is not None and told.high is not None and told.difference is not None:
            assert told.low - ROUNDING <= told.difference <= told.high + ROUNDING


votes = st.lists(st.tuples(st.sampled_from(["base", "tuned", "tie", None]), names), max_size=40)


@any_input
@given(votes)
def test_votes_and_yes_or_no_give_sense(found: list[tuple[Winner | None, str]]) -> None:
    told = win_rate([w for w, _ in found], [g for _, g in found])
    assert told.wins + told.losses + told.ties + told.unscored == len(found)
    assert told.p_value is None or 0 < told.p_value <= 1
    if told.rate is not None and told.low is not None and told.high is not None:
        assert 0 <= told.low <= told.rate + ROUNDING
        assert told.rate - ROUNDING <= told.high <= 1
    answers = [None if w is None else w == "tuned" for w, _ in found]
    p = mcnemar(answers, answers[::-1], [g for _, g in found]).p_value
    assert p is None or 0 < p <= 1


@any_input
@given(st.lists(st.tuples(st.sampled_from(["y", "n", None]), st.sampled_from("yn")), max_size=40))
def test_raters_give_sense(pairs: list[tuple[str | None, str]]) -> None:
    for told in (
        krippendorff_alpha(pairs),
        cohen_kappa([a for a, _ in pairs], [b for _, b in pairs]),
    ):
        assert told.value is not None or told.note
        assert told.value is None or -1 - ROUNDING <= told.value <= 1 + ROUNDING
        assert told.low is None or told.high is None or told.low <= told.high


@settings(max_examples=12, deadline=None)
@given(rows, st.floats(0.1, 0.9))
def test_more_examples_are_asked_for_sensibly(found: Rows, gap: float) -> None:
    told = estimate(found)
    more = more_needed(told, gap)
    assert (more is None) == (told.difference is None)
    spread = cautious_deviation(told)
    assert spread > 0
    assert told.groups <= 3 or spread >= (told.deviation or 0.0)
    assert groups_needed(gap, spread) >= groups_needed(0.95, spread) >= 6
    assert 0 < detectable_gap(max(told.groups, 1), spread) <= 1


@any_input
@given(st.lists(st.tuples(st.floats(-1, 1), names), min_size=2, max_size=40))
def test_freedom_never_exceeds_the_groups(pairs: list[tuple[float, str]]) -> None:
    grouped = group(np.array([v for v, _ in pairs]), [g for _, g in pairs])
    if len(grouped.sums) > 1:
        assert 0 < grouped.freedom <= len(grouped.sums) - 1 + ROUNDING
        assert grouped.standard_error >= 0


@any_input
@given(st.lists(st.tuples(st.floats(0, 1), names), min_size=1, max_size=40))
def test_the_interval_of_a_level_holds_it_and_stays_on_the_scale(
    found: list[tuple[float, str]],
) -> None:
    level = float(np.mean([value for value, _ in found]))
    low, high, note = level_interval([value for value, _ in found], [name for _, name in found])
    if low is None or high is None:
        assert note
        return
    assert 0 <= low <= level + ROUNDING
    assert level - ROUNDING <= high <= 1
    assert high - low > 0.05


def test_independent_yes_or_no_values_have_wilsons_interval() -> None:
    single = level_interval([1.0] * 7 + [0.0] * 3, [f"g{i}" for i in range(10)])
    assert single == wilson(7, 10)
    grouped = level_interval([1.0] * 7 + [0.0] * 3, [f"g{i // 5}" for i in range(10)])
    assert grouped.low is None


def test_a_level_below_zero_lies_within_its_own_interval() -> None:
    """A rubric score can be below 0 where points are taken away; here it reaches from -2 to 1."""
    values = [-1.5, -1.0, -0.5, -2.0] * 5
    low, high, _ = level_interval(values, [f"g{i}" for i in range(20)], span=3.0)
    assert low is not None
    assert high is not None
    assert -2 <= low < -1.25 < high < 0
