"""Fitting a batch: the same rows a step, and nothing else is given up without consent."""

from __future__ import annotations

import pytest

from core.training.batching import bites, fit_batch
from core.training.plan import TrainingPlan


def plan(**changes: object) -> TrainingPlan:
    named = {"name": "x", "dataset_id": "d", "split_fingerprint": "f", "base_model": "big"}
    return TrainingPlan.model_validate({**named, **changes})


def needs(each: TrainingPlan) -> int | None:
    """10 for the weights, 1 for each of a batch's rows and 1,024 tokens."""
    weights = {"big": 10, "small": 3}.get(each.base_model)
    if weights is None:
        return None
    if each.method == "qlora":
        weights //= 2
    recomputed = 0.25 if each.gradient_checkpointing == "on" else 1
    moments = 1 if each.optimizer == "adamw" else 0
    return round(weights + moments + each.batch_size * recomputed * each.max_length / 1024)


@pytest.mark.parametrize(
    ("size", "accumulation", "expected"),
    [
        (8, 1, [(4, 2), (2, 4), (1, 8)]),
        (6, 2, [(4, 3), (3, 4), (2, 6), (1, 12)]),
        (7, 1, [(1, 7)]),
        (1, 4, []),
        (2, 512, []),
    ],
)
def test_bites_keep_the_effective_batch(
    size: int, accumulation: int, expected: list[tuple[int, int]]
) -> None:
    whole = plan(batch_size=size, gradient_accumulation=accumulation, workers=2)
    found = list(bites(whole))
    assert [(one.batch_size, one.gradient_accumulation) for one in found] == expected
    for one in found:
        kept = {"batch_size": size, "gradient_accumulation": accumulation}
        assert one.effective_batch == whole.effective_batch
        assert one.model_copy(update=kept) == whole, "nothing else changes"


def test_the_largest_bite_that_fits_is_taken() -> None:
    found = fit_batch(plan(batch_size=8, gradient_accumulation=2), 15, needs)
    assert found.fits
    assert found.changes == {"batch_size": 4, "gradient_accumulation": 4}
    assert found.bytes == 15
    assert "the same 16 rows a step" in found.sentence
    assert found.options == ()


def test_what_fits_stays_as_it_is() -> None:
    found = fit_batch(plan(), 100, needs)
    assert (found.fits, found.changes, found.bytes) == (True, {}, 19)


def test_when_one_row_is_too_much_every_way_out_is_named_and_none_is_taken() -> None:
    big = plan(batch_size=4, max_length=4096)
    found = fit_batch(big, 12, needs, smaller=("unknown", "small"))
    assert not found.fits
    assert found.changes == {}
    kinds = {option.kind: option for option in found.options}
    assert set(kinds) == {"checkpointing", "qlora", "length", "model"}
    one_row = {"batch_size": 1, "gradient_accumulation": 4}
    assert kinds["checkpointing"].changes == {**one_row, "gradient_checkpointing": "on"}
    assert kinds["checkpointing"].same_result
    assert not kinds["qlora"].same_result
    assert kinds["length"].changes["max_length"] == 1024, "the longest that fits"
    assert kinds["model"].changes["base_model"] == "small"
    for option in found.options:
        changed = big.edited(option.changes)
        assert needs(changed) == option.bytes
        assert option.bytes <= 12
        assert changed.effective_batch == big.effective_batch


def test_several_things_are_proposed_together_when_no_single_one_is_enough() -> None:
    found = fit_batch(plan(batch_size=1, max_length=4096), 10, lambda p: (needs(p) or 0) + 2)
    (option,) = found.options
    assert option.kind == "combined"
    assert set(option.changes) >= {"gradient_checkpointing", "optimizer", "method"}
    assert not option.same_result


def test_nothing_is_proposed_that_would_not_fit_or_is_not_known() -> None:
    found = fit_batch(plan(), 1, needs)
    assert found.options == ()
    assert "would be enough" in found.sentence
    unknown = fit_batch(plan(), 1, lambda _: None)
    assert (unknown.fits, unknown.bytes, unknown.changes) == (False, None, {})
