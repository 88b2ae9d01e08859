"""Compressed files: what is inside is read, and what would do harm is refused in a sentence."""

from __future__ import annotations

import errno
import gzip
import io
import json
import os
import zipfile
from pathlib import Path

import pytest

from core.data.problems import NoUsableRows
from core.data.reading.opening import open_rows
from core.data.reading.unpacking import unpack
from tests.core.data.reading.opened_files import got, refused, zipped

ROWS = [{"question": f"q{n}", "answer": "a" * n} for n in range(40)]
LINES = "".join(json.dumps(row) + "\n" for row in ROWS).encode()


def test_gzip_is_unpacked(tmp_path: Path) -> None:
    read = got(tmp_path, gzip.compress(LINES))
    assert (read.container, read.encoding) == ("gzip+jsonl", "utf-8")
    assert read.values == ROWS
    two = got(tmp_path, gzip.compress(LINES) + gzip.compress(LINES) + bytes(512))
    assert two.values == ROWS * 2
    assert not two.remarks


def test_gzip_that_is_cut_off_keeps_what_came(tmp_path: Path) -> None:
    packed = gzip.compress(LINES * 50)
    for damaged in (packed[:-8], packed[:-3], packed[: len(packed) // 2], packed[:-8] + bytes(8)):
        read = got(tmp_path, damaged)
        assert "archive_cut_off" in read.remarks
        assert len(read.good) > 100
    assert refused(tmp_path, packed[:14]) == "archive_damaged"
    assert refused(tmp_path, gzip.compress(b"")) == "file_empty"


def test_one_file_of_an_archive_keeps_its_places(tmp_path: Path) -> None:
    text = json.dumps(ROWS, indent=1).encode()
    (tmp_path / "a.zip").write_bytes(zipped({"folder/": b"", "folder/data.json": text}))
    with open_rows(tmp_path / "a.zip") as opened:
        assert opened.container == "zip+json"
        assert opened.source is not None
        rows = list(opened.rows)
        assert [row.value for row in rows] == ROWS
        assert all(text[row.offset :].startswith(row.data) for row in rows)
        assert {row.file for row in rows} == {"folder/data.json"}


def test_files_of_an_archive_are_read_one_after_another(tmp_path: Path) -> None:
    files: dict[str, bytes | str] = {
        "train.jsonl": LINES,
        "__MACOSX/train.jsonl": b"{}",
        ".DS_Store": b"\0\0\0\1Bud1",
        "test/test.csv": 'question,answer\nwhy,because\n"how",so,what\n',
        "packed.jsonl.gz": gzip.compress(b'{"a": 1}\n{"a": 2}\n'),
        "README.md": "Some words, and more.\nWords.",
        "picture.png": b"\x89PNG\r\n\x1a\n",
        "broken.json": '[{"a": 1},\n {"a": NaN}]',
    }
    read = got(tmp_path, zipped(files))
    assert read.container == "zip+jsonl"
    assert [row.number for row in read.rows] == list(range(1, len(read.rows) + 1))
    per_file = {name: [r.value for r in read.rows if r.file == name] for name in files}
    assert per_file["train.jsonl"] == ROWS
    assert per_file["test/test.csv"][0] == {"question": "why", "answer": "because"}
    assert per_file["packed.jsonl.gz"] == [{"a": 1}, {"a": 2}]
    assert read.remarks == ("entries_not_read",)
    assert [fault[:3] for fault in read.faults] == [
        ("cells_extra", 42, 3),
        ("number_unusable", 46, 2),
    ]


def test_an_archive_of_texts_is_read_as_text(tmp_path: Path) -> None:
    read = got(tmp_path, zipped({"_chat.txt": "Ann: hi\nBob: ho\n", "a.jpg": b"\xff\xd8\xff\0"}))
    assert read.container == "zip+text"
    assert read.values == ["Ann: hi", "Bob: ho"]


def test_a_slack_export_gives_its_messages_and_who_is_who(tmp_path: Path) -> None:
    users = [{"id": "U1", "name": "ann"}]
    for root in ("", "export/"):
        files = {
            f"{root}users.json": json.dumps(users),
            f"{root}channels.json": "[]",
            f"{root}general/2020-01-02.json": '[{"user": "U1", "ts": "1", "text": "b"}]',
            f"{root}general/2020-01-01.json": '[{"user": "U1", "ts": "0", "text": "a"}]',
            f"{root}integration_logs.json": '[{"a": 1}]',
            f"{root}canvas/x.json": "{}",
        }
        read = got(tmp_path, zipped(files))
        assert [value["text"] for value in read.values] == ["a", "b"]
        assert read.rows[0].file == f"{root}general/2020-01-01.json"
        assert read.context[f"{root}users.json"] == users
        assert read.remarks == ("entries_not_read",)


def locked() -> bytes:
    content = bytearray(zipped({"a.jsonl": LINES}))
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


def lying(size: int) -> bytes:
    """An archive that says its file is larger than it is."""
    content = bytearray(zipped({"a.jsonl": LINES}))
    place = content.index(b"PK\x01\x02") + 24
    content[place : place + 4] = size.to_bytes(4, "little")
    return bytes(content)


REFUSED = {
    "nothing": (zipped({}), "archive_no_data"),
    "no data": (zipped({"a.png": b"\x89PNG\0", "b/": b""}), "archive_no_data"),
    "password": (locked(), "archive_locked"),
    "parent folder": (zipped({"../../etc/passwd": "a"}), "archive_unsafe_name"),
    "backslashes": (zipped({"a\\..\\..\\b.json": "{}"}), "archive_unsafe_name"),
    "absolute": (zipped({"/etc/a.json": "{}"}), "archive_unsafe_name"),
    "drive": (zipped({"C:/a.json": "{}"}), "archive_unsafe_name"),
    "zip in zip": (zipped({"a.zip": zipped({"b.jsonl": LINES})}), "archive_no_data"),
    "zip in gzip": (gzip.compress(zipped({"b.jsonl": LINES})), "archive_nested"),
    "gzip in gzip": (gzip.compress(gzip.compress(LINES)), "archive_nested"),
    "gzip in gzip in zip": (
        zipped({"a.gz": gzip.compress(gzip.compress(LINES))}),
        "archive_nested",
    ),
    "word": (zipped({"[Content_Types].xml": "<a/>", "word/document.xml": "<a/>"}), "file_binary"),
    "said too large": (lying(3 << 30), "archive_too_large"),
    "tar": (gzip.compress(b"a" * 257 + b"ustar\x0000" + bytes(200)), "file_binary"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_archives_that_are_not_unpacked_get_a_sentence(tmp_path: Path, name: str) -> None:
    content, code = REFUSED[name]
    assert refused(tmp_path, content) == code


@pytest.mark.full
def test_an_archive_of_too_many_files_is_refused(tmp_path: Path) -> None:
    content = zipped({f"{n}.json": "{}" for n in range(20_001)}, 0)
    assert refused(tmp_path, content) == "archive_entries"


def test_an_archive_that_is_cut_off_keeps_what_came(tmp_path: Path) -> None:
    packed = zipped({"a.jsonl": LINES, "b.jsonl": LINES * 90})
    for content in (packed[:-10], packed[: packed.index(b"PK\x01\x02") - 99]):
        read = got(tmp_path, content)
        assert read.remarks[0] == "archive_cut_off"
        assert read.values[:40] == ROWS
        assert len(read.good) > 200
    assert refused(tmp_path, packed[:60]) == "archive_damaged"
    assert refused(tmp_path, b"PK\x03\x04...") == "archive_damaged"


def test_a_damaged_file_of_an_archive_costs_no_other_file(tmp_path: Path) -> None:
    packed = bytearray(zipped({"a.jsonl": LINES, "b.jsonl": LINES}))
    start = packed.index(b"b.jsonl") + 40
    packed[start : start + 60] = bytes(60)
    read = got(tmp_path, bytes(packed))
    assert read.values[:40] == ROWS
    assert {"archive_cut_off", "archive_damaged"} & set(read.remarks)


BINARY = {
    b"%PDF-1.7\n%\xe2\xe3": "file_binary",
    b"\x89PNG\r\n\x1a\n\0\0": "file_binary",
    b"\x80\x04\x95\x10\0\0\0\0\0\0\0]\x94(K\x01e.": "file_binary",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(99): "workbook_locked",
    b"RIFF\x10\0\0\0WAVEfmt ": "file_binary",
    b"7z\xbc\xaf\x27\x1c\0\4": "file_binary",
    b"\0" * 40: "file_binary",
    b"\x1f\x00\x01binary": "file_binary",
}


@pytest.mark.parametrize("content", BINARY)
def test_what_is_no_text_at_all_is_named(tmp_path: Path, content: bytes) -> None:
    assert refused(tmp_path, content) == BINARY[content]


def test_stored_entries_are_read_too(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("a.jsonl", LINES)
    assert got(tmp_path, out.getvalue()).values == ROWS


def test_a_full_disk_is_named() -> None:
    def write(_: object) -> bool:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(NoUsableRows, match="no space left") as caught:
        unpack(write, "a.gz")
    assert caught.value.problems[0].code == "copy_failed"
