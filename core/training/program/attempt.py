"""One attempt at a run, from its plan to a published result."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from core.models.masks import Masker
from core.models.templates import ChatTemplate
from core.training import checkpoints, manifests, pairs, readiness, start_from
from core.training.checkpoints import Best, Checkpoint
from core.training.events import (
    DataPrepared,
    PhaseChanged,
    RunStopped,
    RunSucceeded,
    TrainerReady,
    WarningRaised,
)
from core.training.job import Job
from core.training.plan import TrainingPlan
from core.training.program import (
    aftercare,
    building,
    loading,
    preparation,
    schedules,
    token_cache,
    trackers,
)
from core.training.program.agreement import evaluate_first, follow
from core.training.program.arguments import total_steps
from core.training.program.building import Trainer
from core.training.program.callbacks import Watch, schedule
from core.training.program.finishing import Finisher
from core.training.program.journal import Journal, StopRequest, say
from core.training.program.loading import Base
from core.training.program.preparation import Parts, Prepared
from core.training.program.workers import Workers
from core.workspace import RunFolder, Workspace

CHEAP_SHARE = 0.1
"""Validation before training is worth it when it has at most this share of the run's tokens."""


@dataclass
class Attempt:
    """What one trainer process does."""

    folder: RunFolder
    plan: TrainingPlan
    job: Job
    journal: Journal
    stop: StopRequest
    resume: Checkpoint | None
    workers: Workers

    def run(self) -> None:
        """Load, prepare, train, publish; says each in events.

        Raises whatever goes wrong; nothing is published then, and checkpoints stay.
        """
        began = time.monotonic()
        building.quiet_libraries()
        self._phase("loading", self.job.model.shown_name)
        start = start_from.find(self._workspace, self.plan)
        base = loading.load_base(self.job.model, self.job.offline, self.plan, start)
        loading.need_context(self.plan, base)
        self._phase("preparing")
        template = ChatTemplate.of(base.tokenizer, self.job.model.shown_name)
        parts = self._prepare(base, template)
        trainer = self._build(base, parts)
        base = base._replace(model=None)  # only the trainer holds it, so that it can be given back
        self._say_ready(base, trainer)
        history = self._train(trainer, parts)
        if history is None or not self.workers.speaks:
            return
        self._phase("saving")
        source, best = self._source(trainer, history)
        step = self._step(trainer)
        self._phase("checking")
        finisher = Finisher(self.folder, self.plan, self.job, base, template, start)
        texts = aftercare.texts(parts)
        published = finisher.publish(source, best, texts, trainer)
        care = aftercare.check(published.finished, texts.questions)
        for note in aftercare.notes(care):
            self._warn(note)
        self.journal.last_words(
            RunSucceeded,
            step=step,
            best_step=best.step,
            best_loss=best.loss,
            seconds=time.monotonic() - began,
            changes_model=published.changes_model,
            aftercare=care,
            **self.journal.meter.peaks(),
        )

    @property
    def _workspace(self) -> Workspace:
        return Workspace(self.folder.root.parent.parent)

    def _phase(self, phase: str, detail: str = "") -> None:
        self.journal.write(PhaseChanged, phase=phase, detail=detail)

    def _warn(self, message: str) -> None:
        self.journal.write(WarningRaised, message=message)

    # -- data ---------------------------------------------------------------------------------

    def _prepare(self, base: Base, template: ChatTemplate) -> Parts:
        readiness.need_template(self.plan, template.sha256)
        masker = Masker(template, base.stop_ids, self.plan.max_length)
        cached = token_cache.load(self._workspace, self.plan, masker, self._warn)
        if cached.reused:
            say("The rows were prepared by an earlier run; taken as they are.")
        if self.plan.mask_sha256 not in (None, cached.mask_sha256):
            # The app reads tokenizers without torch, and can read a rare one differently.
            self._warn(
                "The trainer's tokenizer marks other tokens to be learnt than were shown with the "
                "plan; what the trainer marks counts."
            )
        train, validation = cached.parts
        readiness.need_learning(
            len(train.rows | train.dropped_rows), train.supervised, train.ends, self.plan.max_length
        )
        for part, prepared in (("train", train), ("validation", validation)):
            for note in preparation.notes(part, prepared):
                self._warn(note)
        self._say_prepared(train, validation)
        return cached.parts

    def _say_prepared(self, train: Prepared, validation: Prepared) -> None:
        self.journal.write(
            DataPrepared,
            train_rows=len(train.rows),
            validation_rows=len(validation.rows),
            train_tokens=train.tokens,
            supervised_tokens=train.supervised,
            cut_rows=tuple(sorted(train.cut_rows)),
            dropped_rows=tuple(sorted(train.dropped_rows)),
            total_steps=total_steps(self.plan, len(train.trained)),
        )

    def _build(self, base: Base, parts: Parts) -> Any:
        """The trainer that the plan's objective asks for."""
        if self.plan.objective == "sft":
            return building.build(self.plan, base, self.folder.checkpoints, *parts)
        from core.training.program import preference  # TRL's trainer for pairs takes a while

        for note in pairs.notes(self.plan):
            self._warn(note)
        return preference.build(self.plan, base, self.folder.checkpoints, *parts)

    def _say_ready(self, base: Base, trainer: Trainer) -> None:
        weights = list(trainer.model.parameters())
        self.journal.write(
            TrainerReady,
            settings=base.choices.told(self.plan),
            device=self.job.machine if base.device.cpu else torch.cuda.get_device_name(),
            parameters=trainer.model.num_parameters(),
            trainable=sum(weight.numel() for weight in weights if weight.requires_grad),
        )

    # -- training -----------------------------------------------------------------------------

    def _train(self, trainer: Trainer, parts: Parts) -> list[dict[str, Any]] | None:
        """Train what is left; the log history, or None when the person asked to stop."""
        steps = total_steps(self.plan, len(parts.train.trained))
        done = self.resume.step if self.resume else 0
        if done >= steps:
            return self._history()
        self._phase("training")
        if 0 < self.job.schedule_from < steps:
            schedules.begin_anew(trainer, self.plan, self.job.schedule_from, steps)
        validate = len(parts.validation.input_ids) > 0
        moments = schedule(steps, self.plan.evaluations)
        patience = self.plan.early_stopping
        watch = Watch(self.journal, self.stop, moments, validate, patience)
        follow(trainer, self.workers, self.stop, watch)
        if self.workers.speaks:
            trackers.add(trainer, self.plan, self.folder, self.journal)
        if validate and not done and not self.stop.asked and self._is_cheap(parts):
            evaluate_first(trainer, self.workers)
        trainer.train(resume_from_checkpoint=str(self.resume.path) if self.resume else None)
        if self.stop.asked and trainer.state.global_step < steps:
            self.journal.last_words(RunStopped, step=trainer.state.global_step)
            return None
        return list(trainer.state.log_history)

    def _is_cheap(self, parts: Parts) -> bool:
        return parts.validation.tokens <= CHEAP_SHARE * parts.train.tokens * self.plan.epochs

    def _history(self) -> list[dict[str, Any]]:
        """What was logged up to the checkpoint that already holds the last step."""
        if self.resume is None:
            return []
        state = json.loads((self.resume.path / "trainer_state.json").read_bytes())
        return list(state["log_history"])

    def _step(self, trainer: Trainer) -> int:
        return max(trainer.state.global_step, self.resume.step if self.resume else 0)

    # -- what to keep -------------------------------------------------------------------------

    def _source(self, trainer: Trainer, history: list[dict[str, Any]]) -> tuple[Path, Best]:
        """Where what is to be published lies: the best checkpoint, else the last, else no step."""
        found = {c.step: c.path for c in checkpoints.complete(self.folder.checkpoints)}
        best = Best.of(history, found)
        if best.step is not None and (wrong := manifests.damage(found[best.step])):
            self._warn(f"The best checkpoint can't be used ({wrong}); the last one is kept.")
            best = Best()
        if best.step is not None:
            return found[best.step], best
        if found:
            return found[max(found)], best
        untouched = self.folder.checkpoints / "untrained"
        trainer.model.save_pretrained(untouched, safe_serialization=True)
        return untouched, best
