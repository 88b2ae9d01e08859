"""Rows of Parquet and Arrow files, nested values as they are."""

from __future__ import annotations

import base64
import datetime
import decimal
import re
from collections.abc import Iterator
from itertools import chain
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from core.data.problems import file_error, size_text
from core.data.reading.damage import DAMAGE, damaged_here
from core.data.reading.malformed import Fault
from core.data.reading.rows import Row
from core.data.reading.source import MAX_FILE_BYTES
from core.data.reading.table_shape import Header, named_columns

BATCH_BYTES = 8 << 20
BATCH_ROWS = 512
MAX_BATCH_ROWS = 1 << 24
OTHER_TYPES = re.compile("binary|timestamp|date|time|duration|decimal|interval|extension")
"""Types whose values JSON doesn't have."""
BROKEN = (*DAMAGE, pa.ArrowException)


def parquet_rows(file: BinaryIO, name: str) -> Iterator[Row]:
    """Rows by row groups; NoUsableRows when the file can't be opened."""
    try:
        table = pq.ParquetFile(file)
        groups = [table.metadata.row_group(n) for n in range(table.metadata.num_row_groups)]
        size = sum(group.total_byte_size for group in groups)
        batch = BATCH_BYTES * max(table.metadata.num_rows, 1) // max(size, 1)
    except BROKEN as error:
        raise file_error("file_damaged", file=name, kind="a Parquet file") from error
    if size > MAX_FILE_BYTES:
        raise file_error("archive_too_large", file=name, limit=size_text(MAX_FILE_BYTES))
    batch = min(max(batch, 1), BATCH_ROWS)
    # Group by group: all at once, damage anywhere would cost every row.
    each = (table.iter_batches(batch_size=batch, row_groups=[n]) for n in range(len(groups)))
    return _rows(chain.from_iterable(each))


def arrow_rows(file: BinaryIO, name: str) -> Iterator[Row]:
    """Rows of an Arrow file or stream, batch by batch."""
    file.seek(0)
    is_file = file.read(6) == b"ARROW1"
    file.seek(0)
    try:
        if not is_file:
            return _rows(iter(pa.ipc.open_stream(file)))
        reader = pa.ipc.open_file(file)
        return _rows(reader.get_batch(n) for n in range(reader.num_record_batches))
    except BROKEN as error:
        raise file_error("file_damaged", file=name, kind="an Arrow file") from error


def _rows(batches: Iterator[pa.RecordBatch]) -> Iterator[Row]:
    number, is_first = 0, True
    try:
        for batch in batches:
            names = batch.schema.names
            if len(set(names)) < len(names):  # of columns by one name, only the last would be read
                header = named_columns(names)
                yield from _remarks(header) if is_first else ()
                batch = batch.rename_columns(list(header.names))
            is_first = False
            if not batch.num_columns or batch.num_rows > MAX_BATCH_ROWS:
                yield damaged_here()  # a length that nothing stands behind
                return
            batch.validate(full=True)  # reading damaged batches can end the whole program
            for start in range(0, batch.num_rows, BATCH_ROWS):
                for row in _values(batch.slice(start, BATCH_ROWS)):
                    number += 1
                    yield row._replace(number=number)
    except BROKEN:
        yield damaged_here()


def _remarks(header: Header) -> Iterator[Row]:
    for finding in header.found:
        yield Row(None, 0, b"", None, (Fault(finding.code, 0, finding.values),))


def _values(batch: pa.RecordBatch) -> Iterator[Row]:
    plain = any(OTHER_TYPES.search(str(field.type)) for field in batch.schema)
    try:
        values = batch.to_pylist(maps_as_pydicts="strict")
    except BROKEN:
        if batch.num_rows == 1:
            yield Row(0, 0, b"", None, (Fault("cell_unreadable", 0, {}),))
            return
        for index in range(batch.num_rows):
            yield from _values(batch.slice(index, 1))
        return
    for value in values:
        yield Row(0, 0, b"", _as_json(value) if plain else value)


def _as_json(value: Any) -> Any:
    """A value with what JSON lacks written as text."""
    if isinstance(value, dict):
        return {key: _as_json(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_as_json(inner) for inner in value]
    if isinstance(value, bytes):
        return _bytes_text(value)
    if isinstance(value, datetime.datetime | datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, decimal.Decimal | datetime.timedelta):
        return str(value)
    return value


def _bytes_text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return base64.b64encode(value).decode()
