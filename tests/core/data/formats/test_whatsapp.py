"""WhatsApp exports: every way to write a date, lines that go on, and what WhatsApp itself wrote."""

from __future__ import annotations

import pytest

from core.data.formats.sessions import Message, is_leftover, leftovers
from core.data.formats.shape import Numbered
from core.data.formats.whatsapp import FORMATS, ask, fits, gather, messages
from tests.core.data.formats.sample_files import sample


def read(text: str) -> list[Message]:
    return messages([Numbered(i, line) for i, line in enumerate(text.split("\n"), 1)])


@pytest.mark.parametrize(
    "line",
    [
        "12/31/2023, 9:05 PM - Ann: hi",
        "12/31/23, 9:05\u202fPM - Ann: hi",
        "12/31/2023, 9:05 p. m. - Ann: hi",
        "12/31/2023, 9:05 p.\u00a0m. - Ann: hi",
        "31/12/2023, 21:05 - Ann: hi",
        "31.12.23, 21:05 - Ann: hi",
        "31-12-2023 21:05 - Ann: hi",
        "2023-12-31, 21:05 - Ann: hi",
        "2023/12/31 下午9:05 - Ann: hi",
        "2023/12/31 晚上9:05 - Ann: hi",
        "2023. 12. 31. 오후 9:05 - Ann: hi",
        "[31/12/2023, 21:05:00] Ann: hi",
        "\u200e[31/12/2023, 9:05:00\u202fPM] Ann: hi",
        "[2023/12/31 下午9:05:00] Ann: hi",
        "\ufeff[31.12.23, 21:05:00] ~\u202fAnn: hi",
        "31-12-23 21:05:00: Ann: hi",
        "31/12/2023, 21.05 – Ann: hi",
    ],
)
def test_every_way_to_write_the_time(line: str) -> None:
    assert fits(line)
    (message,) = read(line)
    assert (message.kind, message.speaker, message.text) == ("text", "Ann", "hi")
    assert message.when == 1704056700


@pytest.mark.parametrize(
    ("line", "hour"),
    [
        ("1/2/23, 12:00 AM - A: x", 0),
        ("1/2/23, 12:00 PM - A: x", 12),
        ("1/2/23, 00:08 a. m. - A: x", 0),
        ("2023/1/2 上午12:08 - A: x", 0),
        ("2023/1/2 中午12:08 - A: x", 12),
        ("2023/1/2 凌晨3:08 - A: x", 3),
    ],
)
def test_midnight_and_noon(line: str, hour: int) -> None:
    when = read(line)[0].when
    assert when is not None
    assert int(when // 3600 % 24) == hour


@pytest.mark.parametrize(
    "line",
    [
        "just text",
        "",
        "12/31/2023 was a good day",
        "at 12/31/2023, 9:05 - Ann: hi",
        "[12/31/2023, 21:05 Ann: hi",
        "99/99/2023, 25:05 - Ann: hi",
    ],
)
def test_other_lines_begin_no_message(line: str) -> None:
    assert not fits(line)


def test_lines_go_on_until_the_next_date() -> None:
    first, second = read("1/2/23, 9:00 - A: one\n\n two: three\r\n1/2/23, 9:01 - B:.\n")
    assert first.text == "one\n\n two: three"
    assert first.rows == (1, 2, 3)
    assert (second.speaker, second.text) == ("B", ".")


def test_months_and_days_are_told_apart_by_all_dates_together() -> None:
    a, b = read("1/2/23, 9:00 - A: x\n1/13/23, 9:00 - B: y")
    assert a.when is not None
    assert b.when is not None
    assert b.when - a.when == 11 * 86400
    a, b = read("31/1/23, 9:00 - A: x\n1/2/23, 9:00 - B: y")
    assert a.when is not None
    assert b.when is not None
    assert b.when - a.when == 86400
    # Neither tells; but time runs forward only when the month stands first.
    a, b = read("1/12/23, 9:00 - A: x\n2/1/23, 9:00 - B: y")
    assert a.when is not None
    assert b.when is not None
    assert b.when > a.when


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("<Media omitted>", "media"),
        ("<媒体已省略>", "media"),
        ("<Medien ausgeschlossen>", "media"),
        ("<Multimedia omitido>", "media"),
        ("\u200eimage omitted", "media"),
        ("\u200eContact card omitted", "media"),
        ("Bild weggelassen", "media"),
        ("图片已省略", "media"),
        ("IMG-20230102-WA0001.jpg (file attached)", "media"),
        ("\u200eIMG-20230102-WA0001.jpg (archivo adjunto)", "media"),
        ("\u200e<attached: 00000012-PHOTO.jpg>", "media"),
        ("<附件：00000012-PHOTO.jpg>", "media"),
        ("null", "media"),
        ("This message was deleted", "deleted"),
        ("\u200eYou deleted this message.", "deleted"),
        ("此消息已被删除", "deleted"),
        ("你删除了这条消息", "deleted"),
        ("Diese Nachricht wurde gelöscht.", "deleted"),
        ("\u200eMessages and calls are end-to-end encrypted.", "system"),
        ("The image was omitted from the book: why?", "text"),
        ("Please look at <this> and <that>", "text"),
        ("I deleted it", "text"),
    ],
)
def test_what_is_no_text_is_told_apart(text: str, kind: str) -> None:
    assert [m.kind for m in read(f"1/2/23, 9:00 - Ann: {text}")] == [kind]


def test_a_caption_is_kept_and_its_picture_counted() -> None:
    media, caption = read("1/2/23, 9:00 - A: IMG-1.jpg (file attached)\nThe new shop!")
    assert (media.kind, caption.kind, caption.text) == ("media", "text", "The new shop!")


def test_the_mark_of_an_edit_is_no_part_of_the_text() -> None:
    notice, text = read("1/2/23, 9:00 - A: See you at six \u200e<This message was edited>")
    assert notice.kind == "system"
    assert (text.kind, text.text) == ("text", "See you at six")


@pytest.mark.parametrize(
    "line",
    [
        "1/2/23, 9:00 - You were added",
        '1/2/23, 9:00 - Ann created group "Tea: the best"',
        "1/2/23, 9:00 - Ann changed the subject to “Tea: green”",
        "[1/2/23, 9:00:00] \u200eAnn joined using this group's invite link",
    ],
)
def test_notices_of_the_app_have_no_speaker(line: str) -> None:
    assert [m.kind for m in read(line)] == ["system"]


def test_lines_before_the_first_message_are_counted() -> None:
    assert [m.kind for m in read("Chat of Ann\n\n1/2/23, 9:00 - A: x")] == [
        "other",
        "empty",
        "text",
    ]


@pytest.mark.parametrize("name", ["whatsapp_brackets_24h.txt", "whatsapp_mmddyyyy_12h.txt"])
def test_real_exports(name: str) -> None:
    lines = sample(name).read_text(encoding="utf-8").split("\n")
    rows = [Numbered(i, line) for i, line in enumerate(lines, 1)]
    assert len(rows) == 11
    read = messages(rows)
    assert [m.kind for m in read] == ["text"] * 4 + ["system"] * 2 + ["text"] * 3
    assert [m.speaker for m in read[:4]] == ["John Doe", "John Doe", "Jahn Doe", "John-John Doe"]
    assert read[3].text == "Lorem ipsum : dolor sit amet."
    assert read[8].rows == (10, 11)
    times = [m.when for m in read if m.when is not None]
    assert times == sorted(times)
    assert len(times) == 9
    asked = ask(lines)
    assert asked[0].chosen == "Jahn Doe"
    assert set(asked[0].options) == {m.speaker for m in read if m.kind == "text"}
    talks = list(gather(rows, {}))
    assert sum(not is_leftover(talk) for talk in talks) == 1
    assert leftovers(talks)["chat_notices"] == (6, 7)
    assert {row for talk in talks for row in talk.rows} == set(range(1, 12))


def test_the_format_gathers() -> None:
    assert [(f.name, f.convert) for f in FORMATS] == [("whatsapp", None)]
