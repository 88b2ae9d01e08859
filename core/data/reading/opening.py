"""Open a data file of any container and encoding as numbered rows."""

from __future__ import annotations

import codecs
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from importlib import import_module
from itertools import chain
from pathlib import Path
from types import ModuleType
from typing import BinaryIO

from core.data.problems import Finding, file_error
from core.data.reading.archives import Archive, left_out, office_kind, open_archive, unpack_entry
from core.data.reading.encodings import MARKS, unmarked_wide
from core.data.reading.joining import Part, join_parts
from core.data.reading.json_files import json_rows, raw_lines
from core.data.reading.lines import text_rows
from core.data.reading.opened import Opened
from core.data.reading.recoding import Text, open_text
from core.data.reading.salvaging import salvage
from core.data.reading.signatures import HEAD_BYTES, OLD_OFFICE, container_of, refused_kind
from core.data.reading.source import open_file, shown_name
from core.data.reading.tables import open_table
from core.data.reading.unpacking import Unpacked, unpack_gzip
from core.data.reading.yaml_files import yaml_rows
from core.data.reading.zipped import choose_entries, parts_by_name, read_context

__all__ = ["open_rows", "raw_lines"]

BLANK_BYTES = b" \t\r\n"
WIDE_MARKS = tuple(mark for mark, name in MARKS if name != "utf-8-sig")
CONTROLS = bytes(set(range(32)) - set(b"\t\n\r\f\x1b")) + b"\x7f"
DOCUMENT = "a Word or PowerPoint document"
OFFICE_PARTS = ("[Content_Types].xml", "docProps/", "_rels/", "xl/", "word/", "ppt/")
BINARY = "a binary file"


@contextmanager
def open_rows(path: Path, encoding: str | None = None) -> Iterator[Opened]:
    """Open a file whatever its name says; `encoding` goes before what its bytes suggest.

    Raises NoUsableRows when there is no such file, or it holds nothing that can be rows.
    """
    with ExitStack() as stack:
        file = stack.enter_context(open_file(path))
        yield _Opening(stack, encoding).open(file, shown_name(path))


@dataclass(frozen=True)
class _Opening:
    """How a file is opened, and what is closed in the end."""

    stack: ExitStack
    encoding: str | None
    packed: str = ""
    """`gzip` or `zip` for a file that was inside such a one."""

    def open(self, file: BinaryIO, name: str) -> Opened:
        """The rows of an open file."""
        head = _head(file)
        container = container_of(head)
        if container == "gzip":
            return self._gzip(file, name)
        if container == "zip":
            return self._zip(file, name)
        if container == "parquet":
            return Opened("parquet", "", _columns().parquet_rows(file, name))
        if container == "arrow":
            return Opened("arrow", "", _columns().arrow_rows(file, name))
        _refuse_binary(head, name)
        text = self.stack.enter_context(open_text(file, name, self.encoding))
        return _read_text(text)

    def _gzip(self, file: BinaryIO, name: str) -> Opened:
        if self.packed == "gzip":
            raise file_error("archive_nested", file=name)
        unpacked = self._keep(unpack_gzip(file, name))
        opened = replace(self, packed="gzip").open(unpacked.file, name)
        return replace(
            opened,
            container=f"gzip+{opened.container}",
            found=(*unpacked.found, *opened.found),
        )

    def _zip(self, file: BinaryIO, name: str) -> Opened:
        if not zipfile.is_zipfile(file):
            return self._salvaged(file, name)
        archive = open_archive(file, name)
        kind = office_kind(archive)
        if kind == "xlsx":
            return Opened("xlsx", "", _sheets().sheet_rows(file, archive.zip, name, self.stack))
        if kind is not None:
            raise file_error("file_binary", file=name, kind=DOCUMENT)
        if self.packed:
            raise file_error("archive_nested", file=name)
        return self._entries(archive, name)

    def _entries(self, archive: Archive, name: str) -> Opened:
        chosen = choose_entries(archive)
        if not chosen.entries:
            raise file_error("archive_no_data", file=name)
        parts = (
            Part(entry.filename, partial(unpack_entry, archive, entry)) for entry in chosen.entries
        )
        opened = join_parts(parts, self._open_part, self.stack)
        context = read_context(archive, chosen.context)
        if chosen.left_out:
            opened = replace(opened, found=(left_out(chosen.left_out), *opened.found))
        named = parts_by_name([entry.filename for entry in chosen.entries])
        return replace(opened, context=context, parts=named)

    def _open_part(self, file: BinaryIO, name: str, stack: ExitStack) -> Opened:
        return replace(self, stack=stack, packed="zip").open(file, name)

    def _salvaged(self, file: BinaryIO, name: str) -> Opened:
        if self.packed:
            raise file_error("archive_damaged", file=name)
        saved = salvage(file, name)
        parts = (Part(one.name, partial(_itself, one.unpacked)) for one in saved)
        first = next(parts, None)
        if first is None or first.name.startswith(OFFICE_PARTS):
            raise file_error("archive_damaged", file=name)
        opened = join_parts(chain((first,), parts), self._open_part, self.stack)
        found = Finding("archive_cut_off", (), {"file": name})
        return replace(opened, found=(found, *opened.found))

    def _keep(self, unpacked: Unpacked) -> Unpacked:
        self.stack.enter_context(unpacked.file)
        return unpacked


# PyArrow and openpyxl take tens of megabytes: only who opens such a file imports them.


def _columns() -> ModuleType:
    return import_module("core.data.reading.columns")


def _sheets() -> ModuleType:
    return import_module("core.data.reading.sheets")


def _itself(unpacked: Unpacked) -> Unpacked:
    return unpacked


def _read_text(text: Text) -> Opened:
    """What kind of text it is, most telling kinds first."""
    source, encoding, found = text
    head = source.read(source.start, HEAD_BYTES)
    if len(head) < HEAD_BYTES and not head.strip(BLANK_BYTES):
        raise file_error("file_empty", file=source.name)
    if (json_text := json_rows(source)) is not None:
        container, rows, besides = json_text
        return Opened(container, encoding, rows, source, besides, found)
    if (yaml_text := yaml_rows(source)) is not None:
        return Opened("yaml", encoding, yaml_text, found=found)
    if (table := open_table(source)) is not None:
        container = "tsv" if table.delimiter == "\t" else "csv"
        found = (*found, *table.found)
        return Opened(container, encoding, table.rows, source, None, found, {}, table.delimiter)
    return Opened("text", encoding, text_rows(source), source, found=found)


def _head(file: BinaryIO) -> bytes:
    file.seek(0)
    return file.read(HEAD_BYTES)


def _refuse_binary(head: bytes, name: str) -> None:
    if head.startswith(OLD_OFFICE):
        raise file_error("workbook_locked", file=name)
    kind = refused_kind(head) or (BINARY if _is_binary(head) else None)
    if kind is not None:
        raise file_error("file_binary", file=name, kind=kind)


def _is_binary(head: bytes) -> bool:
    """Whether bytes are no text; a few NULs inside (a crash leaves them) cost their rows only."""
    if head.startswith(WIDE_MARKS) or unmarked_wide(head) is not None:
        return False
    text = head.removeprefix(codecs.BOM_UTF8).lstrip()
    if b"\0" in head[:4]:
        return True
    controls = len(head) - len(head.translate(None, CONTROLS))
    return controls * 50 > len(head) and text[:1] not in (b"{", b"[")
