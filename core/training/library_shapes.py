"""Whether an adapter made elsewhere fits a base model: the same layers, of the same sizes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.errors import ModelError
from core.models import weights
from core.models.folders import read_json
from core.models.weights import INDEX, Tensors

OUTPUT_HEAD = "lm_head"
FLOATS = ("F64", "F32", "F16", "BF16")
"""Dtypes of plain weights, as safetensors calls them."""
FIX = "Name the base model it was trained on: --base MODEL, or 'on base MODEL' in the chat."


def need_layers(adapter: Tensors, base_folder: Path, base: str) -> None:
    """See that a base has each layer that an adapter changes, in its size.

    Layers are compared from `layers.` on, because libraries wrap models differently before that.
    Raises ModelError otherwise: it belongs to another base.
    """
    has, packed = _linear_sizes(base_folder)
    for name, (width_in, width_out) in _changed(adapter).items():
        sizes = has.get(_tail(name))
        if _tail(name) in packed:
            continue  # its file holds fewer bits, in a shape of its own
        if sizes is None and name.rsplit(".", 1)[-1] == OUTPUT_HEAD:
            continue  # tied to the embeddings, so the base's files don't hold it
        if sizes is None:
            raise ModelError(
                f"The adapter changes the layer {name}, which {base} does not have: it belongs to "
                "another base model.",
                str(base_folder),
                FIX,
            )
        if not sizes & {(width_out, width_in), (width_in, width_out)}:  # some store it turned
            found = " or ".join(f"{inner} by {outer}" for outer, inner in sorted(sizes))
            raise ModelError(
                f"The adapter changes the layer {name} of {width_in} by {width_out} numbers, and "
                f"in {base} it has {found}: it belongs to another base model.",
                str(base_folder),
                FIX,
            )


def _changed(adapter: Tensors) -> dict[str, tuple[int, int]]:
    """Of each linear layer that is changed, how wide its input and output are.

    A is (rank, input), B is (output, rank), as PEFT stores them.
    """
    wide: dict[str, dict[str, int]] = {}
    for key, fact in adapter.items():
        name, _, side = key.removeprefix("base_model.model.").partition(".lora_")
        if side == "A.weight" and len(fact["shape"]) == 2:
            wide.setdefault(name, {})["in"] = int(fact["shape"][1])
        elif side == "B.weight" and len(fact["shape"]) == 2:
            wide.setdefault(name, {})["out"] = int(fact["shape"][0])
    whole = {name: sides for name, sides in wide.items() if sides.keys() == {"in", "out"}}
    return {name: (sides["in"], sides["out"]) for name, sides in whole.items()}


def _linear_sizes(folder: Path) -> tuple[dict[str, set[tuple[int, int]]], set[str]]:
    """(output, input) sizes of layers by the tail of their names, and the tails of packed ones."""
    names = [path.name for path in folder.iterdir() if path.is_file()]
    index: Mapping[str, Any] | None = read_json(folder / INDEX) if INDEX in names else None
    found: dict[str, set[tuple[int, int]]] = {}
    packed: set[str] = set()
    for file in weights.wanted(names, index):
        for key, fact in weights.header(folder / file).items():
            layer, _, part = key.rpartition(".")
            if part == "qweight" or (part == "weight" and fact["dtype"] not in FLOATS):
                packed.add(_tail(layer))
            elif part == "weight" and len(fact["shape"]) == 2:
                outer, inner = fact["shape"]
                found.setdefault(_tail(layer), set()).add((int(outer), int(inner)))
    return found, packed


def _tail(name: str) -> str:
    place = name.find("layers.")
    return name[place:] if place >= 0 else name.rsplit(".", 1)[-1]
