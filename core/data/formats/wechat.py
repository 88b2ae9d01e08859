"""WeChat and QQ: tables of messages (WeClone's and MemoTrace's columns), and text exports."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

from core.data.formats import sessions
from core.data.formats.sessions import Message, clock, numbered
from core.data.formats.shape import Answers, Format, Numbered, Talk
from core.data.records import Question

OWN = "我"
"""The account that made the export. Its rows may name the other side as `talker`."""
OWN_NAMES = frozenset({"我", "自己", "me", "Me"})


class Columns(NamedTuple):
    """What the columns of a table of messages are called."""

    own: str
    kind: str
    text: str
    time: tuple[str, ...]
    speaker: tuple[str, ...]
    chat: tuple[str, ...]
    """The first of these that is filled in names the chat."""


TABLES = (
    Columns("is_sender", "type_name", "msg", ("CreateTime",), ("talker",), ("room_name",)),
    Columns("is_sender", "type_name", "content", ("CreateTime",), ("talker",), ("room_name",)),
    Columns(
        "IsSender",
        "Type",
        "StrContent",
        ("StrTime", "CreateTime"),
        ("Sender", "Remark", "NickName"),
        ("Remark", "NickName"),
    ),
)
TEXT_TYPES = frozenset({"文本", "文字", "text", "1"})
NOTICE_TYPES = frozenset({"系统通知", "系统消息", "system", "10000"})
WITHDRAWN = re.compile(r"[^\n]{0,40}撤回了一条消息[^\n]{0,20}|[^\n]{0,40}recalled a message\.?")
MEDIA = re.compile(
    r"(?:\s*[\[［](?:图片|表情|动画表情|语音|视频|文件|位置|链接|名片|红包|转账|音乐|小程序|聊天记录|"
    r"闪照|语音通话|视频通话|Photo|Image|Sticker|Voice|Video|File|Location|Link|Audio)"
    r"[^\[\]［］\n]{0,40}[\]］])+\s*"
)
NOTICE = re.compile(
    r"以上是打招呼的内容|你已添加了.{0,60}|.{0,60}(?:加入了群聊|加入本群|退出了群聊|拍了拍.{0,60})|"
    r"(?:.{0,40}开启了朋友验证.{0,80})"
)
NOTICE_SPEAKERS = re.compile(r"系统消息(?:\(10000\))?|系统通知|10000")


def table_of(value: object) -> Columns | None:
    """The columns of a row of a table of messages."""
    if not isinstance(value, dict):
        return None
    return next((t for t in TABLES if {t.own, t.kind, t.text} <= value.keys()), None)


def table_messages(rows: Sequence[Numbered]) -> list[Message]:
    """The messages of a table."""
    return [_read_row(row.number, row.value) for row in rows]


def _read_row(number: int, value: Any) -> Message:
    columns = table_of(value)
    if columns is None:
        return Message(number, None, "", "", kind="other")
    own = str(value[columns.own]).strip().casefold() in ("1", "1.0", "true")
    kind, written = str(value[columns.kind]).strip().casefold(), value[columns.text]
    text = str(written).strip() if isinstance(written, str | int | float) else ""
    return Message(
        number,
        next(filter(None, (clock(value.get(key)) for key in columns.time)), None),
        OWN if own else _filled(value, columns.speaker) or "?",
        text,
        (columns.text,),
        kind=_kind(kind, text),
        chat=_filled(value, columns.chat),
        own=own,
    )


def _filled(value: dict[str, Any], keys: Sequence[str]) -> str:
    texts = (value.get(key) for key in keys)
    return next((text.strip() for text in texts if isinstance(text, str) and text.strip()), "")


def _kind(kind: str, text: str) -> str:
    if kind in NOTICE_TYPES:
        return "deleted" if WITHDRAWN.fullmatch(text) else "system"
    return _text_kind(text) if kind in TEXT_TYPES else "media"


def _text_kind(text: str) -> str:
    """What a text is: somebody's words, or what the app put in their place."""
    if WITHDRAWN.fullmatch(text):
        return "deleted"
    if NOTICE.fullmatch(text):
        return "system"
    return "media" if MEDIA.fullmatch(text) else "text"


def fits_table(value: Any) -> bool:
    """Whether a record is a row of a table of messages."""
    return table_of(value) is not None


# -- text ----------------------------------------------------------------------------------------

_STAMP = (
    r"(?P<date>\d{4}[-/年.]\d{1,2}[-/月.]\d{1,2})日?\s+(?P<half>上午|下午|晚上|凌晨|中午)?\s?"
    r"(?P<time>\d{1,2}:\d{2}(?::\d{2})?)"
)
_NAME = r"(?P<name>[^\s:：][^\n:：]{0,60})"
HEADERS = (
    re.compile(rf"{_STAMP}\s+(?![-–]\s){_NAME}"),
    re.compile(rf"(?!\[){_NAME}[:：]?\s+{_STAMP}"),
)
"""`2024-01-01 12:00:00 名字` (QQ, WeFlow) and `名字 2024-01-01 12:00:00` (copied from WeChat)."""
PREAMBLE = re.compile(
    r"\s*(?:={10,200}|消息记录(?:[（(]此消息.{0,80})?|消息分组[:：].{0,80}|消息对象[:：](?P<chat>.{0,80}))\s*"
)
_ACCOUNT = re.compile(r"[(（]\d{5,12}[)）]$|<[^<>\s]{3,60}>$")


class Header(NamedTuple):
    """A line that says when somebody speaks."""

    when: float | None
    name: str


def read_header(line: str) -> Header | None:
    """When and by whom the lines that follow were said; None for a line of text."""
    line = line.strip("\ufeff\u200e \t\r\n")
    if len(line) > 120:
        return None
    match = next(filter(None, (header.fullmatch(line) for header in HEADERS)), None)
    if match is None:
        return None
    day = re.sub(r"[/年月.]", "-", match["date"])
    year, month, of_month = day.split("-")
    when = clock(f"{year}-{month:0>2}-{of_month:0>2}")
    hour, minute, second = (*map(int, match["time"].split(":")), 0)[:3]
    late = match["half"] in ("下午", "晚上") and hour < 12
    seconds = (hour + 12 * late) * 3600 + minute * 60 + second
    name = _ACCOUNT.sub("", match["name"].strip()).strip(" \t'‘’") or match["name"].strip()
    return Header(None if when is None else when + seconds, name)


def text_messages(rows: Sequence[Numbered]) -> list[Message]:
    """The messages of an export's lines."""
    found: list[Message] = []
    lines: list[Numbered] = []
    chat = ""
    for row in rows:
        if not isinstance(row.value, str):
            found.append(Message(row.number, None, "", "", kind="other"))
            continue
        preamble = PREAMBLE.fullmatch(row.value)
        if preamble or read_header(row.value):
            found += _read_lines(lines, chat)
            lines = []
        if preamble:
            chat = (preamble["chat"] or chat).strip()
            found.append(Message(row.number, None, "", row.value, kind="system"))
        else:
            lines.append(row)
    return [*found, *_read_lines(lines, chat)]


def _read_lines(lines: Sequence[Numbered], chat: str) -> Iterator[Message]:
    """The message that a header and the lines after it make; lines without a header are none."""
    if not lines:
        return
    header = read_header(lines[0].value)
    if header is None:
        for number, line in lines:
            yield Message(number, None, "", line, kind="other" if line.strip() else "empty")
        return
    text = "\n".join(line.value.rstrip("\r\n") for line in lines[1:]).strip()
    kind = "system" if NOTICE_SPEAKERS.fullmatch(header.name) else _text_kind(text)
    yield Message(
        lines[0].number,
        header.when,
        OWN if header.name in OWN_NAMES else header.name,
        text,
        more_rows=tuple(line.number for line in lines[1:]),
        kind=kind,
        chat=chat,
        own=header.name in OWN_NAMES,
    )


def fits_text(value: Any) -> bool:
    """Whether a line says when somebody speaks."""
    return isinstance(value, str) and read_header(value) is not None


READERS = {"wechat-table": table_messages, "wechat-text": text_messages}


def gather(reader: str, rows: Sequence[Numbered], answers: Answers) -> Iterator[Talk]:
    """The conversations of an export."""
    return sessions.gather(READERS[reader](rows), answers)


def ask(reader: str, records: Sequence[Any]) -> tuple[Question, ...]:
    """Who the assistant is, and how long a silence ends a conversation."""
    return sessions.ask(READERS[reader](numbered(records)))


FORMATS = (
    Format(
        "wechat-table",
        "WeChat table of messages (WeClone, MemoTrace)",
        "微信聊天记录表格（WeClone、留痕）",
        fits_table,
        gather=partial(gather, "wechat-table"),
        ask=partial(ask, "wechat-table"),
    ),
    Format(
        "wechat-text",
        "WeChat or QQ text export",
        "微信或 QQ 文本聊天记录",
        fits_text,
        gather=partial(gather, "wechat-text"),
        ask=partial(ask, "wechat-text"),
    ),
)
