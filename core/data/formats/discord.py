"""Discord channels as DiscordChatExporter writes them in JSON, whole or message by message."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from core.data.formats import sessions
from core.data.formats.sessions import Message, clock, numbered
from core.data.formats.shape import Answers, Format, Numbered, Talk
from core.data.problems import Path
from core.data.records import Question

NOTICES = frozenset(
    {
        "RecipientAdd",
        "RecipientRemove",
        "Call",
        "ChannelNameChange",
        "ChannelIconChange",
        "ChannelPinnedMessage",
        "GuildMemberJoin",
        "ThreadCreated",
    }
)
"""Types whose content is Discord's own sentence; types it has no name for are kept as text."""
MEDIA = ("attachments", "stickers")


class _Written(NamedTuple):
    """A message with its id and the id it replies to."""

    message: Message
    id: str = ""
    reply_to: str = ""


def is_message(value: object) -> bool:
    """Whether a value is one message of an export."""
    if not isinstance(value, dict) or not isinstance(value.get("author"), dict):
        return False
    return "content" in value and "timestamp" in value and "name" in value["author"]


def fits(value: Any) -> bool:
    """Whether a record is a channel with its messages, or a message."""
    if is_message(value):
        return True
    held = value.get("messages") if isinstance(value, dict) and "channel" in value else None
    return isinstance(held, list) and any(is_message(message) for message in held)


def messages(rows: Sequence[Numbered]) -> list[Message]:
    """The messages of an export, in the order of their time."""
    written = [
        one
        for number, value in rows
        for held in list(_unfold(value)) or [("", (), None)]
        for one in _read(number, *held)
    ]
    return sorted(_with_threads(written), key=lambda message: message.when or 0.0)


def _unfold(value: Any) -> Iterator[tuple[str, Path, Any]]:
    """The messages inside a record, each with its channel and where it stands."""
    held = value.get("messages") if isinstance(value, dict) else None
    if not isinstance(held, list):
        yield "", (), value
        return
    channel = value.get("channel")
    name = channel.get("name") if isinstance(channel, dict) else ""
    for index, message in enumerate(held):
        yield name if isinstance(name, str) else "", ("messages", index), message


def _read(number: int, chat: str, path: Path, value: Any) -> Iterator[_Written]:
    """A message, and apart from its text what else it holds."""
    if not is_message(value):
        yield _Written(Message(number, None, "", "", path, kind="other", chat=chat))
        return
    author, content = value["author"], value["content"]
    message = Message(
        number,
        clock(value["timestamp"]),
        str(author["name"]),
        content.strip() if isinstance(content, str) else "",
        (*path, "content"),
        chat=chat,
        bot=author.get("isBot") is True,
    )
    kind, reference = value.get("type"), value.get("reference")
    if isinstance(kind, str) and kind in NOTICES:
        yield _Written(replace(message, kind="system"))
        return
    held = any(value.get(key) for key in MEDIA) or _holds_embeds(message, value.get("embeds"))
    if held:
        yield _Written(replace(message, kind="media", text=""))
    if message.text or not held:
        replied = reference.get("messageId") if isinstance(reference, dict) else None
        yield _Written(message, str(value.get("id") or ""), str(replied or ""))


def _holds_embeds(message: Message, embeds: Any) -> bool:
    """Whether embeds say what the text does not: a person's are previews of links beside it."""
    embeds = [one for one in embeds if isinstance(one, dict)] if isinstance(embeds, list) else []
    if not message.text:
        return bool(embeds)
    return message.bot and any(not one.get("url") for one in embeds)


def _with_threads(written: Sequence[_Written]) -> Iterator[Message]:
    """Chains of replies as threads, in channels where several people talk at once.

    Where only two talk, whatever is said stands in reply to the other anyway.
    """
    speakers: dict[str, set[str]] = defaultdict(set)
    for one in written:
        speakers[one.message.chat].add(one.message.speaker)
    roots: dict[str, str] = {}
    for one in written:
        if one.reply_to and len(speakers[one.message.chat]) > 2:
            root = roots.setdefault(one.reply_to, one.reply_to)
            roots[one.id] = root
    for one in written:
        yield replace(one.message, thread=roots.get(one.id, "") if one.id else "")


def gather(rows: Sequence[Numbered], answers: Answers) -> Iterator[Talk]:
    """The conversations of an export."""
    return sessions.gather(messages(rows), answers)


def ask(records: Sequence[Any]) -> tuple[Question, ...]:
    """Who the assistant is, and how long a silence ends a conversation."""
    return sessions.ask(messages(numbered(records)))


FORMATS = (
    Format("discord", "Discord JSON export", "Discord JSON 导出", fits, gather=gather, ask=ask),
)
