"""What must be served before a contender can be asked: its model, its adapter and its proof."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from core.errors import RunError, ServingError
from core.serving import adapters, endpoints, launch, proving
from core.serving.contenders import Contender
from core.serving.launch import Wanted
from core.serving.records import Adapter, Endpoint
from core.settings import Settings
from core.training import checkpoints, library, runs
from core.training.parity import Parity
from core.training.records import Run
from core.training.standing import stands
from core.workspace import RunFolder, Workspace

BETWEEN = "Not proven: a checkpoint in between."
NOTHING_KEPT = "Not proven: nothing to compare it with was kept."


@dataclass(frozen=True)
class Need:
    """A contender with all that serving it takes."""

    contender: Contender
    title: str
    wanted: Wanted | None = None
    """The engine that answers for it; None for an endpoint of others."""
    adapter: Adapter | None = None
    model_folder: Path | None = None
    """A whole model of its own."""
    parity_file: Path | None = None
    parity: Parity | None = None
    """How it was trained, as far as known."""
    is_provable: bool = False
    """Whether `parity` holds what exactly this model answered when it was trained."""
    endpoint: Endpoint | None = None
    note: str = ""


@dataclass(frozen=True)
class _Tuned:
    """A tuned model on disk, wherever it lies."""

    folder: Path
    base_model: str
    revision: str | None
    name: str


def find(workspace: Workspace, settings: Settings, contender: Contender) -> Need:
    """What a contender needs; an adapter is published for it.

    Raises RunError, ModelError or ServingError when there is no such one, or it can't be served.
    """
    finders: dict[str, Callable[[Workspace, Settings, Contender], Need]] = {
        "base": _base,
        "run": _run,
        "checkpoint": _checkpoint,
        "library": _library,
        "endpoint": _endpoint,
    }
    return finders[contender.kind](workspace, settings, contender)


def _base(_: Workspace, settings: Settings, contender: Contender) -> Need:
    wanted = launch.want(settings, contender.name, contender.revision, rank=1)
    return Need(contender, wanted.model.shown_name, wanted)


def _endpoint(workspace: Workspace, _: Settings, contender: Contender) -> Need:
    return Need(contender, contender.name, endpoint=endpoints.open_one(workspace, contender.name))


def _run(workspace: Workspace, settings: Settings, contender: Contender) -> Need:
    run = runs.status(workspace, contender.name)
    if not run.has_model:
        raise RunError(
            f"Run '{run.plan.name}' {stands(run.status)}, so there is no tuned model to talk to.",
            run.id,
            "Wait for it to succeed, or resume it.",
        )
    folder = workspace.run(run.id)
    parity = proving.load_parity(folder.parity)
    published = folder.adapter if parity.result == "adapter" else folder.model
    tuned = _tuned(run, published, parity, run.plan.name)
    return _served(workspace, settings, contender, tuned, folder.parity, parity)


def _checkpoint(workspace: Workspace, settings: Settings, contender: Contender) -> Need:
    run = runs.status(workspace, contender.name)
    folder = workspace.run(run.id)
    saved = {found.step: found.path for found in checkpoints.complete(folder.checkpoints)}
    if contender.step not in saved:
        have = ", ".join(map(str, saved)) or "none"
        raise RunError(
            f"Run '{run.plan.name}' has no whole checkpoint of step {contender.step}.",
            run.id,
            f"Its checkpoints are of these steps: {have}.",
        )
    parity = _parity_of(folder)
    title = f"{run.plan.name} (step {contender.step})"
    tuned = _tuned(run, saved[contender.step], parity, title)
    return _served(workspace, settings, contender, tuned, None, parity, BETWEEN)


def _library(workspace: Workspace, settings: Settings, contender: Contender) -> Need:
    kept = {each.entry.name: each for each in library.entries(workspace)}
    if contender.name not in kept:
        raise RunError(
            f"The library has no model called '{contender.name}'.",
            str(workspace.library),
            "`duotune library` lists what it has.",
        )
    entry, root = kept[contender.name].entry, Path(kept[contender.name].folder)
    file = root / "parity.json"
    parity = proving.load_parity(file) if file.exists() else None
    tuned = _Tuned(root / entry.model_folder, entry.base_model, entry.revision, entry.name)
    return _served(workspace, settings, contender, tuned, file, parity, NOTHING_KEPT)


def _served(
    workspace: Workspace,
    settings: Settings,
    contender: Contender,
    tuned: _Tuned,
    parity_file: Path | None,
    parity: Parity | None,
    unproven: str = "",
) -> Need:
    """A tuned model: an adapter beside its base, or a whole model by itself."""
    provable = parity is not None and parity_file is not None
    note = "" if provable else unproven
    if (tuned.folder / adapters.CONFIG).exists():
        adapter = adapters.publish(workspace, tuned.folder)
        wanted = launch.want(settings, tuned.base_model, tuned.revision, adapter.rank)
        return Need(
            contender,
            tuned.name,
            wanted,
            adapter=adapter,
            parity_file=parity_file,
            parity=parity,
            is_provable=provable,
            note=note,
        )
    if not (tuned.folder / "config.json").exists():
        raise ServingError(
            f"There is no model to serve in the files of {tuned.name}.",
            str(tuned.folder),
            "Pick another checkpoint, or the finished run.",
        )
    return Need(
        contender,
        tuned.name,
        launch.want_tuned(settings, tuned.folder, tuned.name),
        model_folder=tuned.folder,
        parity_file=parity_file,
        parity=parity,
        is_provable=provable,
        note=note,
    )


def _tuned(run: Run, folder: Path, parity: Parity | None, name: str) -> _Tuned:
    revision = run.plan.revision or (parity.revision if parity else None)
    return _Tuned(folder, run.plan.base_model, revision, name)


def _parity_of(folder: RunFolder) -> Parity | None:
    return proving.load_parity(folder.parity) if folder.parity.exists() else None
