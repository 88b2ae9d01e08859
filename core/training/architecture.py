"""A base model's dimensions, from its config: what memory and arithmetic follow from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.errors import ModelError
from core.messages import Record
from core.models import folders, hub
from core.models.catalog import ResolvedModel
from core.models.weights import text_config

NORMED = ("qwen3", "gemma3", "gemma4", "olmo2", "olmo3", "hunyuan", "exaone4", "smollm4")
"""How the names of architectures begin that normalise queries and keys."""


class Matrix(Record):
    """One kind of linear layer."""

    inputs: int
    outputs: int


class Architecture(Record):
    """The dimensions of a decoder of Llama's kind: attention and a gated MLP in each layer."""

    parameters: int
    layers: int
    hidden: int
    intermediate: int
    """Width of the MLP that works on one token; of all experts that do, in a mixture of them."""
    queries: int
    """Width of all query heads together."""
    keys: int
    """Width of all key heads together; the values' is the same."""
    heads: int
    vocabulary: int
    tied: bool
    """Whether the first and the last layer are one matrix."""
    normed_heads: bool
    """Whether queries and keys are normalised, which keeps copies of both."""
    linear_widths: int
    """Sum of inputs + outputs over all linear layers but the last."""

    @property
    def embeddings(self) -> int:
        """Parameters of the first and the last layer."""
        return self.vocabulary * self.hidden * (1 if self.tied else 2)

    @property
    def linear(self) -> int:
        """Parameters of the layers between them."""
        return max(self.parameters - self.embeddings, 0)

    @property
    def matrices(self) -> dict[str, Matrix]:
        """The linear layers of one decoder layer, by their usual names."""
        hidden, wide, queries, keys = self.hidden, self.intermediate, self.queries, self.keys
        return {
            "q_proj": Matrix(inputs=hidden, outputs=queries),
            "k_proj": Matrix(inputs=hidden, outputs=keys),
            "v_proj": Matrix(inputs=hidden, outputs=keys),
            "o_proj": Matrix(inputs=queries, outputs=hidden),
            "gate_proj": Matrix(inputs=hidden, outputs=wide),
            "up_proj": Matrix(inputs=hidden, outputs=wide),
            "down_proj": Matrix(inputs=wide, outputs=hidden),
        }

    def adapted_widths(self, targets: str) -> int:
        """Sum of inputs + outputs over the layers that get an adapter: LoRA has rank times that.

        `targets` is a plan's target_modules. Names unknown here count as all linear layers.
        """
        matrices = self.matrices
        chosen = {name.strip().rpartition(".")[2] for name in targets.split(",")}
        if not chosen <= matrices.keys():
            return self.linear_widths
        found = [matrices[name] for name in chosen]
        return self.layers * sum(matrix.inputs + matrix.outputs for matrix in found)

    def saved_parameters(self, modules: str) -> int:
        """Parameters of the layers that are trained whole beside an adapter.

        `modules` is a plan's modules_to_save; unknown names count as one decoder matrix each.
        """
        first = self.vocabulary * self.hidden
        known = {"embed_tokens": first, "lm_head": first} | {
            name: self.layers * matrix.inputs * matrix.outputs
            for name, matrix in self.matrices.items()
        }
        named = [name.strip().rpartition(".")[2] for name in modules.split(",") if name.strip()]
        if self.tied and {"embed_tokens", "lm_head"} <= set(named):
            named.remove("lm_head")
        return sum(known.get(name, self.hidden * self.hidden) for name in named)


def of_model(model: ResolvedModel) -> Architecture | None:
    """The dimensions of a model that is on this machine, or whose config is.

    None where no config is here yet, or it is not of Llama's kind.
    """
    folder = (
        Path(model.id_or_path) if model.local else hub.cached_folder(model.name, model.revision)
    )
    if folder is None or not (folder / folders.CONFIG).is_file():
        return None
    try:
        config = folders.read_json(folder / folders.CONFIG)
    except ModelError:
        return None
    shape = model.shape
    return of_config(config, shape.parameters if shape else None)


def of_config(config: Mapping[str, Any], parameters: int | None = None) -> Architecture | None:
    """The dimensions that a config.json tells; None when it is not of Llama's kind.

    `parameters` as the weight files have them; without it they are counted from the dimensions.
    """
    text = text_config(config)
    try:
        hidden, layers, heads, vocabulary = (
            int(text[name])
            for name in (
                "hidden_size",
                "num_hidden_layers",
                "num_attention_heads",
                "vocab_size",
            )
        )
        wide = _intermediate(text)
        head = int(text.get("head_dim") or hidden // heads)
        keys = int(text.get("num_key_value_heads") or heads) * head
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None
    queries = heads * head
    widths = 7 * hidden + 2 * queries + 2 * keys + 3 * wide
    matrices = hidden * (2 * queries + 2 * keys + 3 * _stored(text, wide))
    tied = bool(config.get("tie_word_embeddings", text.get("tie_word_embeddings", False)))
    counted = layers * (matrices + 2 * hidden) + vocabulary * hidden * (1 if tied else 2)
    return Architecture(
        parameters=parameters or counted,
        layers=layers,
        hidden=hidden,
        intermediate=wide,
        queries=queries,
        keys=keys,
        heads=heads,
        vocabulary=vocabulary,
        tied=tied,
        normed_heads=str(text.get("model_type", "")).startswith(NORMED),
        linear_widths=layers * widths,
    )


def _intermediate(text: Mapping[str, Any]) -> int:
    """Of all experts that work on one token, where there are experts."""
    per_token = text.get("num_experts_per_tok")
    if not per_token:
        return int(text["intermediate_size"])
    own = int(text.get("moe_intermediate_size") or text["intermediate_size"])
    shared = int(text.get("shared_expert_intermediate_size") or 0)
    return own * int(per_token) + shared


def _stored(text: Mapping[str, Any], wide: int) -> int:
    """Width of the MLP weights that are held in memory: of all experts."""
    experts = text.get("num_experts") or text.get("num_local_experts")
    if not experts:
        return wide
    return int(text.get("moe_intermediate_size") or text["intermediate_size"]) * int(experts)
