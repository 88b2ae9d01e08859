"""Files made to do harm end in a sentence: quickly, and within bounded memory."""

from __future__ import annotations

import gzip
import io
import json
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.full

MEMORY = 1_500_000_000
SECONDS = 5.0
READ = """
import json, resource, sys, time
from pathlib import Path
from core.data.problems import NoUsableRows
from core.data.reading.opening import open_rows

def read(path):
    start, codes, rows = time.process_time(), [], 0
    try:
        with open_rows(path) as opened:
            codes += [finding.code for finding in opened.found]
            for row in opened.rows:
                rows += row.number is not None
                codes += [fault.code for fault in row.faults][: max(0, 20 - len(codes))]
                if rows > 5_000:
                    break
    except NoUsableRows as error:
        codes.append(error.problems[0].code)
    return codes, time.process_time() - start

memory = int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
for path in sorted(Path(sys.argv[1]).iterdir()):
    print(json.dumps([path.name, *read(path)]), flush=True)
"""


def sparse(path: Path, start: bytes, end: bytes, size: int = (1 << 30) - 4096) -> None:
    """A file whose middle takes no room on the disk: NULs."""
    with path.open("wb") as file:
        file.write(start)
        file.seek(size)
        file.write(end)


def gzip_bomb(path: Path) -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    zeros = b"0" * (1 << 20)
    with path.open("wb") as file:
        file.write(packer.compress(b'{"a": "'))
        for _ in range(40):
            file.write(packer.compress(zeros))
        file.write(packer.flush())


def zip_bomb(path: Path, name: str = "a.jsonl", size: int = 40 << 20, **more: str) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for other, content in more.items():
            archive.writestr(other.replace("__", "/").replace("_xml", ".xml"), content)
        with archive.open(name, "w") as file:
            for _ in range(size >> 20):
                file.write(b"0" * (1 << 20))


def workbook_bomb(path: Path) -> None:
    zip_bomb(path, "xl/sharedStrings.xml", xl__workbook_xml="<a/>")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("[Content_Types].xml", "<a/>")


SHEET = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'


def sheet_with(rows: str) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        import openpyxl

        book = openpyxl.Workbook()
        out = io.BytesIO()
        book.save(out)
        with zipfile.ZipFile(out) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
            for entry in old.namelist():
                content = old.read(entry)
                if entry == "xl/worksheets/sheet1.xml":
                    content = f"{SHEET}<sheetData>{rows}</sheetData></worksheet>".encode()
                new.writestr(entry, content)

    return write


def cell(place: str, line: int) -> str:
    return f'<row r="{line}"><c r="{place}" t="inlineStr"><is><t>x</t></is></c></row>'


def dictionary_bomb(path: Path) -> None:
    """Few bytes that stand for the same megabyte a hundred thousand times."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    text = pa.array(["x" * (1 << 20)])
    column = pa.DictionaryArray.from_arrays(pa.array([0] * 9_000, pa.int32()), text)
    pq.write_table(pa.table({"text": column}), path, dictionary_pagesize_limit=4 << 20)


def text(content: str) -> Callable[[Path], None]:
    return lambda path: write_bytes(path, content.encode())


def object_of_ones(path: Path) -> None:
    text("{" + ",".join(f'"{n}":1' for n in range(800_000)) + "}")(path)


def write_bytes(path: Path, content: bytes) -> None:
    path.write_bytes(content)


HOSTILE: dict[str, tuple[Callable[[Path], None], str | None]] = {
    "one line of a gigabyte": (
        lambda path: sparse(path, b'{"messages": "', b'"}\n'), "row_too_large"),
    "a list that is one text": (
        lambda p: sparse(p, b'["texts', b'"]', 200 << 20), "json_invalid"),
    "a wrapping of a gigabyte that is one text": (
        lambda p: sparse(p, b'{"data": ["', b'"]}', 300 << 20), "row_too_large"),
    "words and then a gigabyte": (lambda p: sparse(p, b"Ann: hello\nBob: ", b"\n"), None),
    "a gigabyte of NULs": (lambda p: sparse(p, b"", b"\0"), "file_binary"),
    "too large": (lambda p: sparse(p, b"{}", b"x", (1 << 30) + 5), "file_too_large"),
    "gzip bomb": (gzip_bomb, "archive_bomb"),
    "zip bomb": (zip_bomb, "archive_bomb"),
    "workbook bomb": (workbook_bomb, "archive_bomb"),
    "deep list": (text("[" * 1_000_000), "nested_too_deep"),
    "deep objects": (text('{"a":' * 500_000), "nested_too_deep"),
    "deep row": (text('{"a": 1}\n{"a": ' + "[" * 10_000 + "]" * 10_000 + "}\n"), "nested_too_deep"),
    "deep data": (text('{"data": [' + "[" * 99_999 + "]" * 99_999 + "]}"), "nested_too_deep"),
    "deep YAML": (text("a:\n- " + "[" * 100_000), "nested_too_deep"),
    "deep YAML by lines": (
        text("".join(" " * n + "- \n" for n in range(3_000)) + "- x"), "nested_too_deep"),
    "list of ones": (text("[" + "1," * 4_000_000 + "1]"), None),
    "object of ones": (object_of_ones, "row_too_large"),
    "lists of nothing": (text("[" + "[]," * 1_000_000 + "[]]"), None),
    "only quotes": (text('a,b\n"' * 300_000), None),
    "only separators": (text("a,b\n" + "," * 5_000_000 + "\n"), None),
    "openings": (text('{"messages": [' * 100_000), None),
    "broken rows": (text("[" + '{"messages": oops},' * 100_000 + "]"), "json_invalid"),
    "a row of the last column": (sheet_with("".join(cell(f"XFD{n}", n) for n in range(1, 250))),
                                 "rest_not_read"),
    "a row far away": (sheet_with(cell("A9999999999", 9_999_999_999)), "rest_not_read"),
    "a column far away": (sheet_with(cell("ZZZZZZ1", 1)), None),
    "many copies": (
        lambda p: write_bytes(p, gzip.compress(b"0" * (40 << 20)) * 3), "archive_bomb"),
    "entities": (
        lambda p: zip_bomb(p, "xl/x", 0, **{"[Content_Types]_xml": "<a/>", "xl__workbook_xml":
        '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa">' + "".join(
            f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefghij", "bcdefghijk",
                                                               strict=True)
        ) + "]><a>&k;</a>"}), "file_damaged"),
    "a megabyte, often": (dictionary_bomb, None),
}  # fmt: skip


@pytest.fixture(scope="module")
def read_all(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[list[str], float]]:
    """What became of each file, read by processes of little memory."""
    folder = tmp_path_factory.mktemp("hostile")
    for name, (write, _) in HOSTILE.items():
        # PyArrow reserves much memory for itself, so what it reads has a process of its own.
        part = folder / ("columns" if write is dictionary_bomb else "others")
        part.mkdir(exist_ok=True)
        write(part / name)
    return {**read_folder(folder / "others"), **read_folder(folder / "columns")}


def read_folder(folder: Path) -> dict[str, tuple[list[str], float]]:
    command = [sys.executable, "-c", READ, str(folder), str(MEMORY)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    results = map(json.loads, done.stdout.splitlines())
    return {name: (codes, seconds) for name, codes, seconds in results}


@pytest.mark.parametrize("name", HOSTILE)
def test_harm_is_refused_quickly_and_within_memory(
    read_all: dict[str, tuple[list[str], float]], name: str
) -> None:
    codes, seconds = read_all[name]
    assert seconds < SECONDS
    if (code := HOSTILE[name][1]) is not None:
        assert code in codes
