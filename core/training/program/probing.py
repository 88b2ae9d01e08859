"""Log-probabilities of a few real texts, by base and by tuned: what serving is checked against."""

from __future__ import annotations

from typing import Any

import torch

from core.training.parity import Probe
from core.training.program.preparation import Prepared

PROBES = 4
LONGEST = 512
"""Tokens of a probe."""


def choose(validation: Prepared, train: Prepared) -> list[list[int]]:
    """A few held-out texts, else trained ones; short ones first, the rest cut to size."""
    texts = validation.input_ids or train.input_ids
    fitting = [ids for ids in texts if 2 <= len(ids) <= LONGEST]
    return [ids[:LONGEST] for ids in (fitting or texts)[:PROBES]]


def probe(tuned: Any, texts: list[list[int]]) -> tuple[Probe, ...]:
    """Both sides' log-probabilities; `tuned` is a PEFT model whose adapter can be switched off."""
    tuned.eval()
    found = []
    for ids in texts:
        with tuned.disable_adapter():
            base = _logprobs(tuned, ids)
        found.append(Probe(token_ids=tuple(ids), base=base, tuned=_logprobs(tuned, ids)))
    return tuple(found)


@torch.no_grad()
def _logprobs(model: Any, ids: list[int]) -> tuple[float, ...]:
    inputs = torch.tensor([ids], device=model.device)
    logits = model(input_ids=inputs, use_cache=False).logits[0, :-1].float()
    chosen = torch.log_softmax(logits, dim=-1).gather(1, inputs[0, 1:, None])
    return tuple(chosen[:, 0].tolist())
