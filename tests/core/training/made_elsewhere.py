"""Adapters as other programs save them, on the built-in starter model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from core.models import weights
from core.models.catalog import STARTER_FOLDER

LAYERS = tuple(
    name.removesuffix(".weight")
    for name in weights.header(STARTER_FOLDER / "model.safetensors")
    if name.endswith("q_proj.weight")
)
WIDTH, RANK = 256, 4


def foreign_adapter(
    folder: Path,
    base: str | None = "starter",
    width: int = WIDTH,
    layers: tuple[str, ...] = LAYERS,
    **config: Any,
) -> Path:
    """A LoRA adapter of zeros, written by hand in the safetensors format."""
    folder.mkdir(parents=True, exist_ok=True)
    named = {"base_model_name_or_path": base} if base else {}
    facts = {"peft_type": "LORA", "r": RANK, "lora_alpha": 8, **named, **config}
    (folder / "adapter_config.json").write_text(json.dumps(facts))
    header: dict[str, Any] = {}
    end = 0
    for layer in layers:
        for side, shape in (("A", [RANK, width]), ("B", [WIDTH, RANK])):
            start, end = end, end + 4 * shape[0] * shape[1]
            name = f"base_model.model.{layer}.lora_{side}.weight"
            header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [start, end]}
    text = json.dumps(header).encode()
    written = len(text).to_bytes(8, "little") + text + bytes(end)
    (folder / "adapter_model.safetensors").write_bytes(written)
    return folder
