"""From a plan and its base model to a TRL trainer: what is trained, and with which arguments."""

from __future__ import annotations

import gc
import os
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, PeftModel
from torch.utils.data import DataLoader
from trl import SFTConfig, SFTTrainer
from trl.trainer.sft_trainer import DataCollatorForLanguageModeling

from core.errors import PlanError
from core.training.plan import TrainingPlan
from core.training.program import arguments
from core.training.program.loading import Base
from core.training.program.preparation import Prepared


class Trainer(SFTTrainer):
    """TRL's trainer without its model card, which names the base by a path of this machine."""

    data_collator: Any

    def create_model_card(self, *_: Any, **__: Any) -> None:
        return None

    def get_eval_dataloader(self, eval_dataset: Any = None) -> DataLoader[Any]:
        """Batches of whole rows, padded: so validation loss does not depend on packing."""
        trained_with = self.data_collator
        self.data_collator = DataCollatorForLanguageModeling(self._tokenizer.pad_token_id)
        try:
            return super().get_eval_dataloader(eval_dataset)
        finally:
            self.data_collator = trained_with


def build(
    plan: TrainingPlan, base: Base, output: Path, train: Prepared, validation: Prepared
) -> Trainer:
    """A trainer, ready to go.

    Raises PlanError when the plan names layers that the model does not have.
    """
    steps = arguments.total_steps(plan, len(train.trained))
    given = arguments.sft_arguments(plan, output, steps, base.choices)
    trainer = Trainer(
        model=base.model,
        args=SFTConfig(**given, dataset_kwargs={"skip_prepare_dataset": True}),
        train_dataset=train.trained,
        eval_dataset=validation.dataset if len(validation.input_ids) else None,
        processing_class=base.tokenizer,
        peft_config=adapter_config(plan, base),
    )
    widen(trainer.model)
    return trainer


def adapter_config(plan: TrainingPlan, base: Base) -> LoraConfig | None:
    """The adapter to add; None when all weights are trained, or one is there to go on with.

    Raises PlanError when the plan names layers that the model does not have.
    """
    lora = arguments.lora_arguments(plan)
    if lora is None or isinstance(base.model, PeftModel):
        return None
    linear = {
        name.rsplit(".", 1)[-1]
        for name, module in base.model.named_modules()
        if isinstance(module, torch.nn.Linear)
    } - {"lm_head"}
    every = {name.rsplit(".", 1)[-1] for name, _ in base.model.named_modules()} - {""}
    if plan.target_modules.strip() != "all-linear":
        _need_layers("target_modules", arguments.names(plan.target_modules), linear)
    _need_layers("modules_to_save", arguments.names(plan.modules_to_save), every)
    return LoraConfig(**lora)


def _need_layers(setting: str, wanted: list[str], there: set[str]) -> None:
    missing = [name for name in wanted if name.rsplit(".", 1)[-1] not in there]
    if missing:
        raise PlanError(
            f"The plan's {setting} names {', '.join(missing)}, which this model can't train so.",
            fix=f"Choose among {', '.join(sorted(there)[:20])}.",
        )


def widen(model: Any) -> None:
    """Hold in float32 what is trained: bfloat16 would round most updates to nothing.

    Quantised models are left as TRL makes them, as the QLoRA paper has it.
    """
    if getattr(model, "is_loaded_in_4bit", False):
        return
    for weight in model.parameters():
        if weight.requires_grad and weight.dtype in (torch.bfloat16, torch.float16):
            weight.data = weight.data.float()


def release(trainer: Any) -> None:
    """Give back the memory of a trainer that has done its work; its model is gone afterwards."""
    trainer.accelerator.free_memory()
    trainer.model = trainer.model_wrapped = None
    trainer.optimizer = trainer.lr_scheduler = None
    trainer.callback_handler.model = None
    trainer.callback_handler.optimizer = trainer.callback_handler.lr_scheduler = None
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def quiet_libraries() -> None:
    """Keep bars and telemetry out of the log, and threads as the environment says."""
    from datasets.utils.logging import disable_progress_bar
    from transformers.utils import logging

    os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
    logging.disable_progress_bar()
    disable_progress_bar()
