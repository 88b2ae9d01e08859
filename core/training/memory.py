"""How much memory a plan takes, part by part, by formula: nothing is loaded and nothing is run.

What a forward pass keeps for the backward pass was counted with torch's saved-tensors hooks over
the installed transformers (Llama and Qwen3 layers); `tests/core/training/test_memory.py` counts it
again, so that a library that keeps more is noticed.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from core.messages import Record
from core.training.architecture import Architecture
from core.training.plan import TrainingPlan
from core.training.program.arguments import Choices

PartName = Literal[
    "weights",
    "lora",
    "gradients",
    "optimizer",
    "activations",
    "logits",
    "evaluation",
    "overhead",
]

FOUR_BIT = 0.5 + 0.127 / 8
"""Bytes a weight in nf4 with double quantisation: 4 bits, and 0.127 bits of constants.

QLoRA, arXiv 2305.14314, section 3."""
EIGHT_BIT = 1 + 4 / 256
"""Bytes of one 8-bit optimizer moment: a byte, and a float32 constant for each block of 256.

8-bit Optimizers via Block-wise Quantization, arXiv 2110.02861."""
TILE_TOKENS, TILE_WORDS = 4096, 32_768
"""Tokens by vocabulary of the tile of logits that TRL's fused output layer works on at a time."""
TILE_COPIES = 29
"""Bytes of float32 copies of one logit in a tile without a GPU, where no Triton kernel fuses them.

Counted over TRL 1.16's `chunked_logprob`: about seven tensors of a tile at the backward's peak."""
CONTEXT_BYTES = 600 << 20
"""What the CUDA driver, its kernels and cuBLAS take for themselves: 0.4 to 0.8 GB by GPU."""
FRAGMENTATION = 0.10
"""Of activations and logits: what torch's allocator holds beyond what it hands out."""
PROCESS_BYTES = 850 << 20
"""A trainer process without a GPU before it has a model: Python with torch, transformers, TRL."""


class Part(Record):
    """One kind of content of memory."""

    name: PartName
    bytes: int
    formula: str
    """How it was counted, with its numbers put in."""


class Kept(NamedTuple):
    """Bytes that one decoder layer keeps for each token, by the width they go with."""

    hidden: float
    intermediate: float
    queries: float
    keys: float


KEPT = {
    ("full", "float32"): Kept(24, 16, 8.25, 8),
    ("full", "bfloat16"): Kept(26, 8, 4.25, 4),
    ("lora", "float32"): Kept(16, 16, 8.25, 8),
    ("lora", "bfloat16"): Kept(18.25, 8.1, 6.3, 4.1),
}
"""By what is trained and in which arithmetic, with fused attention and without head norms."""
NORMED_HEADS = {
    ("full", "float32"): 8.25,
    ("full", "bfloat16"): 6.25,
    ("lora", "float32"): 4.25,
    ("lora", "bfloat16"): 4.25,
}
"""Bytes more for each width of queries and keys, where both are normalised."""
SCORES = {"float32": 4, "bfloat16": 6}
"""Bytes of one attention score, which only eager attention keeps (softmax is in float32)."""


class Load(NamedTuple):
    """What the model is to hold at once."""

    rows: int
    """Sequences of a forward pass."""
    length: int
    """Tokens of each, padding included."""

    @property
    def tokens(self) -> int:
        return self.rows * self.length


def load_of(plan: TrainingPlan, longest: int | None = None) -> Load:
    """The biggest batch that the plan can make; `longest` is that of the rows, where known.

    A preference pair is two sequences.
    """
    length = plan.max_length if longest is None or plan.packing else min(plan.max_length, longest)
    return Load(plan.batch_size * (2 if plan.objective == "dpo" else 1), length)


def parts(
    plan: TrainingPlan, choices: Choices, model: Architecture, longest: int | None = None
) -> tuple[Part, ...]:
    """Bytes of each part at the run's peak, on one device.

    The peak lies between the forward and the backward pass of the longest batch: all parts are
    there at once. Gradients are counted beside activations because accumulation keeps them.
    """
    load = load_of(plan, longest)
    kind: tuple[str, str] = ("lora" if plan.trains_adapter else "full", choices.precision)
    activations = _activations(plan, choices, model, load, kind)
    logits = _logits(choices, model, load, trains_head=_trains_head(plan))
    return (
        _weights(plan, choices, model),
        *_trained(plan, choices, model),
        activations,
        logits,
        _evaluation(choices, model, load, activations.bytes + logits.bytes, kind),
        _overhead(choices, activations.bytes + logits.bytes),
    )


# -- what is there before the first batch -----------------------------------------------------


def _weights(plan: TrainingPlan, choices: Choices, model: Architecture) -> Part:
    """Parameters x bytes of their type.

    qlora: 0.516 bytes for each weight between first and last layer, 4 for the rest, which
    `prepare_model_for_kbit_training` holds in float32. A full model is sharded by FSDP2 over the
    workers of a GPU machine. DPO (arXiv 2305.18290) needs no second model: over an adapter the
    base is its own reference, and over all weights the reference is measured before.
    """
    each = _bytes(choices.weights)
    if plan.method == "qlora":
        rest = model.parameters - model.linear
        total = FOUR_BIT * model.linear + 4 * rest
        told = f"{model.linear:,} weights x {FOUR_BIT:.3f} + {rest:,} x 4"
    else:
        total = each * model.parameters
        told = f"{model.parameters:,} weights x {each}"
    if shards := _shards(plan, choices):
        total, told = total / shards, f"({told}) / {shards} workers"
    return Part(name="weights", bytes=round(total), formula=told)


def _trained(plan: TrainingPlan, choices: Choices, model: Architecture) -> tuple[Part, Part, Part]:
    """Adapter, gradients and moments.

    LoRA: rank x (inputs + outputs) of each adapted layer (LoRA, arXiv 2106.09685), held in
    float32, in a 4-bit model in bfloat16; DoRA has one more number an output (arXiv 2402.09353).
    Gradients: one of the same type for each trained weight, and as many again in the buckets of
    several workers (DDP). AdamW: two moments of the same type; 8-bit: 1.016 bytes each.
    """
    each = 2 if plan.method == "qlora" and choices.precision == "bfloat16" else 4
    trained = trained_parameters(plan, model)
    added = trained if plan.trains_adapter else 0
    shards = _shards(plan, choices) or 1
    copies = 2 if plan.workers > 1 and shards == 1 else 1
    moment = each if plan.optimizer == "adamw" else EIGHT_BIT
    over = f" / {shards} workers" if shards > 1 else ""
    return (
        Part(
            name="lora",
            bytes=each * added,
            formula=f"{added:,} new weights x {each}",
        ),
        Part(
            name="gradients",
            bytes=round(copies * each * trained / shards),
            formula=f"{trained:,} trained weights x {each * copies}{over}",
        ),
        Part(
            name="optimizer",
            bytes=round(2 * moment * trained / shards),
            formula=f"{trained:,} trained weights x 2 moments x {moment:.4g}{over}",
        ),
    )


def trained_parameters(plan: TrainingPlan, model: Architecture) -> int:
    """How many weights training changes: the adapter's and its whole layers', or all."""
    if not plan.trains_adapter:
        return model.parameters
    found = plan.rank * model.adapted_widths(plan.target_modules)
    if plan.method == "dora":
        found += model.layers * sum(matrix.outputs for matrix in model.matrices.values())
    return found + model.saved_parameters(plan.modules_to_save)


def _shards(plan: TrainingPlan, choices: Choices) -> int | None:
    """Workers that share one copy of the model; None where each has its own."""
    shared = not plan.trains_adapter and choices.device == "cuda" and plan.workers > 1
    return plan.workers if shared else None


# -- what a batch adds ------------------------------------------------------------------------


def _activations(
    plan: TrainingPlan,
    choices: Choices,
    model: Architecture,
    load: Load,
    kind: tuple[str, str],
) -> Part:
    """Tokens x layers x what a layer keeps for each token (`layer_bytes`).

    With checkpointing: tokens x layers x hidden, and one layer in full while it is computed again
    (arXiv 1604.06174; the way of counting is that of arXiv 2205.05198). Full tuning in bfloat16
    keeps a bfloat16 copy of every weight that the forward pass used, beside float32 residuals.
    """
    each = layer_bytes(plan, choices, model, load, kind)
    copies = 2 * model.linear if kind == ("full", "bfloat16") else 0
    if choices.gradient_checkpointing:
        kept = _bytes(choices.weights) * model.hidden
        copies = copies // model.layers
        found = load.tokens * (model.layers * kept + each) + copies
        told = f"{load.tokens:,} tokens x ({model.layers} layers x {kept} + {each:,.0f})"
    else:
        found = load.tokens * model.layers * each + copies
        told = f"{load.tokens:,} tokens x {model.layers} layers x {each:,.0f}"
    told += f" + {copies:,} for weights in bfloat16" if copies else ""
    return Part(name="activations", bytes=round(found), formula=told)


def layer_bytes(
    plan: TrainingPlan,
    choices: Choices,
    model: Architecture,
    load: Load,
    kind: tuple[str, str],
) -> float:
    """What one decoder layer keeps for each token, in bytes.

    KEPT x widths; a LoRA matrix keeps its rank numbers, DoRA two more of each output; eager
    attention keeps each head's score with every other token.
    """
    kept, each = KEPT[kind], _bytes(choices.precision)
    found = kept.hidden * model.hidden + kept.intermediate * model.intermediate
    found += kept.queries * model.queries + kept.keys * model.keys
    if model.normed_heads:
        found += NORMED_HEADS[kind] * (model.queries + model.keys)
    if plan.trains_adapter:
        found += each * plan.rank * len(model.matrices)
    if plan.method == "dora":
        found += 2 * each * sum(matrix.outputs for matrix in model.matrices.values())
    if choices.attention == "eager":
        found += SCORES[choices.precision] * model.heads * load.length
    return found


def _trains_head(plan: TrainingPlan) -> bool:
    return not plan.trains_adapter or "lm_head" in plan.modules_to_save


def _logits(choices: Choices, model: Architecture, load: Load, trains_head: bool) -> Part:
    """A tile of logits, and the gradient of what the last layer is given, in float32.

    The field's usual figure, tokens x vocabulary x 4 bytes and more (several GB), is not taken
    here: TRL's fused output layer never holds more than a tile of 4096 tokens x 32768 words, in
    the arithmetic's type. Where the last layer is trained, its gradient is gathered in float32.
    """
    each = _bytes(choices.precision)
    tokens, words = min(load.tokens, TILE_TOKENS), min(model.vocabulary, TILE_WORDS)
    cuda = choices.device == "cuda"
    tile = tokens * TILE_WORDS * each if cuda else tokens * words * (each + TILE_COPIES)
    hidden = 4 * load.tokens * model.hidden
    head = 4 * model.vocabulary * model.hidden if trains_head else 0
    words = TILE_WORDS if cuda else words
    factor = each if cuda else each + TILE_COPIES
    told = f"{tokens:,} tokens x {words:,} words x {factor} + {load.tokens:,} x {model.hidden} x 4"
    told += f" + {head:,} for the last layer's gradient" if head else ""
    return Part(name="logits", bytes=tile + hidden + head, formula=told)


def _evaluation(
    choices: Choices, model: Architecture, load: Load, training: int, kind: tuple[str, str]
) -> Part:
    """What validation takes beyond a training batch: usually nothing.

    It keeps one layer at a time and no gradients; 13 bytes of copies of a logit without a GPU.
    """
    kept, each = KEPT[kind], _bytes(choices.precision)
    layer = kept.hidden * model.hidden + kept.intermediate * model.intermediate
    words = TILE_WORDS if choices.device == "cuda" else min(model.vocabulary, TILE_WORDS)
    factor = each if choices.device == "cuda" else each + 13
    needed = load.tokens * layer + min(load.tokens, TILE_TOKENS) * words * factor
    told = f"{needed:,.0f} for one layer and a tile, of which training's {training:,} are there"
    return Part(name="evaluation", bytes=max(0, round(needed) - training), formula=told)


def _overhead(choices: Choices, dynamic: int) -> Part:
    """CUDA's own memory, or without a GPU the process's; and what the allocator can't hand out."""
    fixed = CONTEXT_BYTES if choices.device == "cuda" else PROCESS_BYTES
    told = f"{fixed:,} + {FRAGMENTATION:.0%} of {dynamic:,}"
    return Part(name="overhead", bytes=fixed + round(FRAGMENTATION * dynamic), formula=told)


def _bytes(dtype: str) -> int:
    return {"float32": 4, "bfloat16": 2}[dtype]
