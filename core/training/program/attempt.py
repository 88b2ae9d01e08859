"""One attempt at a run, from its plan to a published adapter."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from core.data import splitting, store
from core.data.records import Example
from core.errors import PlanError
from core.models.masks import Masker
from core.models.templates import ChatTemplate
from core.training import checkpoints, manifests, readiness
from core.training.checkpoints import Best, Checkpoint
from core.training.events import (
    DataPrepared,
    PhaseChanged,
    RunStopped,
    RunSucceeded,
    WarningRaised,
)
from core.training.job import Job
from core.training.plan import TrainingPlan
from core.training.program import building, preparation, probing
from core.training.program.building import Base, Trainer
from core.training.program.callbacks import Watch, schedule
from core.training.program.finishing import Finisher
from core.training.program.journal import Journal, StopRequest
from core.training.program.preparation import Prepared, Preparer
from core.workspace import RunFolder, Workspace

CHEAP_SHARE = 0.1
"""Validation before training is worth it when it has at most this share of the run's tokens."""


class Parts(NamedTuple):
    """The rows of a run as sequences."""

    train: Prepared
    validation: Prepared


@dataclass
class Attempt:
    """What one trainer process does."""

    folder: RunFolder
    plan: TrainingPlan
    job: Job
    journal: Journal
    stop: StopRequest
    resume: Checkpoint | None

    def run(self) -> None:
        """Load, prepare, train, publish; says each in events.

        Raises whatever goes wrong; nothing is published then, and checkpoints stay.
        """
        began = time.monotonic()
        building.quiet_libraries()
        self._phase("loading", self.job.model.shown_name)
        base = building.load_base(self.job.model, self.job.offline)
        building.need_context(self.plan, base)
        self._phase("preparing")
        template = ChatTemplate.of(base.tokenizer, self.job.model.shown_name)
        parts = self._prepare(base, template)
        trainer = building.build(self.plan, base, self.folder.checkpoints, *parts)
        history = self._train(trainer, parts)
        if history is None:
            return
        self._phase("saving")
        source, best = self._source(trainer, history)
        self._phase("checking")
        finisher = Finisher(self.folder, self.plan, self.job, base, template)
        changes = finisher.publish(source, best, probing.choose(*reversed(parts)), trainer.model)
        self.journal.last_words(
            RunSucceeded,
            step=self._step(trainer),
            best_step=best.step,
            best_loss=best.loss,
            seconds=time.monotonic() - began,
            changes_model=changes,
        )

    def _phase(self, phase: str, detail: str = "") -> None:
        self.journal.write(PhaseChanged, phase=phase, detail=detail)

    def _warn(self, message: str) -> None:
        self.journal.write(WarningRaised, message=message)

    # -- data ---------------------------------------------------------------------------------

    def _prepare(self, base: Base, template: ChatTemplate) -> Parts:
        workspace = Workspace(self.folder.root.parent.parent)
        split = splitting.frozen_split(workspace, self.plan.dataset_id)
        if split.fingerprint != self.plan.split_fingerprint:
            raise PlanError(
                "The data's split is not the one that was agreed to.",
                self.plan.dataset_id,
                "Ask for a new plan for this data and start that.",
            )
        preparer = Preparer(Masker(template, base.stop_ids, self.plan.max_length))
        examples = store.load_examples(workspace, self.plan.dataset_id)
        chosen = {"train": set(split.train), "validation": set(split.validation)}
        rows = {part: [e for e in examples if e.id in ids] for part, ids in chosen.items()}
        self._need_same_mask(rows["train"], preparer.masker)
        train, validation = (preparer.prepare(rows[part]) for part in rows)
        readiness.need_learning(
            len(rows["train"]), train.supervised, train.ends, self.plan.max_length
        )
        for part, prepared in (("train", train), ("validation", validation)):
            for note in preparation.notes(part, prepared):
                self._warn(note)
        self._say_prepared(train, validation)
        return Parts(train, validation)

    def _need_same_mask(self, train: list[Example], masker: Masker) -> None:
        """See that what will be learnt is what the plan was agreed to with.

        Another template is refused. Other tokens under the same template are told: the app reads
        tokenizers without torch, and can read a rare one differently than the trainer.
        """
        readiness.need_template(self.plan, masker.template.sha256)
        if self.plan.mask_sha256 is None:
            return
        if readiness.look(train, masker).mask_sha256 != self.plan.mask_sha256:
            self._warn(
                "The trainer's tokenizer marks other tokens to be learnt than were shown with the "
                "plan; what the trainer marks counts."
            )

    def _say_prepared(self, train: Prepared, validation: Prepared) -> None:
        self.journal.write(
            DataPrepared,
            train_rows=len(train.rows),
            validation_rows=len(validation.rows),
            train_tokens=train.tokens,
            supervised_tokens=train.supervised,
            cut_rows=tuple(sorted(train.cut_rows)),
            dropped_rows=tuple(sorted(train.dropped_rows)),
            total_steps=building.total_steps(self.plan, len(train.input_ids)),
        )

    # -- training -----------------------------------------------------------------------------

    def _train(self, trainer: Trainer, parts: Parts) -> list[dict[str, Any]] | None:
        """Train what is left; the log history, or None when the person asked to stop."""
        steps = building.total_steps(self.plan, len(parts.train.input_ids))
        done = self.resume.step if self.resume else 0
        if done >= steps:
            return self._history()
        self._phase("training")
        validate = bool(parts.validation.input_ids)
        moments = schedule(steps, self.plan.evaluations)
        trainer.add_callback(Watch(self.journal, self.stop, moments, validate))
        if validate and not done and not self.stop.asked and self._is_cheap(parts):
            trainer.evaluate()
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
        """Where the adapter to publish lies: the best checkpoint, else the last, else no step."""
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
