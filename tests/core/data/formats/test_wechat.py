"""WeChat and QQ: tables of messages and text exports."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from core.data.formats.sessions import Message, is_leftover, leftovers
from core.data.formats.shape import Numbered
from core.data.formats.wechat import FORMATS, fits_table, fits_text, table_messages, text_messages
from core.data.records import Question

TABLE, TEXT = FORMATS
CSV = """id,MsgSvrID,type_name,is_sender,talker,room_name,msg,src,CreateTime
1,11,文本,0,wxid_a,,在吗,,2024-01-01 12:00:00
2,12,文本,1,wxid_a,,在的,,2024-01-01 12:00:05
3,13,图片,0,wxid_a,,图片,1.jpg,2024-01-01 12:00:09
4,14,系统通知,0,wxid_a,,你已添加了小王,,2024-01-01 12:00:10
5,15,文本,0,wxid_a,,"明天
几点?",,2024-01-01 12:00:11
6,16,文本,1,wxid_a,,八点,,1704110412
"""


def table() -> list[Numbered]:
    return [Numbered(i, row) for i, row in enumerate(csv.DictReader(io.StringIO(CSV)), 1)]


def lines(text: str) -> list[Numbered]:
    return [Numbered(i, line) for i, line in enumerate(text.split("\n"), 1)]


def test_the_account_that_made_the_export_is_the_assistant() -> None:
    rows = table()
    assert all(fits_table(row.value) for row in rows)
    assert TABLE.gather is not None
    talks = list(TABLE.gather(rows, {}))
    (talk,) = [talk for talk in talks if not is_leftover(talk)]
    assert [(m["role"], m["content"]) for m in talk.row["messages"]] == [
        ("user", "在吗"),
        ("assistant", "在的"),
        ("user", "明天\n几点?"),
        ("assistant", "八点"),
    ]
    assert talk.rows == (1, 2, 5, 6)
    assert talk.origins == (("msg",),) * 4
    assert leftovers(talks) == {"chat_media": (3,), "chat_notices": (4,)}
    question: Question = TABLE.ask([row.value for row in rows])[0]
    assert question.chosen == "我"
    assert "导出" in question.zh


def test_memotrace_columns() -> None:
    row = {
        "localId": "1", "Type": "1", "IsSender": "0", "CreateTime": "1704110400",
        "StrContent": "你好", "StrTime": "2024-01-01 20:00:00", "Remark": "小王", "NickName": "王",
    }  # fmt: skip
    (message,) = table_messages([Numbered(1, row)])
    assert (message.speaker, message.text, message.chat) == ("小王", "你好", "小王")


@pytest.mark.parametrize("value", [{"is_sender": 1, "msg": "x"}, {}, None, [], "x"])
def test_other_rows_are_no_table(value: Any) -> None:
    assert not fits_table(value)
    assert [m.kind for m in table_messages([Numbered(1, value)])] == ["other"]


QQ = """消息记录（此消息记录为文本格式，不支持重新导入）

================================================================
消息分组:我的好友
================================================================
消息对象:小王
================================================================

2024-01-01 12:00:00 小王(123456789)
在吗
帮我看看

2024-01-01 下午1:02:03 我
好的

2024-01-01 13:03:00 系统消息(10000)
你撤回了一条消息

2024-01-01 13:04:00 小王(123456789)
[图片]

"""


def test_a_qq_export() -> None:
    rows = lines(QQ)
    found = [message for message in text_messages(rows) if message.kind == "text"]
    assert [(m.speaker, m.text, m.chat, m.own) for m in found] == [
        ("小王", "在吗\n帮我看看", "小王", False),
        ("我", "好的", "小王", True),
    ]
    assert found[1].when is not None
    assert found[0].when is not None
    assert found[1].when - found[0].when == 3723
    assert TEXT.gather is not None
    talks = list(TEXT.gather(rows, {}))
    assert {row for talk in talks for row in talk.rows} == set(range(1, len(rows) + 1))
    assert {"chat_notices", "chat_media"} <= leftovers(talks).keys()


@pytest.mark.parametrize(
    ("header", "speaker"),
    [
        ("2024-01-01 12:00:00 名字", "名字"),
        ("2024/1/1 12:00 Ann Lee", "Ann Lee"),
        ("2024年1月1日 12:00 名字", "名字"),
        ("2024-01-01 12:00:00 '小王'", "小王"),
        ("2024-01-01 12:00:00 小王<xw@example.com>", "小王"),
        ("小王 2024-01-01 12:00:00", "小王"),
        ("小王: 2024/1/1 12:00", "小王"),
    ],
)
def test_headers_of_text_exports(header: str, speaker: str) -> None:
    assert fits_text(header)
    (message,) = text_messages(lines(f"{header}\n你好"))
    assert (message.speaker, message.text, message.rows) == (speaker, "你好", (1, 2))
    assert message.when == 1704110400


@pytest.mark.parametrize(
    "line",
    [
        "2024-01-01, 12:00 - Ann: hi",
        "2024-01-01 12:00 - Ann: hi",
        "[2024-01-01 12:00:00] Ann: hi",
        "2024-01-01 12:00:00",
        "hello",
        "",
    ],
)
def test_other_lines_are_no_header(line: str) -> None:
    assert not fits_text(line)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("[图片]", "media"),
        ("[表情][表情]", "media"),
        ("[动画表情]", "media"),
        ("看这个[图片]", "text"),
        ("你撤回了一条消息", "deleted"),
        ('"小王" 撤回了一条消息', "deleted"),
        ("以上是打招呼的内容", "system"),
        ("消息记录怎么导出", "text"),
        ("", "text"),
    ],
)
def test_what_is_no_text_is_told_apart(text: str, kind: str) -> None:
    found: list[Message] = text_messages(lines(f"2024-01-01 12:00:00 小王\n{text}"))
    assert [m.kind for m in found] == [kind]
