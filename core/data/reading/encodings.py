"""Which encoding a text file is in: its mark, UTF-8, halved UTF-8, or a guess that is told."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Container, Iterator, Sequence
from typing import BinaryIO, NamedTuple

from charset_normalizer import from_bytes

from core.data.problems import Finding, file_error, shorten
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
NOT_FOR_FILES = frozenset(NAMES["not_encodings"])
HALVED = "cesu-8"
"""UTF-8 of UTF-16's halves: what some Java and Oracle programs write."""
PAIR = re.compile(rb"\xed[\xa0-\xaf][\x80-\xbf]\xed[\xb0-\xbf][\x80-\xbf]")
SHORT_LEADS, LONG_LEADS = bytes(range(0xC2, 0xE0)), bytes(range(0xE0, 0xF5))
"""What characters of two bytes begin with, and those of three or four."""
HIGH_BYTES = bytes(range(0x80, 0x100))
HIGH = re.compile(rb"[\x80-\xff]+")
COMMON_CHINESE = frozenset(
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年"
    "过发后作里用道行所然家种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心"
    "她本前开但因只从想实吗呢吧请问怎什您号单款买很，。？！、：；“”（）"
)

HIRAGANA = frozenset(map(chr, range(0x3041, 0x3094)))
WESTERN = frozenset(
    "àâäáãåæçéèêëíìîïñóòôöõøœúùûüÿßÀÂÄÁÃÅÆÇÉÈÊËÍÌÎÏÑÓÒÔÖÕØŒÚÙÛÜŸ¿¡«»“”„‘’–—…€£§°ªº·\xa0"
)


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
    """UTF-16 without a mark: every ASCII character has a NUL on the same side."""
    head = head[: len(head) // 2 * 2]
    even, odd = head[::2].count(0), head[1::2].count(0)
    if max(even, odd) < 2 or min(even, odd) * 20 > max(even, odd):
        return None
    name = "utf-16-be" if even > odd else "utf-16-le"
    text = head.decode(name, "replace")
    odd_ones = sum(not (c.isprintable() or c in "\t\r\n") or c == "\ufffd" for c in text)
    return name if odd_ones * 50 <= len(text) else None


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
        name = _guess(looked.lines)
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


def _guess(lines: bytes) -> str | None:
    """The encoding that lines which aren't UTF-8 seem to be in, when it reads nearly all."""
    sample = lines[: lines.rfind(b"\n")] if lines.count(b"\n") > 1 else lines
    for name, is_likely in TELLING:
        text = sample.decode(name, "replace")
        beyond = [c for c in text if not c.isascii()]
        if beyond and beyond.count("\ufffd") * 50 < len(beyond) and is_likely(beyond, sample):
            return name
    best = from_bytes(sample, cp_isolation=list(NAMES["encodings"])).best()
    if best is None or best.encoding == "ascii":
        return None
    wrong = sample.decode(best.encoding, "replace").count("\ufffd")
    high = sum(len(match[0]) for match in HIGH.finditer(sample))
    return best.encoding if wrong * 100 <= high else None


def _share(characters: Sequence[str], expected: Container[str]) -> float:
    return sum(c in expected for c in characters) / len(characters)


def _is_chinese(characters: Sequence[str], _: bytes) -> bool:
    return _share(characters, COMMON_CHINESE) >= 0.2


def _is_japanese(characters: Sequence[str], _: bytes) -> bool:
    return _share(characters, HIRAGANA) >= 0.2


def _is_western(characters: Sequence[str], sample: bytes) -> bool:
    """Letters with marks, standing one by one between plain ones."""
    alone = sum(len(match[0]) < 3 for match in HIGH.finditer(sample))
    runs = sum(1 for _ in HIGH.finditer(sample))
    return alone >= 0.9 * runs and _share(characters, WESTERN) >= 0.95


# What short texts can be told by, where a general guess is often misled.
TELLING: tuple[tuple[str, Callable[[Sequence[str], bytes], bool]], ...] = (
    ("gb18030", _is_chinese),
    ("cp932", _is_japanese),
    ("euc_jp", _is_japanese),
    ("cp1252", _is_western),
)
