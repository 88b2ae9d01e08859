"""A model made elsewhere as files: a folder or a zip archive, opened without running anything."""

from __future__ import annotations

import os
import shutil
import stat
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from core.errors import DuotuneError, ModelError, WorkspaceError, disk_errors
from core.models import weights
from core.models.folders import CONFIG, read_json
from core.models.weights import INDEX
from core.training import manifests
from core.workspace import Workspace

ADAPTER_CONFIG, ADAPTER_WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
TAKEN = (".safetensors", ".json", ".jinja", ".model", ".txt", ".md")
"""How files end that a model is made of; nothing else is copied, so nothing that could be run."""
LEGAL = ("license", "licence", "notice", "copying")
MOST_MEMBERS = 10_000
ZIP_FIX = "Unpack it yourself, look at what it holds, and import the folder."


@contextmanager
def opened(workspace: Workspace, path: Path) -> Iterator[Path]:
    """The folder that holds the model; an archive is unpacked aside for as long as it is open.

    Raises ModelError when there is no model, or an archive that can't be trusted; WorkspaceError
    when the disk has no room for it.
    """
    if path.is_dir():
        yield _holder(path)
        return
    if not path.is_file():
        raise ModelError("There is no such folder or file to import.", str(path), "Check the path.")
    if not zipfile.is_zipfile(path):
        raise ModelError(
            "A model is imported from a folder or a zip archive, and this is neither.",
            str(path),
            "Give the folder that holds the model's files.",
        )
    aside = workspace.library / f".unpacked.{os.getpid()}.{path.stat().st_mtime_ns}"
    try:
        with disk_errors(aside, "unpack an archive"):
            aside.mkdir(parents=True, exist_ok=True)
            _unpack(path, aside)
        yield _holder(aside)
    except DuotuneError as error:
        error.where = error.where.replace(str(aside), str(path))  # that folder is gone in a moment
        raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def is_taken(name: str) -> bool:
    """Whether a file of this name belongs to a model and can't be run."""
    plain = name.casefold()
    if plain.startswith(".") or name == manifests.NAME:
        return False
    return plain.endswith(TAKEN) or plain.split(".")[0] in LEGAL


def taken(folder: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names of a model's files that are copied, and those of the others that are left out."""
    names = sorted(path.name for path in folder.iterdir() if path.is_file())
    if (folder / ADAPTER_CONFIG).exists():
        heavy = {ADAPTER_WEIGHTS}
    else:
        index = read_json(folder / INDEX) if INDEX in names else None
        heavy = set(weights.wanted(names, index))
    chosen = [n for n in names if is_taken(n) and (not n.endswith(".safetensors") or n in heavy)]
    others = sorted(path.name for path in folder.iterdir() if path.is_dir())
    left = [n for n in names if n not in chosen and n != manifests.NAME and not n.startswith(".")]
    return tuple(chosen), (*left, *(f"{n}/" for n in others if not n.startswith(".")))


def need_room(workspace: Workspace, size: int) -> None:
    """Raises WorkspaceError when the workspace's disk has less free than `size` bytes."""
    workspace.library.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(workspace.library).free
    if size > free:
        raise WorkspaceError(
            f"The model takes {size / 1e9:.2f} GB of disk, and {free / 1e9:.2f} GB are free.",
            str(workspace.library),
            "Free some space on that disk, then try again.",
        )


def _holder(folder: Path) -> Path:
    """The folder itself when it is a model's, else the one folder in it that is."""
    if _is_model(folder):
        return folder
    found = sorted(path for path in folder.iterdir() if path.is_dir() and _is_model(path))
    if len(found) == 1:
        return found[0]
    if found:
        raise ModelError(
            f"That folder holds {len(found)} models.",
            str(folder),
            "Import them one by one: give the folder of each.",
        )
    raise ModelError(
        f"No model was found there: neither {ADAPTER_CONFIG} nor {CONFIG}.",
        str(folder),
        "Give the folder that holds the model's files, as save_pretrained writes it.",
    )


def _is_model(folder: Path) -> bool:
    return (folder / ADAPTER_CONFIG).is_file() or (folder / CONFIG).is_file()


def _unpack(archive: Path, target: Path) -> None:
    """Write the model's files of an archive, no other ones, and none outside of the target."""
    try:
        with zipfile.ZipFile(archive) as opened_zip:
            members = [one for one in opened_zip.infolist() if not one.is_dir()]
            wrong = next((one for one in members if not _is_safe(one)), None)
            if wrong is not None or len(members) > MOST_MEMBERS:
                what = wrong.filename if wrong else f"{len(members)} files"
                raise ModelError(
                    f"The archive is not unpacked: {what} in it is not a plain file of a model.",
                    str(archive),
                    ZIP_FIX,
                )
            chosen = [one for one in members if is_taken(PurePosixPath(one.filename).name)]
            room = shutil.disk_usage(target).free
            size = sum(one.file_size for one in chosen)
            if size > room:
                raise WorkspaceError(
                    f"The model takes {size / 1e9:.2f} GB of disk, and {room / 1e9:.2f} GB are "
                    "free.",
                    str(target.parent),
                    "Free some space on that disk, then try again.",
                )
            for one in chosen:
                opened_zip.extract(one, target)
            _mark_left_out(target, members, chosen)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
        raise ModelError(
            f"The archive can't be read: {error}.", str(archive), "Copy or download it again."
        ) from error


def _mark_left_out(
    target: Path, members: list[zipfile.ZipInfo], chosen: list[zipfile.ZipInfo]
) -> None:
    """An empty file in the place of each that was not unpacked, so that it is told of."""
    for one in members:
        if one not in chosen:
            path = target / one.filename
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()


def _is_safe(member: zipfile.ZipInfo) -> bool:
    path = PurePosixPath(member.filename)
    kind = stat.S_IFMT(member.external_attr >> 16)
    inside = not path.is_absolute() and ".." not in path.parts and "\\" not in member.filename
    return inside and kind in (0, stat.S_IFREG)
