"""A merged model against its base and adapter, tensor by tensor."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open

from core.certificates.measuring import Weighing
from core.certificates.records import WeightFacts

PREFIX = "base_model.model."
SLACK = 0.02
"""Of the adapter's change: how far the merged tensor may lie from base + change, beyond what its
dtype rounds to. Merging in float32 or in the stored dtype ends in neighbouring numbers."""


class Tensors:
    """The tensors of a folder by name, read one at a time."""

    def __init__(self, folder: Path) -> None:
        self.places = dict(self._all(folder))

    def __getitem__(self, name: str) -> torch.Tensor:
        with safe_open(self.places[name], "pt") as file:
            found: torch.Tensor = file.get_tensor(name)
        return found

    @staticmethod
    def _all(folder: Path) -> Iterator[tuple[str, Path]]:
        for path in sorted(folder.glob("*.safetensors")):
            with safe_open(path, "pt") as file:
                yield from ((name, path) for name in file.keys())  # noqa: SIM118


def weigh(asked: Weighing) -> WeightFacts | None:
    """Compare all tensors; None where the adapter changes what is no weight of a linear layer, or
    its names are not those of the base's files."""
    base, adapter, merged = map(Tensors, (asked.base, asked.adapter, asked.merged))
    config = json.loads((asked.adapter / "adapter_config.json").read_bytes())
    changed = {name for name in map(_target, adapter.places) if name}
    others = [key for key in adapter.places if ".lora_A." not in key and ".lora_B." not in key]
    if others or not changed <= base.places.keys():
        return None
    shared = base.places.keys() & merged.places.keys()
    untouched = foreign = right = wrong = 0
    along = energy = 0.0
    for name in sorted(shared):
        before, after = base[name], merged[name]
        if name not in changed:
            same = before.shape == after.shape and torch.equal(before.to(after.dtype), after)
            untouched, foreign = untouched + same, foreign + (not same)
            continue
        if before.shape != after.shape:
            foreign += 1
            continue
        found = _against(before, after, change(adapter, config, name))
        right, wrong = right + found[0], wrong + (not found[0])
        along, energy = along + found[1], energy + found[2]
    return WeightFacts(
        untouched=untouched,
        foreign=foreign,
        merged=right,
        wrong=wrong,
        missing=len(base.places.keys() ^ merged.places.keys()),
        scale=along / energy if energy > 0 else None,
    )


def change(adapter: Tensors, config: dict[str, Any], name: str) -> torch.Tensor:
    """What an adapter adds to one weight: s B A, s = alpha / rank, or alpha / sqrt(rank)."""
    module = name.removesuffix(".weight")
    a = adapter[f"{PREFIX}{module}.lora_A.weight"].float()
    b = adapter[f"{PREFIX}{module}.lora_B.weight"].float()
    rank = a.shape[0]
    alpha = _pattern(config.get("alpha_pattern") or {}, module, config["lora_alpha"])
    scale = alpha / (rank**0.5 if config.get("use_rslora") else rank)
    added = (b @ a) * scale
    return added.T if config.get("fan_in_fan_out") else added


def _pattern(given: dict[str, Any], module: str, default: Any) -> float:
    """A module's own value, by the end of its name; else the one for all."""
    fits = (value for key, value in given.items() if re.match(rf"(.*\.)?({key})$", module))
    return float(next(fits, default))


def _target(key: str) -> str | None:
    """The base's weight that a tensor of the adapter changes."""
    module, _, rest = key.removeprefix(PREFIX).rpartition(".lora_A.")
    return f"{module}.weight" if rest == "weight" else None


def _against(
    before: torch.Tensor, after: torch.Tensor, added: torch.Tensor
) -> tuple[bool, float, float]:
    """Whether a merged tensor is what it should be; and its change along the ideal one's.

    The ideal is base + change, rounded to the dtype it is stored in, so that what rounding alone
    does to a small change is no fault of the merge.
    """
    start = before.float()
    ideal = (start + added).to(after.dtype).float() - start
    real = after.float() - start
    energy = float((ideal * ideal).sum())
    along = float((real * ideal).sum())
    rest = float(torch.linalg.vector_norm(real - ideal))
    step = torch.finfo(after.dtype).eps * float(torch.linalg.vector_norm(start))
    return rest <= SLACK * energy**0.5 + step, along, energy
