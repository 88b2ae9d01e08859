"""Pre-trains the starter: Muon for the matrices, AdamW for the rest, bfloat16 arithmetic."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch.nn import functional
from transformers import (
    GenerationConfig,
    PreTrainedTokenizerFast,
    Qwen3Config,
    Qwen3ForCausalLM,
)
from transformers.modeling_outputs import BaseModelOutputWithPast

from core.models.build_starter.batches import TOKENS_PER_BATCH

Batches = Iterator[tuple[torch.Tensor, torch.Tensor]]
Body = Callable[..., BaseModelOutputWithPast]


@dataclass(frozen=True)
class Shape:
    """The sizes of the model."""

    hidden: int = 256
    layers: int = 4
    heads: int = 4
    key_value_heads: int = 2
    head_size: int = 64  # one of the sizes that CPU attention kernels for serving support
    intermediate: int = 1024
    context: int = 1024


@dataclass(frozen=True)
class Stage:
    """One stretch of pre-training with fresh optimizers."""

    steps: int
    seed: int
    drills: int = 0
    """Batches of copying drills that come first."""
    descends: bool = False
    """Whether the learning rate falls in a straight line to nothing; else it stays."""


@dataclass(frozen=True)
class Effort:
    """What a stage took."""

    steps: int
    tokens: int
    final_loss: float
    cpu_seconds: int
    wall_seconds: int


def new_model(tokenizer: PreTrainedTokenizerFast, shape: Shape, seed: int) -> Qwen3ForCausalLM:
    """Return an untrained Qwen3 model of that shape with tied embeddings."""
    torch.manual_seed(seed)
    config = Qwen3Config(
        vocab_size=len(tokenizer),
        hidden_size=shape.hidden,
        num_hidden_layers=shape.layers,
        intermediate_size=shape.intermediate,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.key_value_heads,
        head_dim=shape.head_size,
        max_position_embeddings=shape.context,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        rope_parameters={"rope_type": "default", "rope_theta": 10_000.0},
    )
    model = Qwen3ForCausalLM(config)
    model.generation_config = GenerationConfig(
        eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id
    )
    return model


def pretrain(model: Qwen3ForCausalLM, data: Batches, stage: Stage, compiled: bool = True) -> Effort:
    """Train the model in place for one stage."""
    optimizers = _optimizers(model)
    peaks = [[group["lr"] for group in o.param_groups] for o in optimizers]
    model.train()
    body: Body = torch.compile(model.model, dynamic=False) if compiled else model.model
    cpu, wall, average = time.process_time(), time.monotonic(), math.nan
    for step in range(stage.steps):
        for optimizer, rates in zip(optimizers, peaks, strict=True):
            for group, peak in zip(optimizer.param_groups, rates, strict=True):
                group["lr"] = peak * _rate(step, stage)
        loss = _step(model, body, optimizers, *next(data))
        average = loss if math.isnan(average) else 0.95 * average + 0.05 * loss
        if step % 25 == 24 or step == stage.steps - 1:
            used = time.process_time() - cpu
            print(f"step {step + 1}/{stage.steps} loss {average:.3f} cpu {used:.0f}s", flush=True)
    model.eval()
    return Effort(
        steps=stage.steps,
        tokens=stage.steps * TOKENS_PER_BATCH,
        final_loss=round(average, 3),
        cpu_seconds=round(time.process_time() - cpu),
        wall_seconds=round(time.monotonic() - wall),
    )


def _optimizers(model: Qwen3ForCausalLM) -> list[torch.optim.Optimizer]:
    matrices = [p for n, p in model.named_parameters() if p.ndim == 2 and "embed" not in n]
    chosen = {id(p) for p in matrices}
    rest = [p for p in model.parameters() if id(p) not in chosen]
    return [
        torch.optim.Muon(matrices, lr=0.02, weight_decay=0.05, adjust_lr_fn="original"),
        torch.optim.AdamW(rest, lr=3e-3, betas=(0.9, 0.95), weight_decay=0.0, fused=True),
    ]


def _rate(step: int, stage: Stage) -> float:
    left = (stage.steps - step) / stage.steps if stage.descends else 1.0
    return min(1.0, (step + 1) / 30) * left


def _step(
    model: Qwen3ForCausalLM,
    body: Body,
    optimizers: list[torch.optim.Optimizer],
    tokens: torch.Tensor,
    learned: torch.Tensor,
) -> float:
    loss = _loss(model, body, tokens, learned)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    for optimizer in optimizers:
        optimizer.step()
        optimizer.zero_grad()
    return loss.item()


def _loss(
    model: Qwen3ForCausalLM, body: Body, tokens: torch.Tensor, learned: torch.Tensor
) -> torch.Tensor:
    # The vocabulary layer runs only where something is learned; it is the dearest layer.
    with torch.autocast("cpu", dtype=torch.bfloat16):
        states = body(input_ids=tokens, use_cache=False).last_hidden_state
        target = learned[:, 1:]
        logits = model.lm_head(states[:, :-1][target])
    return functional.cross_entropy(logits.float(), tokens[:, 1:][target])
