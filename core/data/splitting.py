"""Freeze which example ids are for training, validation and test, without leaks between them."""

from __future__ import annotations

import hashlib
import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from core.data import store
from core.data.collector import no_collection
from core.data.identity import group_key
from core.data.records import Example, Part, Split
from core.data.summary import main_script
from core.disk import write_atomic
from core.errors import DataError
from core.workspace import Workspace

PARTS: tuple[Part, ...] = ("train", "validation", "test")
SMALLEST = 10
"""Fewer rows are all needed for training."""
SHARE = 0.1
"""Of all rows, for validation and for test each."""
LEAST_TEST_ROWS = 20
"""Wanted for a test part, as long as that is at most a fifth of the file."""
LARGE_GROUP = 0.25
"""A group with more than this share of a part's rows goes to training."""
NAMED_ROWS = 20


class Group(NamedTuple):
    """Rows that must stay together because they share their first user turn."""

    key: str
    examples: tuple[Example, ...]


def frozen_split(workspace: Workspace, dataset_id: str) -> Split:
    """The dataset's split; made and saved on first use, the same ever after.

    Raises DataError when the dataset or its saved split can't be read.
    """
    path = split_path(workspace, dataset_id)
    try:
        return Split.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        with no_collection():
            split = make_split(dataset_id, store.load_examples(workspace, dataset_id))
        write_atomic(path, split.model_dump_json(indent=1))
        return split
    except ValidationError as error:
        raise DataError(
            f"The saved split of dataset {dataset_id} is damaged.",
            str(path),
            "Delete this file: the same split is made again from the same rows and seed.",
        ) from error


def split_path(workspace: Workspace, dataset_id: str) -> Path:
    return workspace.dataset(dataset_id) / "split.json"


def make_split(dataset_id: str, examples: Sequence[Example], seed: int = 7) -> Split:
    """Divide examples into parts by groups; the same examples and seed give the same split.

    Parts that the file itself names are kept, except that a group found in several of them goes
    to training as a whole: a held-out row that training has seen would measure memory.
    """
    groups = _groups(examples)
    named = {example.part for example in examples} - {None}
    notes: list[str] = []
    given = bool(named - {"train"})
    if given:
        parts = _given_parts(groups, notes)
    else:
        if named:
            notes.append("Every `split` key says train, so the parts were drawn anyway.")
        parts = _drawn_parts(groups, len(examples), seed, notes)
    chosen = {part: [e for e in examples if parts[e.id] == part] for part in PARTS}
    notes += _missing_parts(chosen, given)
    ids = {part: tuple(e.id for e in chosen[part]) for part in PARTS}
    return Split(
        dataset_id=dataset_id,
        train=ids["train"],
        validation=ids["validation"],
        test=ids["test"],
        seed=seed,
        given=given,
        fingerprint=_fingerprint(ids),
        notes=tuple(notes),
    )


def _groups(examples: Sequence[Example]) -> list[Group]:
    found: dict[str, list[Example]] = defaultdict(list)
    for example in examples:
        found[group_key(example.conversation)].append(example)
    return [Group(key, tuple(rows)) for key, rows in found.items()]


def _fingerprint(ids: dict[Part, tuple[str, ...]]) -> str:
    text = "\n".join(f"{part}:{','.join(ids[part])}" for part in PARTS)
    return hashlib.sha256(text.encode()).hexdigest()


def _given_parts(groups: Sequence[Group], notes: list[str]) -> dict[str, Part]:
    parts: dict[str, Part] = {}
    moved: list[Example] = []
    unnamed: list[Example] = []
    for group in groups:
        asked = {example.part or "train" for example in group.examples}
        for example in group.examples:
            part = example.part or "train"
            parts[example.id] = part if len(asked) == 1 else "train"
            if parts[example.id] != part:
                moved.append(example)
            elif example.part is None:
                unnamed.append(example)
    if moved:
        notes.append(
            f"{len(moved)} held-out rows moved to training, because other parts have rows with "
            f"the same first user turn: {_rows(moved)}."
        )
    if unnamed:
        notes.append(f"{len(unnamed)} rows name no part and went to training: {_rows(unnamed)}.")
    return parts


def _rows(examples: Sequence[Example]) -> str:
    rows = sorted(example.row for example in examples)
    if len(rows) == 1:
        return f"row {rows[0]}"
    shown, more = ", ".join(map(str, rows[:NAMED_ROWS])), len(rows) - NAMED_ROWS
    return f"rows {shown} and {more} more" if more > 0 else f"rows {shown}"


def _drawn_parts(
    groups: Sequence[Group], rows: int, seed: int, notes: list[str]
) -> dict[str, Part]:
    parts: dict[str, Part] = {e.id: "train" for group in groups for e in group.examples}
    if rows < SMALLEST:
        notes.append(f"With {rows} usable rows, all are used for training ({SMALLEST} are needed).")
        return parts
    test = max(round(rows * SHARE), min(LEAST_TEST_ROWS, rows // 5))
    validation = max(round(rows * SHARE), 1)
    queue = _stratified(groups, seed)
    small = [group for group in queue if len(group.examples) <= max(1, test * LARGE_GROUP)]
    if len(small) < len(queue):
        kept = sum(len(group.examples) for group in queue) - sum(len(g.examples) for g in small)
        notes.append(
            f"{kept} rows share their first user turn with many others; they stay together, "
            "in training."
        )
    remaining = iter(small)
    wanted: tuple[tuple[Part, int], ...] = (("test", test), ("validation", validation))
    for part, target in wanted:
        taken = 0
        while taken < target and (group := next(remaining, None)) is not None:
            parts.update((example.id, part) for example in group.examples)
            taken += len(group.examples)
    return parts


def _stratified(groups: Sequence[Group], seed: int) -> list[Group]:
    """Groups in a seeded order of which any beginning holds each kind of row in proportion."""
    order = sorted(groups, key=lambda group: group.key)
    random.Random(seed).shuffle(order)
    strata = [_stratum(group) for group in order]
    sizes = Counter(strata)
    seen: Counter[str] = Counter()
    ranked = []
    for group, stratum in zip(order, strata, strict=True):
        ranked.append(((seen[stratum] + 0.5) / sizes[stratum], group))
        seen[stratum] += 1
    return [group for _, group in sorted(ranked, key=lambda pair: pair[0])]


def _stratum(group: Group) -> str:
    first = group.examples[0]
    return "\0".join((main_script(first.conversation), *first.tags))


def _missing_parts(chosen: dict[Part, list[Example]], given: bool) -> list[str]:
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
