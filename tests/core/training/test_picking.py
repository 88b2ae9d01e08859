"""Which steps a pre-flight times: the longest, and those that stand for an epoch."""

from __future__ import annotations

import pytest

from core.training.program.picking import Batches, evaluated, pick, steps_of, validation_tokens

LENGTHS = [20 + (7 * number) % 180 for number in range(403)]
PADDED = Batches(rows=4, accumulation=2, padded=True)


def test_the_longest_batch_comes_first_and_twice() -> None:
    picked = pick(LENGTHS, PADDED, seed=7)
    assert picked.longest == 2
    first, second = picked.steps[:2]
    assert first == second
    longest = sorted(LENGTHS)[-4:]
    assert sorted(LENGTHS[place] for place in first.places) == sorted(longest * 2)
    assert first.tokens == 8 * max(LENGTHS) >= max(step.tokens for step in picked.steps)


def test_picked_steps_are_spread_as_an_epochs_are() -> None:
    epoch = steps_of(LENGTHS, PADDED, seed=7)
    assert sorted(place for step in epoch for place in step.places) == list(range(403))
    picked = pick(LENGTHS, PADDED, seed=7)
    typical = picked.steps[2:]
    assert len(typical) == 10
    assert all(len(step.places) == 8 for step in typical), "whole steps only"
    mean = sum(step.tokens for step in typical) / len(typical)
    assert mean == pytest.approx(picked.mean_tokens, rel=0.03)
    assert [step.tokens for step in typical] != sorted(step.tokens for step in typical)


def test_few_rows_are_timed_more_than_once() -> None:
    picked = pick([30, 50, 40], PADDED, seed=7)
    assert len(picked.steps) == 7
    assert {step.tokens for step in picked.steps} == {150}
    assert picked.mean_tokens == 150
    packed = pick([100] * 3, Batches(rows=1, accumulation=1, padded=False), seed=7)
    assert packed.mean_tokens == 100


def test_validation_is_sampled_with_its_longest_rows() -> None:
    few = evaluated(LENGTHS[:20], PADDED)
    assert few == list(range(20))
    chosen = evaluated(LENGTHS, PADDED)
    assert len(chosen) < 33
    assert max(LENGTHS[place] for place in chosen[:4]) == max(LENGTHS)
    assert validation_tokens([10, 20, 5, 5, 7], Batches(2, 1, padded=False)) == 40 + 10 + 7
