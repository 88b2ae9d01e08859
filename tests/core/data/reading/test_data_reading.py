"""JSON text of every shape: good rows are kept, and every bad place is named."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.data.problems import NoUsableRows
from core.data.reading.opening import open_rows, raw_lines
from core.data.reading.rows import decode_row
from tests.core.data.reading.opened_files import Got, got, read_path, refused

ROWS = [
    {
        "messages": [
            {"role": "user", "content": f"Question {n}?"},
            {"role": "assistant", "content": f"Answer {n}."},
        ]
    }
    for n in range(3)
]
LINES = "\n".join(map(json.dumps, ROWS))
LIST = json.dumps(ROWS)

READABLE = {
    "lines": (LINES.encode(), "jsonl", "utf-8"),
    "windows line ends": (LINES.replace("\n", "\r\n").encode(), "jsonl", "utf-8"),
    "blank lines": (f"\n \n{LINES}\n\n".replace("\n", "\n\n").encode(), "jsonl", "utf-8"),
    "byte order mark": (b"\xef\xbb\xbf" + LINES.encode(), "jsonl", "utf-8-sig"),
    "utf-16": (LINES.encode("utf-16"), "jsonl", "utf-16-le"),
    "utf-16 big end first": (b"\xfe\xff" + LIST.encode("utf-16-be"), "json", "utf-16-be"),
    "utf-32": (LIST.encode("utf-32"), "json", "utf-32-le"),
    "list": (LIST.encode(), "json", "utf-8"),
    "pretty list": (json.dumps(ROWS, indent=2).encode(), "json", "utf-8"),
    "pretty objects": (
        "\n".join(json.dumps(r, indent=2) for r in ROWS).encode(),
        "json",
        "utf-8",
    ),
    "objects with commas": (LINES.replace("\n", ",\n").encode(), "json", "utf-8"),
}


@pytest.mark.parametrize("shape", READABLE)
def test_every_shape_of_file_gives_the_same_rows(tmp_path: Path, shape: str) -> None:
    content, container, encoding = READABLE[shape]
    read = got(tmp_path, content)
    assert (read.container, read.encoding) == (container, encoding)
    assert read.values == ROWS
    assert read.good == [1, 2, 3]
    assert not read.faults
    assert not read.remarks


def test_one_pretty_object_is_one_row(tmp_path: Path) -> None:
    assert got(tmp_path, json.dumps(ROWS[0], indent=4)).values == ROWS[:1]


def test_an_empty_list_has_no_rows(tmp_path: Path) -> None:
    assert got(tmp_path, "[]").rows == ()


@pytest.mark.parametrize("content", ["", " \n\t\n", "\ufeff\n"])
def test_a_blank_file_gets_a_sentence(tmp_path: Path, content: str) -> None:
    assert refused(tmp_path, content) == "file_empty"


def test_paths_that_are_no_file_get_a_sentence(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path, code in (
        (tmp_path / "absent.jsonl", "file_missing"),
        (tmp_path, "file_is_folder"),
        (tmp_path / "pipe", "file_not_regular"),
        (tmp_path / ("x" * 300), "file_unreadable"),
        (Path("nul\0l"), "file_unreadable"),
    ):
        error = read_path(path)
        assert isinstance(error, NoUsableRows)
        assert [problem.code for problem in error.problems] == [code]


BAD_LINES = {
    b'{"messages": [}': ("json_invalid", 15),
    b'{"messages": []} {}': ("json_invalid", 18),
    b'{"messages" []}': ("json_invalid", 13),
    b'{"messages": [': ("json_invalid", 15),
    '{"é": "\t"}'.encode(): ("json_invalid", 8),
    b'{"a": "caf\xe9"}': ("not_utf8", 11),
    '{"ab": "é", "c": "\\ud83d"}'.encode(): ("lone_surrogate", 19),
    b'{"a": "\\ud83d\\ude00 \\\\ud83d", "b": NaN}': ("number_unusable", 36),
    b'{"a": "\\udae1"}': ("lone_surrogate", 8),
    b'{"a": -1e999}': ("number_unusable", 7),
    b'{"a": ' + b"[" * 5000 + b"]" * 5000 + b"}": ("nested_too_deep", 1),
    b"\0\0\0": ("json_invalid", 1),
}


@pytest.mark.parametrize("bad", BAD_LINES)
def test_a_bad_line_is_located_and_costs_no_other_row(tmp_path: Path, bad: bytes) -> None:
    code, column = BAD_LINES[bad]
    first, _, last = LINES.encode().split(b"\n")
    read = got(tmp_path, b"\n".join((first, bad, last)))
    assert read.good == [1, 3]
    assert read.faults == ((code, 2, 2, column),)


def test_a_bad_first_line_is_no_reason_to_read_the_file_otherwise(tmp_path: Path) -> None:
    read = got(tmp_path, f'{{"messages": [}}\n{LINES}\n')
    assert read.container == "jsonl"
    assert read.good == [2, 3, 4]


def test_every_unusable_value_of_a_row_is_listed(tmp_path: Path) -> None:
    bad = '{"a": "\\ud800", "b": [NaN, "\\udc00", -Infinity]}'
    read = got(tmp_path, f"{LINES}\n{bad}\n")
    assert [code for code, *_ in read.faults] == [
        "lone_surrogate",
        "lone_surrogate",
        "number_unusable",
        "number_unusable",
    ]


@pytest.mark.parametrize(
    ("row", "path"),
    [
        ('{"messages":[{"role":"user","content":"b","content":"c"}]}', ("messages", 0, "content")),
        ('{"question": "a", "answer": "b", "question": "c"}', ("question",)),
        ('{"a" : {"x" : 1, "x" : "c"}}', ("a", "x")),
    ],
)
def test_a_repeated_key_is_an_error_where_its_second_value_stands(
    tmp_path: Path, row: str, path: tuple[str | int, ...]
) -> None:
    read = got(tmp_path, f"{row}\n{row}\n")
    for one in read.rows:
        (fault,) = one.faults
        assert (fault.code, fault.path) == ("key_twice", path)
        assert fault.offset == row.index('"c"')


KEYS = st.sampled_from(["a", "b", 'a"', "a\\", "a:", '\\"'])
COLONS = st.sampled_from([":", ": ", " :", "\t: ", "  :"])
WRITTEN = st.recursive(
    st.sampled_from(["1", '"x"', r'"\":"', r'"a\\"', '" :"', r'"\" :"', r'"\u0022:"', '":"']),
    lambda inner: st.one_of(
        st.lists(st.tuples(KEYS, COLONS, inner), max_size=4).map(
            lambda pairs: (
                "{" + ",".join(f"{json.dumps(key)}{colon}{v}" for key, colon, v in pairs) + "}"
            )
        ),
        st.lists(inner, max_size=2).map(lambda values: f"[{','.join(values)}]"),
    ),
    max_leaves=12,
)


@given(WRITTEN)
def test_no_key_is_repeated_in_silence(text: str) -> None:
    repeated: list[bool] = []
    json.loads(text, object_pairs_hook=lambda pairs: repeated.append(len(dict(pairs)) < len(pairs)))
    faults = decode_row(1, 0, text.encode()).faults
    assert ("key_twice" in [fault.code for fault in faults]) == any(repeated)


def test_words_that_look_like_keys_are_no_repeated_keys(tmp_path: Path) -> None:
    talk = {"a": '{"role": "user", "a": "content"}', "b": {"role": '":\\":', "c": []}}
    assert not got(tmp_path, json.dumps(talk) + "\n" + json.dumps(talk)).faults


def test_a_broken_list_keeps_the_rows_before_and_after(tmp_path: Path) -> None:
    rows = [json.dumps(r) for r in ROWS]
    broken = rows[1].replace('"Answer 1."', '"Answer 1')
    for separator in (",\n", ","):
        read = got(tmp_path, f"[{separator.join((rows[0], broken, rows[2]))}]")
        assert read.good == [1, 3]
        assert [(code, row) for code, row, *_ in read.faults] == [("json_invalid", 2)]


def test_several_broken_rows_of_a_list_are_each_listed(tmp_path: Path) -> None:
    rows = [json.dumps(ROWS[n % 3]) for n in range(6)]
    for index in (1, 2, 5):
        rows[index] = rows[index][:-1]
    read = got(tmp_path, f"[{','.join(rows)}]")
    assert read.good == [1, 4, 5]
    assert [row for code, row, *_ in read.faults if code == "json_invalid"] == [2, 3, 6]


def test_what_cannot_be_read_of_a_list_is_said(tmp_path: Path) -> None:
    read = got(tmp_path, f'[{json.dumps(ROWS[0])}, {{"other": oops}}, {{"id": 3}}]')
    assert [code for code, *_ in read.faults] == ["json_invalid", "rest_not_read"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (f"[{json.dumps(ROWS[0])}", "list_not_closed"),
        (f"[{json.dumps(ROWS[0])},]", "comma_extra"),
        (f"[{LINES},]".replace("\n", ","), "comma_extra"),
        (f"[{json.dumps(ROWS[0])} {json.dumps(ROWS[1])}]", "comma_missing"),
    ],
)
def test_small_slips_of_a_list_cost_nothing(tmp_path: Path, text: str, code: str) -> None:
    read = got(tmp_path, text)
    assert [found for found, *_ in read.faults] == [code]
    assert len(read.good) == text.count("messages")


def test_a_huge_line_is_refused_without_being_held(tmp_path: Path) -> None:
    path = tmp_path / "huge.jsonl"
    with path.open("w") as file:
        file.write(json.dumps(ROWS[0]) + "\n" + '{"messages": "')
        for _ in range(50):
            file.write("x" * 1_000_000)
        file.write('"}\n' + json.dumps(ROWS[1]))
    read = read_path(path)
    assert isinstance(read, Got)
    assert read.good == [1, 3]
    assert read.faults == (("row_too_large", 2, 2, 1),)


@pytest.mark.full
@pytest.mark.parametrize("indent", [None, 1])
def test_a_list_of_many_blocks_is_read_whole(tmp_path: Path, indent: int | None) -> None:
    rows: list[Any] = [
        {"messages": f"{n} 问题" * 90, "more": [{"messages": n}]} for n in range(2400)
    ]
    rows[1000] = {"other": [1, 2]}
    text = json.dumps(rows, ensure_ascii=False, indent=indent)
    assert len(text.encode()) > 2 << 20
    read = got(tmp_path, text)
    assert read.values == rows
    data = text.encode()
    assert all(data[row.offset :].startswith(row.data) for row in read.rows)


def test_bad_rows_inside_many_blocks_cost_only_themselves(tmp_path: Path) -> None:
    rows = [json.dumps({"instruction": f"{n}" * 300, "output": "x"}) for n in range(3000)]
    bad = {n: rows[n] for n in range(100, 3000, 97)}
    for n in bad:
        rows[n] = rows[n].replace('"output"', '"output', 1)
    read = got(tmp_path, "[" + ",\n".join(rows) + "]")
    assert len(read.rows) == 3000
    assert set(range(1, 3001)) - set(read.good) == {n + 1 for n in bad}
    assert {line for code, _, line, _ in read.faults} == {n + 1 for n in bad}


def test_places_in_a_list_are_counted_in_lines_and_characters(tmp_path: Path) -> None:
    text = "[" + json.dumps(ROWS[0]) + ',\n  {"id": "日本",\n "x": NaN, "y": "é", "z": NaN}]'
    read = got(tmp_path, text)
    lines = text.split("\n")
    assert [(row, line) for _, row, line, _ in read.faults] == [(2, 3), (2, 3)]
    assert [column for *_, column in read.faults] == [
        lines[2].index("NaN") + 1,
        lines[2].rindex("NaN") + 1,
    ]


@pytest.mark.parametrize("content", [LINES, LIST, json.dumps(ROWS, indent=1)])
def test_rows_that_are_known_at_a_glance_need_no_decoding(tmp_path: Path, content: str) -> None:
    (tmp_path / "data").write_text(content)
    seen: list[int] = []

    def take(number: int, offset: int, data: bytes) -> bool:
        assert content.encode()[offset:].startswith(data)
        assert json.loads(data) == ROWS[number - 1]
        seen.append(number)
        return number != 2

    with open_rows(tmp_path / "data") as opened:
        assert opened.rows_besides is not None
        left = [row.number or 0 for row in opened.rows_besides(take)]
    assert 2 in left
    assert sorted({*seen, *left}) == [1, 2, 3]


def test_raw_lines_are_whole_lines_with_their_places(tmp_path: Path) -> None:
    content = b'\xef\xbb\xbf {"a": 1} \r\n\n\t\n{}\n[3]'
    (tmp_path / "data").write_bytes(content)
    with open_rows(tmp_path / "data") as opened:
        assert opened.source is not None
        lines = list(raw_lines(opened.source))
    assert [line for _, line in lines] == [b'{"a": 1}', b"{}", b"[3]"]
    assert all(content[offset:].startswith(line) for offset, line in lines)
