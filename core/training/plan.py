"""TrainingPlan: everything that decides what a run will do, in one typed record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import ConfigDict, Field, ValidationError

from core.messages import Record

MAX_LORA_RANK = 128
"""The largest rank the engine is started for (`vllm serve --max-lora-rank`)."""

Method = Literal["lora", "rslora", "dora", "qlora", "full"]
Objective = Literal["sft", "dpo"]
Tracker = Literal["trackio", "tensorboard", "wandb", "mlflow"]
Switch = Literal["auto", "on", "off"]
"""`auto` is decided by the trainer from the model's size and the machine, and told in an event."""


class TrainingPlan(Record):
    """What to train, on what, and how; accepted by the person before anything starts."""

    model_config = ConfigDict(use_attribute_docstrings=True)  # they explain a plan's file
    name: str = Field(min_length=1, max_length=80)
    """What the person calls this run."""
    description: str = ""
    """The purpose, in the person's words."""
    dataset_id: str
    """The dataset version to train on."""
    split_fingerprint: str
    """The frozen split that was agreed to; the trainer refuses another one."""
    base_model: str
    """A catalog name, a Hub id or a local folder."""
    revision: str | None = None
    """Commit of a Hub model; None for a local folder, or to take the newest."""
    licence_accepted: str | None = None
    """The restricted licence that the person accepted for this base model, by its name."""
    objective: Objective = "sft"
    """`sft` imitates the answers; `dpo` prefers the chosen answer of a pair to the rejected one."""
    start_from: str | None = None
    """The run whose tuned model this one begins with; None begins with the base model."""
    beta: float = Field(default=0.1, gt=0, le=10)
    """How closely DPO holds the model to where it began; only read when objective is dpo."""
    method: Method = "lora"
    """`full` changes every weight; the others train an adapter, `qlora` over a 4-bit base."""
    rank: int = Field(default=16, ge=1, le=MAX_LORA_RANK)
    """Size of the LoRA matrices; not read when method is full."""
    alpha: int = Field(default=32, ge=1, le=1024)
    """LoRA scale: the update is multiplied by alpha / rank, or alpha / sqrt(rank) in rslora."""
    dropout: float = Field(default=0.0, ge=0, lt=1)
    """Share of what enters the LoRA matrices that is left out at random."""
    target_modules: str = "all-linear"
    """Layers that get an adapter: all-linear, or names with commas."""
    modules_to_save: str = ""
    """Layers trained whole beside the adapter, by name with commas; engines can't load any."""
    learning_rate: float = Field(default=2e-4, gt=0, le=0.1)
    """Peak learning rate, after warm-up."""
    scheduler: Literal["cosine", "linear", "constant"] = "cosine"
    """How the learning rate falls after warm-up."""
    warmup_ratio: float = Field(default=0.05, ge=0, le=0.5)
    """Share of all steps spent warming up."""
    weight_decay: float = Field(default=0.0, ge=0, le=1)
    """Pull of the trained weights towards zero, as in AdamW."""
    optimizer: Literal["adamw", "adamw_8bit", "paged_adamw_8bit"] = "adamw"
    """The 8-bit ones keep Adam's moments in a byte each (bitsandbytes, on a GPU)."""
    max_grad_norm: float = Field(default=1.0, gt=0, le=100)
    """Gradients longer than this are shortened to it."""
    epochs: float = Field(default=2.0, gt=0, le=100)
    """Passes over the training part."""
    max_steps: int | None = Field(default=None, ge=0)
    """Overrides epochs when set; 0 trains nothing and saves an adapter that changes nothing."""
    train_share: float = Field(default=1.0, gt=0, le=1)
    """Share of the training rows that is used; with one seed, less is a part of more."""
    batch_size: int = Field(default=8, ge=1, le=512)
    """Rows per forward pass."""
    gradient_accumulation: int = Field(default=1, ge=1, le=512)
    """Forward passes per optimizer step: effective batch = batch_size * this."""
    max_length: int = Field(default=1024, ge=16)
    """Tokens per row; a longer row is cut at the end, and counted."""
    packing: bool = False
    """Put several rows into one sequence of max_length tokens; rows don't see each other."""
    evaluations: int = Field(default=5, ge=1, le=100)
    """How many times validation loss is measured (and a checkpoint kept) over the run."""
    early_stopping: int | None = Field(default=None, ge=1, le=100)
    """Stop after so many measurements in a row without a better one; None never does."""
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    """Arithmetic; `auto` is bfloat16 on a GPU that has it, else float32."""
    gradient_checkpointing: Switch = "auto"
    """Compute activations twice rather than keep them: about 30% slower, much less memory."""
    attention: Literal["auto", "eager", "sdpa", "flash_attention_2", "flex_attention"] = "auto"
    """Implementation of attention; `auto` is the fastest that is installed for this machine."""
    liger: Switch = "auto"
    """Liger's fused kernels, on a GPU where the package is installed."""
    compile: bool = False
    """Compile the model with torch.compile: slower to start, faster in long runs on a GPU."""
    seed: int = Field(default=7, ge=0, lt=2**32)
    """Of the order of rows and of the first LoRA weights: the same seed gives the same run."""
    launcher: Literal["local", "accelerate", "ray"] = "local"
    """What starts the trainer: one process here, several here, or a Ray cluster."""
    workers: int = Field(default=1, ge=1, le=1024)
    """Trainer processes: one a GPU. batch_size is that of each."""
    trackers: tuple[Tracker, ...] = ()
    """Where curves are sent besides Duotune's own events."""
    retention_days: int | None = Field(default=15, ge=1, le=3650)
    """Days until a finished run that nobody kept is cleared away; None keeps it for ever."""
    hardware: str = ""
    """The machine that the plan was made for, in words."""
    template_sha256: str | None = None
    """Hash of the chat template that the plan was made with; the trainer refuses another one."""
    mask_sha256: str | None = None
    """Hash of what a sample of the training rows teaches, token by token (`readiness.look`)."""
    reasons: dict[str, str] = Field(default_factory=dict)
    """Why a setting has its value, by field name, one sentence each."""

    def edited(self, changes: Mapping[str, Any]) -> TrainingPlan:
        """The plan with other values; hashes of another model or other rows are dropped.

        Raises ValidationError for values that a plan can't have.
        """
        after = {**self.model_dump(), **changes}
        if (after["base_model"], after["revision"]) != (self.base_model, self.revision):
            after |= {"template_sha256": None, "mask_sha256": None}
        plan = TrainingPlan.model_validate(after)
        if plan._drawn == self._drawn:
            return plan
        return plan.model_copy(update={"mask_sha256": None})

    @property
    def _drawn(self) -> tuple[float, int | None]:
        """What decides which training rows are taken."""
        return self.train_share, self.seed if self.train_share < 1 else None

    @property
    def effective_batch(self) -> int:
        """Rows per optimizer step."""
        return self.batch_size * self.gradient_accumulation * self.workers

    @property
    def trains_adapter(self) -> bool:
        """Whether only an adapter is trained, rather than every weight."""
        return self.method != "full"

    @property
    def publishes_adapter(self) -> bool:
        """Whether the result is an adapter that engines load beside their base.

        Engines load no DoRA adapter and no whole layers: those results are merged into a model.
        """
        return self.method in ("lora", "rslora", "qlora") and not self.modules_to_save


def misfits(error: ValidationError) -> list[str]:
    """What can't be used of the values that a plan was made from, one clause each."""
    told = []
    for item in error.errors(include_url=False, include_context=False):
        name = ".".join(map(str, item["loc"]))
        if item["type"] == "extra_forbidden":
            told.append(f"there is no setting '{name}'")
        elif item["type"] == "missing":
            told.append(f"{name} is missing")
        else:
            told.append(f"{name} = {item['input']!r}: {item['msg'][0].lower()}{item['msg'][1:]}")
    return told
