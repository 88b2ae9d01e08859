"""The usable rows of a dataset in a file: written one by one, read lazily, never all in memory."""

from __future__ import annotations

import hashlib
import os
import tempfile
import weakref
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, cast, overload

import msgspec

from core.data.canonical import RowText, example_row, row_json
from core.data.records import Example

BUFFER = 1 << 20


class _Head(msgspec.Struct, gc=False):
    """What the index needs of a line; the conversation is passed over."""

    id: str
    row: int
    part: str | None = None
    tags: tuple[str, ...] = ()
    group: str = ""
    label: str = ""
    parent: str = ""


DECIDING = ("group", "label", "parent")
_decode_head = msgspec.json.Decoder(_Head).decode


class Digest:
    """The id of a dataset, from its rows in order."""

    def __init__(self) -> None:
        self._hasher = hashlib.sha256()

    def add(self, head: _Head | RowText) -> None:
        """Take in the next row: its content, and whatever a split depends on, where it is set."""
        more = [f"{name}={value}" for name in DECIDING if (value := getattr(head, name))]
        self._hasher.update("\0".join((head.id, head.part or "", *head.tags, *more, "\n")).encode())

    @property
    def dataset_id(self) -> str:
        """`ds-` and 12 hex digits over usable rows in order, with what a split depends on."""
        return f"ds-{self._hasher.hexdigest()[:12]}"


class ExampleFile(Sequence[Example]):
    """Examples in file order; each is decoded when it is asked for."""

    def __init__(self, file: BinaryIO) -> None:
        """Index a file of rows; the file stays open for as long as this lives.

        Raises ValueError with the line when a line is not a row.
        """
        self._file = file
        weakref.finalize(self, file.close)
        self._starts, self._rows = array("Q"), array("Q")
        digest, at = Digest(), 0
        file.seek(0)
        for number, line in enumerate(file, start=1):
            try:
                head = _decode_head(line)
            except (ValueError, RecursionError) as error:
                raise ValueError(f"line {number}") from error
            self._starts.append(at)
            self._rows.append(head.row)
            digest.add(head)
            at += len(line)
        self._end = at
        self.dataset_id = digest.dataset_id

    @classmethod
    def open(cls, path: Path) -> ExampleFile:
        """The rows of a saved dataset. Raises OSError, or ValueError as the constructor does."""
        return cls(path.open("rb"))

    @classmethod
    def of(cls, examples: Iterable[Example]) -> ExampleFile:
        """Examples that were made rather than read, in an unnamed file."""
        writer = ExampleWriter.unnamed()
        for example in examples:
            writer.add(example_row(example))
        return writer.finish()

    @property
    def rows(self) -> Sequence[int]:
        """The source row of each example, in order."""
        return self._rows

    def ids(self) -> Iterator[str]:
        """The id of each example, in order; conversations are passed over."""
        return (_decode_head(self.line(place)).id for place in range(len(self)))

    def nearest(self, row: int) -> int:
        """The place of the example whose source row is nearest to a row number."""
        place = bisect_left(self._rows, row)
        around = [p for p in (place - 1, place) if 0 <= p < len(self._rows)]
        return min(around, key=lambda p: (abs(self._rows[p] - row), p))

    def __len__(self) -> int:
        return len(self._starts)

    def __iter__(self) -> Iterator[Example]:
        for place in range(len(self)):
            yield self._example(place)

    @overload
    def __getitem__(self, index: int) -> Example: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Example, ...]: ...
    def __getitem__(self, index: int | slice) -> Example | tuple[Example, ...]:
        if isinstance(index, slice):
            return tuple(self._example(place) for place in range(*index.indices(len(self))))
        place = index + len(self) if index < 0 else index
        if not 0 <= place < len(self):
            raise IndexError(index)
        return self._example(place)

    def _example(self, place: int) -> Example:
        return Example.model_validate_json(self.line(place))

    def lines(self) -> Iterator[bytes]:
        """All lines as they are written, without line breaks."""
        return (self.line(place).rstrip(b"\n") for place in range(len(self)))

    def line(self, place: int) -> bytes:
        """The line of an example, as it is written."""
        start = self._starts[place]
        end = self._starts[place + 1] if place + 1 < len(self) else self._end
        return os.pread(self._file.fileno(), end - start, start)


class ExampleWriter:
    """Writes rows one by one and knows the dataset's id at the end."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._digest = Digest()
        self.count = 0

    @classmethod
    def unnamed(cls) -> ExampleWriter:
        """A writer to a file without a name, which is gone when nobody reads it any more."""
        return cls(cast(BinaryIO, tempfile.TemporaryFile(buffering=BUFFER)))

    def add(self, row: RowText) -> None:
        """Write one row."""
        self._file.write(row_json(row) + b"\n")
        self._digest.add(row)
        self.count += 1

    def finish(self) -> ExampleFile:
        """Everything that was written, ready to be read."""
        self._file.flush()
        return ExampleFile(self._file)

    @property
    def dataset_id(self) -> str:
        """The id of the dataset written so far."""
        return self._digest.dataset_id
