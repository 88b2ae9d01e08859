"""Tiny models that have all that an inspection reads, as folders and on a hub."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.core.models.templates_made import CHATML

CONFIG: dict[str, Any] = {
    "architectures": ["Qwen3ForCausalLM"],
    "model_type": "qwen3",
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_attention_heads": 2,
    "num_hidden_layers": 1,
    "max_position_embeddings": 256,
    "vocab_size": 100,
    "eos_token_id": 7,
}
SHAPES = {
    "model.embed_tokens.weight": [100, 64],
    "model.layers.0.self_attn.q_proj.weight": [64, 64],
    "model.layers.0.mlp.up_proj.weight": [128, 64],
    "model.layers.0.input_layernorm.weight": [64],
}
TOKENIZER = {"added_tokens": [{"id": 7, "content": "<|im_end|>"}]}


def write_weights(
    path: Path, shapes: dict[str, list[int]] = SHAPES, cut: int = 0, dtype: str = "F32"
) -> None:
    """A well-formed safetensors file of zeros, `cut` bytes short."""
    header: dict[str, Any] = {}
    end, item = 0, {"F32": 4, "BF16": 2, "U8": 1}[dtype]
    for name, shape in shapes.items():
        begin, size = end, item
        for side in shape:
            size *= side
        end = begin + size
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}
    text = json.dumps({**header, "__metadata__": {"format": "pt"}}).encode()
    data = len(text).to_bytes(8, "little") + text + bytes(end)
    path.write_bytes(data[: len(data) - cut])


def made_model(folder: Path, template: str | None = CHATML, **config: Any) -> Path:
    """A folder with a whole model; `config` overrides or, as None, leaves out."""
    folder.mkdir(parents=True)
    values = {key: value for key, value in {**CONFIG, **config}.items() if value is not None}
    (folder / "config.json").write_text(json.dumps(values))
    write_weights(folder / "model.safetensors")
    (folder / "tokenizer.json").write_text(json.dumps(TOKENIZER))
    if template is not None:
        (folder / "chat_template.jinja").write_text(template)
    return folder


def in_shards(folder: Path) -> Path:
    """The same model in two weight files with an index, as large models come."""
    (folder / "model.safetensors").unlink()
    names = list(SHAPES)
    shards = {"model-00001-of-00002.safetensors": names[:2]}
    shards["model-00002-of-00002.safetensors"] = names[2:]
    for file, held in shards.items():
        write_weights(folder / file, {name: SHAPES[name] for name in held})
    weight_map = {name: file for file, held in shards.items() for name in held}
    index = {"metadata": {"total_size": 1}, "weight_map": weight_map}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    return folder
