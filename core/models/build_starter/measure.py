"""Measures what a starter can do: the share of unseen practice answers it gives word for word."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from random import Random

import torch
from transformers import PreTrainedTokenizerFast, Qwen3ForCausalLM

from core.models.build_starter import practice_en, practice_zh
from core.models.build_starter.batches import chat_text
from core.models.build_starter.practice_en import Turn

_MEASURED_SEED = 1_000_003  # a seed that practice never uses

PROBES: dict[str, Callable[[Random], list[Turn]]] = {
    "house style, English": practice_en.follow_form,
    "house style, Chinese": practice_zh.follow_form,
    "recall, English": practice_en.recall,
    "recall, Chinese": practice_zh.recall,
    "exercises, English": lambda rng: _one(practice_en.EXERCISES, rng),
    "exercises, Chinese": lambda rng: _one(practice_zh.EXERCISES, rng),
}


def _one(exercises: tuple[practice_en.Exercise, ...], rng: Random) -> list[Turn]:
    question, answer = rng.choice(exercises)(rng)
    return [("user", question), ("assistant", answer)]


@torch.no_grad()
def _right(
    model: Qwen3ForCausalLM, tokenizer: PreTrainedTokenizerFast, turns: list[Turn]
) -> list[bool]:
    # Greedy decoding gives exactly the reference if every next token is the likeliest one.
    parts = chat_text(turns)
    pieces = tokenizer([text for text, _ in parts], add_special_tokens=False)["input_ids"]
    ids = torch.tensor([[token for piece in pieces for token in piece]])
    guesses = model(input_ids=ids).logits[0].argmax(-1)
    found, start = [], 0
    for piece, (_, learned) in zip(pieces, parts, strict=True):
        if learned:
            found.append(guesses[start - 1 : start + len(piece) - 1].tolist() == piece)
        start += len(piece)
    return found


def measure(
    model: Qwen3ForCausalLM, tokenizer: PreTrainedTokenizerFast, chats: int = 100
) -> dict[str, float]:
    """Return for each kind of practice the share of answers given word for word."""
    was_training = model.training
    model.eval()
    shares = {}
    for name, probe in PROBES.items():
        rng = Random(_MEASURED_SEED)
        made = (probe(rng) for _ in range(chats))
        right = [one for turns in islice(made, chats) for one in _right(model, tokenizer, turns)]
        shares[name] = round(sum(right) / len(right), 3)
    model.train(was_training)
    return shares
