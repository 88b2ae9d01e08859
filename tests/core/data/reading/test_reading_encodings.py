"""Text in any encoding is read rightly, and a guess is told; a few bad rows stay a few bad rows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.data.problems import NoUsableRows
from core.data.reading.opening import open_rows
from core.data.reading.recoding import join_halves
from tests.core.data.reading.opened_files import got, read_bytes, refused

CHINESE = [
    "退款怎么办？",
    "请提供您的订单号，我们会尽快处理。",
    "谢谢你",
    "好的，还有什么可以帮您？",
]
TRADITIONAL = ["請問這個產品什麼時候可以到貨？", "您好，我們會在三天之內把東西寄給您。"] * 3
JAPANESE = [
    "注文した商品はいつ届きますか？",
    "お問い合わせありがとうございます。確認いたします。",
] * 3
RUSSIAN = ["Когда придёт мой заказ?", "Здравствуйте! Ваш заказ уже в пути, ожидайте."] * 3
FRENCH = ["Où est passée ma commande déjà payée ?", "Elle a été expédiée à l'adresse indiquée."] * 3


def lines(texts: list[str]) -> str:
    return "".join(json.dumps({"text": text}, ensure_ascii=False) + "\n" for text in texts)


@pytest.mark.parametrize(
    ("texts", "encoding", "named"),
    [
        (CHINESE, "gbk", "gb18030"),
        (CHINESE[:1], "gbk", "gb18030"),
        (TRADITIONAL, "big5", "big5"),
        (JAPANESE, "shift_jis", "cp932"),
        (RUSSIAN, "cp1251", "cp1251"),
        (FRENCH, "cp1252", "cp1252"),
        (CHINESE, "utf-16-le", "utf-16-le"),
        (FRENCH, "utf-16-be", "utf-16-be"),
    ],
)
def test_what_is_not_utf8_is_guessed_and_said(
    tmp_path: Path, texts: list[str], encoding: str, named: str
) -> None:
    content = lines(texts).encode(encoding)
    read = got(tmp_path, content)
    assert [value["text"] for value in read.values] == texts
    assert read.encoding == named
    assert read.remarks == ("encoding_guessed",)
    assert not read.faults


def test_the_place_of_the_first_strange_byte_is_said(tmp_path: Path) -> None:
    content = lines(["ascii only", *CHINESE]).encode("gbk")
    (tmp_path / "data").write_bytes(content)
    with open_rows(tmp_path / "data") as opened:
        (finding,) = opened.found
        assert opened.source is not None
        row = list(opened.rows)[1]
        assert opened.source.read(row.offset, len(row.data)) == row.data
    position = int(finding.values["position"].replace(",", ""))
    assert finding.values["byte"] == f"0x{content[position]:02X}"
    assert content[:position].isascii()


def test_halved_characters_are_joined_and_said(tmp_path: Path) -> None:
    text = "Like 🎸 this"
    halved = lines([text, "x"]).encode("utf-16", "surrogatepass").decode("utf-16")
    content = b"".join(c.encode() if ord(c) < 0x10000 else _halves(c) for c in halved)
    assert b"\xed\xa0" in content
    read = got(tmp_path, content)
    assert [value["text"] for value in read.values] == [text, "x"]
    assert (read.encoding, read.remarks) == ("cesu-8", ("encoding_halved",))


def _halves(char: str) -> bytes:
    wide = char.encode("utf-16-be")
    return b"".join(
        chr(int.from_bytes(wide[at : at + 2], "big")).encode("utf-8", "surrogatepass")
        for at in (0, 2)
    )


def test_a_lone_half_is_left_for_its_row_to_answer_for() -> None:
    lone = b"a\xed\xa0\xbc b " + _halves("🎸")
    assert join_halves(lone) == b"a\xed\xa0\xbc b " + "🎸".encode()


@pytest.mark.parametrize("bad", ["café".encode("latin-1"), "退款".encode("gbk"), b"\xff\xfe\x80"])
def test_a_few_strange_rows_in_utf8_cost_only_themselves(tmp_path: Path, bad: bytes) -> None:
    good = lines([*CHINESE, *RUSSIAN]).encode()
    content = good + b'{"text": "' + bad + b'"}\n' + good
    read = got(tmp_path, content)
    assert read.encoding == "utf-8"
    assert [code for code, *_ in read.faults] == ["not_utf8"]
    assert len(read.good) == len(read.rows) - 1


def test_a_strange_row_in_another_encoding_costs_only_itself(tmp_path: Path) -> None:
    good = lines(CHINESE * 20).encode("gbk")
    read = got(tmp_path, good + b'{"text": "\xff\xff\x81"}\n' + good)
    assert read.encoding == "gb18030"
    assert [(code, row) for code, row, *_ in read.faults] == [("not_utf8", 81)]
    assert len(read.good) == 160


def test_the_person_knows_better(tmp_path: Path) -> None:
    content = lines(["Müller"]).encode("latin-1")
    assert got(tmp_path, content).good == []
    read = got(tmp_path, content, "latin-1")
    assert read.values == [{"text": "Müller"}]
    assert not read.remarks
    assert got(tmp_path, lines(["é"]).encode(), "cp1252").values == [{"text": "Ã©"}]
    assert got(tmp_path, lines(["é"]).encode("utf-16"), "utf-16").values == [{"text": "é"}]
    assert got(tmp_path, lines(["é"]).encode("utf-8-sig"), "utf-8").values == [{"text": "é"}]


@pytest.mark.parametrize("name", ["nonsense", "base64", "rot13", "idna", "\0", "x" * 500, "utf-7"])
def test_an_encoding_that_is_none_gets_a_sentence(tmp_path: Path, name: str) -> None:
    error = read_bytes(tmp_path, "{}", name)
    assert isinstance(error, NoUsableRows)
    assert error.problems[0].code == "encoding_unknown"


def test_utf16_that_is_cut_in_the_middle_keeps_its_rows(tmp_path: Path) -> None:
    content = lines(CHINESE).encode("utf-16")[:-7]
    read = got(tmp_path, content)
    assert read.good == [1, 2, 3]
    assert [(code, row) for code, row, *_ in read.faults] == [("not_utf8", 4)]


@pytest.mark.full
def test_large_files_are_recoded_without_cutting_characters(tmp_path: Path) -> None:
    texts = [text * 40 + "🙂" * (n % 3) for n, text in enumerate(CHINESE * 700)]
    for content, encoding in (
        (lines(texts).encode("gb18030"), None),
        (json.dumps(texts, ensure_ascii=False, separators=(",", ":")).encode("gb18030"), None),
        (json.dumps([{"t": t} for t in texts], ensure_ascii=False).encode("utf-16-le"), None),
        (json.dumps(["".join(texts)], ensure_ascii=False).encode("gb18030"), "gb18030"),
    ):
        read = got(tmp_path, content, encoding)
        said = "".join(json.dumps(read.values, ensure_ascii=False))
        assert said.count("🙂") == sum(text.count("🙂") for text in texts)
        assert not read.faults


def test_broken_utf32_is_named(tmp_path: Path) -> None:
    assert refused(tmp_path, "{}".encode("utf-32") + b"\xff\xff\xff\xff") == "file_broken_encoding"
