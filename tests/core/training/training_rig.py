"""A trainer in this process, with the run folder that its callbacks write to."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from core.data import store
from core.models.catalog import resolve
from core.models.masks import Masker
from core.models.templates import ChatTemplate
from core.settings import Settings
from core.training import events
from core.training.events import Event
from core.training.plan import TrainingPlan
from core.training.program.journal import Journal
from core.training.program.preparation import Parts, Prepared, Preparer
from core.workspace import RunFolder
from tests.core.training.conftest import Data

E = TypeVar("E", bound=Event)


class Rig(NamedTuple):
    """What the trainer program would have built."""

    trainer: Any
    journal: Journal
    folder: RunFolder
    parts: Parts
    stop_ids: frozenset[int]

    def told(self, kind: type[E]) -> list[E]:
        """The events of a kind, in order."""
        return [e for e in events.read(self.folder.events).events if isinstance(e, kind)]


def make_rig(data: Data, model: Path, plan: TrainingPlan, validate: bool = True) -> Rig:
    """A trainer for a plan, without callbacks of ours; 48 rows to train on, 6 to validate."""
    from core.training.program import building, loading

    folder = RunFolder(data.workspace.runs / "run-20261121-100000-ab12")
    folder.root.mkdir(parents=True)
    base = loading.load_base(resolve(str(model), None, Settings(offline=True)), True, plan)
    template = ChatTemplate.of(base.tokenizer, "tiny")
    preparer = Preparer(Masker(template, base.stop_ids, plan.max_length))
    rows = store.load_examples(data.workspace, data.dataset.id)
    held_out = preparer.prepare(rows[48:54]) if validate else Prepared()
    parts = Parts(preparer.prepare(rows[:48]), held_out)
    trainer = building.build(plan, base, folder.checkpoints, *parts)
    return Rig(trainer, Journal(folder, 1), folder, parts, base.stop_ids)
