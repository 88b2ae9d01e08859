"""Workbooks, Parquet and Arrow: every sheet, every nested value, and damage in a sentence."""

from __future__ import annotations

import datetime
import io
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.core.data.reading.opened_files import got, refused, zipped

TALKS = [
    {"messages": [{"role": "user", "content": f"问题 {n}"}], "meta": {"n": n, "tags": ["a", "b"]}}
    for n in range(1300)
]


def workbook(sheets: dict[str, list[list[Any]]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


QA: list[list[Any]] = [
    ["问题", "answer", "n"],
    ["怎么退款？", "请稍等", 1],
    [],
    [None, None],
    ["x\ny", None, 2.5],
]


def test_a_sheet_gives_texts_under_its_headers(tmp_path: Path) -> None:
    read = got(tmp_path, workbook({"Sheet": QA}))
    assert (read.container, read.encoding) == ("xlsx", "")
    assert read.values == [
        {"问题": "怎么退款？", "answer": "请稍等", "n": "1"},
        {"问题": "x\ny", "answer": "", "n": "2.5"},
    ]
    assert [(row.number, row.line, row.file) for row in read.rows] == [(1, 2, ""), (2, 5, "")]
    assert not read.faults


def test_all_sheets_are_read_and_named(tmp_path: Path) -> None:
    day = datetime.date(2020, 1, 2)
    sheets: dict[str, list[list[Any]]] = {
        "one": QA,
        "none": [],
        "two": [["How are you today?", True, day], ["Fine.", 2, None]],
    }
    read = got(tmp_path, workbook(sheets))
    assert [(row.number, row.file) for row in read.rows] == [
        (1, "one"),
        (2, "one"),
        (3, "two"),
        (4, "two"),
    ]
    assert read.values[2]["column_2"] == "TRUE"
    assert read.values[2]["column_3"].startswith("2020-01-02")
    assert "header_missing" in read.remarks


def test_a_workbook_inside_an_archive_is_read(tmp_path: Path) -> None:
    read = got(tmp_path, zipped({"a/b.xlsx": workbook({"S": QA})}))
    assert read.container == "zip+xlsx"
    assert [row.file for row in read.rows] == ["a/b.xlsx"] * 2


def test_a_damaged_workbook_gets_a_sentence(tmp_path: Path) -> None:
    book = workbook({"S": QA})
    assert refused(tmp_path, book[:-40]) == "archive_damaged"
    assert refused(tmp_path, book[: len(book) // 2]) == "archive_damaged"
    parts = {"[Content_Types].xml": "<nothing/>", "xl/workbook.xml": "oops"}
    assert refused(tmp_path, zipped(parts)) == "file_damaged"


def parquet(rows: list[Any], **options: Any) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), out, **options)
    return out.getvalue()


def arrow(rows: list[Any], as_file: bool) -> bytes:
    out = io.BytesIO()
    table = pa.Table.from_pylist(rows)
    make = pa.ipc.new_file if as_file else pa.ipc.new_stream
    with make(out, table.schema) as writer:
        writer.write_table(table, max_chunksize=700)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "container"),
    [
        (parquet(TALKS), "parquet"),
        (parquet(TALKS, row_group_size=100, compression="zstd"), "parquet"),
        (arrow(TALKS, as_file=True), "arrow"),
        (arrow(TALKS, as_file=False), "arrow"),
        (zipped({"data.parquet": parquet(TALKS)}), "zip+parquet"),
    ],
)
def test_nested_values_are_as_they_were(tmp_path: Path, content: bytes, container: str) -> None:
    read = got(tmp_path, content)
    assert (read.container, read.encoding) == (container, "")
    assert read.values == TALKS
    assert [row.number for row in read.rows] == list(range(1, 1301))
    assert not read.faults


def test_what_json_has_no_value_for_is_text(tmp_path: Path) -> None:
    moment = datetime.datetime(2020, 1, 2, 3, 4, 5)
    rows = [{"t": moment, "b": b"\xff\0", "c": "字".encode(), "n": None, "x": [{"d": moment}]}]
    assert got(tmp_path, parquet(rows)).values == [
        {
            "t": "2020-01-02T03:04:05",
            "b": "/wA=",
            "c": "字",
            "n": None,
            "x": [{"d": "2020-01-02T03:04:05"}],
        }
    ]


def test_text_that_is_no_utf8_costs_its_row(tmp_path: Path) -> None:
    texts = pa.array([b"good", b"bad \xff", b"fine"]).view(pa.utf8())
    out = io.BytesIO()
    pq.write_table(pa.table({"text": texts}), out)
    read = got(tmp_path, out.getvalue())
    assert read.good or "rest_damaged" in read.remarks


def test_damaged_columns_keep_what_came_before(tmp_path: Path) -> None:
    assert refused(tmp_path, parquet(TALKS)[:-100]) == "file_damaged"
    assert refused(tmp_path, b"PAR1" + bytes(40)) == "file_damaged"
    cut = arrow(TALKS, as_file=False)
    read = got(tmp_path, cut[: int(len(cut) * 0.8)])
    assert read.remarks == ("rest_damaged",)
    assert read.values == TALKS[:700]
    content = bytearray(parquet(TALKS, row_group_size=500, compression="gzip"))
    content[len(content) * 6 // 10 :][:200] = bytes(200)
    middle = len(content) // 2
    content[middle : middle + 300] = bytes(300)
    read = got(tmp_path, bytes(content))
    assert read.remarks == ("rest_damaged",)
    assert read.values[:400] == TALKS[:400]
