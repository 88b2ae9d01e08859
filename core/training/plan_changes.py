"""PlanChanges: what a person wants different from a recommended plan, by field of the plan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import ValidationError, field_validator

from core.errors import PlanError
from core.messages import Record
from core.training.plan import Method, Objective, Switch, Tracker, misfits

NOT_CHANGED = (
    "dataset_id", "split_fingerprint", "template_sha256", "mask_sha256", "reasons", "hardware",
)  # fmt: skip
"""Fields of a plan that follow from the data, the model and the machine."""


class PlanChanges(Record):
    """What the person wants different from the recommendation; None keeps it."""

    name: str | None = None
    description: str | None = None
    base_model: str | None = None
    revision: str | None = None
    licence_accepted: str | None = None
    objective: Objective | None = None
    start_from: str | None = None
    beta: float | None = None
    method: Method | None = None
    rank: int | None = None
    alpha: int | None = None
    dropout: float | None = None
    target_modules: str | None = None
    modules_to_save: str | None = None
    learning_rate: float | None = None
    scheduler: Literal["cosine", "linear", "constant"] | None = None
    warmup_ratio: float | None = None
    weight_decay: float | None = None
    optimizer: Literal["adamw", "adamw_8bit", "paged_adamw_8bit"] | None = None
    max_grad_norm: float | None = None
    epochs: float | None = None
    max_steps: int | None = None
    train_share: float | None = None
    batch_size: int | None = None
    gradient_accumulation: int | None = None
    max_length: int | None = None
    packing: bool | None = None
    evaluations: int | None = None
    early_stopping: int | None = None
    precision: Literal["auto", "float32", "bfloat16"] | None = None
    gradient_checkpointing: Switch | None = None
    attention: Literal["auto", "eager", "sdpa", "flash_attention_2", "flex_attention"] | None = None
    liger: Switch | None = None
    compile: bool | None = None
    seed: int | None = None
    launcher: Literal["local", "accelerate", "ray"] | None = None
    workers: int | None = None
    trackers: tuple[Tracker, ...] | None = None
    retention_days: int | None = None

    @field_validator("trackers", mode="before")
    @classmethod
    def _split(cls, given: object) -> object:
        """Names with commas, as a form or a terminal gives them."""
        if isinstance(given, str):
            return tuple(name.strip() for name in given.split(",") if name.strip())
        return given

    @classmethod
    def parse(cls, given: Mapping[str, object]) -> PlanChanges:
        """Changes from untyped values, such as texts from a form or a terminal.

        Raises PlanError that names every field whose value does not fit.
        """
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            told = "; ".join(misfits(error))
            raise PlanError(f"These settings don't fit: {told}.", fix="Correct them.") from error
