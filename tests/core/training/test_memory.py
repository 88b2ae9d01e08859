"""The memory formulas: known figures, and what a forward pass really keeps."""

from __future__ import annotations

from typing import Any

import pytest

from core.training import architecture, memory
from core.training.architecture import Architecture
from core.training.memory import Load
from core.training.plan import TrainingPlan
from core.training.program.arguments import Capabilities, Choices, decide

QWEN_8B: dict[str, Any] = {
    "model_type": "qwen3",
    "hidden_size": 4096,
    "num_hidden_layers": 36,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "head_dim": 128,
    "intermediate_size": 12288,
    "vocab_size": 151_936,
    "tie_word_embeddings": False,
}
GPU = Capabilities(cuda=True, bfloat16=True, bitsandbytes=True)


def of_config(config: dict[str, Any]) -> Architecture:
    found = architecture.of_config(config)
    assert found is not None
    return found


MODEL = of_config(QWEN_8B)


def plan(**changes: object) -> TrainingPlan:
    named = {"name": "x", "dataset_id": "d", "split_fingerprint": "f", "base_model": "m"}
    return TrainingPlan.model_validate({**named, **changes})


def sizes(
    here: Capabilities = GPU, longest: int | None = None, **changes: object
) -> dict[str, int]:
    wanted = plan(**changes)
    choices = decide(wanted, here, MODEL.parameters)
    found = memory.parts(wanted, choices, MODEL, longest)
    assert all(part.formula for part in found)
    return {part.name: part.bytes for part in found}


def test_the_dimensions_of_a_known_model_give_its_size() -> None:
    assert MODEL.parameters == pytest.approx(8.19e9, rel=0.002)
    assert MODEL.linear == pytest.approx(6.95e9, rel=0.002)
    no_decoder = {"model_type": "rwkv", "hidden_size": 512}
    assert architecture.of_config(no_decoder) is None


def test_a_mixture_of_experts_holds_all_of_them_and_works_with_some() -> None:
    mixture = {**QWEN_8B, "num_experts": 128, "num_experts_per_tok": 8, "num_hidden_layers": 48}
    mixture |= {"hidden_size": 2048, "moe_intermediate_size": 768, "num_key_value_heads": 4}
    found = of_config(mixture)
    assert found.parameters == pytest.approx(30.5e9, rel=0.02)  # Qwen3-30B-A3B
    assert found.intermediate == 8 * 768


def test_full_tuning_takes_sixteen_bytes_a_weight_before_any_batch() -> None:
    found = sizes(method="full")
    static = found["weights"] + found["gradients"] + found["optimizer"]
    assert static == 16 * MODEL.parameters
    assert found["lora"] == 0


def test_an_adapter_has_rank_times_inputs_and_outputs() -> None:
    found = sizes(method="lora", rank=16)
    # 7 layers a decoder layer: 32 heads and 8 key-value heads of 128, an MLP of 12,288
    widths = 36 * (7 * 4096 + 2 * 4096 + 2 * 1024 + 3 * 12288)
    assert found["lora"] == 4 * 16 * widths
    assert found["optimizer"] == 2 * found["gradients"] == 2 * found["lora"]
    assert found["weights"] == 2 * MODEL.parameters
    only = sizes(method="lora", rank=16, target_modules="q_proj, v_proj")
    assert only["lora"] == 4 * 16 * 36 * (4096 + 4096 + 4096 + 1024)


def test_four_bits_and_eight_bits_take_what_their_papers_say() -> None:
    found = sizes(method="qlora")
    whole_layers = MODEL.parameters - MODEL.linear
    assert found["weights"] == pytest.approx(0.516 * MODEL.linear + 4 * whole_layers, rel=0.001)
    usual, small = sizes(method="full"), sizes(method="full", optimizer="adamw_8bit")
    assert small["optimizer"] / usual["optimizer"] == pytest.approx(0.254, abs=0.001)


def test_checkpointing_keeps_a_layers_input_only() -> None:
    off, on = (sizes(gradient_checkpointing=switch)["activations"] for switch in ("off", "on"))
    tokens = 8 * 1024
    assert on < off / 10
    assert on > 2 * tokens * 36 * 4096
    assert sizes()["activations"] == on, "a model of this size is checkpointed by itself"


def test_a_batch_counts_by_its_longest_row_and_pairs_count_twice() -> None:
    whole = sizes()
    assert sizes(longest=256)["activations"] * 4 == pytest.approx(whole["activations"], rel=0.01)
    assert sizes(longest=9999) == whole, "rows are cut at max_length"
    assert sizes(longest=256, packing=True)["activations"] == whole["activations"]
    assert sizes(objective="dpo")["activations"] == pytest.approx(
        2 * whole["activations"], rel=0.01
    )


def test_no_more_than_a_tile_of_logits_is_ever_held() -> None:
    assert sizes(batch_size=4)["logits"] < 1e9
    usual = 4 * 1024 * 151_936 * 4
    assert sizes(batch_size=4)["logits"] < usual / 5
    cpu = sizes(Capabilities(), batch_size=4)
    assert cpu["logits"] > 4096 * 32_768 * 29


def test_full_tuning_on_several_gpus_is_shared_among_them() -> None:
    alone = sizes(method="full")
    shared = sizes(method="full", launcher="accelerate", workers=4)
    assert shared["weights"] * 4 == alone["weights"]
    assert shared["optimizer"] * 4 == alone["optimizer"]
    adapter = sizes(launcher="accelerate", workers=4)
    assert adapter["weights"] == sizes()["weights"], "adapters are trained on whole copies"
    assert adapter["gradients"] == 2 * sizes()["gradients"]


# -- against what torch keeps -------------------------------------------------------------------

TINY: dict[str, Any] = {
    "vocab_size": 128,
    "hidden_size": 64,
    "intermediate_size": 192,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 16,
    "max_position_embeddings": 512,
    "tie_word_embeddings": True,
}
LOAD = Load(rows=2, length=256)


def kept_by_a_layer(method: str, precision: str, attention: str, kind: str) -> float:
    """Bytes a token that torch saves for the backward pass of one decoder layer."""
    return (
        kept(4, method, precision, attention, kind) - kept(2, method, precision, attention, kind)
    ) / (2 * LOAD.tokens)


def kept(layers: int, method: str, precision: str, attention: str, kind: str) -> int:
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import LlamaConfig, LlamaForCausalLM, Qwen3Config, Qwen3ForCausalLM

    config, of = (
        (Qwen3Config, Qwen3ForCausalLM) if kind == "qwen3" else (LlamaConfig, LlamaForCausalLM)
    )
    model = of(config(**TINY, num_hidden_layers=layers, attn_implementation=attention))
    if method != "full":
        model = model.to(getattr(torch, precision))
        lora = LoraConfig(r=8, target_modules="all-linear", use_dora=method == "dora")
        model = get_peft_model(model, lora)
    own = {weight.untyped_storage().data_ptr() for weight in model.parameters()}
    saved: dict[int, int] = {}

    def save(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            saved[storage.data_ptr()] = storage.nbytes()
        return tensor

    ids = torch.zeros((LOAD.rows, LOAD.length), dtype=torch.long)
    hooks = torch.autograd.graph.saved_tensors_hooks(save, lambda tensor: tensor)
    with hooks, torch.autocast("cpu", torch.bfloat16, enabled=precision == "bfloat16"):
        found = model.train()(input_ids=ids, use_cache=False, logits_to_keep=1)
    total = sum(saved.values())  # while the output holds them
    del found
    return total


@pytest.mark.slow
@pytest.mark.thorough
@pytest.mark.parametrize(
    ("method", "precision", "attention", "kind"),
    [
        ("lora", "float32", "sdpa", "qwen3"),
        ("lora", "bfloat16", "sdpa", "qwen3"),
        ("lora", "float32", "eager", "llama"),
        ("full", "float32", "sdpa", "llama"),
        ("full", "bfloat16", "sdpa", "qwen3"),
        ("dora", "float32", "sdpa", "qwen3"),
    ],
)
def test_a_layer_keeps_what_the_formula_says(
    method: str, precision: str, attention: str, kind: str
) -> None:
    model = of_config({**TINY, "num_hidden_layers": 4, "model_type": kind})
    wanted = plan(method=method, rank=8, precision=precision, attention=attention)
    given = {"device": "cpu", "precision": precision, "weights": precision, "attention": attention}
    choices = Choices.model_validate(
        {**given, "gradient_checkpointing": False, "liger": False, "padding_free": False}
    )
    arithmetic = ("full" if method == "full" else "lora", precision)
    expected = memory.layer_bytes(wanted, choices, model, LOAD, arithmetic)
    if arithmetic == ("full", "bfloat16"):
        expected += 2 * model.linear / model.layers / LOAD.tokens  # weights cast once a pass
    found = kept_by_a_layer(method, precision, attention, kind)
    assert expected == pytest.approx(found, rel=0.05)
