"""From the best checkpoint to a result: built aside, reloaded, checked, then published."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import torch
from peft import PeftModel
from safetensors.torch import load_file

from core.disk import write_atomic
from core.models import hub
from core.models.templates import ChatTemplate
from core.training import manifests, parity
from core.training.checkpoints import Best
from core.training.job import Job
from core.training.parity import Parity
from core.training.plan import TrainingPlan
from core.training.program import aftercare, building, guard, loading, probing, whole
from core.training.program.aftercare import Finished, Texts
from core.training.program.loading import Base
from core.training.start_from import StartFrom
from core.workspace import RunFolder

WEIGHTS, CONFIG = "adapter_model.safetensors", "adapter_config.json"
SILENT = 1e-6
"""Nats: a smaller change than this is the arithmetic's, not training's."""
ADAPTERS = {
    "lora": "LoRA adapter",
    "rslora": "rank-stabilised LoRA adapter",
    "qlora": "LoRA adapter trained over 4-bit weights",
    "dora": "DoRA adapter",
}
OBJECTIVES = {
    "sft": "supervised fine-tuning on assistant turns",
    "dpo": "direct preference optimisation on pairs of answers",
}
Read = tuple[Parity, Any, list[list[int]]]
"""A result as it was read back: its record, its model, and what the base prefers to say."""


class Published(NamedTuple):
    """What was published, as it was read back from disk."""

    changes_model: bool
    """False when the result answers exactly as the base model does."""
    finished: Finished
    """For what is measured of it afterwards."""


@dataclass(frozen=True)
class Finisher:
    """Publishes the result of one run: an adapter, or a whole model."""

    folder: RunFolder
    plan: TrainingPlan
    job: Job
    base: Base
    template: ChatTemplate
    start: StartFrom | None = None

    def publish(self, source: Path, best: Best, texts: Texts, trainer: Any) -> Published:
        """Publish what lies in `source`, a checkpoint of `trainer`, which is used up.

        Raises Diverged when a tensor is not finite, RunError when the result does not answer as
        what was trained.
        """
        target = self.folder.published(self.plan.publishes_adapter)
        aside = target.with_name(f"{target.name}.partial")
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir()
        write = self._adapter if self.plan.publishes_adapter else self._model
        record, tuned, preferred = write(source, aside, texts, trainer)
        write_atomic(aside / "README.md", self._card(best))
        manifests.write(aside)
        parity.save(self.folder.parity, record)
        shutil.rmtree(target, ignore_errors=True)
        aside.rename(target)
        finished = Finished(tuned, target, self.base.stop_ids, preferred, self._base_folder())
        return Published(record.trained_change > SILENT, finished)

    def _base_folder(self) -> Path | None:
        model = self.job.model
        local = Path(model.id_or_path)
        return local if model.local else hub.cached_folder(model.id_or_path, self.base.revision)

    def _adapter(self, source: Path, aside: Path, texts: Texts, trainer: Any) -> Read:
        for name in (WEIGHTS, CONFIG):
            shutil.copyfile(source / name, aside / name)
        guard.check_tensors(load_file(aside / WEIGHTS).items(), "the finished adapter")
        self._name_base(aside / CONFIG)
        self.base.tokenizer.save_pretrained(aside)
        if self.plan.method == "qlora":  # engines serve the adapter on weights of full size
            building.release(trainer)
            bare = loading.load_base(self.job.model, self.job.offline).model
            reference = "the base model without quantisation, as engines serve it"
        else:
            bare, reference = trainer.model.unload(), "the base model as it was trained on"
        dtype = bare.dtype
        tuned = PeftModel.from_pretrained(bare, aside, use_safetensors=True)
        with tuned.disable_adapter():
            preferred = aftercare.preferred(tuned, texts.questions)
        record = self._record(probing.probe(tuned, texts.probes), dtype)
        return record.model_copy(update={"reference": reference}), tuned, preferred

    def _model(self, source: Path, aside: Path, texts: Texts, trainer: Any) -> Read:
        building.release(trainer)
        places = whole.Places(source, aside, self._loaded, self._begun)
        written = whole.write(self.plan, places, texts)
        update = {
            "result": "model",
            "reference": "the published weights, read back from disk",
            "saving_difference": written.difference,
        }
        record = self._record(written.probes, written.model.dtype)
        return record.model_copy(update=update), written.model, written.base

    def _loaded(self) -> Base:
        """The base model as it is."""
        return loading.load_base(self.job.model, self.job.offline)

    def _begun(self) -> Base:
        """The model that an adapter was trained on, unquantised."""
        return loading.load_base(self.job.model, self.job.offline, start=self.start)

    def _name_base(self, path: Path) -> None:
        """Say which base the adapter belongs to by its public name, not by a path of here."""
        config = json.loads(path.read_bytes())
        config["base_model_name_or_path"] = self.job.model.shown_name
        config["revision"] = self.base.revision
        if isinstance(config["target_modules"], list):  # a set in PEFT: its order would vary
            config["target_modules"].sort()
        write_atomic(path, json.dumps(config, indent=2, sort_keys=True))

    def _record(self, probes: tuple[parity.Probe, ...], dtype: torch.dtype) -> Parity:
        return Parity(
            base_model=self.plan.base_model,
            revision=self.base.revision,
            dtype=str(dtype).removeprefix("torch."),
            template_sha256=self.template.sha256,
            chat_template_kwargs=self.template.kwargs,
            stop_token_ids=tuple(sorted(self.base.stop_ids)),
            probes=probes,
        )

    def _card(self, best: Best) -> str:
        plan, name = self.plan, self.job.model.shown_name
        library = "peft" if plan.publishes_adapter else "transformers"
        at = f" Kept at step {best.step}: validation loss {best.loss:.4f}." if best.loss else ""
        return (
            f"---\nbase_model: {name}\nlibrary_name: {library}\n"
            "pipeline_tag: text-generation\n---\n"
            f"# {plan.name}\n\n{plan.description}\n\n"
            f"{self._what()} `{name}`, made with {self._objective()}.\n\n"
            f"{self._shape()}"
            f"- learning rate {plan.learning_rate:g} ({plan.scheduler}), effective batch "
            f"{plan.effective_batch}, seed {plan.seed}\n"
            f"- data set `{plan.dataset_id}`, split `{plan.split_fingerprint[:12]}`.{at}\n"
        )

    def _objective(self) -> str:
        beta = f" (beta {self.plan.beta:g})" if self.plan.objective == "dpo" else ""
        return OBJECTIVES[self.plan.objective] + beta

    def _what(self) -> str:
        if self.plan.method == "full":
            return "A model with every weight trained, from"
        adapter = ADAPTERS[self.plan.method]
        if self.plan.publishes_adapter:
            return f"A {adapter} for"
        return f"A model with a {adapter} merged in, from"

    def _shape(self) -> str:
        plan = self.plan
        if not plan.trains_adapter:
            return ""
        whole_layers = f", whole layers {plan.modules_to_save}" if plan.modules_to_save else ""
        return (
            f"- rank {plan.rank}, alpha {plan.alpha}, layers {plan.target_modules}{whole_layers}\n"
        )
