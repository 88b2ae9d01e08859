"""The verbs that delete a dataset: what `core.actions.Actions` offers of that."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from core import lineage
from core.batch_actions import BatchActions
from core.compare_actions import CompareActions
from core.comparing.records import Session
from core.data import deleting
from core.data.deletion_records import DatasetDeletion, Stays
from core.errors import DataError
from core.evaluation_actions import EvaluationActions
from core.library_actions import LibraryActions
from core.preflight_actions import PreflightActions
from core.run_actions import UNDER_WAY
from core.training import queue
from core.training.records import Run
from core.training.standing import stands


@dataclass(frozen=True)
class DeletionActions(
    PreflightActions, CompareActions, BatchActions, EvaluationActions, LibraryActions
):
    """Deleting data, over one workspace: it asks everything that may need the data."""

    def dataset_deletion(self, dataset_id: str) -> DatasetDeletion:
        """What would go with a dataset version, and what stays; nothing is done.

        All versions that were made from it go with it. Raises DataError when there is no such
        version, or something that goes on needs it.
        """
        found = deleting.deletion(self.workspace, dataset_id)
        trained = [run for run in self.runs() if run.plan.dataset_id in found.ids]
        self._need_unused(found.ids, trained)
        return found.model_copy(update={"stays": self._stays(found.ids, trained)})

    def delete_dataset(self, dataset_id: str, also: Collection[str] = ()) -> DatasetDeletion:
        """Delete a dataset version for good; returns what went and what stays.

        Versions that were made from it must be named in `also`, and go with it: they can't be
        compared or undone without it. Raises DataError as `dataset_deletion` does, or when one is
        not named; nothing is deleted then.
        """
        with queue.alone(self.workspace):  # no run and no pre-flight begins meanwhile
            going = self.dataset_deletion(dataset_id)
            unnamed = [version for version in going.versions[1:] if version.id not in also]
            if unnamed:
                raise DataError(
                    f"{len(unnamed)} versions that were made from {going.name} need it."
                    if len(unnamed) > 1
                    else f"A version that was made from {going.name} needs it.",
                    ", ".join(version.id for version in unnamed),
                    "Delete it with all versions made from it, or these first.",
                )
            deleting.remove(self.workspace, going.ids)
        return going

    def keep_house(self) -> tuple[str, ...]:
        """Finish deletions that were cut off, and clear away runs whose days are over."""
        deleting.finish(self.workspace)
        return super().keep_house()

    # -- what needs it now --------------------------------------------------------------------

    def _need_unused(self, ids: Collection[str], trained: list[Run]) -> None:
        """Raises DataError while something that goes on needs one of these versions."""
        for run in trained:
            if run.is_live:
                raise DataError(
                    f"Run '{run.plan.name}' {stands(run.status)}, so its data can't be deleted.",
                    run.id,
                    "Stop it first, or wait until it has ended.",
                )
        for what, ids_of_it in self._going_on(ids, self._models(ids, trained)):
            if ids_of_it:
                problem = f"{what} goes on, so this data can't be deleted."
                raise DataError(problem, ids_of_it[0], "Wait until it is done, or cancel it.")

    def _going_on(self, ids: Collection[str], models: _Models) -> Iterator[tuple[str, list[str]]]:
        """What may read these versions right now, in words, with the ids of what does."""
        jobs = [one for one in self.jobs() if one.status == "running" and one.dataset_id in ids]
        yield "An augmentation of it", [one.id for one in jobs if one.kind == "augment"]
        yield "Work on its rows", [one.id for one in jobs]
        measured = [one for one in self.preflights() if one.plan.dataset_id in ids]
        yield "A pre-flight on it", [one.id for one in measured if one.status == "running"]
        evaluated = [one for one in self.evaluations() if one.request.run_id in models.runs]
        yield "An evaluation on it", [one.id for one in evaluated if one.status in UNDER_WAY]
        asked = [one for one in self.batches() if one.request.run_id in models.runs]
        yield "A batch comparison on it", [one.id for one in asked if one.status == "running"]
        names = (*models.runs, *models.kept)
        leaving = [one for name in names for one in self._reading(name)]
        yield "An export or certification of a model trained on it", leaving

    # -- what stays ---------------------------------------------------------------------------

    def _stays(self, ids: Collection[str], trained: list[Run]) -> Stays:
        """What was made with the rows of these versions, and keeps something of them."""
        models = self._models(ids, trained)
        evaluated = [one for one in self.evaluations() if one.request.run_id in models.runs]
        asked = [one for one in self.batches() if one.request.run_id in models.runs]
        return Stays(
            runs=tuple(run.plan.name for run in trained),
            kept=tuple(models.kept),
            reports=len(evaluated),
            exports=len(models.exports),
            comparisons=sum(_quotes(session, ids) for session in self.comparisons()),
            batches=sum(bool(one.request.part) for one in asked),
            chats=sum(_speaks_of(chat, ids) for chat in self.workspace.chats.glob("chat-*")),
        )

    def _models(self, ids: Collection[str], trained: list[Run]) -> _Models:
        """The models that were trained on these versions."""
        entries = [one.entry for one in self.library() if one.entry.dataset_id in ids]
        runs = {run.id for run in trained} | {entry.run_id for entry in entries if entry.run_id}
        exports = self.exports()
        left = {
            one.id
            for one in exports
            if one.request.source == "run" and one.request.source_id in runs
        }
        left |= {one.id for entry in entries for one in lineage.exports_of(exports, entry)}
        return _Models(runs, [entry.name for entry in entries], left)


class _Models(NamedTuple):
    """What was trained on some versions: runs and exports by id, the library's models by name."""

    runs: set[str]
    kept: list[str]
    exports: set[str]


def _quotes(session: Session, ids: Collection[str]) -> bool:
    """Whether a question of a comparison is a held-out row of these versions."""
    sources = (turn.question.source for turn in session.turns)
    return any(source is not None and source.dataset_id in ids for source in sources)


def _speaks_of(chat: Path, ids: Collection[str]) -> bool:
    """Whether a conversation with the assistant names one of these versions."""
    texts = (file.read_bytes() for file in chat.glob("*.json"))
    return any(one.encode() in text for text in texts for one in ids)
