"""ZIP archives: which of their files are data, and their unpacking within bounds."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Sequence
from typing import BinaryIO, NamedTuple

from core.data.problems import Finding, file_error, shorten
from core.data.reading.damage import DAMAGE
from core.data.reading.source import file_size
from core.data.reading.unpacking import STEP, Unpacked, check_growth, unpack

MAX_ENTRIES = 20_000
ENCRYPTED = 0x1
SHOWN = 3
IGNORED = re.compile(r"(^|/)(__MACOSX/|\.|Thumbs\.db$|desktop\.ini$)")
OFFICE = (("xl/", "xlsx"), ("word/", "docx"), ("ppt/", "pptx"))
ABSOLUTE = re.compile(r"[/\\]|[A-Za-z]:")


class Archive(NamedTuple):
    """A ZIP archive that passed all checks."""

    zip: zipfile.ZipFile
    entries: tuple[zipfile.ZipInfo, ...]
    """Its files, without folders and what operating systems add."""


def open_archive(file: BinaryIO, name: str) -> Archive:
    """Look into an archive; NoUsableRows says why it is not unpacked."""
    try:
        archive = zipfile.ZipFile(file)
        entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    except DAMAGE as error:
        raise file_error("archive_damaged", file=name) from error
    if len(entries) > MAX_ENTRIES:
        raise file_error(
            "archive_entries", file=name, count=f"{len(entries):,}", limit=f"{MAX_ENTRIES:,}"
        )
    for entry in entries:
        _check_name(entry, name)
    if any(entry.flag_bits & ENCRYPTED for entry in entries):
        raise file_error("archive_locked", file=name)
    check_growth(name, file_size(file), sum(entry.file_size for entry in entries))
    return Archive(archive, tuple(e for e in entries if not IGNORED.search(e.filename)))


def _check_name(entry: zipfile.ZipInfo, name: str) -> None:
    parts = re.split(r"[/\\]", entry.filename)
    if ".." in parts or ABSOLUTE.match(entry.filename):
        raise file_error("archive_unsafe_name", file=name, entry=shorten(entry.filename))


def office_kind(archive: Archive) -> str | None:
    """`xlsx`, `docx` or `pptx` when the archive is such a document."""
    names = [entry.filename for entry in archive.entries]
    if "[Content_Types].xml" not in names:
        return None
    return next((kind for start, kind in OFFICE if any(n.startswith(start) for n in names)), None)


def unpack_entry(archive: Archive, entry: zipfile.ZipInfo) -> Unpacked:
    """One file of an archive, as far as it is whole."""
    return unpack(lambda out: _copy(archive, entry, out), shorten(entry.filename))


def _copy(archive: Archive, entry: zipfile.ZipInfo, out: BinaryIO) -> bool:
    written = 0
    name = shorten(entry.filename)
    for piece in _pieces(archive, entry):
        if piece is None:
            return False
        written += out.write(piece)
        check_growth(name, max(entry.compress_size, 1), written)
    return True


def _pieces(archive: Archive, entry: zipfile.ZipInfo) -> Iterator[bytes | None]:
    """What an entry holds, piece by piece; None where it is damaged."""
    try:
        with archive.zip.open(entry) as packed:
            while piece := packed.read(STEP):
                yield piece
    except DAMAGE:
        yield None


def left_out(names: Sequence[str]) -> Finding:
    """That some files of an archive were not read."""
    shown = ", ".join(shorten(name) for name in names[:SHOWN])
    more = "…" if len(names) > SHOWN else ""
    return Finding("entries_not_read", (), {"count": f"{len(names):,}", "names": shown + more})
