"""Freeze which example ids are for training, validation and test, without leaks between them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import ValidationError

from core.data import store
from core.data.collector import no_collection
from core.data.example_file import ExampleFile
from core.data.leaks import LeakReport, load_leaks, save_leaks, split_leaks
from core.data.records import Example, Part, Split
from core.data.whole.clusters import Clusters, near_clusters
from core.data.whole.dividing import SMALLEST, drawn_parts, given_parts
from core.data.whole.groups import members_of
from core.data.whole.inheriting import inherited_parts, parts_before
from core.data.whole.neighbours import near_pairs
from core.disk import write_atomic
from core.errors import DataError
from core.workspace import Workspace

PARTS: tuple[Part, ...] = ("train", "validation", "test")
COMPARED_ROWS = 20_000
"""Up to here, near duplicates are looked for when a split is made; beyond, by a background job."""


def frozen_split(
    workspace: Workspace, dataset_id: str, clusters: Mapping[str, str] | None = None
) -> Split:
    """The dataset's split; made and saved on first use, the same ever after.

    Rows of a version that was made from another stay in their parts: what was held out before a
    change is held out after it. `clusters` are near-duplicate clusters that a background job has
    found (`WholeReport.clusters`). Raises DataError when the dataset or its saved split can't be
    read.
    """
    path = split_path(workspace, dataset_id)
    try:
        return Split.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        with no_collection():
            examples = store.load_examples(workspace, dataset_id)
            before = _before(workspace, dataset_id, examples)
            split = make_split(dataset_id, examples, clusters=clusters, before=before)
        write_atomic(path, split.model_dump_json(indent=1))
        return split
    except ValidationError as error:
        raise DataError(
            f"The saved split of dataset {dataset_id} is damaged.",
            str(path),
            "Delete this file: the same split is made again from the same rows and seed.",
        ) from error


def frozen_leaks(workspace: Workspace, dataset_id: str) -> LeakReport:
    """What the held-out parts have in common with training; looked for once a split.

    Raises DataError when the dataset or its split can't be read.
    """
    split = frozen_split(workspace, dataset_id)
    found = load_leaks(workspace, split)
    if found is None:
        found = split_leaks(split, store.load_examples(workspace, dataset_id))
        save_leaks(workspace, split, found)
    return found


def _before(
    workspace: Workspace, dataset_id: str, examples: ExampleFile
) -> Mapping[str, Part] | None:
    """Where rows stood in the version that this one was made from; None where that says nothing."""
    parent = store.load(workspace, dataset_id).parent
    if parent is None or not workspace.dataset(parent).is_dir():
        return None
    split = frozen_split(workspace, parent)
    if split.given or not split.test:
        return None
    return parts_before(store.load_examples(workspace, parent), split, examples)


def split_path(workspace: Workspace, dataset_id: str) -> Path:
    return workspace.dataset(dataset_id) / "split.json"


def make_split(
    dataset_id: str,
    examples: Sequence[Example],
    seed: int = 7,
    clusters: Mapping[str, str] | None = None,
    before: Mapping[str, Part] | None = None,
) -> Split:
    """Divide examples into parts by groups; the same examples and seed give the same split.

    `before` has the parts of those that stood in an earlier version. Parts that the file itself
    names are kept, except that rows with the same first user turn in several of them go to
    training: a held-out row that training has seen would measure memory.
    """
    members = members_of(examples)
    named = {member.part for member in members} - {None}
    given = bool(named - {"train"})
    if given:
        drawn = given_parts(members)
    elif before:
        drawn = inherited_parts(members, _clusters(examples, clusters), before, seed)
    else:
        drawn = drawn_parts(members, _clusters(examples, clusters), seed)
        if named:
            drawn.notes.insert(0, "Every `split` key says train, so the parts were drawn anyway.")
    ids: dict[Part, tuple[str, ...]] = {
        part: tuple(m.id for m in members if drawn.parts[m.id] == part) for part in PARTS
    }
    return Split(
        dataset_id=dataset_id,
        train=ids["train"],
        validation=ids["validation"],
        test=ids["test"],
        seed=seed,
        given=given,
        fingerprint=_fingerprint(ids),
        groups=drawn.groups,
        stratified_by=drawn.stratified_by,
        near_duplicates=drawn.near_duplicates,
        notes=(*drawn.notes, *_missing_parts(ids, given)),
    )


def _fingerprint(ids: Mapping[Part, tuple[str, ...]]) -> str:
    text = "\n".join(f"{part}:{','.join(ids[part])}" for part in PARTS)
    return hashlib.sha256(text.encode()).hexdigest()


def _clusters(examples: Sequence[Example], found: Mapping[str, str] | None) -> Clusters | None:
    """Near-duplicate clusters: those that were found, or found now when that is quick."""
    if found is not None:
        return Clusters(dict(found), 0)
    if not SMALLEST <= len(examples) <= COMPARED_ROWS:
        return None
    return near_clusters(near_pairs(examples), len(examples))


def _missing_parts(chosen: Mapping[Part, tuple[str, ...]], given: bool) -> list[str]:
    because = "the file names none" if given else "there are too few different rows"
    lost: dict[Part, str] = {
        "train": "nothing can be trained",
        "validation": "validation loss cannot be measured, nor the best checkpoint chosen",
        "test": "base and tuned cannot be compared on held-out rows",
    }
    return [
        f"There is no {part} part ({because}), so {lost[part]}."
        for part in PARTS
        if not chosen[part]
    ]
