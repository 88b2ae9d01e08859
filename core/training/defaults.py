"""Recommended settings by model size, method, rows and lengths; each with its reason and source."""

from __future__ import annotations

import math
from typing import NamedTuple

from core.models.catalog import ModelFacts, ResolvedModel
from core.training.plan import Method, Objective

MODEL_REASON = "Recommended for this base model by its makers' own trials."
RANK_REASON = (
    "Rank {rank} holds what {rows} teach: an adapter suffices while its size exceeds what the "
    "data holds (Thinking Machines, LoRA Without Regret)."
)
LABEL_RANK_REASON = (
    "Rank {rank}: an answer is one of {classes} labels, {bits:.1f} bits, so {rows} rows teach much "
    "less than an adapter holds (Thinking Machines, LoRA Without Regret)."
)
RATE_REASON = (
    "LoRA wants about 10 times the rate of full fine-tuning, so 1e-4 to 2e-4 "
    "(Thinking Machines, LoRA Without Regret)."
)
BIG_RATE_REASON = "Models of 30 billion parameters and more want half the rate (QLoRA, table 9)."
FULL_RATE_REASON = (
    "Full fine-tuning wants 1e-5 to 2e-5, a tenth of LoRA's rate (Thinking Machines, LoRA Without "
    "Regret)."
)
DPO_RATE_REASON = (
    "Preferences want small steps: 5e-6 for an adapter, 5e-7 for all weights (TRL's DPO examples)."
)
DPO_OWN_REASON = "Preferences want small steps: a tenth of what suits this base model otherwise."
RSLORA_REASON = (
    "Scales the update by alpha / sqrt(rank), here to the same as usual (rsLoRA, Kalajdzievski "
    "2023)."
)
DORA_REASON = "DoRA reaches LoRA's quality at about half the rank (DoRA, Liu et al. 2024)."
PAGED_REASON = "Moments in a byte each, moved out of the GPU's memory at peaks (QLoRA)."
BIG, HUGE = 4_000_000_000, 30_000_000_000
"""Parameters from which full fine-tuning takes the smaller rate; from which LoRA does."""
RANKS = ((10_000, 16, "up to ten thousand rows"), (50_000, 32, "tens of thousands of rows"))
MOST_RANK, LABEL_RANK = 64, 8
OF_AN_ADAPTER = ("rank", "alpha", "learning_rate", "epochs")
"""A model's own values that are for supervised training of an adapter."""


class Advice(NamedTuple):
    """A recommended value and its reason."""

    value: float | int | str
    reason: str


class Case(NamedTuple):
    """What settings are recommended for."""

    rows: int
    """Training rows."""
    model: ResolvedModel
    facts: ModelFacts | None
    """Of the catalog; None for any other model."""
    method: Method = "lora"
    objective: Objective = "sft"
    classes: int = 0
    """Different labels that the answers are; 0 where they are free text."""

    @property
    def parameters(self) -> int | None:
        """The base model's size; None when it is not known before its weights are here."""
        if self.model.shape is not None:
            return self.model.shape.parameters
        return self.facts.parameters if self.facts else None

    @property
    def own(self) -> dict[str, float | int | str]:
        """What the model's makers recommend, as far as it holds for this method."""
        own = self.facts.recommended if self.facts else {}
        if self.method in ("lora", "qlora") and self.objective == "sft":
            return own
        return {name: value for name, value in own.items() if name not in OF_AN_ADAPTER}


def recommended(case: Case) -> dict[str, Advice]:
    """A value and a reason for each setting that depends on the case."""
    found = {
        "epochs": _epochs(case),
        "learning_rate": _rate(case),
        **_adapter(case),
        **_batch(case),
        "max_length": _length(case.model),
        "evaluations": Advice(5, "Often enough to keep the best of several checkpoints."),
    }
    if case.method == "qlora":
        found["optimizer"] = Advice("paged_adamw_8bit", PAGED_REASON)
    return found | {name: Advice(value, MODEL_REASON) for name, value in case.own.items()}


def alpha_for(rank: int, method: Method) -> Advice:
    """The scale that goes with a rank: alpha / rank = 2, or as much by rsLoRA's own measure."""
    if method == "rslora":
        return Advice(max(1, round(2 * math.sqrt(rank))), RSLORA_REASON)
    return Advice(2 * rank, "Twice the rank, the field's usual scale.")


def _adapter(case: Case) -> dict[str, Advice]:
    if case.method == "full":
        return {}
    rank, rows = next(
        ((rank, told) for limit, rank, told in RANKS if case.rows <= limit),
        (MOST_RANK, f"{case.rows:,} rows"),
    )
    reason = RANK_REASON.format(rank=rank, rows=rows)
    if case.classes > 1 and case.rows <= RANKS[0][0]:
        rank, bits = LABEL_RANK, math.log2(case.classes)
        reason = LABEL_RANK_REASON.format(
            rank=rank, classes=case.classes, bits=bits, rows=case.rows
        )
    if case.method == "dora":
        rank, reason = rank // 2, DORA_REASON
    return {"rank": Advice(rank, reason), "alpha": alpha_for(rank, case.method)}


def _rate(case: Case) -> Advice:
    full, size = case.method == "full", case.parameters or 0
    usual = case.facts.recommended.get("learning_rate") if case.facts else None
    if case.objective == "dpo":
        if isinstance(usual, float):
            return Advice(usual / (100 if full else 10), DPO_OWN_REASON)
        return Advice(5e-7 if full else 5e-6, DPO_RATE_REASON)
    if full:
        if isinstance(usual, float):
            return Advice(usual / 10, FULL_RATE_REASON)
        return Advice(1e-5 if size >= BIG else 2e-5, FULL_RATE_REASON)
    if isinstance(usual, float):
        return Advice(usual, MODEL_REASON)
    return Advice(1e-4, BIG_RATE_REASON) if size >= HUGE else Advice(2e-4, RATE_REASON)


def _epochs(case: Case) -> Advice:
    if case.objective == "dpo":
        return Advice(1.0, "One pass: preferences are overfitted sooner than answers (TRL's DPO).")
    return passes(case.rows)


def passes(rows: int) -> Advice:
    """Passes over the data by its rows."""
    source = "(Microsoft's fine-tuning guidance)"
    for limit, value in ((100, 5.0), (500, 3.0), (2000, 2.0)):
        if rows < limit:
            return Advice(value, f"{rows} rows, fewer than {limit}: {value:g} passes {source}.")
    return Advice(1.0, f"{rows} rows are many: one pass {source}.")


def _batch(case: Case) -> dict[str, Advice]:
    """Effective batch 8 or 16, in small bites for a big model: activations need the memory."""
    effective = 16 if case.rows >= 500 else 8
    size = case.parameters
    bite = min(effective, 4) if size is None or size >= 1_000_000_000 else effective
    reason = f"{effective} rows a step: small batches suit LoRA (8 to 32 is usual)."
    return {
        "batch_size": Advice(bite, reason),
        "gradient_accumulation": Advice(effective // bite, reason),
    }


def _length(model: ResolvedModel) -> Advice:
    context = model.shape.context if model.shape else None
    if context is not None and context < 1024:
        return Advice(context, f"The model reads at most {context} tokens.")
    return Advice(1024, "Room for most support dialogues; longer rows are cut, and counted.")
