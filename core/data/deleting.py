"""Delete a dataset with all versions made from it, and all that was worked out of their rows.

A version is gone in the one step that moves its folder into the trash. What lies elsewhere goes
after that, and the folder itself last: as long as it is in the trash, `finish` knows what is left
to do.
"""

from __future__ import annotations

import filecmp
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import psutil
from pydantic import ValidationError

from core import trash
from core.data import jobs, store
from core.data.deletion_records import DatasetDeletion, Version
from core.data.records import Dataset
from core.disk import lease_is_held, sha256_file
from core.errors import DataError, WorkspaceError
from core.workspace import RunFolder, Workspace

ASIDE = re.compile(r"datasets-(?P<id>ds-[0-9a-z-]+)-\d+")
"""What the folder of a version is called in the trash."""


# -- what would go --------------------------------------------------------------------------------


def deletion(workspace: Workspace, dataset_id: str) -> DatasetDeletion:
    """What would go with a dataset, and which versions of the same file stay.

    Raises DataError when there is no such dataset; one that is damaged can be deleted.
    """
    if not workspace.dataset(dataset_id).is_dir():
        store.load(workspace, dataset_id)  # raises that there is none
    known = {one.id: one for one in store.list_datasets(workspace)}
    ids = _family(known.values(), dataset_id)
    first = known.get(dataset_id)
    sources = {known[one].source_sha256 for one in ids if one in known}
    holders = [d for d in known.values() if d.id not in ids and d.source_sha256 in sources]
    folders = [workspace.dataset(one) for one in ids]
    pieces = [path for one in ids for path in _pieces(workspace, one)]
    copies = list(_copies(workspace, _own_files(folders, with_source=not holders)))
    return DatasetDeletion(
        id=dataset_id,
        name=first.name if first else dataset_id,
        versions=tuple(_version(one, known.get(one)) for one in ids),
        bytes=_freed((*folders, *pieces, *copies)),
        source=first.source_name if first and not holders else "",
        uploads=len(copies),
        rejected=first.summary.rejected if first and not holders else 0,
        keys=sum(workspace.mask_key(one).exists() for one in ids),
        jobs=sum(path.parent == workspace.jobs for path in pieces),
        worked_out=sum(_is_worked_out(workspace, path) for path in pieces),
        holders=tuple(_version(one.id, one) for one in holders),
    )


def _family(known: Iterable[Dataset], dataset_id: str) -> list[str]:
    """A version and all that were made from it, each after the one that it was made from."""
    made: dict[str, list[str]] = {}
    for one in known:
        if one.parent:
            made.setdefault(one.parent, []).append(one.id)
    found = [dataset_id]
    for parent in found:  # grows while it is walked
        found += [child for child in made.get(parent, ()) if child not in found]
    return found


def _version(dataset_id: str, dataset: Dataset | None) -> Version:
    if dataset is None:
        return Version(id=dataset_id, name=dataset_id, rows=None)
    change = dataset.change.kind if dataset.change and dataset.parent else ""
    return Version(id=dataset_id, name=dataset.name, rows=dataset.summary.usable, change=change)


def is_worked_on(workspace: Workspace, dataset_id: str) -> bool:
    """Whether a job or a pre-flight reads the rows of a version right now."""
    if any(lease_is_held(RunFolder(one).lease) for one in _preflights(workspace, dataset_id)):
        return True
    ids = {folder.name for folder in _jobs(workspace, dataset_id)}
    return any(jobs.status(workspace, one).status == "running" for one in ids)


# -- where it lies --------------------------------------------------------------------------------


def _pieces(workspace: Workspace, dataset_id: str) -> list[Path]:
    """Everything of a version outside of its own folder, but for copies that a browser has."""
    found = [
        *workspace.prepared.glob(f"{dataset_id}-*"),
        *workspace.trials.glob(f"{dataset_id}-*"),
        *_left_half_done(workspace, dataset_id),
        *_jobs(workspace, dataset_id),
        *_preflights(workspace, dataset_id),
    ]
    key = workspace.mask_key(dataset_id)
    return [*found, key] if key.exists() else found


def _is_worked_out(workspace: Workspace, path: Path) -> bool:
    made = (workspace.prepared, workspace.trials, workspace.preflights)
    return path.parent in made and path.suffix != ".lease"


def _left_half_done(workspace: Workspace, dataset_id: str) -> Iterator[Path]:
    """What programs were writing when they died; each name has the number of its process."""
    for path in workspace.prepared.glob(f".{dataset_id}-*.*"):
        if _is_dead(path.suffix[1:]):
            yield path
    for path in workspace.datasets.glob(f".{dataset_id}.*.tmp"):
        if _is_dead(path.name.split(".")[-2]):
            yield path


def _is_dead(process: str) -> bool:
    return not (process.isdecimal() and psutil.pid_exists(int(process)))


def _jobs(workspace: Workspace, dataset_id: str) -> Iterator[Path]:
    for folder in workspace.jobs.glob("job-*"):
        with suppress(DataError):
            if jobs.request_of(workspace, folder.name).dataset_id == dataset_id:
                yield folder


def _preflights(workspace: Workspace, dataset_id: str) -> Iterator[Path]:
    for folder in workspace.preflights.glob("pre-*"):
        with suppress(OSError):
            if dataset_id.encode() in RunFolder(folder).plan.read_bytes():
                yield folder


def _own_files(folders: Iterable[Path], with_source: bool) -> list[Path]:
    """Files of versions of which a browser may have copies."""
    names = (store.ROWS, store.REJECTED, *((store.SOURCE,) if with_source else ()))
    return [folder / name for folder in folders for name in names]


def _copies(workspace: Workspace, files: Sequence[Path]) -> Iterator[Path]:
    """Files that a browser brought or may fetch, and that are the same as one of these."""
    by_size: dict[int, list[Path]] = {}
    for file in files:
        with suppress(OSError):
            by_size.setdefault(file.stat().st_size, []).append(file)
    by_size.pop(0, None)
    for path in workspace.exchange.rglob("*"):
        with suppress(OSError):
            if path.is_file() and any(
                filecmp.cmp(path, file, shallow=False)
                for file in by_size.get(path.stat().st_size, ())
            ):
                yield path


def _freed(paths: Iterable[Path]) -> int:
    """Bytes that nothing else has a name for."""
    names: Counter[tuple[int, int]] = Counter()
    sizes: dict[tuple[int, int], tuple[int, int]] = {}
    for path in paths:
        for file in path.rglob("*") if path.is_dir() else (path,):
            with suppress(OSError):
                found = file.stat()
                if file.is_file():
                    names[found.st_dev, found.st_ino] += 1
                    sizes[found.st_dev, found.st_ino] = (found.st_size, found.st_nlink)
    return sum(size for place, (size, links) in sizes.items() if names[place] >= links)


# -- going ----------------------------------------------------------------------------------------


def remove(workspace: Workspace, ids: Sequence[str]) -> None:
    """Delete versions, the last first, so that none is ever there without what it was made from.

    Raises WorkspaceError when the disk does not allow that; what is gone by then stays gone.
    """
    here = [workspace.dataset(one) for one in reversed(ids) if workspace.dataset(one).exists()]
    aside = [trash.put_aside(workspace, folder) for folder in here]
    finish(workspace)
    if left := [folder for folder in aside if folder.exists()]:
        raise WorkspaceError(
            "The data is deleted, but some of its files could not be removed yet.",
            str(left[0]),
            "See that this folder can be written: it is tried again by itself.",
        )


def finish(workspace: Workspace) -> None:
    """Remove what is left of versions that are in the trash: of a deletion that was cut off, too.

    What was read again meanwhile keeps what belongs to it. Raises WorkspaceError.
    """
    for folder in sorted(workspace.trash.glob("datasets-*")):
        named = ASIDE.fullmatch(folder.name)
        if named and not workspace.dataset(named["id"]).exists():
            shared = _source_of(folder) in {d.source_sha256 for d in store.list_datasets(workspace)}
            copies = list(_copies(workspace, _own_files([folder], with_source=not shared)))
            for path in (*_pieces(workspace, named["id"]), *copies):
                _discard(workspace, path)
            _sweep(copies)
        trash.remove(folder)


def _discard(workspace: Workspace, path: Path) -> None:
    try:
        trash.discard(workspace, path)
    except WorkspaceError:
        if path.exists():  # else another process has done it
            raise


def _source_of(folder: Path) -> str:
    """SHA-256 of the file that a version in the trash was read from; "" when it is gone."""
    try:
        return Dataset.model_validate_json((folder / store.DATASET).read_bytes()).source_sha256
    except (OSError, ValidationError):
        source = folder / store.SOURCE
        return sha256_file(source) if source.is_file() else ""


def _sweep(copies: Iterable[Path]) -> None:
    """Remove the folders that held nothing but a copy."""
    for folder in {path.parent for path in copies}:
        with suppress(OSError):  # something else is in it
            os.rmdir(folder)
