"""TrainingPlan: everything that decides what a run will do, in one typed record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from core.messages import Record

MAX_LORA_RANK = 128
"""The largest rank the engine is started for (`vllm serve --max-lora-rank`)."""


class TrainingPlan(Record):
    """What to train, on what, and how; accepted by the person before anything starts."""

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
    method: Literal["lora"] = "lora"
    rank: int = Field(default=16, ge=1, le=MAX_LORA_RANK)
    """Size of the LoRA matrices."""
    alpha: int = Field(default=32, ge=1, le=1024)
    """LoRA scale; the update is multiplied by alpha / rank."""
    dropout: float = Field(default=0.0, ge=0, lt=1)
    target_modules: str = "all-linear"
    learning_rate: float = Field(default=2e-4, gt=0, le=0.1)
    """Peak learning rate, after warm-up."""
    scheduler: Literal["cosine", "linear", "constant"] = "cosine"
    warmup_ratio: float = Field(default=0.05, ge=0, le=0.5)
    """Share of all steps spent warming up."""
    weight_decay: float = Field(default=0.0, ge=0, le=1)
    epochs: float = Field(default=2.0, gt=0, le=100)
    """Passes over the training part."""
    max_steps: int | None = Field(default=None, ge=0)
    """Overrides epochs when set; 0 trains nothing and saves an adapter that changes nothing."""
    batch_size: int = Field(default=8, ge=1, le=512)
    """Rows per forward pass."""
    gradient_accumulation: int = Field(default=1, ge=1, le=512)
    """Forward passes per optimizer step: effective batch = batch_size * this."""
    max_length: int = Field(default=1024, ge=16)
    """Tokens per row; a longer row is cut at the end, and counted."""
    evaluations: int = Field(default=5, ge=1, le=100)
    """How many times validation loss is measured (and a checkpoint kept) over the run."""
    seed: int = Field(default=7, ge=0, lt=2**32)
    template_sha256: str | None = None
    """Hash of the chat template that the plan was made with; the trainer refuses another one."""
    mask_sha256: str | None = None
    """Hash of what a sample of the training rows teaches, token by token (`readiness.look`)."""
    reasons: dict[str, str] = Field(default_factory=dict)
    """Why a setting has its value, by field name, one sentence each."""

    def edited(self, changes: Mapping[str, Any]) -> TrainingPlan:
        """The plan with other values; hashes that another model's plan was made with are dropped.

        Raises ValidationError for values that a plan can't have.
        """
        after = {**self.model_dump(), **changes}
        if (after["base_model"], after["revision"]) != (self.base_model, self.revision):
            after |= {"template_sha256": None, "mask_sha256": None}
        return TrainingPlan.model_validate(after)

    @property
    def effective_batch(self) -> int:
        """Rows per optimizer step."""
        return self.batch_size * self.gradient_accumulation
