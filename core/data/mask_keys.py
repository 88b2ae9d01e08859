"""The keys of masked values on disk: apart from the datasets, kept, found, exported, given up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import ValidationError

from core.data import store
from core.data.problems import KINDS
from core.data.records import Dataset
from core.data.repairs.masking import MaskKey
from core.disk import write_atomic
from core.errors import DataError, disk_errors
from core.identifiers import now
from core.messages import Record
from core.workspace import Workspace


class Forgotten(Record):
    """A masking that was made final, and where its values can still be read."""

    versions: tuple[str, ...]
    """The dataset versions whose key was deleted."""
    values: int
    """Different values that the deleted keys held."""
    open_versions: tuple[str, ...]
    """Versions that are not masked, from before it or with the values put back."""
    source: str
    """The file as it was read, which is kept with every version."""


def lineage(workspace: Workspace, dataset: Dataset) -> Iterator[str]:
    """The ids of a version and of those it was made from, nearest first.

    It ends after one that is no longer there.
    """
    seen: set[str] = set()
    found: Dataset | None = dataset
    while found is not None and found.id not in seen:
        yield found.id
        seen.add(found.id)
        if found.parent is None:
            return
        parent, found = found.parent, store.find(workspace, found.parent)
        if found is None:
            yield parent


def find(workspace: Workspace, dataset: Dataset) -> MaskKey:
    """What is known of a version's masks: by its own key and those of the versions before it.

    A row that was not changed since is known by the older key. Empty where nothing was masked.
    Raises DataError when a key is damaged.
    """
    found = MaskKey()
    for dataset_id in lineage(workspace, dataset):
        found = found.over(_load(workspace.mask_key(dataset_id)) or MaskKey())
    return found


def is_final(workspace: Workspace, dataset: Dataset) -> bool:
    """Whether the key of a version, or of one before it, was deleted so that masks stay."""
    keys = (_load_any(workspace.mask_key(one)) for one in lineage(workspace, dataset))
    return any(key.forgotten for key in keys if key)


def read(file: Path) -> MaskKey:
    """A key that was exported. Raises DataError when the file is none."""
    found = _load(file)
    if found is None:
        raise DataError(
            "There is no such key file.", str(file), "Check the path of the exported key."
        )
    return found


def save(workspace: Workspace, dataset_id: str, rows: Mapping[str, Mapping[str, str]]) -> None:
    """Write what masks hide where only this user can read it; what the key knows is kept.

    `rows` has mask and value by row id. Raises WorkspaceError.
    """
    path = workspace.mask_key(dataset_id)
    known = _load_any(path) or MaskKey()  # a damaged one is mended by masking anew
    new = MaskKey(rows={row: dict(masks) for row, masks in rows.items()})
    _write(path, new if known.forgotten else new.over(known))


def export(workspace: Workspace, dataset: Dataset, target: Path) -> int:
    """Write all that is known of a version's masks to a file; returns how many values it has.

    Raises DataError when nothing is known or the file exists, WorkspaceError.
    """
    key = find(workspace, dataset)
    if not key.rows:
        raise why_none(workspace, dataset, key)
    with disk_errors(target, "write the key"):
        if target.exists():
            raise taken(target)
        _write(target, key)
    return sum(len(set(masks.values())) for masks in key.rows.values())


def forget(workspace: Workspace, dataset: Dataset) -> Forgotten:
    """Delete the key of a version and of all that share its masks, so that they stay.

    Keys that are damaged are deleted, too. Raises DataError when there is no key to delete.
    """
    before = list(lineage(workspace, dataset))
    keyed = [one for one in before if workspace.mask_key(one).exists()]
    if not keyed:
        raise why_none(workspace, dataset, MaskKey())
    family = _with_descendants(workspace, keyed)
    deleted, values = [], set()
    for one in family:
        known = _load_any(workspace.mask_key(one))
        if known is not None and not known.forgotten:
            values |= {value for masks in known.rows.values() for value in masks.values()}
            make_final(workspace, one)
            deleted.append(one)
    if not deleted:
        raise why_none(workspace, dataset, find(workspace, dataset))
    return Forgotten(
        versions=tuple(deleted),
        values=len(values),
        open_versions=_open(workspace, family, before[before.index(keyed[-1]) + 1 :]),
        source=str(store.source_file(workspace, dataset.id)),
    )


def make_final(workspace: Workspace, dataset_id: str) -> None:
    """Put a note that the masking is final in the place of a version's key."""
    _write(workspace.mask_key(dataset_id), MaskKey(forgotten=now()))


# -- why there is no key --------------------------------------------------------------------------


def why_none(workspace: Workspace, dataset: Dataset, key: MaskKey) -> DataError:
    """That the key was deleted on purpose, is not where it would be, or that there never was one.

    `key` is what is known of the version's masks.
    """
    if key.forgotten:
        return DataError(
            f"The masking of {dataset.name} is final: its key was deleted on {key.forgotten[:10]}.",
            dataset.id,
            "With a copy that was exported before, use `duotune unmask DATASET --key FILE`.",
        )
    masked = _masked_in(workspace, dataset)
    if masked is None:
        return DataError(
            f"Nothing in {dataset.name} was masked.",
            dataset.id,
            "Masking is a repair of private data that was found: `duotune repair` does it.",
        )
    return DataError(
        f"There is no key that says what the masks in {dataset.name} hide.",
        str(workspace.mask_key(masked)),
        "Put a copy of the key there, or use the version from before the masking.",
    )


def taken(target: Path) -> DataError:
    """That a file is in the way of one with private values."""
    return DataError(
        "There is a file of this name already.", str(target), "Choose another name for it."
    )


def was_masked(workspace: Workspace, dataset: Dataset) -> bool:
    """Whether a version, or one before it, has a key or was made by masking."""
    if any(workspace.mask_key(one).exists() for one in lineage(workspace, dataset)):
        return True
    return _masked_in(workspace, dataset) is not None


def _masked_in(workspace: Workspace, dataset: Dataset) -> str | None:
    """The nearest version for which masking was asked."""
    return next((one for one in lineage(workspace, dataset) if _asked(workspace, one)), None)


def _asked(workspace: Workspace, dataset_id: str) -> bool:
    found = store.find(workspace, dataset_id)
    if found is None:
        return False
    codes = found.change.codes if found.change else found.choices.repairs
    return any(KINDS[code].repair == "mask_private" for code in codes if code in KINDS)


# -- files ----------------------------------------------------------------------------------------


def _load(path: Path) -> MaskKey | None:
    """A key; None when there is no file. Raises DataError when it can't be read."""
    try:
        return MaskKey.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as error:
        raise DataError(
            "The key of the masked values can't be read, or is damaged.",
            str(path),
            "Put a whole copy of it there, or use the version from before the masking.",
        ) from error


def _write(path: Path, key: MaskKey) -> None:
    with disk_errors(path, "save the key of the masked values"):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_atomic(path, key.model_dump_json(indent=1), private=True)


def _load_any(path: Path) -> MaskKey | None:
    """A key; None when there is no file. What can't be read of one is left out."""
    try:
        return _load(path)
    except DataError:
        return MaskKey()


def _with_descendants(workspace: Workspace, roots: list[str]) -> list[str]:
    """Some versions and all that were made from them."""
    made: dict[str, list[str]] = {}
    for one in store.list_datasets(workspace):
        if one.parent:
            made.setdefault(one.parent, []).append(one.id)
    found = list(roots)
    for parent in found:  # grows while it is walked
        found += [child for child in made.get(parent, ()) if child not in found]
    return found


def _open(workspace: Workspace, family: list[str], before: list[str]) -> tuple[str, ...]:
    """Versions that show the values: those from before the masking, and those put back."""
    found = [one for one in before if store.find(workspace, one)]
    for dataset in (store.find(workspace, one) for one in family):
        if dataset and dataset.change and dataset.change.kind == "unmasked":
            found.append(dataset.id)
    return tuple(found)
