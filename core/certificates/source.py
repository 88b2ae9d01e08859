"""What can be certified and exported: the finished model of a run, or one in the library."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from core.certificates import foreign
from core.disk import sha256_text
from core.errors import ModelError, RunError
from core.messages import Record
from core.models import catalog, folders, hub
from core.models.catalog import ResolvedModel
from core.settings import Settings
from core.training import library, manifests
from core.training import parity as parities
from core.training.library import Kept
from core.training.parity import Parity
from core.training.plan import TrainingPlan
from core.workspace import Workspace


class Source(Record):
    """A finished model with all that says what it is."""

    kind: Literal["run", "library"]
    id: str
    """Of the run, or the entry's name."""
    run_id: str
    name: str
    home: Path
    """Where its certificates stand."""
    published: Path
    """The adapter, or the whole model."""
    parity_file: Path | None
    """None for a model made elsewhere."""
    plan: TrainingPlan | None
    """None for a model made elsewhere."""
    parity: Parity
    base: ResolvedModel
    base_folder: Path
    """Where the whole base model lies on this machine."""
    base_model: str
    """As the plan, or the library, names it."""
    imported_from: str = ""
    """"" for a model that was trained here."""

    @property
    def chat_folder(self) -> Path:
        """Where its tokenizer and template lie: an imported adapter is served with its base's."""
        foreign_adapter = self.plan is None and self.is_adapter
        return self.base_folder if foreign_adapter else self.published

    @property
    def settings_folder(self) -> Path:
        """Where the generation settings lie that it goes by, apart from the tokens it ends at."""
        return self.chat_folder if self.plan is None else self.base_folder

    @property
    def is_adapter(self) -> bool:
        """Whether it is an adapter on its base, rather than a model of its own."""
        return self.parity.result == "adapter"


def find(workspace: Workspace, settings: Settings, name: str) -> Source:
    """The finished model of a run, by its id, or one in the library, by its name.

    Raises as `of_run` does.
    """
    take = of_run if name.startswith("run-") else of_library
    return take(workspace, settings, name)


def glance(workspace: Workspace, settings: Settings, name: str) -> Source:
    """The same for a page that only shows sizes: no tokenizer is read for it."""
    if name.startswith("run-"):
        return of_run(workspace, settings, name)
    kept = library.find(workspace, name)
    if kept.entry.origin == "imported":
        return of_import(settings, kept, reads_tokenizer=False)
    return of_library(workspace, settings, name)


def of_run(workspace: Workspace, settings: Settings, run_id: str) -> Source:
    """The finished model of a run.

    Raises RunError when there is none, ModelError when its base model is not here.
    """
    folder = workspace.run(run_id)
    plan = _plan(folder.plan, run_id)
    published = folder.published(plan.publishes_adapter)
    found = _whole(published, run_id)
    return _source(settings, "run", run_id, run_id, folder.root, found, plan)


def of_library(workspace: Workspace, settings: Settings, name: str) -> Source:
    """A model in the library; raises as `of_run` does."""
    kept = library.find(workspace, name)
    if kept.entry.origin == "imported":
        return of_import(settings, kept)
    place = Path(kept.folder)
    found = _whole(place / kept.entry.model_folder, name)
    plan = _plan(place / "plan.json", name)
    return _source(settings, "library", name, kept.entry.run_id, place, found, plan)


def of_import(settings: Settings, kept: Kept, reads_tokenizer: bool = True) -> Source:
    """A model made elsewhere, whose base is known and here.

    Raises RunError when nobody said what its base is, ModelError when that is not here.
    """
    entry, place = kept.entry, Path(kept.folder)
    published = _whole(place / entry.model_folder, entry.name)
    if not entry.base_model:
        raise RunError(
            f"'{entry.name}' was made elsewhere and does not say from which base model, so there "
            "is nothing to hold it against.",
            entry.name,
            "Take it out, and import it again with the name of its base model.",
        )
    base = catalog.resolve(entry.base_model, entry.revision, settings)
    base_folder, is_adapter = folder_of(base), entry.model_folder == "adapter"
    chat_folder = base_folder if is_adapter else published
    return Source(
        kind="library",
        id=entry.name,
        run_id="",
        name=entry.name,
        home=place,
        published=published,
        parity_file=None,
        plan=None,
        parity=foreign.parity(base, chat_folder, is_adapter, reads_tokenizer),
        base=base,
        base_folder=base_folder,
        base_model=entry.base_model,
        imported_from=entry.imported_from,
    )


def _plan(path: Path, name: str) -> TrainingPlan:
    try:
        return TrainingPlan.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise RunError(
            "There is no such run, or its plan can't be read.", name, "`duotune runs` lists them."
        ) from error


def _whole(published: Path, name: str) -> Path:
    """The model's folder, if all its files are there in their size; their bytes are not read."""
    if not manifests.is_whole(published):
        raise _incomplete("files are missing or have another size", f"{name}: {published}")
    return published


def check(source: Source) -> None:
    """See that every byte of a model is as it was written; raises RunError otherwise."""
    if (wrong := manifests.damage(source.published)) is not None:
        raise _incomplete(wrong, f"{source.id}: {source.published}")


def _incomplete(wrong: str, where: str) -> RunError:
    return RunError(
        f"There is no whole tuned model to export or certify: {wrong}.",
        where,
        "Let the run finish, or resume it: it makes the model again from its last checkpoint.",
    )


def _source(
    settings: Settings,
    kind: Literal["run", "library"],
    name: str,
    run_id: str,
    home: Path,
    published: Path,
    plan: TrainingPlan,
) -> Source:
    file = home / "parity.json"
    try:
        parity = parities.load(file)
    except (OSError, ValidationError) as error:
        raise RunError(
            "What the model would be proven by is missing or damaged.", str(file), "Train again."
        ) from error
    base = catalog.resolve(plan.base_model, plan.revision or parity.revision, settings)
    return Source(
        kind=kind,
        id=name,
        run_id=run_id,
        name=plan.name,
        home=home,
        published=published,
        parity_file=file,
        plan=plan,
        parity=parity,
        base=base,
        base_folder=folder_of(base),
        base_model=plan.base_model,
    )


def folder_of(base: ResolvedModel) -> Path:
    """Where a whole model lies on this machine. Raises ModelError when it is not here."""
    if base.local:
        return Path(base.id_or_path)
    found = hub.cached_folder(base.id_or_path, base.revision) if base.shape else None
    if found is None:
        raise ModelError(
            f"The base model {base.shown_name} is not whole on this machine.",
            fix=f"Download it first: duotune models download {base.shown_name}",
        )
    return found


def template_of(source: Source) -> str:
    """The chat template that the model was trained with.

    Raises RunError when the published one is not that one any more.
    """
    text = folders.chat_template(source.chat_folder)
    if text is None or sha256_text(text) != source.parity.template_sha256:
        raise RunError(
            "The chat template that was published with the model is not the trained one.",
            str(source.published),
            "Resume the run: it makes the model again from its last checkpoint.",
        )
    return text
