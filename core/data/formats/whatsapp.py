"""WhatsApp chat exports: text lines, each message led by its date and the sender's name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, NamedTuple

from core.data.formats import sessions
from core.data.formats.sessions import Message, numbered
from core.data.formats.shape import Answers, Format, Numbered, Talk
from core.data.records import Question

MARKS = "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"
"""Direction marks that WhatsApp puts before dates, names and its own texts."""
LATE = ("下午", "晚上", "午後", "오후")
EARLY = ("上午", "凌晨", "早上", "清晨", "午前", "오전")
NOON = "中午"
HALF = rf"(?:{'|'.join((*LATE, *EARLY, NOON))}|[ap]\.?\s?m\b\.?|μ\.μ\.|π\.μ\.|[صم](?=[\s\]]))"
DATE = r"(?P<a>\d{1,4})\s?[./\-年년]\s?(?P<b>\d{1,2})\s?[./\-月월]\s?(?P<c>\d{1,4})[.日일]?"
TIME = rf"(?P<early>{HALF})?\s?(?P<h>\d{{1,2}})[:.](?P<m>\d{{2}})(?:[:.](?P<s>\d{{2}}))?"
STAMP = rf"{DATE}[,،]?\s+{TIME}\s?(?P<late>{HALF})?"
HEADER = re.compile(
    rf"\s*(?P<open>\[)?{STAMP}(?P<end>\]\s*|\s+[-–]\s+|:\s)(?P<rest>.*)",
    re.IGNORECASE | re.DOTALL,
)
NAME = re.compile(r"(?P<name>[^:：\"“”«»\n]{1,80}?):(?P<text>.*)", re.DOTALL)
PLACEHOLDER = re.compile(r"<[^<>\n]{3,60}>|null")
"""Stands for media in every language: `<Media omitted>`, `<attached: 1.jpg>`, `<媒体已省略>`."""
OMITTED = re.compile(
    r"(?:[\w.\- ]{1,30} )?(?:omitted|weggelassen|weggelaten|omitid[oa]s?|omis(?:e|es)?|ocultad[oa]|"
    r"absent[es]?|omess[oa]|pominięt[oya]|utelämnad|udeladt|пропущен[оа]?)|"
    r"[^\s:：]{0,8}(?:已省略|已忽略|省略|略過|생략됨)|(?:忽略|省略)[^\s:：]{1,8}",
    re.IGNORECASE,
)
ATTACHED = re.compile(r"[^\n]{1,120}\.\w{2,5} \([^()\n]{4,40}\)")
"""A file's name and, in any language, `(file attached)`."""
EDITED = re.compile(
    r"<(?:[^<>\n]{0,60}(?:edited|bearbeitet|edit[óo]|editad[oa]|modifié|modificato|bewerkt|已编辑|"
    r"已編輯|изменено)[^<>\n]{0,60})>$",
    re.IGNORECASE,
)
DELETED = re.compile(
    r"this message was deleted(?: by admin.*)?|you deleted this message|"
    r"diese nachricht wurde gelöscht|du hast diese nachricht gelöscht|"
    r"(?:se )?eliminó este mensaje|eliminaste este mensaje|este mensaje fue eliminado|"
    r"(?:esta )?mensagem (?:foi )?apagada|você apagou esta mensagem|"
    r"ce message a été supprimé|vous avez supprimé ce message|"
    r"questo messaggio è stato eliminato|hai eliminato questo messaggio|"
    r"dit bericht is verwijderd|je hebt dit bericht verwijderd|"
    r"(?:此|这条|該|该)[消訊讯][息]已被?[删刪]除|[你您][删刪]除了[这這]?[条條則则]?[此]?[消訊讯]息|"
    r"сообщение удалено|вы удалили (?:данное|это) сообщение",
    re.IGNORECASE,
)


class Header(NamedTuple):
    """The date of a line, not yet ordered, and what stands behind it."""

    date: tuple[int, int, int]
    seconds: int
    """Since midnight."""
    rest: str


def read_header(line: str) -> Header | None:
    """A line's date and what follows it; None for a line that goes on with the one before."""
    match = HEADER.fullmatch(line.lstrip(MARKS + " "))
    if match is None or bool(match["open"]) != match["end"].startswith("]"):
        return None
    hour, minute = int(match["h"]), int(match["m"])
    if hour > 23 or minute > 59:
        return None
    hour = _hour(hour, match["early"] or match["late"] or "")
    seconds = hour * 3600 + minute * 60 + int(match["s"] or 0)
    return Header((int(match["a"]), int(match["b"]), int(match["c"])), seconds, match["rest"])


def _hour(hour: int, half: str) -> int:
    """The hour of 24, from one of 12 and its half of the day."""
    late = half[:1].casefold() in ("p", "μ", "م") or half in LATE
    if half == NOON:
        return hour if hour >= 11 else hour + 12
    if late:
        return hour % 12 + 12
    return hour if not half or hour > 12 else hour % 12


class _Order(NamedTuple):
    """Which numbers of a date are year, month and day."""

    year: int
    month: int
    day: int


ORDERS = (_Order(2, 1, 0), _Order(2, 0, 1), _Order(0, 1, 2))
"""Day first stands first: most of the world writes it so, where the dates do not tell."""


def date_order(headers: Sequence[Header]) -> _Order:
    """The order in which every date exists and time runs backwards least often."""

    def rank(order: _Order) -> tuple[int, int]:
        days = [_day(header.date, order) for header in headers]
        known = [day for day in days if day is not None]
        back = sum(a > b for a, b in pairwise(known))
        return len(days) - len(known), back

    return min(ORDERS, key=rank)


def _day(date: tuple[int, int, int], order: _Order) -> float | None:
    year, month, day = (date[index] for index in order)
    try:
        return datetime(year + 2000 * (year < 100), month, day, tzinfo=UTC).timestamp()
    except ValueError:
        return None


def messages(rows: Sequence[Numbered]) -> list[Message]:
    """The messages of an export's lines, with what WhatsApp itself wrote marked as such."""
    headers = {row.number: read_header(row.value) for row in rows if isinstance(row.value, str)}
    order = date_order([header for header in headers.values() if header is not None])
    found: list[Message] = []
    lines: list[Numbered] = []
    for row in rows:
        if not isinstance(row.value, str):
            found.append(Message(row.number, None, "", "", kind="other"))
        elif headers[row.number] is None and not lines:
            kind = "other" if row.value.strip() else "empty"
            found.append(Message(row.number, None, "", row.value, kind=kind))
        else:
            if headers[row.number] is not None and lines:
                found += _read(lines, headers, order)
                lines = []
            lines.append(row)
    return found + (list(_read(lines, headers, order)) if lines else [])


def _read(
    lines: Sequence[Numbered], headers: dict[int, Header | None], order: _Order
) -> Iterator[Message]:
    """A message from its first line and the lines that go on with it; what is no text, apart."""
    number, header = lines[0].number, headers[lines[0].number]
    if header is None:
        return
    day = _day(header.date, order)
    when = None if day is None else day + header.seconds
    text = "\n".join([header.rest, *(line.value.rstrip("\r\n") for line in lines[1:])])
    more = tuple(line.number for line in lines[1:])
    named = NAME.fullmatch(text.lstrip(MARKS))
    if named is None:
        yield Message(number, when, "", text, more_rows=more, kind="system")
        return
    speaker = named["name"].strip(MARKS + " \t~\u202f\u00a0")
    said = named["text"].strip(" \t\r\n")
    for kind, part in _kinds(said):
        yield Message(number, when, speaker, part.strip(), more_rows=more, kind=kind)


def _kinds(said: str) -> Iterator[tuple[str, str]]:
    """The text of a message, parted from what the app put into it."""
    marked, text = said.startswith(tuple(MARKS)), said.strip(MARKS + " \r\n")
    if edited := EDITED.search(text):
        yield "system", edited[0]
        text = text[: edited.start()].strip(MARKS + " \n")
    first, _, rest = text.partition("\n")
    first = first.strip(MARKS + " ")
    if PLACEHOLDER.fullmatch(first) or OMITTED.fullmatch(first) or ATTACHED.fullmatch(first):
        yield "media", first
        marked, text = False, rest.strip()
        if not text:
            return
    if DELETED.fullmatch(text.rstrip(".。")):
        yield "deleted", text
    else:
        yield ("system" if marked else "text"), text


def fits(value: Any) -> bool:
    """Whether a line begins a message."""
    return isinstance(value, str) and len(value) < 100_000 and read_header(value) is not None


def gather(rows: Sequence[Numbered], answers: Answers) -> Iterator[Talk]:
    """The conversations of an export."""
    return sessions.gather(messages(rows), answers)


def ask(records: Sequence[Any]) -> tuple[Question, ...]:
    """Who the assistant is, and how long a silence ends a conversation."""
    return sessions.ask(messages(numbered(records)))


FORMATS = (
    Format("whatsapp", "WhatsApp chat export", "WhatsApp 聊天记录", fits, gather=gather, ask=ask),
)
