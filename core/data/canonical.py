"""The one way a conversation is written as JSON: rows on disk and content hashes use it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import msgspec

from core.data.records import Example
from core.messages import Conversation, Message

_encode = msgspec.json.Encoder().encode


class CallText(msgspec.Struct, omit_defaults=True, gc=False):
    """A ToolCall as it is written."""

    name: str
    arguments: str
    id: str | None = None


class TurnText(msgspec.Struct, omit_defaults=True, gc=False):
    """A Message as it is written."""

    role: str
    content: str = ""
    tool_calls: tuple[CallText, ...] = ()
    tool_call_id: str | None = None
    name: str | None = None
    weight: int | None = None


class TalkText(msgspec.Struct, omit_defaults=True, gc=False):
    """A Conversation as it is written."""

    messages: list[TurnText]
    tools: tuple[msgspec.Raw, ...] = ()


class RowText(msgspec.Struct, omit_defaults=True, gc=False):
    """An Example as it is written: a line of a dataset's rows."""

    id: str
    row: int
    conversation: msgspec.Raw
    part: str | None = None
    tags: tuple[str, ...] = ()
    group: str = ""
    label: str = ""
    parent: str = ""
    rejected: msgspec.Raw | None = None


def conversation_json(conversation: Conversation) -> bytes:
    """A conversation as canonical JSON; what has its default is left out."""
    # Defaults are left out, so that a field added later does not rename every example.
    return _encode(conversation.model_dump(exclude_defaults=True))


def talk_json(talk: TalkText) -> bytes:
    """The same bytes for a conversation that was never made a Conversation."""
    return _encode(talk)


def answer_json(rejected: Sequence[Message] | None) -> bytes:
    """A rejected answer's turns as canonical JSON; b"" where there is none."""
    if not rejected:
        return b""
    return _encode([turn.model_dump(exclude_defaults=True) for turn in rejected])


def content_id(canonical: bytes, rejected: bytes = b"") -> str:
    """`ex-` and 16 hex digits over everything a conversation says.

    Pairs that share the chosen answer are different rows when their rejected answers differ: each
    teaches a preference of its own.
    """
    said = b"\0".join((canonical, rejected)) if rejected else canonical
    return f"ex-{hashlib.sha256(said).hexdigest()[:16]}"


def row_json(row: RowText) -> bytes:
    """A line of a dataset's rows, without its line break."""
    return _encode(row)


def example_row(example: Example) -> RowText:
    """An Example as it is written."""
    return RowText(
        id=example.id,
        row=example.row,
        conversation=msgspec.Raw(conversation_json(example.conversation)),
        part=example.part,
        tags=example.tags,
        group=example.group,
        label=example.label,
        parent=example.parent,
        rejected=raw_answer(answer_json(example.rejected)),
    )


def raw_answer(written: bytes) -> msgspec.Raw | None:
    """A rejected answer as it goes into a row."""
    return msgspec.Raw(written) if written else None
