"""Telegram Desktop's JSON exports: of one chat, of all chats, or their messages one by one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from core.data.formats import sessions
from core.data.formats.sessions import Message, clock, numbered
from core.data.formats.shape import Answers, Format, Numbered, Talk
from core.data.problems import Path
from core.data.records import Question

MEDIA = ("media_type", "photo", "file", "sticker_emoji", "location_information", "poll")
"""Keys of a message that holds something beside text."""


def is_message(value: object) -> bool:
    """Whether a value is one message of an export."""
    return (
        isinstance(value, dict)
        and value.get("type") in ("message", "service")
        and "text" in value
        and ("date_unixtime" in value or "date" in value)
    )


def fits(value: Any) -> bool:
    """Whether a record is a message, a chat with messages, or a whole account's chats."""
    if is_message(value) or is_message(_placed(value)):
        return True
    return any(is_message(message) for _, _, message in _unfold(value)) if _held(value) else False


def _held(value: object) -> list[Any] | None:
    """The messages of a chat."""
    if not isinstance(value, dict):
        return None
    chats = value.get("chats")
    held = value.get("messages", chats.get("list") if isinstance(chats, dict) else None)
    return held if isinstance(held, list) else None


def _unfold(value: Any) -> Iterator[tuple[str, Path, Any]]:
    """The messages inside a record, each with its chat and where it stands."""
    held = _held(value)
    if (placed := _placed(value)) is not None:
        yield value["chat"], (), placed
    elif held is None:
        yield "", (), value
    elif "messages" in value:
        for index, message in enumerate(held):
            yield _name(value), ("messages", index), message
    else:
        for index, chat in enumerate(held):
            inner = chat.get("messages") if isinstance(chat, dict) else None
            for i, message in enumerate(inner if isinstance(inner, list) else ()):
                yield _name(chat), ("chats", "list", index, "messages", i), message


def _placed(value: Any) -> Any:
    """The message of a record that says which chat of an account it is from."""
    is_placed = isinstance(value, dict) and value.keys() == {"chat", "message"}
    return value["message"] if is_placed and isinstance(value["chat"], str) else None


def _name(chat: dict[str, Any]) -> str:
    name = chat.get("name") or chat.get("id") or ""
    return str(name) if isinstance(name, str | int) else ""


def flatten(text: object) -> str:
    """A message's text, which Telegram writes in pieces where it has links or bold words."""
    pieces = text if isinstance(text, list) else [text]
    plain = (piece.get("text") if isinstance(piece, dict) else piece for piece in pieces)
    return "".join(piece for piece in plain if isinstance(piece, str))


def messages(rows: Sequence[Numbered]) -> list[Message]:
    """The messages of an export."""
    return [
        message
        for number, value in rows
        for chat, path, written in list(_unfold(value)) or [("", (), None)]
        for message in _read(number, chat, path, written)
    ]


def _read(number: int, chat: str, path: Path, written: Any) -> Iterator[Message]:
    if not is_message(written):
        yield Message(number, None, "", "", path, kind="other", chat=chat)
        return
    when = clock(written.get("date_unixtime")) or clock(written.get("date"))
    speaker, text = _speaker(written), flatten(written["text"]).strip()
    path = (*path, "text")
    if written["type"] == "service":
        yield Message(number, when, speaker, text, path, kind="system", chat=chat)
        return
    if media := any(written.get(key) for key in MEDIA):
        yield Message(number, when, speaker, "", path, kind="media", chat=chat)
    if text or not media:
        yield Message(number, when, speaker, text, path, chat=chat)


def _speaker(written: dict[str, Any]) -> str:
    """The sender; accounts that were deleted have an id but no name."""
    names = (written.get(key) for key in ("from", "from_id", "actor", "actor_id"))
    return next((str(name) for name in names if isinstance(name, str | int) and name), "?")


def gather(rows: Sequence[Numbered], answers: Answers) -> Iterator[Talk]:
    """The conversations of an export."""
    return sessions.gather(messages(rows), answers)


def ask(records: Sequence[Any]) -> tuple[Question, ...]:
    """Who the assistant is, and how long a silence ends a conversation."""
    return sessions.ask(messages(numbered(records)))


FORMATS = (
    Format("telegram", "Telegram JSON export", "Telegram JSON 导出", fits, gather=gather, ask=ask),
)
