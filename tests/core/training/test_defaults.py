"""Recommended settings follow size, method, objective and rows."""

from __future__ import annotations

import math

import pytest

from core.models import catalog
from core.models.catalog import ResolvedModel
from core.models.folders import Shape
from core.settings import Settings
from core.training.defaults import Case, alpha_for, recommended
from core.training.plan import Method, TrainingPlan


def model(parameters: int) -> ResolvedModel:
    shape = Shape(
        model_type="qwen3",
        parameters=parameters,
        context=4096,
        head_dim=64,
        linear_widths=1,
        weight_bytes=2 * parameters,
        fingerprint="f",
    )
    return ResolvedModel(name="m", id_or_path="m", revision=None, local=True, shape=shape)


def values(
    parameters: int = 600_000_000, rows: int = 1000, **case: object
) -> dict[str, float | int | str]:
    found = recommended(Case(rows, model(parameters), None, **case))  # type: ignore[arg-type]
    return {name: advice.value for name, advice in found.items()}


def test_every_recommended_setting_is_one_of_the_plan_with_a_reason() -> None:
    for method in ("lora", "rslora", "dora", "qlora", "full"):
        found = recommended(Case(100, model(1_000_000), None, method))
        assert found.keys() <= TrainingPlan.model_fields.keys()
        assert all(advice.reason for advice in found.values())


def test_full_fine_tuning_gets_a_tenth_of_lora_s_rate_and_no_rank() -> None:
    assert values(method="full")["learning_rate"] == values()["learning_rate"] / 10  # type: ignore[operator]
    assert values(8_000_000_000, method="full")["learning_rate"] == 1e-5
    assert "rank" not in values(method="full")


def test_a_big_model_gets_a_smaller_rate_and_smaller_bites() -> None:
    assert values(32_000_000_000)["learning_rate"] == 1e-4
    big, small = values(4_000_000_000), values(600_000_000)
    assert (big["batch_size"], big["gradient_accumulation"]) == (4, 4)
    assert (small["batch_size"], small["gradient_accumulation"]) == (16, 1)


@pytest.mark.parametrize(("rows", "rank"), [(200, 16), (10_000, 16), (20_000, 32), (90_000, 64)])
def test_more_rows_get_a_higher_rank(rows: int, rank: int) -> None:
    assert values(rows=rows)["rank"] == rank
    assert values(rows=rows, method="dora")["rank"] == rank // 2


def test_labels_need_less_of_an_adapter_than_text_does() -> None:
    found = recommended(Case(500, model(10), None, classes=16))
    assert found["rank"].value == 8
    assert "16 labels, 4.0 bits" in found["rank"].reason
    assert values(rows=20_000, classes=16)["rank"] == 32
    assert values(rows=500, classes=1)["rank"] == 16


@pytest.mark.parametrize("rank", [8, 16, 64])
def test_rslora_scales_the_update_as_the_usual_alpha_does(rank: int) -> None:
    alpha = alpha_for(rank, "rslora").value
    assert isinstance(alpha, int)
    assert alpha / math.sqrt(rank) == pytest.approx(2, rel=0.1)
    assert alpha_for(rank, "lora").value == 2 * rank


def test_preferences_get_small_steps_and_one_pass() -> None:
    assert values(objective="dpo")["learning_rate"] == 5e-6
    assert values(objective="dpo", method="full")["learning_rate"] == 5e-7
    assert values(objective="dpo", rows=60)["epochs"] == 1


@pytest.mark.parametrize(
    ("method", "rate"), [("lora", 2e-3), ("rslora", 2e-3), ("full", 2e-4), ("dora", 2e-3)]
)
def test_a_model_s_own_rate_is_carried_over_to_other_methods(method: Method, rate: float) -> None:
    own = {"learning_rate": 2e-3, "rank": 48, "max_length": 512}
    (facts, *_) = catalog.models(Settings(offline=True))
    facts = facts.model_copy(update={"recommended": own})
    found = recommended(Case(300, model(1), facts, method))
    assert found["learning_rate"].value == pytest.approx(rate)
    assert found["max_length"].value == 512
    assert ("rank" in found and found["rank"].value == 48) == (method == "lora")
