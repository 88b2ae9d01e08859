"""The verbs about the model library: what `core.actions.Actions` offers of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core import lineage
from core.errors import RunError
from core.export_actions import ExportActions
from core.exporting import exports
from core.exporting.records import Export
from core.lineage import Known, Lineage
from core.messages import Record
from core.run_actions import Say, silent
from core.serving import published
from core.serving.contenders import Contender, Lane
from core.serving.lanes import open_lanes
from core.training import library, library_edit, library_import
from core.training.library import Kept
from core.training.library_edit import KeptComparison
from core.training.library_import import Found, Wanted
from core.training.records import EvaluationFact, Run


class Shelved(Record):
    """A model in the library with where it comes from and what came of it."""

    kept: Kept
    lineage: Lineage
    is_served: bool


class Deletion(Record):
    """What deleting a model from the library takes with it, named before it is done."""

    name: str
    bytes: int
    """Of the model's files."""
    certificates: tuple[str, ...]
    exports: tuple[str, ...]
    """Exports made from it, by id, which go too."""
    stay: tuple[str, ...]
    """Folders and files of exports that stand outside of the workspace, which stay."""
    is_last: bool
    """Whether no run and no other entry has the same model: it is gone for good then."""


@dataclass(frozen=True)
class LibraryActions(ExportActions):
    """The verbs over the models that the person keeps."""

    # -- looking ------------------------------------------------------------------------------

    def shelf(self) -> tuple[Shelved, ...]:
        """All models in the library with their lineage, newest first."""
        kept = self.library()
        known = self._known({one.entry.run_id for one in kept})
        return tuple(self._shelved(known, one) for one in kept)

    def shelved(self, name: str) -> Shelved:
        """One model of the library. Raises RunError when there is none of that name."""
        kept = library.find(self.workspace, name)
        return self._shelved(self._known({kept.entry.run_id}), kept)

    def lineage(self, name: str) -> Lineage:
        """Where a run, by its id, or a model of the library, by its name, comes from.

        Raises RunError when there is none.
        """
        if not name.startswith("run-"):
            return self.shelved(name).lineage
        run = self.run(name).run
        return lineage.of_run(self._known({run.id}), run)

    def compare_kept(self, first: str, second: str) -> KeptComparison:
        """Two models of the library, field by field.

        Raises RunError when there is none of a name, or it is the same twice.
        """
        return library_edit.compare(self.workspace, first, second)

    # -- changing -----------------------------------------------------------------------------

    def rename_kept(self, name: str, new_name: str) -> Kept:
        """Call a model of the library something else.

        Raises RunError while it is served, or when another one has the name.
        """
        self._need_unserved(name, "renamed")
        return library_edit.rename(self.workspace, name, new_name)

    def note_kept(self, name: str, text: str) -> Kept:
        """Keep a note on a model of the library; an empty text removes it."""
        return library_edit.note(self.workspace, name, text)

    def deletion(self, name: str) -> Deletion:
        """What would go if a model of the library was deleted.

        Raises RunError while it is served or exported.
        """
        self._need_unserved(name, "deleted")
        kept = library.find(self.workspace, name)
        made = self._exports_of(kept)
        self._need_idle(name, name)
        places = {one.id: Path(one.made.path) for one in made if one.made and one.made.path}
        inside = self.workspace.exports
        return Deletion(
            name=name,
            bytes=kept.entry.bytes,
            certificates=tuple(one.id for one in lineage.certificates_in(Path(kept.folder))),
            exports=tuple(one.id for one in made),
            stay=tuple(str(path) for path in places.values() if not path.is_relative_to(inside)),
            is_last=self._is_last(kept),
        )

    def delete_kept(self, name: str) -> Deletion:
        """Delete a model from the library with the exports made from it; returns what went.

        Ask with `deletion` first. Raises RunError while it is served or exported.
        """
        going = self.deletion(name)
        for export_id in going.exports:
            exports.delete(self.workspace, self.settings, export_id)
        library.remove(self.workspace, name)
        return going

    def remove_kept(self, name: str) -> None:
        """Take a model out of the library; what was exported of it stays.

        Raises RunError when there is none of that name, or it is served.
        """
        if any(one.entry.name == name for one in self.library()):  # else it can't be read
            self._need_unserved(name, "taken out")
        super().remove_kept(name)

    # -- importing and trying -----------------------------------------------------------------

    def look_at_import(self, path: Path, base_model: str | None = None) -> Found:
        """What importing a folder or zip archive would bring; nothing is kept of it.

        Raises ModelError or ServingError when it can't be used, saying why.
        """
        wanted = Wanted(path=path, base_model=base_model)
        return library_import.look(self.workspace, self.settings, wanted)

    def import_model(
        self, path: Path, base_model: str | None = None, name: str | None = None
    ) -> Kept:
        """Copy a PEFT adapter or whole model made elsewhere into the library; runs no code of it.

        Raises what `look_at_import` raises; RunError when another model has the name.
        """
        wanted = Wanted(path=path, base_model=base_model, name=name)
        return library_import.add(self.workspace, self.settings, wanted)

    def contenders_of(self, name: str) -> tuple[Contender, ...]:
        """Who is asked when a model of the library is tried: its base, where known, and itself."""
        entry = library.find(self.workspace, name).entry
        own = Contender(kind="library", name=name)
        if not entry.base_model or entry.model_folder != "adapter":
            return (own,)
        base = Contender(kind="base", name=entry.base_model, revision=entry.revision)
        return (base, own)

    def try_kept(self, name: str, say: Say = silent) -> tuple[Lane, ...]:
        """Serve a model of the library, beside its base where it is an adapter.

        Raises as serving does: ServingError, ModelError, or RunError.
        """
        return open_lanes(self.engines, self.contenders_of(name), say)

    # -- facts --------------------------------------------------------------------------------

    def _exports_of(self, kept: Kept) -> list[Export]:
        return lineage.exports_of(self.exports(), kept.entry)

    def _shelved(self, known: Known, kept: Kept) -> Shelved:
        found = lineage.of_kept(known, kept)
        return Shelved(kept=kept, lineage=found, is_served=self._is_kept_served(kept))

    def _known(self, run_ids: set[str]) -> Known:
        facts: dict[str, tuple[EvaluationFact, ...]] = {
            run_id: self._evaluation_facts(run_id) for run_id in run_ids if run_id
        }
        return Known(
            workspace=self.workspace,
            exports=self.exports(),
            runs=self.runs(),
            datasets={one.id: one for one in self.datasets()},
            evaluations=facts,
        )

    def _is_kept_served(self, kept: Kept) -> bool:
        """Whether a living engine was given this model, or has its adapter registered."""
        living, place = self.engines.living(), Path(kept.folder)
        if any(Path(engine.model_path).is_relative_to(place) for engine in living):
            return True
        name = published.name_of(place / kept.entry.model_folder)
        return name is not None and any(
            name in self.engines.folder(engine).registered() for engine in living
        )

    def _need_unserved(self, name: str, what: str) -> None:
        if self._is_kept_served(library.find(self.workspace, name)):
            raise RunError(
                f"'{name}' is being served, so it can't be {what}.",
                name,
                "Stop the model server first.",
            )

    def _is_last(self, kept: Kept) -> bool:
        entry = kept.entry
        others = [one.entry for one in self.library() if one.entry.name != entry.name]
        if any(other.content_sha256 == entry.content_sha256 for other in others):
            return False
        return not any(_has_model(run, entry.run_id) for run in self.runs())


def _has_model(run: Run, run_id: str) -> bool:
    return run.id == run_id and run.has_model
