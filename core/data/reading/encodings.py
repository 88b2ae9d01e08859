"""Which encoding a text file is in: its mark, UTF-8, halved UTF-8, or a guess that is told."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from core.data.problems import Finding, file_error, shorten
from core.data.reading.guessing import guess_encoding
from core.data.reading.names import NAMES
from core.data.reading.source import file_size

STEP = 1 << 20
WHOLE_BYTES = 32 << 20
"""Smaller files are looked at from beginning to end, larger ones in places."""
PLACES, PLACE_BYTES = 32, 1 << 18
GUESSED_BYTES = 1 << 18
"""So many bytes of lines that aren't UTF-8 are enough for a guess."""
FEW = 3
"""So few invalid places are the fault of their rows, not of the file's encoding."""

# Longest first: UTF-32's mark begins with UTF-16's.
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
WIDE = ("utf-16-le", "utf-16-be")
MAX_STRANGE = 0.02
NOT_FOR_FILES = frozenset(NAMES["not_encodings"])
HALVED = "cesu-8"
"""UTF-8 of UTF-16's halves: what some Java and Oracle programs write."""
PAIR = re.compile(rb"\xed[\xa0-\xaf][\x80-\xbf]\xed[\xb0-\xbf][\x80-\xbf]")
SHORT_LEADS, LONG_LEADS = bytes(range(0xC2, 0xE0)), bytes(range(0xE0, 0xF5))
"""What characters of two bytes begin with, and those of three or four."""
HIGH_BYTES = bytes(range(0x80, 0x100))


class Encoding(NamedTuple):
    """How a file's bytes become text."""

    name: str
    """As Python names it, or `cesu-8`."""
    start: int = 0
    """Bytes of a byte order mark, which are no text."""
    found: tuple[Finding, ...] = ()
    """What the person should know: that it was guessed, or mended."""


class _Looked(NamedTuple):
    """What stands in a file, read as UTF-8."""

    characters: float = 0
    """Beyond ASCII, and valid; those of two bytes, which are often valid by chance, as halves."""
    invalid: int = 0
    pairs: int = 0
    first: int = 0
    """The first byte that isn't valid UTF-8."""
    lines: bytes = b""
    """The lines with invalid places, at most GUESSED_BYTES of them."""


def find_encoding(file: BinaryIO, chosen: str | None = None) -> Encoding:
    """The encoding of a text file; the person's choice goes before what the bytes suggest."""
    file.seek(0)
    head = file.read(1 << 16)
    marked = next((Encoding(e, len(mark)) for mark, e in MARKS if head.startswith(mark)), None)
    if chosen:
        return _chosen(chosen, marked)
    if marked is not None:
        return marked
    if (wide := unmarked_wide(head)) is not None:
        return Encoding(wide, 0, (_guessed(wide, 0, head[:1]),))
    looked = _look(file)
    if not looked.invalid and not looked.pairs:
        return Encoding("utf-8")
    return _not_utf8(file, looked)


def _chosen(chosen: str, marked: Encoding | None) -> Encoding:
    if chosen.lower().replace("_", "-") == HALVED:
        return Encoding(HALVED)
    try:
        name = codecs.lookup(chosen).name
        "".encode(name)  # a LookupError where it isn't for text
        b"".decode(name)
    except (LookupError, ValueError, TypeError) as error:
        raise file_error("encoding_unknown", encoding=shorten(chosen)) from error
    if name.replace("-", "_") in NOT_FOR_FILES:
        raise file_error("encoding_unknown", encoding=shorten(chosen))
    if marked is not None and (name in marked.name or marked.name.startswith(name)):
        return marked
    wide = {"utf-16": "utf-16-le", "utf-32": "utf-32-le", "utf-8-sig": "utf-8"}
    return Encoding(wide.get(name, name))


def unmarked_wide(head: bytes) -> str | None:
    """UTF-16 without a mark: ASCII characters have NULs, and what is decoded is text."""
    head = head[: len(head) // 2 * 2]
    even, odd = head[::2].count(0), head[1::2].count(0)
    if max(even, odd) < 2:
        return None
    if _is_utf8(head[:-3]):  # every character is plain, or a few NULs are inside other text
        is_wide = max(even, odd) * 4 > len(head) and min(even, odd) * 20 <= max(even, odd)
        return ("utf-16-be" if even > odd else "utf-16-le") if is_wide else None
    strange = {name: _strange_share(head.decode(name, "replace")) for name in WIDE}
    name = min(WIDE, key=lambda name: strange[name])
    return name if strange[name] <= MAX_STRANGE else None


def _strange_share(text: str) -> float:
    """How much of a text no one can have written."""
    strange = sum(not (c.isprintable() or c in "\t\r\n") or c == "\ufffd" for c in text)
    return strange / len(text)


def _look(file: BinaryIO) -> _Looked:
    looked = _Looked()
    for offset, block in _blocks(file):
        if not block.isascii():
            looked = _look_at(block, offset, looked)
    return looked


def _blocks(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """The file, or places all over a large one, cut where no character is cut."""
    size = file_size(file)
    whole = size <= WHOLE_BYTES
    starts = [0] if whole else [size * place // PLACES for place in range(PLACES)]
    for start in starts:
        end = size if whole else min(start + PLACE_BYTES, size)
        while start < end:
            file.seek(start)
            block = file.read(min(STEP, end - start))
            if not block:
                break
            cut = safe_cut(block) if start + len(block) < size else len(block)
            begin = 0 if whole or not start else block.find(b"\n") + 1
            if begin < cut:
                yield start + begin, block[begin:cut]
            start += cut


def safe_cut(block: bytes) -> int:
    """Where a block can end without cutting a character, in any encoding that extends ASCII.

    Bytes below 0x30 are never a later byte of a character in the encodings of East Asia.
    """
    cut = max(block.rfind(mark) for mark in (b"\n", b'"', b",", b" ")) + 1
    return cut or len(block)


def _look_at(block: bytes, offset: int, before: _Looked) -> _Looked:
    try:
        text = block.decode()
    except UnicodeDecodeError as error:
        first = before.first if before.invalid + before.pairs else offset + error.start
    else:
        characters = before.characters + len(text) - len(block.translate(None, HIGH_BYTES))
        return before._replace(characters=characters)
    mended, pairs = PAIR.subn(b"", block)
    invalid = mended.decode("utf-8", "replace").count("\ufffd") - mended.count(b"\xef\xbf\xbd")
    lines = before.lines
    if invalid and len(lines) < GUESSED_BYTES:
        bad = (line for line in mended.split(b"\n") if not _is_utf8(line))
        lines = (lines + b"\n".join(bad) + b"\n")[:GUESSED_BYTES]
    return _Looked(
        characters=before.characters + _weigh(mended.decode(errors="ignore").encode()),
        invalid=before.invalid + invalid,
        pairs=before.pairs + pairs,
        first=first,
        lines=lines,
    )


def _weigh(valid: bytes) -> float:
    """Characters of several bytes; those of two, which other encodings make by chance, half."""
    longer = len(valid) - len(valid.translate(None, LONG_LEADS))
    return longer + (len(valid) - len(valid.translate(None, SHORT_LEADS))) / 2


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _not_utf8(file: BinaryIO, looked: _Looked) -> Encoding:
    """Mended halves, or a guess; a mostly valid file stays UTF-8, and its bad rows are faulty."""
    if looked.invalid > max(FEW, looked.characters):
        name = guess_encoding(looked.lines)
        if name is not None:
            file.seek(looked.first)
            return Encoding(name, 0, (_guessed(name, looked.first, file.read(1)),))
    if not looked.pairs:
        return Encoding("utf-8")
    values = {"position": f"{looked.first:,}"}
    return Encoding(HALVED, 0, (Finding("encoding_halved", (), values),))


def _guessed(name: str, position: int, byte: bytes) -> Finding:
    values = {"encoding": name, "position": f"{position:,}", "byte": f"0x{byte.hex().upper()}"}
    return Finding("encoding_guessed", (), values)
