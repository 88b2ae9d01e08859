"""In simulations a few cells of the bench part `coverage` hold; the bench looks at all of them."""

from __future__ import annotations

import pytest

from tests.bench import coverage
from tests.bench.simulated_pairs import Design


@pytest.mark.slow
@pytest.mark.parametrize(
    ("design", "pairs"),
    [
        (Design("yes_no", 0.2, 0.3), 30),
        (Design("yes_no_few_differ", 0.05, None), 60),
        (Design("graded_with_ties", 0.0, 0.7), 100),  # BCa alone covers 88%
        (Design("graded_with_ties", 0.2, 0.7), 60),  # t alone covers 88%
        (Design("graded_few_differ", 0.1, None), 60),
    ],
)
def test_intervals_cover_the_truth(design: Design, pairs: int) -> None:
    found = coverage.cell(design, pairs, runs=300, resamples=499)
    assert found.given == 300
    assert 0.9 < found.coverage < 0.99  # four Monte-Carlo errors about 95%


@pytest.mark.slow
def test_no_effect_is_rarely_called_one() -> None:
    found = coverage.false_verdicts("graded_with_ties", runs=30)
    assert found["better_or_worse"] <= 5 / 30  # 5% would exceed this 3 times in 1,000
    assert found["no_verdict"] == 0
