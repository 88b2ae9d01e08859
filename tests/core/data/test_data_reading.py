"""Files of every shape: good rows are kept, and every bad place is named."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from core.data.ingest import Checked, read_file
from core.data.problems import NoUsableRows
from tests.core.data.made_rows import check, codes_of, problems_of, row

ROWS = [row(f"Question {n}?", f"Answer {n}.") for n in range(3)]
LINES = "\n".join(map(json.dumps, ROWS))
LIST = json.dumps(ROWS)

READABLE = {
    "lines": (LINES.encode(), "openai-jsonl"),
    "windows line ends": (LINES.replace("\n", "\r\n").encode(), "openai-jsonl"),
    "blank lines": (f"\n \n{LINES}\n\n".replace("\n", "\n\n").encode(), "openai-jsonl"),
    "byte order mark": (b"\xef\xbb\xbf" + LINES.encode(), "openai-jsonl"),
    "utf-16": (LINES.encode("utf-16"), "openai-jsonl"),
    "utf-16 big end first": (b"\xfe\xff" + LIST.encode("utf-16-be"), "openai-json"),
    "utf-32": (LIST.encode("utf-32"), "openai-json"),
    "list": (LIST.encode(), "openai-json"),
    "pretty list": (json.dumps(ROWS, indent=2).encode(), "openai-json"),
    "pretty objects": ("\n".join(json.dumps(r, indent=2) for r in ROWS).encode(), "openai-json"),
    "objects with commas": (LINES.replace("\n", ",\n").encode(), "openai-json"),
}


@pytest.mark.parametrize("shape", READABLE)
def test_every_shape_of_file_gives_the_same_rows(tmp_path: Path, shape: str) -> None:
    content, format_name = READABLE[shape]
    checked = check(tmp_path / "data.json", content)
    assert isinstance(checked, Checked)
    assert checked.dataset.format == format_name
    assert [e.conversation.first_user for e in checked.examples] == [
        "Question 0?",
        "Question 1?",
        "Question 2?",
    ]
    assert [e.row for e in checked.examples] == [1, 2, 3]
    assert not problems_of(checked)


def test_one_pretty_object_is_one_row(tmp_path: Path) -> None:
    checked = check(tmp_path / "one.json", json.dumps(ROWS[0], indent=4))
    assert isinstance(checked, Checked)
    assert len(checked.examples) == 1


REFUSED = {
    "": "file_empty",
    " \n\t\n": "file_empty",
    "[]": "file_no_rows",
    "text,label\nhello,greeting\n": "file_not_json",
    "[12:30] Ann: hello\n": "file_not_json",
    "null": "file_not_json",
    "PK\x03\x04...": "file_binary",
    "\x1f\x00\x01binary": "file_binary",
}


@pytest.mark.parametrize("content", REFUSED)
def test_what_is_no_dialogue_file_gets_a_sentence(tmp_path: Path, content: str) -> None:
    error = check(tmp_path / "file.jsonl", content)
    assert isinstance(error, NoUsableRows)
    assert codes_of(error) == [REFUSED[content]]
    assert "file.jsonl" in error.problem
    assert error.fix


def test_paths_that_are_no_file_get_a_sentence(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path, code in (
        (tmp_path / "absent.jsonl", "file_missing"),
        (tmp_path, "file_is_folder"),
        (tmp_path / "pipe", "file_not_regular"),
        (tmp_path / ("x" * 300), "file_unreadable"),
        (Path("nul\0l"), "file_unreadable"),
    ):
        with pytest.raises(NoUsableRows) as caught:
            read_file(path, None)
        assert [problem.code for problem in caught.value.problems] == [code]


def test_utf16_without_a_mark_or_cut_in_the_middle_is_named(tmp_path: Path) -> None:
    unmarked = check(tmp_path / "a", LINES.encode("utf-16-le"))
    assert isinstance(unmarked, NoUsableRows)
    assert "UTF-16" in unmarked.problem
    cut = check(tmp_path / "b", LINES.encode("utf-16")[:-1])
    assert codes_of(cut) == ["file_broken_encoding"]


def one_bad_line(tmp_path: Path, bad: bytes) -> list[tuple[str, int | None, int | None]]:
    """Findings of a file whose second line is bad; the other two rows must survive."""
    first, _, last = LINES.encode().split(b"\n")
    checked = check(tmp_path / "data.jsonl", b"\n".join((first, bad, last)))
    assert isinstance(checked, Checked)
    assert [example.row for example in checked.examples] == [1, 3]
    assert all(problem.row == 2 for problem in problems_of(checked))
    return [(problem.code, problem.line, problem.column) for problem in problems_of(checked)]


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
    b"17": ("row_not_object", 1),
}


@pytest.mark.parametrize("bad", BAD_LINES)
def test_a_bad_line_is_located_and_costs_no_other_row(tmp_path: Path, bad: bytes) -> None:
    code, column = BAD_LINES[bad]
    assert one_bad_line(tmp_path, bad) == [(code, 2, column)]


def test_every_unusable_value_of_a_row_is_listed(tmp_path: Path) -> None:
    found = one_bad_line(tmp_path, b'{"a": "\\ud800", "b": [NaN, "\\udc00", -Infinity]}')
    assert [code for code, _, _ in found] == [
        "lone_surrogate",
        "number_unusable",
        "lone_surrogate",
        "number_unusable",
    ]


def test_gbk_text_is_guessed(tmp_path: Path) -> None:
    line = json.dumps(row("退款怎么办", "请提供订单号"), ensure_ascii=False)
    error = check(tmp_path / "gbk.jsonl", line.encode("gbk"))
    assert isinstance(error, NoUsableRows)
    assert "GBK" in error.problem


def test_a_repeated_key_is_an_error_where_its_second_value_stands(tmp_path: Path) -> None:
    reply = '{"role":"assistant","content":"b","content":"c"}'
    bad = f'{{"messages":[{{"role":"user","content":"a"}},{reply}]}}'
    result = check(tmp_path / "data.jsonl", bad)
    assert isinstance(result, NoUsableRows)
    (problem,) = result.problems
    assert problem.code == "key_twice"
    assert problem.field == "$.messages[1].content"
    assert problem.column == bad.index('"c"') + 1


def test_words_that_look_like_keys_are_no_repeated_keys(tmp_path: Path) -> None:
    talk = row('{"role": "user", "content": "content"}', "role")
    checked = check(tmp_path / "data.jsonl", json.dumps(talk))
    assert isinstance(checked, Checked)
    assert not problems_of(checked)


def test_a_broken_list_keeps_the_rows_before_and_after(tmp_path: Path) -> None:
    rows = [json.dumps(r) for r in ROWS]
    broken = rows[1].replace('"Answer 1."', '"Answer 1')
    for separator in (",\n", ","):
        checked = check(tmp_path / "list.json", f"[{separator.join((rows[0], broken, rows[2]))}]")
        assert isinstance(checked, Checked)
        assert [example.row for example in checked.examples] == [1, 3]
        assert [(p.code, p.row) for p in problems_of(checked)] == [("json_invalid", 2)]


def test_several_broken_rows_of_a_list_are_each_listed(tmp_path: Path) -> None:
    rows = [json.dumps(row(f"Question {n}?", f"Answer {n}.")) for n in range(6)]
    for index in (1, 2, 5):
        rows[index] = rows[index][:-1]
    checked = check(tmp_path / "list.json", f"[{','.join(rows)}]")
    assert isinstance(checked, Checked)
    assert [example.row for example in checked.examples] == [1, 4, 5]
    errors = [problem.row for problem in problems_of(checked) if problem.severity == "error"]
    assert errors == [2, 3, 6]


def test_what_cannot_be_read_of_a_list_is_said(tmp_path: Path) -> None:
    good = json.dumps(ROWS[0])
    checked = check(tmp_path / "list.json", f'[{good}, {{"other": oops}}, {{"id": 3}}]')
    assert isinstance(checked, Checked)
    assert codes_of(checked) == ["json_invalid", "rest_not_read"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (f"[{json.dumps(ROWS[0])}", "list_not_closed"),
        (f"[{json.dumps(ROWS[0])},]", "comma_extra"),
        (f"[{json.dumps(ROWS[0])} {json.dumps(ROWS[1])}]", "comma_missing"),
    ],
)
def test_small_slips_of_a_list_cost_nothing(tmp_path: Path, text: str, code: str) -> None:
    checked = check(tmp_path / "list.json", text)
    assert isinstance(checked, Checked)
    assert codes_of(checked) == [code]
    assert len(checked.examples) == text.count("messages")


def test_a_huge_line_is_refused_without_being_held(tmp_path: Path) -> None:
    path = tmp_path / "huge.jsonl"
    with path.open("w") as file:
        file.write(json.dumps(ROWS[0]) + "\n" + '{"messages": "')
        for _ in range(50):
            file.write("x" * 1_000_000)
        file.write('"}\n' + json.dumps(ROWS[1]))
    checked = read_file(path, None)
    assert [example.row for example in checked.examples] == [1, 3]
    assert [(p.code, p.row, p.line) for p in problems_of(checked)] == [("row_too_large", 2, 2)]


def test_a_list_longer_than_the_window_is_read_whole(tmp_path: Path) -> None:
    rows = [row(f"{n} 问题" * 40, f"{n} answer " * 40) for n in range(1200)]
    for indent in (None, 1):
        text = json.dumps(rows, ensure_ascii=False, indent=indent)
        assert len(text.encode()) > 1 << 20
        checked = check(tmp_path / "long.json", text)
        assert isinstance(checked, Checked)
        assert [e.conversation.reference for e in checked.examples] == [
            talk["messages"][1]["content"] for talk in rows
        ]


def test_places_in_a_list_are_counted_in_lines_and_characters(tmp_path: Path) -> None:
    bad = {"messages": [{"role": "wizard", "content": "é"}, {"role": "gpt", "content": "é"}]}
    text = "[" + json.dumps(ROWS[0]) + ',\n  {"id": "日本",\n' + json.dumps(bad)[1:] + "]"
    found = problems_of(check(tmp_path / "list.json", text))
    lines = text.split("\n")
    for problem, role in zip(found, ('"wizard"', '"gpt"'), strict=True):
        assert (problem.row, problem.line) == (2, 3)
        assert problem.column == lines[2].index(role) + 1


def test_hopeless_files_are_not_read_to_their_end(tmp_path: Path) -> None:
    error = check(tmp_path / "numbers.json", "[" + "1," * 50_000 + "1]")
    assert isinstance(error, NoUsableRows)
    assert "rest_not_read" in codes_of(error)
    more = next(p for p in error.problems if p.code == "more_like_this")
    assert "9,000" in more.message
