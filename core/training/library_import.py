"""Import a PEFT adapter or a whole model made elsewhere into the library; no code of it runs."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any, Literal

from core.disk import sha256_file, sha256_text
from core.errors import ModelError, RunError, ServingError, disk_errors
from core.identifiers import now
from core.messages import Record
from core.models import folders, weights
from core.models.folders import PICKLES, SAFETENSORS_FIX
from core.serving import adapters, launch
from core.settings import Settings
from core.training import library, manifests
from core.training.library import Kept, LibraryEntry
from core.training.library_files import (
    ADAPTER_CONFIG,
    ADAPTER_WEIGHTS,
    need_room,
    opened,
    taken,
)
from core.training.library_shapes import need_layers
from core.training.manifests import FileFact, Manifest
from core.workspace import Workspace

NOT_PROVEN = (
    "Imported, not trained here: nobody recorded what it answered where it was made, so a "
    "certificate can only show that it stays as it was imported."
)
OWN_RECORD = "duotune.json"
"""What Duotune writes into its own exports."""
BASE_FIX = "Name the base model it was trained on: --base MODEL, or 'on base MODEL' in the chat."
ADAPTER_FIX = (
    "Import a plain LoRA adapter of rank 128 or less, or merge it into its base where it was made "
    "and import the whole model."
)


class Found(Record):
    """A model made elsewhere, as its files tell."""

    kind: Literal["adapter", "model"]
    folder: str
    base_model: str
    """"" for a whole model that does not say."""
    revision: str | None
    rank: int | None
    """The largest rank of any module; None for a whole model."""
    modules: tuple[str, ...]
    """Kinds of layers that an adapter changes, such as q_proj."""
    files: tuple[str, ...]
    left_out: tuple[str, ...]
    bytes: int
    remarks: tuple[str, ...]


class Wanted(Record):
    """What a person asks for when importing."""

    path: Path
    """A folder or a zip archive."""
    base_model: str | None = None
    """None takes what the files say."""
    name: str | None = None
    """In the library; None takes the folder's or archive's."""


def look(workspace: Workspace, settings: Settings, wanted: Wanted) -> Found:
    """What an import would bring; nothing is kept of it.

    Raises ModelError or ServingError when it can't be used, saying why.
    """
    with opened(workspace, _path(wanted)) as folder, folders.readable(folder):
        return _inspect(workspace, settings, folder, wanted.base_model)


def add(workspace: Workspace, settings: Settings, wanted: Wanted) -> Kept:
    """Copy a model made elsewhere into the library, once it was seen that it can be served.

    Raises what `look` raises, RunError when another model has the name, WorkspaceError when the
    disk has no room.
    """
    path = _path(wanted)
    name = library.folder_name(wanted.name or path.stem)
    place = workspace.library / name
    with opened(workspace, path) as folder, folders.readable(folder):
        found = _inspect(workspace, settings, folder, wanted.base_model)
        if place.exists():
            return _same(workspace, name, folder, found)
        need_room(workspace, found.bytes)
        return _build(place, folder, found, path)


def _path(wanted: Wanted) -> Path:
    return wanted.path.expanduser().absolute()


# -- looking --------------------------------------------------------------------------------------


def _inspect(workspace: Workspace, settings: Settings, folder: Path, base: str | None) -> Found:
    if (folder / ADAPTER_CONFIG).exists():
        return _adapter(workspace, settings, folder, base)
    return _model(settings, folder, base)


def _adapter(workspace: Workspace, settings: Settings, folder: Path, base: str | None) -> Found:
    """See that an adapter is one that engines serve, on a base that is here and fits."""
    _need_safetensors(folder)
    config = folders.read_json(folder / ADAPTER_CONFIG)
    try:
        rank = adapters.publish(workspace, folder).rank  # refuses what serving would refuse
    except ServingError as error:
        raise ServingError(error.problem, error.where, ADAPTER_FIX) from error
    name = base or _base_of(folder, config.get("base_model_name_or_path"))
    if not name:
        raise ModelError(
            "The adapter does not say which base model it belongs to.", str(folder), BASE_FIX
        )
    revision = config.get("revision") if base is None else None
    try:
        wanted = launch.want(settings, name, revision, rank)
    except ModelError as error:
        if base is not None:
            raise
        raise ModelError(
            f"The adapter names {name} as its base model, which can't be used here: "
            f"{error.problem}",
            str(folder),
            BASE_FIX,
        ) from error
    base_folder = Path(wanted.given) if Path(wanted.given).is_dir() else None
    tensors = weights.header(folder / ADAPTER_WEIGHTS)
    remarks = [NOT_PROVEN]
    if base_folder is None:
        remarks.append(f"Whether it fits {name} is seen when that is downloaded and served.")
    else:
        need_layers(tensors, base_folder, name)
        remarks += _template_remark(folder, base_folder)
    modules = sorted({key.split(".lora_")[0].rsplit(".", 1)[-1] for key in tensors})
    return _found("adapter", folder, name, remarks, wanted.model.revision, rank, tuple(modules))


def _model(settings: Settings, folder: Path, base: str | None) -> Found:
    """See that a whole model is one that engines serve."""
    launch.want_tuned(settings, folder, folder.name)  # refuses what serving would refuse
    config = folders.read_json(folder / folders.CONFIG)
    name = base or _base_of(folder, config.get("_name_or_path"))
    return _found("model", folder, name, [NOT_PROVEN], None, None, ())


def _need_safetensors(folder: Path) -> None:
    if (folder / ADAPTER_WEIGHTS).is_file():
        return
    pickled = sorted(path.name for path in folder.iterdir() if path.suffix in PICKLES)
    if pickled:
        raise ModelError(
            f"Its weights ({', '.join(pickled[:3])}) are pickles, which can run code when they are "
            "loaded; Duotune loads safetensors only.",
            str(folder),
            SAFETENSORS_FIX,
        )
    raise ModelError(
        f"The adapter's weights are missing: there is no {ADAPTER_WEIGHTS}.",
        str(folder),
        "Copy or download the model again.",
    )


def _base_of(folder: Path, named: Any) -> str:
    """The base model that Duotune's own record beside it names, else its config; "" for none."""
    own = folder / OWN_RECORD
    recorded = folders.read_json(own).get("base_model") if own.is_file() else None
    return next((one for one in (recorded, named) if isinstance(one, str) and one), "")


def _template_remark(folder: Path, base_folder: Path) -> list[str]:
    """An adapter is served with its base's template, whatever lies beside it."""
    own, theirs = folders.chat_template(folder), folders.chat_template(base_folder)
    if own is None or theirs is None or sha256_text(own) == sha256_text(theirs):
        return []
    return [
        "It came with a chat template of its own, and is served with that of its base model: it "
        "may answer otherwise than where it was made."
    ]


def _found(
    kind: Literal["adapter", "model"],
    folder: Path,
    base: str,
    remarks: list[str],
    revision: str | None,
    rank: int | None,
    modules: tuple[str, ...],
) -> Found:
    files, left = taken(folder)
    if left:
        remarks.append(f"Not copied, as no part of a model: {', '.join(left)}.")
    return Found(
        kind=kind,
        folder=str(folder),
        base_model=base,
        revision=revision,
        rank=rank,
        modules=modules,
        files=files,
        left_out=left,
        bytes=sum((folder / name).stat().st_size for name in files),
        remarks=tuple(remarks),
    )


# -- keeping --------------------------------------------------------------------------------------


def _same(workspace: Workspace, name: str, folder: Path, found: Found) -> Kept:
    """The model that has the name, when it is this one."""
    kept = next((one for one in library.entries(workspace) if one.entry.name == name), None)
    here = library.content_of(_facts(folder, found.files))
    if kept is not None and kept.is_whole and kept.entry.content_sha256 == here:
        return kept
    raise RunError(
        f"The library has another model called '{name}'.",
        str(workspace.library / name),
        "Give this one another name.",
    )


def _facts(folder: Path, names: tuple[str, ...]) -> Manifest:
    """What a manifest of these files would say."""
    files = {
        name: FileFact(bytes=(folder / name).stat().st_size, sha256=sha256_file(folder / name))
        for name in names
    }
    return Manifest(files=files)


def _build(place: Path, folder: Path, found: Found, path: Path) -> Kept:
    """Make an entry aside, then show it."""
    aside = place.with_name(f".{place.name}.{os.getpid()}")
    inner = aside / found.kind
    try:
        with disk_errors(place, "keep a model"):
            shutil.rmtree(aside, ignore_errors=True)
            inner.mkdir(parents=True)
            for name in found.files:
                shutil.copyfile(folder / name, inner / name)
        manifest = manifests.write(inner)
        entry = LibraryEntry(
            name=place.name,
            run_id="",
            run_name="",
            kept_at=now(),
            model_folder=found.kind,
            base_model=found.base_model,
            revision=found.revision,
            dataset_id="",
            split_fingerprint="",
            dataset_name="",
            evaluations=(),
            result=None,
            bytes=sum(fact.bytes for fact in manifest.files.values()),
            content_sha256=library.content_of(manifest),
            origin="imported",
            imported_from=str(path),
            remarks=found.remarks,
        )
        library.write(aside, entry)
        with disk_errors(place, "keep a model"):
            aside.rename(place)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return library.at(place, entry)
