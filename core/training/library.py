"""The model library: tuned models that the person keeps, whole and by themselves.

An entry is a folder with the model, its plan, what it is proven by, and where it comes from. Its
files are hard links to those of the run where the disk allows that, so keeping costs no space.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from core.disk import write_atomic
from core.errors import RunError, disk_errors
from core.identifiers import now
from core.messages import Record
from core.training import manifests
from core.training.manifests import Manifest
from core.training.records import EvaluationFact, Run, RunResult
from core.training.standing import stands
from core.trash import discard
from core.workspace import RunFolder, Workspace

RECORD = "entry.json"
LONGEST_NAME = 60
BESIDE = ("plan.json", "parity.json", "events.jsonl")
"""Small files of a run that go with its model, beside its reproduce files."""


class Former(Record):
    """A name that a model had before: what was exported under it is still its own."""

    name: str
    until: str
    """ISO time, UTC."""


class LibraryEntry(Record):
    """A model in the library."""

    name: str
    """Also the name of its folder."""
    run_id: str
    """"" for one that was not trained here; so are its other names of data and run."""
    run_name: str
    kept_at: str
    """ISO time, UTC."""
    model_folder: str
    """Within the entry: `adapter`, or `model` for a whole one."""
    base_model: str
    """"" for a whole model made elsewhere that does not say."""
    revision: str | None
    dataset_id: str
    split_fingerprint: str
    dataset_name: str
    """As it was called when the model was kept."""
    evaluations: tuple[EvaluationFact, ...]
    result: RunResult | None
    bytes: int
    """Of the model's files."""
    content_sha256: str
    """Of the model's files, by name and content."""
    note: str = ""
    origin: Literal["trained", "imported"] = "trained"
    """`imported` ones were made elsewhere: there is no record of what they answered then."""
    imported_from: str = ""
    """The folder or archive that it was imported from."""
    remarks: tuple[str, ...] = ()
    """What the person must know of an imported one, in sentences."""
    formerly: tuple[Former, ...] = ()


class Kept(Record):
    """An entry as it lies on disk now."""

    entry: LibraryEntry
    folder: str
    is_whole: bool
    """Whether every file is there in its full size."""


def keep(
    workspace: Workspace,
    run: Run,
    name: str | None = None,
    evaluations: tuple[EvaluationFact, ...] = (),
    dataset_name: str = "",
) -> Kept:
    """Put a run's model into the library; the same model under the same name is kept once.

    Raises RunError when the run has no whole model, or another one has the name.
    """
    if not run.has_model:
        raise RunError(
            f"Run '{run.plan.name}' {stands(run.status)}, so there is no model of it to keep.",
            run.id,
            "Wait for it to succeed, or resume it.",
        )
    source = workspace.run(run.id)
    published = source.published(run.plan.publishes_adapter)
    manifest = manifests.read(published) or Manifest(files={})
    entry = LibraryEntry(
        name=folder_name(name or run.plan.name),
        run_id=run.id,
        run_name=run.plan.name,
        kept_at=now(),
        model_folder=published.name,
        base_model=run.plan.base_model,
        revision=run.plan.revision,
        dataset_id=run.plan.dataset_id,
        split_fingerprint=run.plan.split_fingerprint,
        dataset_name=dataset_name,
        evaluations=evaluations,
        result=run.result,
        bytes=sum(fact.bytes for fact in manifest.files.values()),
        content_sha256=content_of(manifest),
        note=run.note,
    )
    place = workspace.library / entry.name
    before = _read(place)
    if before is None and not place.exists():
        _build(place, source, published, entry)
    elif before is None or before.content_sha256 != entry.content_sha256:
        raise RunError(
            f"The library has another model called '{entry.name}'.",
            str(place),
            "Keep this one under another name.",
        )
    else:
        entry = _again(place, before, entry)
    return at(place, entry)


def _again(place: Path, before: LibraryEntry, entry: LibraryEntry) -> LibraryEntry:
    """The same model kept once more: what was found of it meanwhile is noted."""
    theirs = {"kept_at": before.kept_at, "formerly": before.formerly}
    entry = entry.model_copy(update={**theirs, "note": before.note or entry.note})
    write(place, entry)
    return entry


def write(place: Path, entry: LibraryEntry) -> None:
    """Write an entry's record into its folder."""
    write_atomic(place / RECORD, entry.model_dump_json(indent=1))


def folder_name(text: str) -> str:
    """A name that is safe as a folder's, as much like the given one as can be.

    Raises RunError when nothing of it is left.
    """
    name = "".join(c if c.isalnum() or c in "-_." else "-" for c in text.strip())
    name = "-".join(part for part in name.split("-") if part).strip(".")[:LONGEST_NAME]
    if not name:
        raise RunError(f"'{text}' can't be a name in the library.", fix="Use letters or digits.")
    return name


def find(workspace: Workspace, name: str) -> Kept:
    """The model of that name. Raises RunError when there is none."""
    found = next((one for one in entries(workspace) if one.entry.name == name), None)
    if found is None:
        raise _none_called(workspace, name)
    return found


def entries(workspace: Workspace) -> tuple[Kept, ...]:
    """All models in the library, newest first."""
    found = [(place, _read(place)) for place in _places(workspace)]
    kept = [at(place, entry) for place, entry in found if entry is not None]
    return tuple(sorted(kept, key=lambda each: each.entry.kept_at, reverse=True))


def unreadable(workspace: Workspace) -> tuple[Path, ...]:
    """Folders in the library that say no more what they are."""
    return tuple(place for place in _places(workspace) if _read(place) is None)


def kept_runs(workspace: Workspace) -> dict[str, tuple[str, ...]]:
    """Under which names each run's model is kept, by the run's id."""
    found: dict[str, tuple[str, ...]] = {}
    for place in _places(workspace):
        entry = _read(place)
        if entry is not None and entry.run_id:
            found[entry.run_id] = (*found.get(entry.run_id, ()), entry.name)
    return found


def remove(workspace: Workspace, name: str) -> None:
    """Take a model out of the library; its run stays, for as long as runs are kept.

    Raises RunError when there is none of that name.
    """
    place = next((place for place in _places(workspace) if place.name == name), None)
    if place is None:
        raise _none_called(workspace, name)
    discard(workspace, place)


def _none_called(workspace: Workspace, name: str) -> RunError:
    return RunError(
        f"The library has no model called '{name}'.",
        str(workspace.library),
        "`duotune library` lists what it has.",
    )


def _places(workspace: Workspace) -> list[Path]:
    if not workspace.library.is_dir():
        return []
    found = sorted(workspace.library.iterdir())
    return [path for path in found if path.is_dir() and not path.name.startswith(".")]


def _read(place: Path) -> LibraryEntry | None:
    """The entry under its folder's name, so that one that is moved is found as it is seen."""
    try:
        entry = LibraryEntry.model_validate_json((place / RECORD).read_bytes())
    except (OSError, ValidationError):
        return None
    return entry if entry.name == place.name else entry.model_copy(update={"name": place.name})


def at(place: Path, entry: LibraryEntry) -> Kept:
    """An entry as it lies in its folder."""
    return Kept(
        entry=entry, folder=str(place), is_whole=manifests.is_whole(place / entry.model_folder)
    )


def content_of(manifest: Manifest) -> str:
    """SHA-256 of a model's files, by name and content."""
    facts = "".join(f"{name} {fact.sha256}\n" for name, fact in sorted(manifest.files.items()))
    return hashlib.sha256(facts.encode()).hexdigest()


def _build(place: Path, source: RunFolder, published: Path, entry: LibraryEntry) -> None:
    """Make an entry aside, see that its model is whole byte by byte, then show it."""
    aside = place.with_name(f".{place.name}.{os.getpid()}")
    beside = [source.root / name for name in BESIDE]
    beside += sorted(source.root.glob("reproduce*"))
    try:
        with disk_errors(place, "keep a model"):
            shutil.rmtree(aside, ignore_errors=True)
            aside.mkdir(parents=True)
            shutil.copytree(published, aside / published.name, copy_function=_link)
            for file in beside:
                if file.is_file():
                    shutil.copyfile(file, aside / file.name)
        if (wrong := manifests.damage(aside / published.name)) is not None:
            raise RunError(
                f"The model of run '{entry.run_name}' is damaged, so it was not kept: {wrong}.",
                str(published),
                "Resume the run: it makes the model again from its last checkpoint.",
            )
        write(aside, entry)
        with disk_errors(place, "keep a model"):
            aside.rename(place)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _link(source: str, target: str) -> str:
    """One file under a second name; a copy where the disk can't do that."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
    return target
