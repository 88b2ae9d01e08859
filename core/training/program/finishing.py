"""From the best checkpoint to an adapter: built aside, reloaded, checked, then published."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from peft import PeftModel
from safetensors.torch import load_file

from core.disk import write_atomic
from core.models.templates import ChatTemplate
from core.training import manifests, parity
from core.training.checkpoints import Best
from core.training.job import Job
from core.training.parity import Parity
from core.training.plan import TrainingPlan
from core.training.program import guard, probing
from core.training.program.building import Base
from core.workspace import RunFolder

WEIGHTS, CONFIG = "adapter_model.safetensors", "adapter_config.json"


@dataclass(frozen=True)
class Finisher:
    """Publishes the adapter of one run."""

    folder: RunFolder
    plan: TrainingPlan
    job: Job
    base: Base
    template: ChatTemplate

    def publish(self, source: Path, best: Best, probes: list[list[int]], trained: Any) -> bool:
        """Publish the adapter that lies in `source`; returns whether it changes the model.

        `trained` is the PEFT model in memory; its adapter is taken off so that the one on disk can
        be proven. Raises Diverged when a tensor is not finite.
        """
        aside = self.folder.adapter.with_name("adapter.partial")
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir()
        for name in (WEIGHTS, CONFIG):
            shutil.copyfile(source / name, aside / name)
        guard.check_tensors(load_file(aside / WEIGHTS).items(), "the finished adapter")
        self._name_base(aside / CONFIG)
        self.base.tokenizer.save_pretrained(aside)
        write_atomic(aside / "README.md", self._card(best))
        record = self._parity(aside, probes, trained)
        manifests.write(aside)
        parity.save(self.folder.parity, record)
        shutil.rmtree(self.folder.adapter, ignore_errors=True)
        aside.rename(self.folder.adapter)
        return record.trained_change > 0

    def _name_base(self, path: Path) -> None:
        """Say which base the adapter belongs to by its public name, not by a path of here."""
        config = json.loads(path.read_bytes())
        config["base_model_name_or_path"] = self.job.model.shown_name
        config["revision"] = self.base.revision
        if isinstance(config["target_modules"], list):  # a set in PEFT: its order would vary
            config["target_modules"].sort()
        write_atomic(path, json.dumps(config, indent=2, sort_keys=True))

    def _parity(self, adapter: Path, probes: list[list[int]], trained: Any) -> Parity:
        tuned = PeftModel.from_pretrained(trained.unload(), adapter, use_safetensors=True)
        return Parity(
            base_model=self.plan.base_model,
            revision=self.base.revision,
            dtype=str(self.base.device.dtype).removeprefix("torch."),
            template_sha256=self.template.sha256,
            chat_template_kwargs=self.template.kwargs,
            stop_token_ids=tuple(sorted(self.base.stop_ids)),
            probes=probing.probe(tuned, probes),
        )

    def _card(self, best: Best) -> str:
        plan, name = self.plan, self.job.model.shown_name
        at = f" Kept at step {best.step}: validation loss {best.loss:.4f}." if best.loss else ""
        return (
            f"---\nbase_model: {name}\nlibrary_name: peft\npipeline_tag: text-generation\n---\n"
            f"# {plan.name}\n\n{plan.description}\n\n"
            f"A LoRA adapter for `{name}`, made with supervised fine-tuning on assistant turns.\n\n"
            f"- rank {plan.rank}, alpha {plan.alpha}, layers {plan.target_modules}\n"
            f"- learning rate {plan.learning_rate:g} ({plan.scheduler}), effective batch "
            f"{plan.effective_batch}, seed {plan.seed}\n"
            f"- data set `{plan.dataset_id}`, split `{plan.split_fingerprint[:12]}`.{at}\n"
        )
