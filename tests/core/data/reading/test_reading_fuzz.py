"""Whatever is done to a file of any container, reading it ends in rows and sentences."""

from __future__ import annotations

import gzip
import io
import json
import tempfile
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.data.reading.opened_files import Got, read_bytes, zipped

pytestmark = pytest.mark.full

ROWS = [{"question": f"问 {n}?", "answer": f'a,\n"{n}" 🙂', "n": n} for n in range(12)]
LINES = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in ROWS)
CSV = "question,answer\r\n" + "".join(f'"q, {n}","say ""{n}""\r\nso"\r\n' for n in range(12))
YAML = "conversations:\n" + "".join(f"- - q {n}\n  - {{a: &x{n} [b, *x{n}]}}\n" for n in range(6))
YAML = YAML.replace(", *x", ", x")


def workbook() -> bytes:
    book = openpyxl.Workbook()
    for row in ROWS:
        book.active.append(list(row.values()))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def columns(as_parquet: bool) -> bytes:
    out = io.BytesIO()
    table = pa.Table.from_pylist(ROWS)
    if as_parquet:
        pq.write_table(table, out, row_group_size=5)
    else:
        with pa.ipc.new_stream(out, table.schema) as writer:
            writer.write_table(table, max_chunksize=5)
    return out.getvalue()


GOOD = {
    "jsonl": LINES.encode(),
    "gb18030": LINES.encode("gb18030"),
    "utf-16": LINES.encode("utf-16"),
    "unmarked utf-16": LINES.encode("utf-16-be"),
    "json": json.dumps(ROWS, indent=1).encode(),
    "wrapped": json.dumps({"train": ROWS, "meta": {"a": [[]]}, "test": ROWS}).encode(),
    "mapped": json.dumps({str(n): {"messages": [row]} for n, row in enumerate(ROWS)}).encode(),
    "csv": CSV.encode(),
    "yaml": YAML.encode(),
    "text": "Ann: hi\n\nBob: ho\n".encode("utf-8-sig"),
    "gzip": gzip.compress(LINES.encode()),
    "zip": zipped({"a/b.jsonl": LINES, "c.csv": CSV, "d.txt": "x"}),
    "slack": zipped({"users.json": "[]", "a/2020-01-02.json": json.dumps(ROWS)}),
    "xlsx": workbook(),
    "parquet": columns(as_parquet=True),
    "arrow": columns(as_parquet=False),
}


def read(content: bytes, encoding: str | None = None) -> int:
    """How many rows there were; everything else about the reading is checked."""
    with tempfile.TemporaryDirectory() as folder:
        result = read_bytes(Path(folder), content, encoding)
    if not isinstance(result, Got):
        return 0
    assert [row.number for row in result.rows] == list(range(1, len(result.rows) + 1))
    told = (row.value is not None or row.faults for row in result.rows if row.data != b"null")
    assert result.container.endswith("yaml") or all(told)
    return len(result.rows)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200), st.sampled_from([None, "utf-16", "gb18030", "cesu-8", "utf-8"]))
def test_any_bytes(content: bytes, encoding: str | None) -> None:
    read(content, encoding)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(["{", "[", "- ", "a: ", 'a,b\n"', "\x1f\x8b\x08", "PK\x03\x04", "PAR1"]),
       st.text(alphabet='{}[]",:\\\n \r\t-a1&*é', max_size=80))  # fmt: skip
def test_any_syntax(start: str, rest: str) -> None:
    read((start + rest).encode("utf-8"))


@pytest.mark.parametrize("kind", GOOD)
def test_good_files_are_read_whole(kind: str) -> None:
    assert read(GOOD[kind]) in (3, 6, 11, 12, 24)


@pytest.mark.parametrize("kind", GOOD)
@settings(max_examples=12, deadline=None)
@given(st.floats(0, 1))
def test_any_truncation(kind: str, share: float) -> None:
    read(GOOD[kind][: int(len(GOOD[kind]) * share)])


@pytest.mark.parametrize("kind", GOOD)
@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(1, 255)), min_size=1,
                max_size=3))  # fmt: skip
def test_any_flipped_bytes(kind: str, flips: list[tuple[float, int]]) -> None:
    content = bytearray(GOOD[kind])
    for share, change in flips:
        content[int(len(content) * share)] ^= change
    read(bytes(content))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 11), st.binary(min_size=1, max_size=6).filter(lambda b: b"\n" not in b))
def test_a_damaged_line_costs_no_other(line: int, damage: bytes) -> None:
    lines = LINES.encode().splitlines(keepends=True)
    lines[line] = lines[line][:9] + damage + lines[line][12:]
    with tempfile.TemporaryDirectory() as folder:
        result = read_bytes(Path(folder), b"".join(lines))
    assert isinstance(result, Got)
    for row, expected in zip(result.rows, ROWS, strict=True):
        assert row.number == line + 1 or row.value == expected
