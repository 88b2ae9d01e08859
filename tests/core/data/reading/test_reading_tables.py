"""Tables of text: separators, quotes and headers as people write them, each slip in its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.data.reading.opening import open_rows
from core.data.reading.tables import cell_place
from tests.core.data.reading.opened_files import got

ROWS = [
    {"question": "Where?", "answer": "Here, of course."},
    {"question": 'He said "no"\nand left;', "answer": "Why|how?"},
    {"question": "什么，时候", "answer": "明天"},
]


def written(delimiter: str, end: str) -> str:
    import csv
    import io

    out = io.StringIO()
    writer = csv.DictWriter(out, ["question", "answer"], delimiter=delimiter, lineterminator=end)
    writer.writeheader()
    writer.writerows(ROWS)
    return out.getvalue()


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_every_kind_of_table_gives_the_same_rows(
    tmp_path: Path, delimiter: str, end: str, mark: str
) -> None:
    text = mark + written(delimiter, end)
    if end == "\r":
        text = text.replace("\n", " ")
    read = got(tmp_path, text)
    assert read.container == ("tsv" if delimiter == "\t" else "csv")
    expected = [dict(row) for row in ROWS]
    if end == "\r":
        expected[1]["question"] = expected[1]["question"].replace("\n", " ")
    assert read.values == expected
    assert not read.faults
    assert not read.remarks


def test_rows_say_on_which_line_they_begin(tmp_path: Path) -> None:
    read = got(tmp_path, written(",", "\r\n"))
    assert [row.line for row in read.rows] == [2, 3, 5]
    assert [row.number for row in read.rows] == [1, 2, 3]


def test_cells_say_where_they_begin(tmp_path: Path) -> None:
    text = 'text,label\n"a, ""b""\nc",greeting\nü,"x"\n'
    (tmp_path / "t.csv").write_text(text)
    with open_rows(tmp_path / "t.csv") as opened:
        first, second = opened.rows
        delimiter = opened.delimiter
    assert cell_place(first, "text", delimiter) == (2, 2)
    assert cell_place(first, "label", delimiter) == (3, 4)
    assert cell_place(second, "label", delimiter) == (4, 4)
    assert cell_place(second, "absent", delimiter) is None


def test_a_table_without_a_header_is_recognised(tmp_path: Path) -> None:
    read = got(tmp_path, "How do I reset it?,support\nWhere is my parcel?,delivery\nHi,support\n")
    assert read.remarks == ("header_missing",)
    assert [value["column_2"] for value in read.values] == ["support", "delivery", "support"]
    known = got(tmp_path, "提问,回答\n你好,你好呀\n在吗,在的\n")
    assert known.values[0] == {"提问": "你好", "回答": "你好呀"}


def test_columns_keep_their_own_names(tmp_path: Path) -> None:
    read = got(tmp_path, ",text, text ,label\n0,a,b,c\n1,d,e,f\n")
    assert read.values[0] == {"column_1": "0", "text": "a", "text_3": "b", "label": "c"}
    assert read.remarks == ("header_twice",)


def test_ragged_rows_keep_what_they_have(tmp_path: Path) -> None:
    good = "hello,greeting\n" * 9
    read = got(tmp_path, f"text,label\n{good}alone\nHello, you,greeting\nfine,x,,\n{good}")
    places = [(code, row, line) for code, row, line, _ in read.faults]
    assert places == [("cells_missing", 10, 11), ("cells_extra", 11, 12)]
    assert read.values[9] == {"text": "alone"}
    assert read.values[10] == {"text": "Hello", "label": " you", "column_3": "greeting"}
    assert read.values[11] == {"text": "fine", "label": "x"}


def test_a_quote_that_is_never_closed_costs_one_line(tmp_path: Path) -> None:
    good = "".join(f"text {n},label\n" for n in range(1500))
    read = got(tmp_path, f'text,label\n{good}"open,label\n{good}')
    assert [fault[:3] for fault in read.faults] == [("quote_not_closed", 1501, 1502)]
    assert len(read.good) == 3000


def test_a_quote_inside_a_quoted_text_is_an_error_there(tmp_path: Path) -> None:
    read = got(tmp_path, 'text,label\na,b\n"say "hi" now",c\nd,e\n5" pipe,f\n')
    assert [fault[:3] for fault in read.faults] == [("quote_inside", 2, 3)]
    assert read.values[3] == {"text": '5" pipe', "label": "f"}


def test_bytes_that_are_no_text_cost_their_row(tmp_path: Path) -> None:
    good = "你好,问候\n".encode() * 20
    bad = b'a\xff,b\n"c\n\xff",d\n'
    read = got(tmp_path, b"text,label\n" + good + bad + good)
    assert [fault[:3] for fault in read.faults] == [("not_utf8", 21, 22), ("not_utf8", 22, 23)]
    assert len(read.good) >= 40


def test_excel_says_its_separator_first(tmp_path: Path) -> None:
    read = got(tmp_path, "sep=;\ntext;label\na;b\nc;d\n")
    assert read.values == [{"text": "a", "label": "b"}, {"text": "c", "label": "d"}]


@pytest.mark.parametrize(
    "text",
    [
        "[01/01/19, 11:25] Ann: Hello, you.\n[01/02/19, 11:25] Bob: Hi, Ann.\n",
        "12/27/19, 6:00 p. m. - Ann: Hi, Bob\n12/27/19, 6:01 p. m. - Bob: Hi, Ann\n",
        "2019-12-27 18:00:01 - Ann: Hi, Bob\n2019-12-27 18:00:01 - Bob: Hi, Ann\n",
        "Hello, world.\nBye, now.\n",
        "One line, with a comma",
        "Just a text.\n\nOf two paragraphs.\n",
        "- a list\n- of words\n",
        "null",
        "[12:30] Ann: hello\n",
    ],
)
def test_what_is_said_in_sentences_is_plain_text(tmp_path: Path, text: str) -> None:
    read = got(tmp_path, text)
    assert read.container == "text"
    assert read.values == text.splitlines()
    assert [row.line for row in read.rows] == list(range(1, len(read.rows) + 1))


def test_dates_in_a_column_are_still_a_table(tmp_path: Path) -> None:
    text = "time,speaker,text\n2020-01-02 10:00:00,Ann,hi\n2020-01-02 10:00:05,Bob,hello\n"
    assert got(tmp_path, text).container == "csv"


def test_a_line_of_text_that_is_too_long_costs_only_itself(tmp_path: Path) -> None:
    for end in ("\n", "\r"):
        read = got(tmp_path, f"Ann: hi{end}{'x' * (9 << 20)}{end}Bob: bye{end}")
        assert [code for code, *_ in read.faults] == ["row_too_large"]
        assert (read.values[0], read.values[2]) == ("Ann: hi", "Bob: bye")
