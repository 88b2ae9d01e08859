"""From timed steps to the time and the cost of a run."""

from __future__ import annotations

import pytest

from core.errors import SettingError
from core.settings import read_settings
from core.training.eta import Measured, Sample, Spent, cost, eta, step_seconds
from core.training.plan import TrainingPlan

NONE = Spent(seconds=0.0, cpu_s=0.0)


def timed(*points: tuple[int, float]) -> tuple[Sample, ...]:
    return tuple(Sample(tokens=tokens, seconds=s, cpu_s=2 * s) for tokens, s in points)


def plan(**changes: object) -> TrainingPlan:
    named = {"name": "x", "dataset_id": "d", "split_fingerprint": "f", "base_model": "m"}
    return TrainingPlan.model_validate({**named, **changes})


def measured(**changes: object) -> Measured:
    values = {
        "startup": Spent(seconds=5, cpu_s=4),
        "load": Spent(seconds=2, cpu_s=1),
        "prepare": Spent(seconds=1, cpu_s=1),
        "first_step": Spent(seconds=3, cpu_s=3),
        "samples": timed((100, 1.1), (200, 2.1), (300, 3.1)),
        "mean_tokens": 150.0,
        "evaluation": Spent(seconds=10, cpu_s=9),
        "save": Spent(seconds=0.5, cpu_s=0.2),
        "checking": Spent(seconds=4, cpu_s=3),
        "sequences": 80,
        "train_tokens": 1000,
        "validation_tokens": 1000,
        "longest_tokens": 400,
        "peak_rss_bytes": 10,
        "peak_gpu_bytes": None,
    }
    return Measured.model_validate({**values, **changes})


def test_a_step_is_a_fixed_part_and_a_part_for_each_token() -> None:
    assert step_seconds(timed((100, 1.1), (200, 2.1), (300, 3.1)), 250) == pytest.approx(2.6)
    assert step_seconds(timed((100, 1.1), (200, 2.1)), 250, cpu=True) == pytest.approx(5.2)
    assert step_seconds(timed((100, 2.0), (100, 4.0)), 500) == pytest.approx(3.0)
    assert step_seconds(timed((100, 3.0), (200, 2.9)), 1000) > 2.9, "no step gains by tokens"
    assert step_seconds((), 100) == 0.0


def test_a_step_that_was_held_up_counts_little() -> None:
    steady = [(100 * n, 0.5 + n) for n in range(1, 10)]
    held_up = [*steady[:4], (500, 60.0), *steady[5:]]
    assert step_seconds(timed(*held_up), 500) == pytest.approx(5.5, rel=0.02)


def test_a_run_is_the_sum_of_its_phases() -> None:
    found = eta(measured(), plan(batch_size=8, epochs=3, evaluations=4))
    assert found.steps == 30
    assert found.training == pytest.approx(30 * 1.6)
    assert found.before == 5 + 2 + 1 + 3
    assert found.evaluations == 4 * 10, "validating first would be too dear"
    assert found.saves == 4 * 0.5
    assert found.total == pytest.approx(11 + 48 + 40 + 2 + 4)
    in_cpu = eta(measured(), plan(batch_size=8, epochs=3, evaluations=4), cpu=True)
    assert in_cpu.total == pytest.approx(9 + 96 + 36 + 0.8 + 3)


def test_more_epochs_need_no_new_measurement_and_a_long_run_saves_more_often() -> None:
    cheap = measured(validation_tokens=100)
    short, long = (eta(cheap, plan(epochs=n, evaluations=4)) for n in (1, 90))
    assert long.training == pytest.approx(90 * short.training)
    assert short.evaluations == long.evaluations == 5 * 10, "it validates before it trains, too"
    assert long.saves == (4 + 2) * 0.5, "every ten minutes"
    nothing = eta(cheap, plan(max_steps=0))
    assert nothing.total == 5 + 2 + 1 + 4
    assert eta(measured(evaluation=None), plan()).evaluations == 0


def test_a_cost_needs_a_price_and_a_time() -> None:
    assert cost(1800, 2.5) == pytest.approx(1.25)
    assert cost(1800, None) is None
    assert cost(None, 2.5) is None


def test_a_price_is_read_with_its_currency_and_never_guessed() -> None:
    found = read_settings({"DUOTUNE_GPU_PRICE": "2.49 EUR"})
    assert (found.gpu_price, found.gpu_currency) == (2.49, "EUR")
    assert read_settings({}).gpu_price is None
    assert read_settings({"DUOTUNE_GPU_PRICE": "3"}).gpu_currency == "USD"
    for wrong in ("cheap", "-1", "nan", "EUR 2"):
        with pytest.raises(SettingError, match="price per hour"):
            read_settings({"DUOTUNE_GPU_PRICE": wrong})
