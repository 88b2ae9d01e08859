"""From a checkpoint to a whole model that engines load: merged where an adapter was trained."""

from __future__ import annotations

import gc
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import torch
from peft import PeftModel
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM

from core.errors import RunError
from core.models import folders
from core.training.parity import Probe
from core.training.plan import TrainingPlan
from core.training.program import aftercare, guard
from core.training.program.aftercare import Texts
from core.training.program.loading import Base

SLICE = 128
"""Positions whose probabilities over the whole vocabulary are in memory at once."""
MOST_DIFFERENCE, MOST_SHARE = 0.05, 0.5
"""Nats, and share of what training changed, that merging and storing may change on average.

Rounding the starter's weights to the 16 bits they are stored in changes 0.003 nats.
"""

Figures = list[tuple[float, ...]]


class Places(NamedTuple):
    """Where a whole model comes from and goes to; each model is in memory only while it is used."""

    source: Path
    """A checkpoint."""
    folder: Path
    base: Callable[[], Base]
    """Loads the model that the result is compared with."""
    begun: Callable[[], Base]
    """Loads the one that an adapter was trained on."""


class Written(NamedTuple):
    """A whole model on disk, and what it was measured to be."""

    model: Any
    """As it was read back."""
    base: list[list[int]]
    """What the base model prefers to say to the questions."""
    probes: tuple[Probe, ...]
    difference: float
    """Mean |log-probability as published - as trained|, in nats."""


def write(plan: TrainingPlan, places: Places, asked: Texts) -> Written:
    """Write the model that a checkpoint makes, and read it back.

    Raises Diverged when a weight is not finite, RunError when what is read back does not answer
    as what was trained.
    """
    base, texts = places.base(), asked.probes
    preferred = aftercare.preferred(base.model, asked.questions)
    before = [logprobs(base.model, ids) for ids in texts]
    generation, caching = base.model.generation_config, base.model.config.use_cache
    base = base._replace(model=None)
    trained = _trained(plan, places, base)
    meant = [logprobs(trained, ids) for ids in texts]
    merged = trained.merge_and_unload() if isinstance(trained, PeftModel) else trained
    # a trainer's checkpoint has its own settings in these: padding, and no cache
    merged.generation_config, merged.config.use_cache = generation, caching
    merged.to(base.stored).save_pretrained(places.folder)
    base.tokenizer.save_pretrained(places.folder)
    del trained, merged
    gc.collect()
    model = _read_back(places.folder, base)
    after = [logprobs(model, ids) for ids in texts]
    difference = _mean_difference(after, meant)
    if difference > max(MOST_DIFFERENCE, MOST_SHARE * _mean_difference(meant, before)):
        raise RunError(
            "The finished model does not answer as the trained one, so it is not published.",
            f"mean difference {difference:.3f} nats",
            "Use the method lora, or leave modules_to_save empty: then nothing has to be merged.",
        )
    probes = tuple(
        Probe(token_ids=tuple(ids), base=one, tuned=other)
        for ids, one, other in zip(texts, before, after, strict=True)
    )
    return Written(model, preferred, probes, difference)


def _read_back(folder: Path, base: Base) -> Any:
    """The model as it was written, once all of it was seen to be one."""
    for file in sorted(folder.glob("*.safetensors")):
        guard.check_tensors(load_file(file).items(), "the finished model")
    folders.inspect(folder)
    return _load(folder, base)


def _trained(plan: TrainingPlan, places: Places, base: Base) -> Any:
    """What was trained, as it was: the weights themselves, or an adapter on what it began with."""
    if not plan.trains_adapter:
        return _load(places.source, base)
    begun = places.begun().model
    return PeftModel.from_pretrained(begun, places.source, use_safetensors=True).eval()


def _load(folder: Path, base: Base) -> Any:
    placed = {} if base.device.cpu else {"device_map": "auto"}
    return AutoModelForCausalLM.from_pretrained(
        folder,
        dtype=base.device.dtype,
        attn_implementation=base.choices.attention,
        use_safetensors=True,
        local_files_only=True,
        trust_remote_code=False,
        **placed,
    ).eval()


def _mean_difference(left: Figures, right: Figures) -> float:
    pairs = [
        abs(a - b)
        for one, other in zip(left, right, strict=True)
        for a, b in zip(one, other, strict=True)
    ]
    return sum(pairs) / len(pairs) if pairs else 0.0


@torch.no_grad()
def logprobs(model: Any, ids: list[int]) -> tuple[float, ...]:
    """Log-probability of each token but the first, in nats; a few positions at a time."""
    inputs = torch.tensor([ids], device=_entrance(model))
    logits = model(input_ids=inputs, use_cache=False).logits[0, :-1]
    wanted = inputs[0, 1:, None].to(logits.device)
    found: list[float] = []
    for start in range(0, len(ids) - 1, SLICE):
        part = torch.log_softmax(logits[start : start + SLICE].float(), dim=-1)
        found += part.gather(1, wanted[start : start + SLICE])[:, 0].tolist()
    return tuple(found)


def _entrance(model: Any) -> torch.device:
    """Where inputs are wanted; weights that wait in main memory say nothing of it."""
    device: torch.device = model.get_input_embeddings().weight.device
    return torch.device("cpu") if device.type == "meta" else device
