"""How many parameters a decoder of a given config has, where its weight headers can't be read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def count_parameters(text: Mapping[str, Any]) -> int | None:
    """Embeddings + layers * (attention + feed-forward + norms); None when the config lacks a size.

    Attention: hidden * head * (2 * heads + 2 * key-value heads). Feed-forward: 3 * hidden * inner,
    in a mixture once for each expert, with a router of hidden * experts. Biases of attention are
    left out (below 0.1%). Exact for Llama's shape; hybrids with other layers come out near.
    """
    try:
        hidden, layers, words = (
            int(text[key]) for key in ("hidden_size", "num_hidden_layers", "vocab_size")
        )
        heads = int(text["num_attention_heads"])
        inner = int(text.get("moe_intermediate_size") or text["intermediate_size"])
    except (KeyError, TypeError, ValueError):
        return None
    head = int(text.get("head_dim") or hidden // max(heads, 1))
    pairs = int(text.get("num_key_value_heads") or heads)
    attention = hidden * head * (2 * heads + 2 * pairs)
    experts = int(text.get("num_experts") or text.get("num_local_experts") or 0)
    feed = 3 * hidden * inner * max(experts, 1) + hidden * experts
    embeddings = words * hidden * (1 if text.get("tie_word_embeddings") else 2)
    return embeddings + layers * (attention + feed + 2 * hidden) + hidden
