"""Rows of datasets kept open between clicks, so that showing one reads one."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from heapq import nlargest
from pathlib import Path
from threading import RLock
from typing import Any, TypeVar

import msgspec

from core.actions import Actions
from core.data import splitting, store
from core.data.example_file import ExampleFile
from core.data.records import Dataset, Part, Split
from core.data.versions import RowChange
from ui.watch import Watch

T = TypeVar("T")
KEPT = 16
"""Indexes, splits and comparisons in memory."""
AT_ONCE = 10_000
"""Rows up to which a split, its leaks and comparisons are made without being asked for."""
LONGEST = 5
SEARCHED = 64 << 20
"""Bytes of rejected rows that are searched for one."""
PARTS: tuple[Part, ...] = ("train", "validation", "test")


class Shelf:
    """What the room shows of datasets, read once per version."""

    def __init__(self, actions: Actions, watch: Watch) -> None:
        self.actions, self.watch = actions, watch
        self._lock = RLock()
        self._kept: OrderedDict[tuple[str, str, int], Any] = OrderedDict()

    def dataset(self, dataset_id: str) -> Dataset:
        """The version as it stands now: reading its texts later adds findings to it.

        Raises DataError when there is none.
        """
        listed = (one for one in self.watch.datasets() if one.id == dataset_id)
        return next(listed, None) or self.actions.dataset(dataset_id)

    def find(self, dataset_id: str | None) -> Dataset | None:
        """The version, or None when it is gone."""
        return next((one for one in self.watch.datasets() if one.id == dataset_id), None)

    def stamp(self, dataset_id: str | None) -> str:
        """Changes whenever the version has to be drawn again."""
        if dataset_id is None:
            return ""
        return f"{dataset_id} {_time(self._file(dataset_id, store.DATASET))}"

    def stamped(self, stamp: str) -> Dataset | None:
        """The version that a stamp is of."""
        return self.find(stamp.partition(" ")[0])

    def examples(self, dataset_id: str) -> ExampleFile:
        """The usable rows; each is read when it is asked for."""

        def read() -> ExampleFile:
            found: Sequence[Any] = self.actions.examples(dataset_id)
            return found if isinstance(found, ExampleFile) else ExampleFile.of(found)

        return self._once("rows", dataset_id, read)

    def split(self, dataset: Dataset) -> Split | None:
        """The split, unless it has to be made first and the dataset is large."""
        frozen = splitting.split_path(self.actions.workspace, dataset.id).exists()
        if not frozen and dataset.summary.usable > AT_ONCE:
            return None
        return self._once("split", dataset.id, lambda: self.actions.split(dataset.id))

    def part(self, dataset: Dataset, example_id: str) -> Part | None:
        """The part that an example is in; None when it is in none or that is not known."""
        split = self.split(dataset)
        if split is None:
            return None
        return next((part for part in PARTS if example_id in getattr(split, part)), None)

    def changes(self, dataset_id: str) -> tuple[RowChange, ...]:
        """How a version differs from its parent."""
        return self._once("changes", dataset_id, lambda: self.actions.changes(dataset_id))

    def longest(self, dataset: Dataset) -> list[int]:
        """Rows with most text, the longest first; of a large dataset only the first."""
        if dataset.summary.usable > AT_ONCE:
            longest = dataset.summary.longest_row
            return [] if longest is None else [longest]
        examples = self.examples(dataset.id)
        places = nlargest(LONGEST, range(len(examples)), key=lambda n: len(examples.line(n)))
        return list(dict.fromkeys(examples.rows[place] for place in places))

    def rejected(self, dataset_id: str, row: int) -> str | None:
        """The text of a rejected row as it is in the file of rejected rows."""
        file = self.actions.rejected_file(dataset_id)
        if not file.exists():
            return None
        with file.open("rb") as lines:
            for line in lines:
                if lines.tell() > SEARCHED:
                    return None
                if f'"_row":{row}'.encode() in line.replace(b" ", b"") and _is_row(line, row):
                    return line.decode("utf-8", "replace").strip()
        return None

    def keep_only(self, dataset_ids: Iterable[str]) -> None:
        """Forget versions that are gone: an open file of rows would keep them on the disk."""
        here = set(dataset_ids)
        with self._lock:
            for key in [key for key in self._kept if key[1] not in here]:
                del self._kept[key]

    def _file(self, dataset_id: str, name: str) -> Path:
        return self.actions.workspace.dataset(dataset_id) / name

    def _once(self, what: str, dataset_id: str, read: Callable[[], T]) -> T:
        key = (what, dataset_id, _time(self._file(dataset_id, store.ROWS)))
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                known: T = self._kept[key]
                return known
        found = read()
        with self._lock:
            self._kept[key] = found
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return found


def _time(file: Path) -> int:
    try:
        return file.stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def _is_row(line: bytes, row: int) -> bool:
    try:
        found = msgspec.json.decode(line)
    except (msgspec.DecodeError, RecursionError):
        return False
    return isinstance(found, dict) and found.get("_row") == row
