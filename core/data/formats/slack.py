"""Slack workspace exports: a folder for each channel with one JSON file of messages a day.

A row is the message itself, or `{"file": name in the archive, "message": ..., "users": {id: name}}`
with what the archive knows about it.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from core.data.formats import sessions
from core.data.formats.sessions import Message, clock, numbered
from core.data.formats.shape import Answers, Format, Numbered, Talk
from core.data.records import Question

SPOKEN = frozenset({None, "", "thread_broadcast", "me_message", "bot_message", "file_share"})
"""Subtypes that people and bots write; every other one is a notice of Slack."""
FILES = frozenset({"file_comment", "file_mention"})
UPLOAD_NOTICE = re.compile(r"<@\w+(?:\|[^<>]*)?> (?:uploaded|shared) a file:")
"""How Slack wrote of uploads before 2018; today the message has `files`."""
PREVIEW = frozenset({"from_url", "original_url", "is_msg_unfurl", "is_app_unfurl"})
"""Keys of an attachment that shows what a link in the text leads to."""
_LINK = re.compile(r"<([^<>]*)>")


def is_message(value: object) -> bool:
    """Whether a value is a message of a day's file."""
    return isinstance(value, dict) and value.get("type") == "message" and "ts" in value


def _unwrap(value: Any) -> tuple[str, Any, Mapping[str, str]]:
    """The file, the message and the users' names."""
    if isinstance(value, dict) and "message" in value and "file" in value:
        users = value.get("users")
        return str(value["file"]), value["message"], users if isinstance(users, dict) else {}
    return "", value, {}


def fits(value: Any) -> bool:
    """Whether a record is a message of a Slack export."""
    return is_message(_unwrap(value)[1])


def plain(text: str, users: Mapping[str, str]) -> str:
    """Slack's markup as people read it: names for ids, and links without brackets."""

    def said(match: re.Match[str]) -> str:
        target, _, label = match[1].partition("|")
        if target.startswith("@"):
            return "@" + str(users.get(target[1:]) or label or target[1:])
        if target.startswith("#"):
            return "#" + (label or target[1:])
        if target.startswith("!"):
            return label or "@" + target[1:]
        address = target.removeprefix("mailto:").removeprefix("tel:")
        same = not label or label in address
        return address if same else f"{label} ({address})"

    return html.unescape(_LINK.sub(said, text))


def messages(rows: Sequence[Numbered]) -> list[Message]:
    """The messages of an export, in the order of their time."""
    found = [message for row in rows for message in _read(row.number, row.value)]
    return sorted(found, key=lambda message: message.when or 0.0)


def _read(number: int, value: Any) -> Iterator[Message]:
    file, written, users = _unwrap(value)
    path = ("text",)
    chat = file.strip("/").rpartition("/")[0].rpartition("/")[2]
    if not is_message(written):
        yield Message(number, None, "", "", kind="other", chat=chat)
        return
    when, speaker = clock(written["ts"]), _speaker(written, users)
    raw = written.get("text")
    text = plain(raw, users).strip() if isinstance(raw, str) else ""
    for kind in _kinds(written, raw if isinstance(raw, str) else ""):
        yield Message(
            number,
            when,
            speaker,
            text,
            path,
            kind=kind,
            chat=chat,
            thread=_thread(written),
            bot=bool(written.get("bot_id")),
        )


def _kinds(written: dict[str, Any], text: str) -> Iterator[str]:
    """What a message is: text, something without text, or both."""
    subtype = written.get("subtype")
    if subtype == "tombstone":
        yield "deleted"
    elif (isinstance(subtype, str) and subtype in FILES) or UPLOAD_NOTICE.match(text):
        yield "media"
    elif not isinstance(subtype, str | None) or subtype not in SPOKEN:
        yield "system"
    else:
        if written.get("files") or _holds_more(written, text):
            yield "media"
            if not text.strip():
                return
        yield "text"


def _holds_more(written: dict[str, Any], text: str) -> bool:
    """Whether a message says something outside its text, as messages of bots do.

    Beside a text, `blocks` repeat it, and the preview of a link is no loss.
    """
    attached = written.get("attachments")
    attached = attached if isinstance(attached, list) else []
    if not text.strip():
        return bool(attached or written.get("blocks"))
    is_bot = bool(written.get("bot_id")) or written.get("subtype") == "bot_message"
    return is_bot and any(isinstance(one, dict) and PREVIEW.isdisjoint(one) for one in attached)


def _speaker(written: dict[str, Any], users: Mapping[str, str]) -> str:
    user, profile = written.get("user"), written.get("user_profile")
    profile = profile if isinstance(profile, dict) else {}
    bot = written.get("bot_profile")
    names = (
        users.get(user) if isinstance(user, str) else None,
        profile.get("display_name"),
        profile.get("real_name"),
        written.get("username"),
        bot.get("name") if isinstance(bot, dict) else None,
        user,
        written.get("bot_id"),
    )
    return next((name for name in names if isinstance(name, str) and name), "?")


def _thread(written: dict[str, Any]) -> str:
    """The message that a thread hangs on; "" outside threads."""
    thread = written.get("thread_ts")
    return thread if isinstance(thread, str) else ""


def gather(rows: Sequence[Numbered], answers: Answers) -> Iterator[Talk]:
    """The conversations of an export; the assistant may be chosen by name or by id."""
    chosen = answers.get("assistant", "")
    known = (_unwrap(row.value)[2] for row in rows)
    if name := next((users[chosen] for users in known if chosen in users), ""):
        answers = {**answers, "assistant": name}
    return sessions.gather(messages(rows), answers)


def ask(records: Sequence[Any]) -> tuple[Question, ...]:
    """Who the assistant is, and how long a silence ends a conversation."""
    return sessions.ask(messages(numbered(records)))


FORMATS = (Format("slack", "Slack export", "Slack 导出", fits, gather=gather, ask=ask),)
