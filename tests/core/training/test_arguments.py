"""What a plan comes to as arguments of the libraries, on machines of every kind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from core.errors import DuotuneError, ModelError, PlanError
from core.training.plan import TrainingPlan
from core.training.program import arguments
from core.training.program.arguments import Capabilities, Choices

CPU = Capabilities()
OLD_GPU = Capabilities(cuda=True, bitsandbytes=True)
GPU = Capabilities(cuda=True, bfloat16=True)
FULL_GPU = Capabilities(
    cuda=True, bfloat16=True, flash_attention=True, liger=True, bitsandbytes=True
)
SMALL, LARGE = 5_000_000, 600_000_000


def plan(**changes: Any) -> TrainingPlan:
    facts = {"name": "x", "dataset_id": "ds-1", "split_fingerprint": "f", "base_model": "starter"}
    return TrainingPlan.model_validate(facts | changes)


def choices(here: Capabilities, parameters: int = SMALL, **changes: Any) -> Choices:
    return arguments.decide(plan(**changes), here, parameters)


@pytest.mark.parametrize(
    ("here", "changes", "expected"),
    [
        (CPU, {}, {"precision": "float32", "attention": "sdpa", "liger": False}),
        (CPU, {"precision": "bfloat16"}, {"precision": "bfloat16", "weights": "bfloat16"}),
        (OLD_GPU, {}, {"precision": "float32", "device": "cuda"}),
        (GPU, {}, {"precision": "bfloat16", "attention": "sdpa", "padding_free": False}),
        (FULL_GPU, {}, {"attention": "flash_attention_2", "liger": True, "padding_free": True}),
        (FULL_GPU, {"precision": "float32"}, {"attention": "sdpa", "weights": "float32"}),
        (FULL_GPU, {"attention": "eager", "liger": "off"}, {"attention": "eager", "liger": False}),
        (FULL_GPU, {"method": "full"}, {"precision": "bfloat16", "weights": "float32"}),
        (GPU, {"packing": True}, {"padding_free": True}),
        (CPU, {"gradient_checkpointing": "on"}, {"gradient_checkpointing": True}),
    ],
)
def test_what_is_left_open_is_decided_by_the_machine(
    here: Capabilities, changes: dict[str, Any], expected: dict[str, Any]
) -> None:
    found = choices(here, **changes).model_dump()
    assert {name: found[name] for name in expected} == expected


def test_large_models_recompute_activations_unless_told_otherwise() -> None:
    assert not choices(GPU, SMALL).gradient_checkpointing
    assert choices(GPU, LARGE).gradient_checkpointing
    assert not choices(GPU, LARGE, gradient_checkpointing="off").gradient_checkpointing


@pytest.mark.parametrize(
    ("here", "changes", "kind", "told"),
    [
        (CPU, {"method": "qlora"}, PlanError, "QLoRA needs an NVIDIA GPU"),
        (GPU, {"method": "qlora"}, PlanError, "package bitsandbytes"),
        (CPU, {"optimizer": "adamw_8bit"}, PlanError, "8-bit optimizer needs an NVIDIA GPU"),
        (GPU, {"optimizer": "paged_adamw_8bit"}, PlanError, "package bitsandbytes"),
        (OLD_GPU, {"precision": "bfloat16"}, PlanError, "can't compute in bfloat16"),
        (CPU, {"attention": "flash_attention_2"}, ModelError, "on an NVIDIA GPU only"),
        (CPU, {"attention": "flex_attention"}, ModelError, "on an NVIDIA GPU only"),
        (GPU, {"attention": "flash_attention_2"}, ModelError, "not installed"),
        (
            FULL_GPU,
            {"attention": "flash_attention_2", "precision": "float32"},
            PlanError,
            "can't compute in float32",
        ),
        (CPU, {"liger": "on"}, PlanError, "need an NVIDIA GPU"),
        (GPU, {"liger": "on"}, ModelError, "liger-kernel is not installed"),
    ],
)
def test_what_a_machine_lacks_is_said_before_training(
    here: Capabilities, changes: dict[str, Any], kind: type[DuotuneError], told: str
) -> None:
    with pytest.raises(kind, match=told) as error:
        choices(here, **changes)
    assert error.value.fix


def test_each_method_has_its_adapter() -> None:
    plain = arguments.lora_arguments(plan(rank=8, alpha=16))
    assert plain == {
        "r": 8,
        "lora_alpha": 16,
        "lora_dropout": 0.0,
        "target_modules": "all-linear",
        "task_type": "CAUSAL_LM",
    }
    assert arguments.lora_arguments(plan(rank=8, alpha=16, method="qlora")) == plain
    found = {m: arguments.lora_arguments(plan(method=m)) or {} for m in ("rslora", "dora", "full")}
    assert found["rslora"]["use_rslora"] is True
    assert found["dora"]["use_dora"] is True
    assert found["full"] == {}
    layers = arguments.lora_arguments(plan(target_modules="q_proj, v_proj", modules_to_save="a, b"))
    assert layers is not None
    assert layers["target_modules"] == ["q_proj", "v_proj"]
    assert layers["modules_to_save"] == ["a", "b"]
    assert layers["ensure_weight_tying"] is True


def test_qlora_is_4_bit_nf4_with_double_quantisation() -> None:
    wanted = plan(method="qlora")
    decided = arguments.decide(wanted, FULL_GPU, LARGE)
    assert arguments.quantization_arguments(wanted, decided) == {
        "load_in_4bit": True,
        "bnb_4bit_quant_type": "nf4",
        "bnb_4bit_use_double_quant": True,
        "bnb_4bit_compute_dtype": "bfloat16",
    }
    assert arguments.load_arguments(wanted, decided)["device_map"] == {"": 0}
    assert decided.told(wanted)["weights"] == "4-bit nf4"
    assert arguments.quantization_arguments(plan(), decided) is None
    assert "device_map" not in arguments.load_arguments(plan(), decided)


def test_trainer_arguments_are_the_plans() -> None:
    wanted = plan(
        optimizer="paged_adamw_8bit", max_grad_norm=0.3, packing=True, max_length=64, compile=True
    )
    found = arguments.sft_arguments(wanted, Path("out"), 40, choices(FULL_GPU))
    assert found["optim"] == "paged_adamw_8bit"
    assert found["max_grad_norm"] == 0.3
    assert (found["packing"], found["max_length"]) == (True, 64)
    assert found["torch_compile"] is True
    assert found["warmup_steps"] == 2
    padding_free = arguments.sft_arguments(plan(), Path("out"), 40, choices(FULL_GPU))
    assert (padding_free["padding_free"], padding_free["max_length"]) == (True, None)
    padded = arguments.sft_arguments(plan(max_length=64), Path("out"), 40, choices(CPU))
    assert (padded["padding_free"], padded["max_length"], padded["use_cpu"]) == (False, 64, True)


@pytest.mark.parametrize(
    ("changes", "sequences", "steps"),
    [
        ({"epochs": 2, "batch_size": 8}, 48, 12),
        ({"epochs": 1, "batch_size": 8, "gradient_accumulation": 4}, 49, 2),
        ({"epochs": 1, "batch_size": 8, "workers": 2, "launcher": "accelerate"}, 48, 3),
        ({"epochs": 0.5, "batch_size": 8}, 48, 3),
        ({"max_steps": 5}, 48, 5),
    ],
)
def test_steps_are_counted_as_transformers_does(
    changes: dict[str, Any], sequences: int, steps: int
) -> None:
    assert arguments.total_steps(plan(**changes), sequences) == steps
