"""Weight files: which of them count, what their headers tell, and how many parameters that is."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from core.errors import ModelError

COPY_FIX = "Copy or download the model again."
MAX_HEADER = 100_000_000
"""Bytes; the safetensors format's own limit for its header."""
INDEX = "model.safetensors.index.json"
SINGLE = "model.safetensors"
OTHER_COPIES = ("consolidated", "adapter_model")
"""How files begin that hold the same weights in another layout, or an adapter."""
HEAD = "lm_head.weight"

Tensors = Mapping[str, Mapping[str, Any]]
"""Of each tensor, by name, its dtype, shape and data_offsets."""


def wanted(names: Iterable[str], index: Mapping[str, Any] | None) -> tuple[str, ...]:
    """The weight files that loaders read: what the index lists, else the single one, else all."""
    found = sorted(name for name in names if name.endswith(".safetensors") and "/" not in name)
    if listed := _listed(index):
        return tuple(name for name in found if name in listed)
    if SINGLE in found:
        return (SINGLE,)
    return tuple(name for name in found if not name.startswith(OTHER_COPIES))


def missing(names: Iterable[str], index: Mapping[str, Any] | None) -> tuple[str, ...]:
    """Weight files that the index lists and that are not there."""
    return tuple(sorted(_listed(index) - set(names)))


def _listed(index: Mapping[str, Any] | None) -> set[str]:
    files = index.get("weight_map") if index else None
    return {str(file) for file in files.values()} if isinstance(files, dict) else set()


def header(path: Path) -> dict[str, Any]:
    """The header of a safetensors file: name -> dtype, shape, data_offsets.

    Raises ModelError when the file is not whole.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if not 0 < length <= min(MAX_HEADER, size - 8):
            raise _damaged(path)
        try:
            found = dict(json.loads(file.read(length)))
            found.pop("__metadata__", None)
            end = max((tensor["data_offsets"][1] for tensor in found.values()), default=0)
            whole = 8 + length + end == size
        except (ValueError, RecursionError, TypeError, LookupError) as error:
            raise _damaged(path) from error
    if not whole:
        raise _damaged(path)
    return found


def _damaged(path: Path) -> ModelError:
    return ModelError(
        f"{path.name} is damaged or was not copied in full.", str(path.parent), COPY_FIX
    )


def elements(tensors: Tensors) -> dict[str, int]:
    """How many numbers the files hold of each dtype."""
    found: dict[str, int] = {}
    for fact in tensors.values():
        dtype = str(fact["dtype"])
        found[dtype] = found.get(dtype, 0) + math.prod(fact["shape"])
    return found


def parameters(tensors: Tensors, config: Mapping[str, Any]) -> int:
    """How many numbers a model computes with.

    Some files hold the tied output layer a second time (Qwen3-0.6B: 752 M numbers, 596 M
    parameters); loaders read it once.
    """
    total = sum(elements(tensors).values())
    tied = config.get("tie_word_embeddings", text_config(config).get("tie_word_embeddings"))
    twice = tied is True and HEAD in tensors and any("embed_tokens" in name for name in tensors)
    return total - math.prod(tensors[HEAD]["shape"]) if twice else total


def text_config(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """The part of a config that describes the language model."""
    part = config.get("text_config")
    return part if isinstance(part, dict) else config
