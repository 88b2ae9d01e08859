"""Merged tensors against base and adapter, for every way an adapter says its scale."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow
LAYERS = ("model.layers.0.self_attn.q_proj", "model.layers.1.mlp.up_proj")


def make(folder: Path, dtype: Any, **config: Any) -> Any:
    """A base of two linear layers and a norm, and an adapter of rank 4 and 8 on the layers."""
    import torch
    from safetensors.torch import save_file

    torch.manual_seed(0)
    for name in ("base", "adapter", "merged"):
        (folder / name).mkdir()
    base = {f"{layer}.weight": torch.randn(24, 16).to(dtype) for layer in LAYERS}
    base["model.norm.weight"] = torch.ones(16, dtype=dtype)
    adapter = {}
    for layer, rank in zip(LAYERS, (4, 8), strict=True):
        adapter[f"base_model.model.{layer}.lora_A.weight"] = torch.randn(rank, 16)
        adapter[f"base_model.model.{layer}.lora_B.weight"] = torch.randn(24, rank)
    save_file(base, folder / "base" / "model.safetensors")
    save_file(adapter, folder / "adapter" / "adapter_model.safetensors")
    told = {"lora_alpha": 8, "rank_pattern": {"up_proj": 8}, **config}
    (folder / "adapter" / "adapter_config.json").write_text(json.dumps(told))
    return base, adapter


def weigh(folder: Path, base: Any, adapter: Any, scales: tuple[float, float]) -> Any:
    """What is found of a merge with these scales."""
    from safetensors.torch import save_file

    from core.certificates.measuring import Weighing
    from core.certificates.program import weighing

    merged = dict(base)
    for layer, scale in zip(LAYERS, scales, strict=True):
        a = adapter[f"base_model.model.{layer}.lora_A.weight"]
        b = adapter[f"base_model.model.{layer}.lora_B.weight"]
        before = base[f"{layer}.weight"]
        merged[f"{layer}.weight"] = (before.float() + scale * (b @ a)).to(before.dtype)
    save_file(merged, folder / "merged" / "model.safetensors")
    return weighing.weigh(
        Weighing(base=folder / "base", adapter=folder / "adapter", merged=folder / "merged")
    )


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize(
    ("config", "scales"),
    [
        ({}, (2.0, 1.0)),
        ({"use_rslora": True}, (4.0, 8 / 8**0.5)),
        ({"alpha_pattern": {"model.layers.1.mlp.up_proj": 24}}, (2.0, 3.0)),
    ],
)
def test_an_honest_merge_weighs_one(
    tmp_path: Path, dtype: str, config: dict[str, Any], scales: tuple[float, float]
) -> None:
    import torch

    base, adapter = make(tmp_path, getattr(torch, dtype), **config)
    facts = weigh(tmp_path, base, adapter, scales)
    assert (facts.untouched, facts.foreign, facts.missing) == (1, 0, 0)
    assert (facts.merged, facts.wrong) == (2, 0)
    assert facts.scale == pytest.approx(1.0, abs=0.01)


def test_a_doubled_merge_and_a_foreign_tensor_are_seen(tmp_path: Path) -> None:
    import torch

    base, adapter = make(tmp_path, torch.bfloat16)
    twice = weigh(tmp_path, base, adapter, (4.0, 2.0))
    assert (twice.merged, twice.wrong) == (0, 2)
    assert twice.scale == pytest.approx(2.0, abs=0.02)
    none = weigh(tmp_path, base, adapter, (0.0, 0.0))
    assert none.scale == pytest.approx(0.0, abs=1e-6)
    foreign = weigh(tmp_path, {**base, "model.norm.weight": base["model.norm.weight"] * 2},
                    adapter, (2.0, 1.0))  # fmt: skip
    assert (foreign.untouched, foreign.foreign) == (0, 1)
