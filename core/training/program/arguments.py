"""A plan as arguments of transformers, TRL, PEFT and bitsandbytes: plain values, no library needed.

The trainer is built from these, and an exported script prints the very same.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, Literal

from core.errors import ModelError, PlanError
from core.messages import Record
from core.training.plan import TrainingPlan

POINTS = 1000
"""At most about this many loss points over a run."""
CHECKPOINTED_FROM = 300_000_000
"""Parameters from which activations are recomputed to save memory, at about 30% more time."""
OPTIMIZERS = {
    "adamw": "adamw_torch_fused",
    "adamw_8bit": "adamw_8bit",
    "paged_adamw_8bit": "paged_adamw_8bit",
}
"""What transformers calls them."""
FLASH = "flash_attention_2"
INSTALL_FIX = "Install it into Duotune's environment, or choose {instead}."

Precision = Literal["float32", "bfloat16"]


class Capabilities(Record):
    """What the machine that trains has to offer."""

    cuda: bool = False
    """An NVIDIA GPU that torch can use."""
    bfloat16: bool = False
    """The GPU computes in bfloat16 itself."""
    flash_attention: bool = False
    """Flash attention 2 is installed, as the package flash-attn or through `kernels`."""
    liger: bool = False
    """The package liger-kernel is installed."""
    bitsandbytes: bool = False
    """The package bitsandbytes is installed."""


class Choices(Record):
    """What the settings of a plan that were left open come to on one machine."""

    device: Literal["cpu", "cuda"]
    precision: Precision
    """Arithmetic of the forward and backward pass."""
    weights: Precision
    """How the base model's weights are held in memory, unless they are quantised."""
    attention: str
    """What transformers calls the implementation of attention."""
    gradient_checkpointing: bool
    liger: bool
    padding_free: bool
    """Rows of a batch lie behind one another, without padding between them."""

    def told(self, plan: TrainingPlan) -> dict[str, str]:
        """The same by the plan's own names, for the run's events."""
        return {
            "precision": self.precision,
            "weights": "4-bit nf4" if plan.method == "qlora" else self.weights,
            "attention": self.attention,
            "gradient_checkpointing": _switch(self.gradient_checkpointing),
            "liger": _switch(self.liger),
            "padding_free": _switch(self.padding_free),
            "packing": _switch(plan.packing),
            "compile": _switch(plan.compile),
            "optimizer": OPTIMIZERS[plan.optimizer],
            "device": self.device,
        }


def _switch(on: bool) -> str:
    return "on" if on else "off"


def decide(plan: TrainingPlan, here: Capabilities, parameters: int) -> Choices:
    """What is computed with, for a base model of so many parameters.

    Raises PlanError or ModelError when the plan insists on what this machine does not have.
    """
    _need_bitsandbytes(plan, here)
    precision = _precision(plan, here)
    attention = _attention(plan, here, precision)
    return Choices(
        device="cuda" if here.cuda else "cpu",
        precision=precision,
        # Weights that change need more digits than bfloat16 has: most updates would round to 0.
        weights=precision if plan.trains_adapter else "float32",
        attention=attention,
        gradient_checkpointing=_is_on(plan.gradient_checkpointing, parameters >= CHECKPOINTED_FROM),
        liger=_liger(plan, here),
        padding_free=plan.objective == "sft" and (plan.packing or attention == FLASH),
    )


def _is_on(switch: str, auto: bool) -> bool:
    return auto if switch == "auto" else switch == "on"


def _need_bitsandbytes(plan: TrainingPlan, here: Capabilities) -> None:
    wanted = {"QLoRA": plan.method == "qlora", "An 8-bit optimizer": "8bit" in plan.optimizer}
    instead = "the method lora" if plan.method == "qlora" else "the optimizer adamw"
    for name in (name for name, is_wanted in wanted.items() if is_wanted):
        if not here.cuda:
            raise PlanError(
                f"{name} needs an NVIDIA GPU, and this machine has none.", fix=f"Choose {instead}."
            )
        if not here.bitsandbytes:
            raise PlanError(
                f"{name} needs the package bitsandbytes, which is not installed here.",
                fix=INSTALL_FIX.format(instead=instead),
            )


def _precision(plan: TrainingPlan, here: Capabilities) -> Precision:
    if plan.precision == "auto":
        return "bfloat16" if here.cuda and here.bfloat16 else "float32"
    if plan.precision == "bfloat16" and here.cuda and not here.bfloat16:
        raise PlanError(
            "This GPU can't compute in bfloat16.", fix="Choose the precision auto or float32."
        )
    return plan.precision


def _attention(plan: TrainingPlan, here: Capabilities, precision: Precision) -> str:
    if plan.attention == "auto":
        usable = here.cuda and here.flash_attention and precision == "bfloat16"
        return FLASH if usable else "sdpa"
    if plan.attention in (FLASH, "flex_attention") and not here.cuda:
        raise ModelError(
            f"{plan.attention} trains on an NVIDIA GPU only, and this machine has none.",
            fix="Choose the attention auto or sdpa.",
        )
    if plan.attention == FLASH and not here.flash_attention:
        raise ModelError(
            "Flash attention is not installed here.",
            fix=INSTALL_FIX.format(instead="the attention auto"),
        )
    if plan.attention == FLASH and precision == "float32":
        raise PlanError(
            "Flash attention can't compute in float32.",
            fix="Choose the precision bfloat16, or the attention sdpa.",
        )
    return plan.attention


def _liger(plan: TrainingPlan, here: Capabilities) -> bool:
    if plan.liger == "on" and not here.cuda:
        raise PlanError(
            "Liger's kernels need an NVIDIA GPU, and this machine has none.",
            fix="Set liger to auto or off.",
        )
    if plan.liger == "on" and not here.liger:
        raise ModelError(
            "The package liger-kernel is not installed here.",
            fix=INSTALL_FIX.format(instead="liger off"),
        )
    return _is_on(plan.liger, here.cuda and here.liger)


# -- the arguments themselves -------------------------------------------------------------------


def load_arguments(plan: TrainingPlan, choices: Choices) -> dict[str, Any]:
    """Arguments of `AutoModelForCausalLM.from_pretrained`: safetensors, and no code of a model."""
    found = {
        "dtype": choices.weights,
        "attn_implementation": choices.attention,
        "use_safetensors": True,
        "trust_remote_code": False,
    }
    # 4-bit weights are made on the GPU and can't be moved there afterwards.
    return {**found, "device_map": {"": 0}} if plan.method == "qlora" else found


def quantization_arguments(plan: TrainingPlan, choices: Choices) -> dict[str, Any] | None:
    """Arguments of `BitsAndBytesConfig`, as in the QLoRA paper (arXiv 2305.14314); else None."""
    if plan.method != "qlora":
        return None
    return {
        "load_in_4bit": True,
        "bnb_4bit_quant_type": "nf4",
        "bnb_4bit_use_double_quant": True,
        "bnb_4bit_compute_dtype": choices.precision,
    }


def lora_arguments(plan: TrainingPlan) -> dict[str, Any] | None:
    """Arguments of `LoraConfig`; None when every weight is trained."""
    if not plan.trains_adapter:
        return None
    targets = names(plan.target_modules)
    found: dict[str, Any] = {
        "r": plan.rank,
        "lora_alpha": plan.alpha,
        "lora_dropout": plan.dropout,
        "target_modules": targets[0] if len(targets) == 1 else targets,
        "task_type": "CAUSAL_LM",
    }
    if plan.method == "rslora":
        found["use_rslora"] = True
    if plan.method == "dora":
        found["use_dora"] = True
    if plan.modules_to_save:
        # A model may use one matrix as first and last layer: trained apart, they could not be
        # saved as the one that they are.
        found |= {"modules_to_save": names(plan.modules_to_save), "ensure_weight_tying": True}
    return found


def names(listed: str) -> list[str]:
    """Layer names of a plan's comma-separated field."""
    return [name.strip() for name in listed.split(",") if name.strip()]


def sft_arguments(plan: TrainingPlan, output: Path, steps: int, choices: Choices) -> dict[str, Any]:
    """Arguments of `SFTConfig`.

    When to evaluate and save is decided by a callback, so both are off here.
    """
    return {
        "output_dir": str(output),
        "max_steps": max(steps, 1),
        "per_device_train_batch_size": plan.batch_size,
        "per_device_eval_batch_size": plan.batch_size,
        "gradient_accumulation_steps": plan.gradient_accumulation,
        "gradient_checkpointing": choices.gradient_checkpointing,
        "learning_rate": plan.learning_rate,
        "lr_scheduler_type": _scheduler(plan),
        "warmup_steps": round(plan.warmup_ratio * steps),
        "weight_decay": plan.weight_decay,
        "optim": OPTIMIZERS[plan.optimizer],
        "max_grad_norm": plan.max_grad_norm,
        # TRL cuts nothing without padding; rows come to it cut already.
        "max_length": None if choices.padding_free and not plan.packing else plan.max_length,
        "packing": plan.packing,
        "packing_strategy": "bfd",
        "eval_packing": False,
        "padding_free": choices.padding_free,
        "use_liger_kernel": choices.liger,
        "torch_compile": plan.compile,
        "seed": plan.seed,
        "data_seed": plan.seed,
        "use_cpu": choices.device == "cpu",
        "bf16": choices.precision == "bfloat16",
        "dataloader_pin_memory": choices.device != "cpu",
        "logging_steps": max(1, math.ceil(steps / POINTS)),
        "logging_nan_inf_filter": False,
        "eval_strategy": "no",
        "save_strategy": "no",
        "report_to": "none",
        "disable_tqdm": True,
        "trust_remote_code": False,
        **worker_arguments(plan, choices),
    }


OF_SEQUENCES = ("packing", "packing_strategy", "eval_packing")
"""Arguments of `SFTConfig` that pairs of answers have no use for."""


def dpo_arguments(plan: TrainingPlan, output: Path, steps: int, choices: Choices) -> dict[str, Any]:
    """Arguments of `DPOConfig`: those of supervised training, and what pairs need beside.

    The reference is what training begins with. Over an adapter that is the model without it, or
    with a frozen copy of it; where every weight changes, its log-probabilities are measured before.
    """
    common = sft_arguments(plan, output, steps, choices)
    return {
        **{name: value for name, value in common.items() if name not in OF_SEQUENCES},
        "beta": plan.beta,
        "loss_type": ["sigmoid"],
        "max_length": None,  # rows come to it cut already
        "padding_free": False,  # TRL 1.16 has none for pairs
        "disable_dropout": True,  # the reference would be another at each step
        "precompute_ref_log_probs": not plan.trains_adapter,
    }


def worker_arguments(plan: TrainingPlan, choices: Choices) -> dict[str, Any]:
    """What several workers need beside: FSDP2 where all weights change on GPUs, else plain DDP."""
    if plan.workers == 1:
        return {}
    if plan.trains_adapter or choices.device == "cpu":
        return {"ddp_find_unused_parameters": False}
    return {
        "fsdp": True,
        "fsdp_config": {
            "version": 2,
            "auto_wrap_policy": "TRANSFORMER_BASED_WRAP",
            "reshard_after_forward": True,
            "activation_checkpointing": choices.gradient_checkpointing,
            # one safetensors file, which the result is made from
            "state_dict_type": "FULL_STATE_DICT",
        },
        "gradient_checkpointing": False,  # FSDP does it by itself, as told above
    }


def _scheduler(plan: TrainingPlan) -> str:
    return "constant_with_warmup" if plan.scheduler == "constant" else plan.scheduler


def total_steps(plan: TrainingPlan, sequences: int) -> int:
    """Optimizer steps of a plan over that many sequences, as transformers counts them."""
    if plan.max_steps is not None:
        return plan.max_steps
    batches = math.ceil(sequences / plan.batch_size / plan.workers)
    per_epoch = math.ceil(batches / plan.gradient_accumulation)
    return math.ceil(plan.epochs * per_epoch)
