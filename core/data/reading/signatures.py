"""What a file is by its first bytes, never by its name."""

from __future__ import annotations

HEAD_BYTES = 1 << 16

CONTAINERS = (
    (b"\x1f\x8b", "gzip"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"PAR1", "parquet"),
    (b"ARROW1\0\0", "arrow"),
)
ARROW_STREAM = b"\xff\xff\xff\xff"
OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""Old Excel workbooks, and new ones with a password."""
EXECUTABLE = "a pickle, which can run programs when it is opened"
OTHER_ARCHIVE = "an archive of another kind"
OTHER_TABLE = "a data file of another kind"

# Where in the file, which bytes, what that is in words.
REFUSED = (
    (0, b"%PDF", "a PDF document"),
    (0, b"\x89PNG", "a picture"),
    (0, b"\xff\xd8\xff", "a picture"),
    (0, b"GIF8", "a picture"),
    (0, b"II*\0", "a picture"),
    (8, b"WEBP", "a picture"),
    (8, b"WAVE", "sound"),
    (0, b"OggS", "sound"),
    (0, b"fLaC", "sound"),
    (0, b"ID3", "sound"),
    (4, b"ftyp", "a video"),
    (0, b"\x1aE\xdf\xa3", "a video"),
    (0, b"SQLite format 3", "a database"),
    (0, b"7z\xbc\xaf\x27\x1c", OTHER_ARCHIVE),
    (0, b"Rar!\x1a\x07", OTHER_ARCHIVE),
    (0, b"\xfd7zXZ\0", OTHER_ARCHIVE),
    (0, b"\x28\xb5\x2f\xfd", OTHER_ARCHIVE),
    (4, b"1AY&SY", OTHER_ARCHIVE),  # bzip2, after its level
    (257, b"ustar", OTHER_ARCHIVE),
    (0, b"Obj\x01", OTHER_TABLE),  # Avro
    (0, b"ORC", OTHER_TABLE),
    (0, b"PARE", OTHER_TABLE),  # Parquet with a key
    (0, b"\x93NUMPY", OTHER_TABLE),
    (0, b"\x89HDF", OTHER_TABLE),
    (0, b"GGUF", "a model"),
    (0, b"\x7fELF", "a program"),
    (0, b"MZ\x90\0", "a program"),
)
PICKLES = tuple(bytes((0x80, protocol)) for protocol in range(2, 6))


def container_of(head: bytes) -> str | None:
    """The container that a file's first bytes announce; None when it may be text."""
    for mark, name in CONTAINERS:
        if head.startswith(mark):
            return name
    if head.startswith(ARROW_STREAM) and _is_small(head[4:8]) and len(head) > 8:
        return "arrow"
    return None


def refused_kind(head: bytes) -> str | None:
    """What a file is, in words, that is never read; None when it may be read."""
    for offset, mark, kind in REFUSED:
        # Text may begin with letters that some mark consists of.
        if head.startswith(mark, offset) and (offset or not _is_words(mark, head)):
            return kind
    return EXECUTABLE if head.startswith(PICKLES) and b"." in head else None


def _is_words(mark: bytes, head: bytes) -> bool:
    return mark.isalnum() and b"\0" not in head[:64] and head[:64].isascii()


def _is_small(length: bytes) -> bool:
    """Whether four bytes can be the length of Arrow's first message."""
    return 0 < int.from_bytes(length, "little") < 1 << 24
