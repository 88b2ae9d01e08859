"""Rename a model of the library, note something about it, put two of them side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from core.errors import RunError, disk_errors
from core.identifiers import now
from core.messages import Record
from core.training import library, plan_diff
from core.training.labels import LONGEST_NOTE
from core.training.library import Former, Kept, LibraryEntry
from core.training.plan import TrainingPlan
from core.training.plan_diff import Difference
from core.workspace import Workspace


class Fact(Record):
    """One thing that is known of two models; None where it is not known of one."""

    field: str
    values: tuple[Any, Any]

    @property
    def is_same(self) -> bool:
        return bool(self.values[0] == self.values[1])


class KeptComparison(Record):
    """Two models of the library, side by side."""

    names: tuple[str, str]
    facts: tuple[Fact, ...]
    settings: tuple[Difference, ...]
    """Settings of their plans that differ."""
    has_plans: bool
    """Whether both have a plan; an imported model has none."""
    same_files: bool
    """Whether they are the same model, byte by byte."""
    same_data: bool
    """Whether their losses compare: the same data, divided alike."""


def rename(workspace: Workspace, name: str, new_name: str) -> Kept:
    """Call a model something else; what was exported under its old name stays its own.

    Raises RunError when there is none of that name, or another one has the new one.
    """
    kept, wanted = library.find(workspace, name), library.folder_name(new_name)
    if wanted == name:
        return kept
    place, target = Path(kept.folder), workspace.library / wanted
    if target.exists():
        raise RunError(
            f"The library has another model called '{wanted}'.",
            str(target),
            "Choose another name.",
        )
    with disk_errors(target, "rename a model"):
        place.rename(target)
    former = Former(name=name, until=now())
    entry = kept.entry.model_copy(
        update={"name": wanted, "formerly": (*kept.entry.formerly, former)}
    )
    library.write(target, entry)
    return library.at(target, entry)


def note(workspace: Workspace, name: str, text: str) -> Kept:
    """Keep a note on a model; an empty text removes it.

    Raises RunError when there is none of that name, or the note is too long.
    """
    kept, text = library.find(workspace, name), text.strip()
    if len(text) > LONGEST_NOTE:
        raise RunError(
            f"The note has {len(text)} characters; {LONGEST_NOTE} are kept at most.",
            name,
            "Shorten it.",
        )
    entry = kept.entry.model_copy(update={"note": text})
    library.write(Path(kept.folder), entry)
    return library.at(Path(kept.folder), entry)


def plan_of(kept: Kept) -> TrainingPlan | None:
    """The plan that a model was trained by; None where it has none that can be read."""
    try:
        return TrainingPlan.model_validate_json((Path(kept.folder) / "plan.json").read_bytes())
    except (OSError, ValidationError):
        return None


def compare(workspace: Workspace, first: str, second: str) -> KeptComparison:
    """Two models, field by field.

    Raises RunError when there is none of a name, or it is the same twice.
    """
    if first == second:
        raise RunError("A model can't be compared with itself.", first, "Name two models.")
    both = (library.find(workspace, first), library.find(workspace, second))
    one, other = both[0].entry, both[1].entry
    known = (_known(one), _known(other))
    plans = (plan_of(both[0]), plan_of(both[1]))
    settings: tuple[Difference, ...] = ()
    if plans[0] is not None and plans[1] is not None:
        settings = plan_diff.differences(plans[0], plans[1])
    return KeptComparison(
        names=(first, second),
        facts=tuple(Fact(field=key, values=(known[0][key], known[1][key])) for key in known[0]),
        settings=settings,
        has_plans=None not in plans,
        same_files=one.content_sha256 == other.content_sha256,
        same_data=bool(one.split_fingerprint) and one.split_fingerprint == other.split_fingerprint,
    )


def _known(entry: LibraryEntry) -> dict[str, Any]:
    """What an entry says of itself, None where it says nothing."""
    best, found = entry.result, next(iter(entry.evaluations), None)
    return {
        "origin": entry.origin,
        "holds": "adapter" if entry.model_folder == "adapter" else "whole model",
        "base_model": entry.base_model or None,
        "revision": entry.revision,
        "data": entry.dataset_name or entry.dataset_id or None,
        "run": entry.run_name or None,
        "best_loss": best.best_loss if best else None,
        "best_step": best.best_step if best else None,
        "rubric_base": found.base if found else None,
        "rubric_tuned": found.tuned if found else None,
        "bytes": entry.bytes,
        "kept_at": entry.kept_at,
        "note": entry.note or None,
    }
