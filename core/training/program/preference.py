"""Direct preference optimisation with TRL (arXiv 2305.18290): the trainer for pairs of answers.

The reference model, which the policy is held to, is what training begins with:

- a new adapter: the model without it (the base, or the whole model that `start_from` names);
- an adapter that training goes on with: a frozen copy of it, which TRL adds under the name `ref`;
- every weight: log-probabilities that are measured once, before the first step.

So the loss begins at ln 2 and every reward at 0, whatever training begins with.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from peft import PeftModel
from torch.utils.data import DataLoader
from trl import DPOConfig, DPOTrainer
from trl.trainer.dpo_trainer import DataCollatorForPreference
from trl.trainer.utils import pad

from core.training.plan import TrainingPlan
from core.training.program import arguments, building
from core.training.program.loading import Base
from core.training.program.pairing import Pair
from core.training.program.preparation import Prepared

POLICY, REFERENCE = "default", "ref"
"""Names of the adapter that is trained and of TRL's frozen copy."""
MEASURED = ("ref_chosen_logps", "ref_rejected_logps")
"""Columns that TRL reads the reference's log-probabilities from."""


class Collator(DataCollatorForPreference):
    """TRL's collator, with the tokens that count as the pairs tell them."""

    def torch_call(self, examples: list[dict[str, Any]]) -> dict[str, Any]:
        """Chosen answers first, then the rejected ones, padded on the right."""
        batch: dict[str, Any] = super().torch_call(examples)
        masks = [
            torch.tensor([0] * len(pair["prompt_ids"]) + list(pair[f"{side}_mask"]))
            for side in ("chosen", "rejected")
            for pair in examples
        ]
        batch["completion_mask"] = pad(
            masks,
            padding_value=0,
            padding_side="right",
            pad_to_multiple_of=self.pad_to_multiple_of,
        )
        return batch


class PreferenceTrainer(DPOTrainer):
    """TRL's trainer over pairs that are tokens already, without its model card."""

    _reference_known = False

    def create_model_card(self, *_: Any, **__: Any) -> None:
        return None

    def _prepare_dataset(self, dataset: Dataset, *_: Any, **__: Any) -> Dataset:
        return dataset

    def _set_signature_columns_if_needed(self) -> None:
        self._signature_columns = [*Pair._fields, *MEASURED]

    def _precompute_ref_logps(self, dataset: Dataset, *_: Any) -> Dataset:
        """Nothing yet: rows may still be picked, and only those that are used are measured."""
        return dataset

    def train(self, *positional: Any, **named: Any) -> Any:
        """Train; the reference is measured before a checkpoint exchanges the weights."""
        self._measure_reference()
        return super().train(*positional, **named)

    def evaluate(self, *positional: Any, **named: Any) -> dict[str, float]:
        self._measure_reference()
        found: dict[str, float] = super().evaluate(*positional, **named)
        return found

    def _measure_reference(self) -> None:
        if not self.args.precompute_ref_log_probs or self._reference_known:
            return
        self._reference_known = True
        train: Dataset = getattr(self, "train_dataset")  # noqa: B009  untyped in transformers
        validation: Dataset | None = getattr(self, "eval_dataset")  # noqa: B009
        self.train_dataset = self._measured(train)
        self.eval_dataset = None if validation is None else self._measured(validation)

    def _measured(self, pairs: Dataset) -> Dataset:
        """The pairs with the log-probabilities that the weights as they are now give them."""
        batches = DataLoader(
            pairs, batch_size=self.args.eval_batch_size, collate_fn=self.data_collator
        )
        found = [self.compute_ref_log_probs(self.model, self._prepare_inputs(b)) for b in batches]
        for name, parts in zip(MEASURED, zip(*found, strict=True), strict=True):
            pairs = pairs.add_column(name, torch.cat(parts).float().tolist())
        return pairs


def build(
    plan: TrainingPlan, base: Base, output: Path, train: Prepared, validation: Prepared
) -> PreferenceTrainer:
    """A trainer for pairs, ready to go.

    Raises PlanError when the plan names layers that the model does not have.
    """
    steps = arguments.total_steps(plan, len(train.trained))
    given = arguments.dpo_arguments(plan, output, steps, base.choices)
    tokenizer: Any = base.tokenizer
    filler = tokenizer.eos_token_id if tokenizer.pad_token_id is None else tokenizer.pad_token_id
    trainer = PreferenceTrainer(
        model=base.model,
        args=DPOConfig(**given),
        data_collator=Collator(pad_token_id=filler),
        train_dataset=train.dataset,
        eval_dataset=validation.dataset if len(validation.input_ids) else None,
        processing_class=base.tokenizer,
        peft_config=building.adapter_config(plan, base),
    )
    building.widen(trainer.model)
    if isinstance(trainer.model, PeftModel) and REFERENCE in trainer.model.peft_config:
        _keep_apart(trainer.model)
    return trainer


def _keep_apart(model: PeftModel) -> None:
    """Make the frozen copy the same to the bit, and keep it out of what is saved.

    A checkpoint with two adapters has the second in a folder of its own; transformers then loads
    only such folders, so a run that goes on would begin with untrained weights, without a word.
    """
    for name, weight in model.named_parameters():
        if f".{POLICY}." in name:
            copy = model.get_parameter(name.replace(f".{POLICY}.", f".{REFERENCE}."))
            copy.data = weight.data.clone()
    model.save_pretrained = partial(model.save_pretrained, selected_adapters=[POLICY])
