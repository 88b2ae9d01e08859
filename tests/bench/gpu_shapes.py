"""Qwen3-architecture models with random weights, and what they cost to compute."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

VOCABULARY = 151_936
PEAKS = {"H100": 989e12, "H200": 989e12, "A100": 312e12, "L40S": 362e12, "4090": 165e12}
"""Dense bfloat16 operations per second by NVIDIA's data sheets, by a part of the GPU's name."""


class ModelShape(NamedTuple):
    """A Qwen3 architecture; the published ones are in SHAPES."""

    hidden: int
    layers: int
    heads: int
    key_value_heads: int
    feed_forward: int
    tied: bool
    head_size: int = 128
    vocabulary: int = VOCABULARY

    @property
    def matrices(self) -> int:
        """Weights that a token is multiplied with, the last layer included."""
        attention = self.hidden * self.head_size * 2 * (self.heads + self.key_value_heads)
        layer = attention + 3 * self.hidden * self.feed_forward
        return self.layers * layer + self.hidden * self.vocabulary

    def flops_per_token(self, length: int, full: bool) -> float:
        """Operations to train on one token in a sequence of `length`.

        2 per weight forward and 2 backward to the activations; with full fine-tuning 2 more for
        the weights' own gradients (Kaplan et al. 2020; LoRA's own matrices are left out, being
        under 1%). Causal attention adds, per layer, 2 * length * heads * head_size forward and
        twice that backward. Recomputed activations are not counted: that is MFU, not HFU.
        """
        passes = 3 if full else 2
        attention = 3 * 2 * self.layers * length * self.heads * self.head_size
        return 2.0 * passes * self.matrices + attention

    def config(self) -> dict[str, Any]:
        """Arguments of `Qwen3Config`."""
        return {
            "hidden_size": self.hidden,
            "num_hidden_layers": self.layers,
            "num_attention_heads": self.heads,
            "num_key_value_heads": self.key_value_heads,
            "intermediate_size": self.feed_forward,
            "head_dim": self.head_size,
            "vocab_size": self.vocabulary,
            "tie_word_embeddings": self.tied,
            "max_position_embeddings": 40_960,
        }


SHAPES = {
    "0.6B": ModelShape(1024, 28, 16, 8, 3072, tied=True),
    "4B": ModelShape(2560, 36, 32, 8, 9728, tied=True),
    "8B": ModelShape(4096, 36, 32, 8, 12_288, tied=False),
    "tiny": ModelShape(64, 2, 2, 1, 128, tied=True, head_size=32, vocabulary=2_048),
}
"""Sizes of the published models; `tiny` shows on any machine that the bench itself works."""


def peak_of(gpu_name: str) -> float | None:
    """Operations per second that a GPU promises; None for one that is not listed."""
    return next((peak for part, peak in PEAKS.items() if part in gpu_name), None)


def make(shape: ModelShape, folder: Path, tokenizer_from: Path) -> None:
    """Write a model folder with random weights, in bfloat16 on a GPU, and a real tokenizer."""
    import shutil

    import torch
    from transformers import Qwen3Config, Qwen3ForCausalLM

    torch.manual_seed(7)
    gpu = torch.cuda.is_available()
    with torch.device("cuda" if gpu else "cpu"):
        model = Qwen3ForCausalLM(Qwen3Config(**shape.config()))
    model.to(torch.bfloat16 if gpu else torch.float32).save_pretrained(folder)
    for file in tokenizer_from.glob("*"):
        if "token" in file.name or file.name.endswith(".jinja"):
            shutil.copyfile(file, folder / file.name)
