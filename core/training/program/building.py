"""From a plan to a TRL trainer: device, base model, LoRA and every training argument."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any, NamedTuple

import torch
from datasets import Dataset
from peft import LoraConfig
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedTokenizerBase
from trl import SFTConfig, SFTTrainer

from core.errors import PlanError
from core.models.catalog import ResolvedModel
from core.training.plan import TrainingPlan
from core.training.program.preparation import Prepared

POINTS = 1000
"""At most about this many loss points over a run."""
CHECKPOINTED_FROM = 300_000_000
"""Parameters from which activations are recomputed to save memory, at about 30% more time."""


class Device(NamedTuple):
    """What to compute on, and in which arithmetic."""

    cpu: bool
    dtype: torch.dtype

    @property
    def name(self) -> str:
        return "cpu" if self.cpu else "cuda"


class Base(NamedTuple):
    """A base model in memory with its tokenizer."""

    model: Any
    tokenizer: PreTrainedTokenizerBase
    device: Device
    revision: str | None
    """The commit that was loaded, for a Hub model."""

    @property
    def stop_ids(self) -> frozenset[int]:
        """Tokens that generation stops at."""
        given = self.model.generation_config.eos_token_id
        ids = given if isinstance(given, list) else [given]
        return frozenset(i for i in [*ids, self.tokenizer.eos_token_id] if i is not None)

    @property
    def context(self) -> int | None:
        found = getattr(self.model.config.get_text_config(), "max_position_embeddings", None)
        return found if isinstance(found, int) else None


class Trainer(SFTTrainer):
    """TRL's trainer without its model card, which names the base by a path of this machine."""

    def create_model_card(self, *_: Any, **__: Any) -> None:
        return None


def pick_device() -> Device:
    """A GPU when there is one, in bf16 where it can; else the CPU, where fp32 is faster."""
    if not torch.cuda.is_available():
        return Device(cpu=True, dtype=torch.float32)
    exact = torch.cuda.is_bf16_supported(including_emulation=False)
    return Device(cpu=False, dtype=torch.bfloat16 if exact else torch.float32)


def load_base(model: ResolvedModel, offline: bool) -> Base:
    """Load tokenizer and weights: safetensors only, and no code that comes with the model."""
    device = pick_device()
    common: dict[str, Any] = {
        "revision": model.revision,
        "trust_remote_code": False,
        "local_files_only": offline or model.local,
    }
    tokenizer = AutoTokenizer.from_pretrained(model.id_or_path, **common)
    weights = AutoModelForCausalLM.from_pretrained(
        model.id_or_path, dtype=device.dtype, use_safetensors=True, **common
    )
    commit = getattr(weights.config, "_commit_hash", None) or model.revision
    return Base(weights, tokenizer, device, None if model.local else commit)


def total_steps(plan: TrainingPlan, sequences: int) -> int:
    """Optimizer steps of a plan over that many sequences, as transformers counts them."""
    if plan.max_steps is not None:
        return plan.max_steps
    batches = math.ceil(sequences / plan.batch_size)
    per_epoch = math.ceil(batches / plan.gradient_accumulation)
    return math.ceil(plan.epochs * per_epoch)


def sft_arguments(
    plan: TrainingPlan, output: Path, steps: int, device: Device, parameters: int
) -> dict[str, Any]:
    """Every SFTConfig argument of a plan, as JSON values: a plain TRL script can take the same.

    `parameters` is the base model's size. When to evaluate and save is decided by a callback, so
    both are off here.
    """
    return {
        "output_dir": str(output),
        "max_steps": max(steps, 1),
        "per_device_train_batch_size": plan.batch_size,
        "per_device_eval_batch_size": plan.batch_size,
        "gradient_accumulation_steps": plan.gradient_accumulation,
        "gradient_checkpointing": parameters >= CHECKPOINTED_FROM,
        "learning_rate": plan.learning_rate,
        "lr_scheduler_type": _scheduler(plan),
        "warmup_steps": round(plan.warmup_ratio * steps),
        "weight_decay": plan.weight_decay,
        "max_length": plan.max_length,
        "packing": False,
        "seed": plan.seed,
        "data_seed": plan.seed,
        "use_cpu": device.cpu,
        "bf16": device.dtype == torch.bfloat16,
        "dataloader_pin_memory": not device.cpu,
        "logging_steps": max(1, math.ceil(steps / POINTS)),
        "logging_nan_inf_filter": False,
        "eval_strategy": "no",
        "save_strategy": "no",
        "report_to": "none",
        "disable_tqdm": True,
        "trust_remote_code": False,
    }


def _scheduler(plan: TrainingPlan) -> str:
    return "constant_with_warmup" if plan.scheduler == "constant" else plan.scheduler


def lora_arguments(plan: TrainingPlan) -> dict[str, Any]:
    """The LoraConfig arguments of a plan, in the form that engines can serve."""
    named = [name.strip() for name in plan.target_modules.split(",")]
    return {
        "r": plan.rank,
        "lora_alpha": plan.alpha,
        "lora_dropout": plan.dropout,
        "target_modules": named[0] if len(named) == 1 else named,
        "task_type": "CAUSAL_LM",
    }


def as_dataset(prepared: Prepared) -> Dataset:
    """Sequences with labels, which TRL takes as they are."""
    return Dataset.from_dict({"input_ids": prepared.input_ids, "labels": prepared.labels})


def build(
    plan: TrainingPlan, base: Base, output: Path, train: Prepared, validation: Prepared
) -> Trainer:
    """A trainer, ready to go."""
    steps = total_steps(plan, len(train.input_ids))
    size = sum(p.numel() for p in base.model.parameters())
    arguments = sft_arguments(plan, output, steps, base.device, size)
    return Trainer(
        model=base.model,
        args=SFTConfig(**arguments, dataset_kwargs={"skip_prepare_dataset": True}),
        train_dataset=as_dataset(train),
        eval_dataset=as_dataset(validation) if validation.input_ids else None,
        processing_class=base.tokenizer,
        peft_config=LoraConfig(**lora_arguments(plan)),
    )


def need_context(plan: TrainingPlan, base: Base) -> None:
    """Raises PlanError when rows may be longer than the model can read."""
    if base.context is not None and plan.max_length > base.context:
        raise PlanError(
            f"max_length is {plan.max_length}, but this model reads {base.context} tokens at most.",
            fix=f"Set max_length to {base.context} or less.",
        )


def quiet_libraries() -> None:
    """Keep bars and telemetry out of the log, and threads as the environment says."""
    from datasets.utils.logging import disable_progress_bar
    from transformers.utils import logging

    os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
    logging.disable_progress_bar()
    disable_progress_bar()
