"""Rows as token ids on disk: made once, memory-mapped ever after by whoever trains on them again.

An entry is named by all that decides its content. It counts when its manifest does, so one that was
cut short or changed is made anew.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import shutil
import time
from array import array
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple, overload

import msgspec
import psutil
import pyarrow as pa
from datasets import Dataset

from core.data import splitting, store
from core.data.example_file import ExampleFile
from core.data.records import Example
from core.disk import sha256_text, take_lease, write_atomic
from core.errors import PlanError, disk_errors
from core.models.masks import Masker
from core.training import manifests, pairs, readiness, share
from core.training.plan import TrainingPlan
from core.training.program.pairing import Pair, PairPreparer, are_pairs, as_prepared
from core.training.program.preparation import CHUNK, Facts, Parts, Prepared, Preparer, Text
from core.workspace import Workspace

VERSION = 1
"""Of how rows become sequences: another one makes all entries anew."""
KEPT_BYTES = 8 << 30
"""Entries that were used longest ago are removed above this size."""
POLL_S = 0.1
FACTS = "facts.json"
PARTS = ("train", "validation")

Warn = Callable[[str], None]


class Told(msgspec.Struct):
    """What is kept beside the sequences of both parts."""

    parts: dict[str, Facts]
    mask_sha256: str
    """What a sample of the training rows teaches, as `readiness.look` tells it."""


class Cached(NamedTuple):
    """The parts of a run, and what was known of them."""

    parts: Parts
    mask_sha256: str
    reused: bool


def load(workspace: Workspace, plan: TrainingPlan, masker: Masker, warn: Warn) -> Cached:
    """The rows of a plan as sequences, from the cache where they are in it.

    `warn` is told of an entry that was damaged. Raises PlanError when the data's split is not the
    plan's, ModelError when the model's template or tokenizer can't be trained with, DataError when
    rows are missing, WorkspaceError when the disk is full.
    """
    split = splitting.frozen_split(workspace, plan.dataset_id)
    if split.fingerprint != plan.split_fingerprint:
        raise PlanError(
            "The data's split is not the one that was agreed to.",
            plan.dataset_id,
            "Ask for a new plan for this data and start that.",
        )
    examples = store.load_examples(workspace, plan.dataset_id)
    folder = workspace.prepared / f"{plan.dataset_id}-{_key(plan, masker, examples)[:32]}"
    with _alone(folder):
        found = _read(folder, warn)
        if found is None:
            train = share.taken(plan, split, examples).train
            chosen = _Choice.of(examples, {"train": train, "validation": split.validation})
            _make(folder, plan, masker, chosen)
            found = _opened(folder, reused=False)
    os.utime(folder)
    _prune(workspace, keep=folder)
    return found


# -- what decides an entry ------------------------------------------------------------------------


def _key(plan: TrainingPlan, masker: Masker, examples: ExampleFile) -> str:
    from trl import __version__ as packer

    template = masker.template
    told = {
        "version": VERSION,
        "dataset": plan.dataset_id,
        "row_numbers": hashlib.sha256(array("Q", examples.rows).tobytes()).hexdigest(),
        "split": plan.split_fingerprint,
        "template": template.sha256,
        "template_kwargs": template.kwargs,
        "tokenizer": _tokenizer_sha256(template.tokenizer),
        "stop_ids": sorted(masker.stop_ids),
        "max_length": masker.max_length,
        "packing": packer if plan.packing else None,
        **({"objective": plan.objective} if plan.objective != "sft" else {}),
        **({"train_share": [plan.train_share, plan.seed]} if plan.train_share < 1 else {}),
    }
    return sha256_text(json.dumps(told, sort_keys=True))


def _tokenizer_sha256(tokenizer: Any) -> str:
    """Of all that turns text into tokens."""
    backend = getattr(tokenizer, "backend_tokenizer", None)
    core = backend.to_str() if backend is not None else json.dumps(sorted(tokenizer.get_vocab()))
    return sha256_text(json.dumps([type(tokenizer).__name__, core, tokenizer.all_special_tokens]))


class _Id(msgspec.Struct, gc=False):
    id: str


class _Choice(Sequence[Example]):
    """Some examples of a file, each decoded when it is asked for."""

    def __init__(self, examples: ExampleFile, places: array[int]) -> None:
        self._examples, self._places = examples, places

    @classmethod
    def of(cls, examples: ExampleFile, ids: dict[str, tuple[str, ...]]) -> dict[str, _Choice]:
        """The examples of each part, in file order."""
        part_of = {one: part for part, chosen in ids.items() for one in chosen}
        places = {part: array("Q") for part in ids}
        decode = msgspec.json.Decoder(_Id).decode
        for place in range(len(examples)):
            if part := part_of.get(decode(examples.line(place)).id):
                places[part].append(place)
        return {part: cls(examples, found) for part, found in places.items()}

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, index: int) -> Example: ...
    @overload
    def __getitem__(self, index: slice) -> list[Example]: ...
    def __getitem__(self, index: int | slice) -> Example | list[Example]:
        if isinstance(index, slice):
            return [self._examples[place] for place in self._places[index]]
        return self._examples[self._places[index]]


# -- making an entry ------------------------------------------------------------------------------


def _make(folder: Path, plan: TrainingPlan, masker: Masker, rows: dict[str, _Choice]) -> None:
    """Write an entry aside, so that it appears whole or not at all."""
    pairs.need_pairs(plan, rows["train"])
    aside = folder.with_name(f".{folder.name}.{os.getpid()}")
    told = Told(parts={}, mask_sha256=readiness.look(rows["train"], masker).mask_sha256)
    with disk_errors(folder, "keep the prepared rows"):
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(parents=True)
        try:
            for part, chosen in rows.items():
                told.parts[part] = _write(aside / f"{part}.arrow", plan, masker, chosen)
            if plan.packing and told.parts["train"].tokens:
                _pack(aside, plan.max_length)
            write_atomic(aside / FACTS, msgspec.json.encode(told))
            manifests.write(aside)
            shutil.rmtree(folder, ignore_errors=True)
            aside.rename(folder)
        finally:
            shutil.rmtree(aside, ignore_errors=True)


def _write(path: Path, plan: TrainingPlan, masker: Masker, examples: Sequence[Example]) -> Facts:
    facts = Facts()
    kind: type[Pair | Text] = Pair if plan.objective == "dpo" else Text
    preparer = PairPreparer(masker) if plan.objective == "dpo" else Preparer(masker)
    types = {name: pa.list_(pa.int8() if _is_mask(name) else pa.int32()) for name in kind._fields}
    texts = preparer.stream(examples, facts)
    with pa.ipc.new_stream(path, pa.schema(types)) as file:
        while chunk := list(islice(texts, CHUNK)):
            columns = zip(map(list, zip(*chunk, strict=True)), types.values(), strict=True)
            arrays = [pa.array(column, of_type) for column, of_type in columns]
            file.write_batch(pa.record_batch(arrays, schema=pa.schema(types)))
    return facts


def _is_mask(name: str) -> bool:
    return name.endswith("_mask")


def _pack(folder: Path, length: int) -> None:
    """Best-fit-decreasing packs of the training rows, as TRL makes them."""
    from trl import pack_dataset

    rows = Dataset.from_file(str(folder / "train.arrow"))
    where = {"cache_file_name": str(folder / "packed.arrow"), "load_from_cache_file": False}
    pack_dataset(rows, length, "bfd", where)


# -- reading one ----------------------------------------------------------------------------------


def _read(folder: Path, warn: Warn) -> Cached | None:
    if not folder.is_dir():
        return None
    wrong = manifests.damage(folder)
    if wrong is None:
        with suppress(msgspec.DecodeError, OSError):
            return _opened(folder, reused=True)
        wrong = f"{FACTS} can't be read"
    warn(f"What an earlier run prepared of this data is damaged ({wrong}); it is made anew.")
    return None


def _opened(folder: Path, reused: bool) -> Cached:
    told = msgspec.json.decode((folder / FACTS).read_bytes(), type=Told)
    train, validation = (_prepared(folder, part, told.parts[part]) for part in PARTS)
    if (folder / "packed.arrow").exists():
        train.packed = Dataset.from_file(str(folder / "packed.arrow"))
    return Cached(Parts(train, validation), told.mask_sha256, reused)


def _prepared(folder: Path, part: str, facts: Facts) -> Prepared:
    stored = Dataset.from_file(str(folder / f"{part}.arrow"))
    if are_pairs(stored):
        return as_prepared(facts, stored)
    known = {field.name: getattr(facts, field.name) for field in dataclasses.fields(Facts)}
    return Prepared(**known, input_ids=stored["input_ids"], labels=stored["labels"], stored=stored)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Let one process make an entry, and others wait for it."""
    path = folder.with_name(f"{folder.name}.lease")
    while (lease := take_lease(path)) is None:
        time.sleep(POLL_S)
    try:
        yield
    finally:
        os.close(lease)


def _prune(workspace: Workspace, keep: Path) -> None:
    """Remove what dead processes and deleted datasets left, and the oldest of too much."""
    for aside in workspace.prepared.glob(".ds-*"):
        if not psutil.pid_exists(int(aside.suffix[1:])):
            shutil.rmtree(aside, ignore_errors=True)
    entries = [path for path in workspace.prepared.glob("ds-*") if path.is_dir() and path != keep]
    entries.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    room = KEPT_BYTES - _size(keep)
    for entry in entries:
        room -= _size(entry)
        if room < 0 or not workspace.dataset(entry.name.rpartition("-")[0]).exists():
            shutil.rmtree(entry, ignore_errors=True)
            entry.with_name(f"{entry.name}.lease").unlink(missing_ok=True)


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir())
