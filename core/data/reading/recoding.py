"""Read a text file as UTF-8: as it is, or written anew, so that every place can be pointed at."""

from __future__ import annotations

import codecs
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import BinaryIO, NamedTuple

from core.data.problems import Finding, file_error
from core.data.reading.encodings import HALVED, PAIR, STEP, find_encoding, safe_cut
from core.data.reading.source import Source, copying

LONGEST_LINE = 16 << 20
"""A block without any place to cut it is cut anyway when it has grown to this."""


class Text(NamedTuple):
    """A text file as UTF-8."""

    source: Source
    encoding: str
    """The one that the file was written in."""
    found: tuple[Finding, ...]


@contextmanager
def open_text(file: BinaryIO, name: str, chosen: str | None = None) -> Iterator[Text]:
    """The file's text, from a temporary copy when the file isn't UTF-8 already.

    What is valid in no encoding stays as it is, so that it is found, and costs only its row.
    """
    encoding = find_encoding(file, chosen)
    if encoding.name in ("utf-8", "utf-8-sig"):
        yield Text(Source(name, file, encoding.start), encoding.name, encoding.found)
        return
    with tempfile.TemporaryFile() as copy:
        file.seek(encoding.start)
        with copying(name):
            for piece in _recoded(file, name, encoding.name):
                copy.write(piece)
            copy.flush()
        yield Text(Source(name, copy, 0), encoding.name, encoding.found)


def _recoded(file: BinaryIO, name: str, encoding: str) -> Iterator[bytes]:
    if encoding.startswith(("utf-16", "utf-32")):
        return _from_wide(file, name, encoding)
    recode = join_halves if encoding == HALVED else _line_recoder(encoding)
    return (recode(block) for block in _safe_blocks(file))


def _safe_blocks(file: BinaryIO) -> Iterator[bytes]:
    """All of a file, cut where no character is cut."""
    rest = b""
    while chunk := file.read(STEP):
        block = rest + chunk
        cut = safe_cut(block)
        if cut == len(block) and len(block) < LONGEST_LINE and block[-1] >= 0x30:
            rest = block
            continue
        yield block[:cut]
        rest = block[cut:]
    if rest:
        yield rest


def join_halves(block: bytes) -> bytes:
    """CESU-8 as UTF-8: characters that were written as two halves are whole again."""
    return PAIR.sub(lambda match: _whole(match[0]), block)


def _whole(halves: bytes) -> bytes:
    wide = halves.decode("utf-8", "surrogatepass").encode("utf-16", "surrogatepass")
    return wide.decode("utf-16").encode()


def _line_recoder(encoding: str) -> Callable[[bytes], bytes]:
    def recode(block: bytes) -> bytes:
        try:
            return block.decode(encoding).encode()
        except UnicodeError:
            lines = block.split(b"\n")
        return b"\n".join(map(recode_line, lines))

    def recode_line(line: bytes) -> bytes:
        try:
            return line.decode(encoding).encode()
        except UnicodeError:
            return line

    return recode


def _from_wide(file: BinaryIO, name: str, encoding: str) -> Iterator[bytes]:
    """Half characters stay halves, which no UTF-8 has, so they are found in their row."""
    decoder = codecs.getincrementaldecoder(encoding)("surrogatepass")
    done = file.tell()
    while chunk := file.read(STEP):
        try:
            text = decoder.decode(chunk)
        except UnicodeDecodeError as error:
            values = {"encoding": encoding[: encoding.rindex("-")].upper()}
            byte = str(done + error.start + 1)
            raise file_error("file_broken_encoding", file=name, byte=byte, **values) from error
        yield text.encode("utf-8", "surrogatepass")
        done += len(chunk)
    if decoder.getstate()[0]:
        yield b"\xff"  # the file was cut in the middle of a character
