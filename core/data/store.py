"""Datasets on disk: saved once under their content's id, loaded whole or refused."""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from pydantic import ValidationError

from core.data.example_file import ExampleFile
from core.data.ingest import Checked
from core.data.problems import file_error
from core.data.records import Dataset
from core.disk import write_atomic
from core.errors import DataError, disk_errors
from core.identifiers import now
from core.workspace import Workspace

DATASET, ROWS, SOURCE, REJECTED = "dataset.json", "rows.jsonl", "source.bin", "rejected.jsonl"
STEP = 1 << 20
_log = logging.getLogger(__name__)


def save(workspace: Workspace, checked: Checked, source: Path) -> Dataset:
    """Keep a checked file's usable rows, its rejected ones and the file itself as a version.

    The same file again changes only its record: name, findings, answers. Another file with the
    same usable rows is the same version: its problems and row numbers replace the earlier ones.
    Raises WorkspaceError when the disk refuses, DataError when the file changed meanwhile.
    """
    dataset = checked.dataset
    folder = workspace.dataset(dataset.id)
    known = _known(folder, dataset.id)
    if known is not None and known.source_sha256 == dataset.source_sha256:
        dataset = dataset.model_copy(update={"created": known.created})
        if dataset != known:
            write_atomic(folder / DATASET, _dump(dataset))
        return dataset
    with disk_errors(folder, "save the dataset"), _staging(folder) as staging:
        _copy(source, staging / SOURCE, dataset.source_sha256)
        _write_lines(staging / ROWS, checked.examples.lines())
        _copy_open(checked.rejects, staging / REJECTED)
        _write_lines(staging / DATASET, [_dump(dataset).encode()])
        _publish(staging, folder)
    return dataset


def load(workspace: Workspace, dataset_id: str) -> Dataset:
    """A dataset's record.

    Raises DataError when there is no such dataset, or its record is damaged.
    """
    folder = workspace.dataset(dataset_id)
    try:
        dataset = Dataset.model_validate_json((folder / DATASET).read_bytes())
    except FileNotFoundError as error:
        raise _missing(folder, dataset_id) from error
    except (OSError, ValidationError) as error:
        raise _damaged(dataset_id, folder / DATASET) from error
    if dataset.id != dataset_id:
        raise _damaged(dataset_id, folder / DATASET)
    return dataset


def find(workspace: Workspace, dataset_id: str) -> Dataset | None:
    """A dataset's record; None when there is no such dataset, or it is damaged."""
    return _known(workspace.dataset(dataset_id), dataset_id)


def save_version(
    workspace: Workspace, parent: Dataset, examples: ExampleFile, update: dict[str, Any]
) -> Dataset:
    """Keep changed rows as a new version beside their parent, whose source file it shares.

    `update` holds the fields that differ from the parent's record. Raises WorkspaceError.
    """
    dataset = parent.model_copy(
        update={"parent": parent.id, **update, "id": examples.dataset_id, "created": now()}
    )
    folder, source = workspace.dataset(dataset.id), workspace.dataset(parent.id) / SOURCE
    if dataset.id == parent.id or _known(folder, dataset.id) is not None:
        return parent if dataset.id == parent.id else load(workspace, dataset.id)
    with disk_errors(folder, "save the dataset"), _staging(folder) as staging:
        _link_or_copy(source, staging / SOURCE)
        _write_lines(staging / ROWS, examples.lines())
        _write_lines(staging / REJECTED, ())
        _write_lines(staging / DATASET, [_dump(dataset).encode()])
        _publish(staging, folder)
    return dataset


def source_file(workspace: Workspace, dataset_id: str) -> Path:
    """The file that a dataset was read from, as it was."""
    return workspace.dataset(dataset_id) / SOURCE


def rejected_file(workspace: Workspace, dataset_id: str) -> Path:
    """Where the rejected rows of a dataset are, one JSON object a line; may be empty."""
    return workspace.dataset(dataset_id) / REJECTED


def load_examples(workspace: Workspace, dataset_id: str) -> ExampleFile:
    """The usable rows of a dataset, in file order; each is decoded when it is asked for.

    Raises DataError when there is no such dataset, or rows are missing or damaged.
    """
    path = workspace.dataset(dataset_id) / ROWS
    try:
        examples = ExampleFile.open(path)
    except FileNotFoundError as error:
        raise _missing(path.parent, dataset_id) from error
    except OSError as error:
        raise _damaged(dataset_id, path) from error
    except ValueError as error:
        raise _damaged(dataset_id, path, f", {error}") from error
    if examples.dataset_id != dataset_id:
        raise _damaged(dataset_id, path)
    return examples


def list_datasets(workspace: Workspace) -> tuple[Dataset, ...]:
    """All readable datasets, newest first; `damaged_datasets` tells of the others."""
    found = []
    for dataset_id in _ids(workspace):
        try:
            found.append(load(workspace, dataset_id))
        except DataError as error:
            _log.info("%s", error)  # the Data room shows it; this is asked for every few seconds
    newest = sorted(found, key=lambda d: (d.created, _written(workspace, d.id)), reverse=True)
    return tuple(newest)


def damaged_datasets(workspace: Workspace) -> tuple[DataError, ...]:
    """Why some datasets of the workspace can't be listed."""
    errors = []
    for dataset_id in _ids(workspace):
        try:
            load(workspace, dataset_id)
        except DataError as error:
            errors.append(error)
    return tuple(errors)


def _written(workspace: Workspace, dataset_id: str) -> int:
    """Tells versions apart that were made in the same second, such as one and its repair."""
    try:
        return (workspace.dataset(dataset_id) / DATASET).stat().st_mtime_ns
    except OSError:  # deleted meanwhile
        return 0


def _ids(workspace: Workspace) -> list[str]:
    if not workspace.datasets.is_dir():
        return []
    return sorted(p.name for p in workspace.datasets.glob("ds-*") if p.is_dir())


def _known(folder: Path, dataset_id: str) -> Dataset | None:
    """The record of a version that is there and whole; None makes it be written (again)."""
    if not all((folder / name).is_file() for name in (DATASET, ROWS, SOURCE)):
        return None
    try:
        known = Dataset.model_validate_json((folder / DATASET).read_bytes())
    except (OSError, ValidationError):
        return None
    return known if known.id == dataset_id else None


def _dump(dataset: Dataset) -> str:
    return dataset.model_dump_json(indent=1)


def _missing(folder: Path, dataset_id: str) -> DataError:
    if folder.is_dir():
        return _damaged(dataset_id, folder)
    return DataError(
        f"There is no dataset {dataset_id} in this workspace.",
        fix="Use an id from the list of datasets, or add the file again.",
    )


def _damaged(dataset_id: str, path: Path, place: str = "") -> DataError:
    return DataError(
        f"Dataset {dataset_id} is damaged.",
        f"{path}{place}",
        "Add the original file again: it is restored under the same id.",
    )


@contextmanager
def _staging(folder: Path) -> Iterator[Path]:
    """A folder beside the final one; gone afterwards, whatever happens."""
    staging = folder.with_name(f".{folder.name}.{os.getpid()}.tmp")
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(parents=True)
    try:
        yield staging
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _publish(staging: Path, folder: Path) -> None:
    try:
        staging.rename(folder)
    except OSError:
        if not folder.is_dir():
            raise
        for name in (SOURCE, ROWS, REJECTED, DATASET):  # the record last: it vouches for the others
            os.replace(staging / name, folder / name)


def _copy(source: Path, target: Path, sha256: str) -> None:
    hasher = hashlib.sha256()
    with source.open("rb") as old, target.open("wb") as new:
        while chunk := old.read(STEP):
            hasher.update(chunk)
            new.write(chunk)
        new.flush()
        os.fsync(new.fileno())
    if hasher.hexdigest() != sha256:
        raise file_error("file_changed", file=source.name)


def _copy_open(source: BinaryIO, target: Path) -> None:
    source.seek(0)
    with target.open("wb") as new:
        shutil.copyfileobj(source, new, STEP)
        new.flush()
        os.fsync(new.fileno())


def _link_or_copy(source: Path, target: Path) -> None:
    """Versions share a source file that never changes; some disks know no links."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _write_lines(path: Path, lines: Iterable[bytes]) -> None:
    with path.open("wb") as file:
        file.writelines(line + b"\n" for line in lines)
        file.flush()
        os.fsync(file.fileno())
