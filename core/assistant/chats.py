"""Durable conversations: each is a folder that survives refresh, closed tabs and a killed app."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import Field, ValidationError

from core.assistant.records import AssistantSaid, Chat, Item, ToolUsed, Trouble
from core.assistant.replies import reply
from core.disk import lease_is_held, take_lease, write_atomic
from core.errors import disk_errors
from core.identifiers import new_id
from core.messages import Record
from core.workspace import Workspace, checked_id

if TYPE_CHECKING:
    from pydantic_ai.messages import ModelMessage

MAIN = "chat-main"
"""The conversation of the one person who uses an app without a login."""
WAIT_S = 0.05
Read = TypeVar("Read")


class Memory(Record):
    """What later requests of a conversation may refer to without naming it."""

    dataset_id: str | None = None
    """The dataset that was last checked here."""
    changes: dict[str, Any] = Field(default_factory=dict)
    """What the person wants different from the recommended plan, by PlanChanges field."""
    files: dict[str, str] = Field(default_factory=dict)
    """Uploaded files: the name the person knows, and where the file lies."""
    rubric: str | None = None
    """A rubric file that was dropped here, kept in this conversation's folder."""
    fallback_told: bool = False
    """Whether the person knows that the language model can't be used at present."""
    announced: tuple[str, ...] | None = None
    """Ends of runs and evaluations that were told; None before the first look."""


def load(workspace: Workspace, chat_id: str) -> Chat:
    """The conversation as last saved, a new one if there is none.

    A damaged file is kept aside, and the new conversation says so.
    """
    path = workspace.chat(chat_id) / "chat.json"
    chat, damage = _read(path, Chat.model_validate_json)
    if damage is not None:
        chat = Chat(id=chat_id, items=(damage,))
        save(workspace, chat)
    if chat is None:
        return Chat(id=chat_id)
    return chat if is_busy(workspace, chat_id) else mended(chat)


def save(workspace: Workspace, chat: Chat) -> None:
    """Write the conversation so that a reader sees the old one or the new one, never a part."""
    write_atomic(workspace.chat(chat.id) / "chat.json", chat.model_dump_json())


def archive(workspace: Workspace, chat_id: str) -> Chat:
    """Start the conversation anew; the old one stays in a folder of its own."""
    old = load(workspace, chat_id)
    remembered, folder = load_memory(workspace, chat_id), workspace.chat(chat_id)
    if folder.exists():
        with disk_errors(folder, "put the conversation aside"):
            os.replace(folder, workspace.chat(new_id(chat_id)))
    chat = Chat(id=chat_id, language=old.language)
    save(workspace, chat)
    save_memory(workspace, chat_id, Memory(announced=remembered.announced))
    return chat


def load_memory(workspace: Workspace, chat_id: str) -> Memory:
    """What the conversation remembers; a damaged file is kept aside and nothing is remembered."""
    found, _ = _read(workspace.chat(chat_id) / "memory.json", Memory.model_validate_json)
    return found or Memory()


def save_memory(workspace: Workspace, chat_id: str, memory: Memory) -> None:
    write_atomic(workspace.chat(chat_id) / "memory.json", memory.model_dump_json())


def load_history(workspace: Workspace, chat_id: str) -> list[ModelMessage]:
    """What a language model is reminded of; a damaged file is kept aside and it starts afresh."""
    from pydantic_ai.messages import ModelMessagesTypeAdapter

    path = workspace.chat(chat_id) / "history.json"
    found, _ = _read(path, ModelMessagesTypeAdapter.validate_json)
    return found or []


def save_history(workspace: Workspace, chat_id: str, messages: list[ModelMessage]) -> None:
    from pydantic_ai.messages import ModelMessagesTypeAdapter

    path = workspace.chat(chat_id) / "history.json"
    write_atomic(path, ModelMessagesTypeAdapter.dump_json(messages))


@contextmanager
def turn(workspace: Workspace, chat_id: str, wait: bool = True) -> Iterator[bool]:
    """Be the only one who changes a conversation; yields False when somebody else does.

    With `wait` it comes back when the other turn has ended. A dead holder holds nothing.
    """
    path = _lease(workspace, chat_id)
    lease = take_lease(path)
    while wait and lease is None:
        time.sleep(WAIT_S)
        lease = take_lease(path)
    try:
        yield lease is not None
    finally:
        if lease is not None:
            os.close(lease)


def is_busy(workspace: Workspace, chat_id: str) -> bool:
    """Whether a turn of the conversation is under way."""
    return lease_is_held(_lease(workspace, chat_id))


def mended(chat: Chat, key: str = "app_closed") -> Chat:
    """The conversation with what was left half done marked as such; `key` names the reply why."""
    why = reply(key, chat.language)
    return chat.model_copy(update={"items": tuple(_mended(item, why) for item in chat.items)})


def _mended(item: Item, why: str) -> Item:
    if isinstance(item, ToolUsed) and item.status == "running":
        return item.model_copy(update={"status": "failed", "result": why})
    if isinstance(item, AssistantSaid) and not item.done:
        return item.model_copy(update={"done": True})
    return item


def _lease(workspace: Workspace, chat_id: str) -> Path:
    """Beside the folder, not in it, so that archiving the folder does not free it."""
    return workspace.chats / f"{checked_id(chat_id)}.lease"


def _read(path: Path, parse: Callable[[bytes], Read]) -> tuple[Read | None, Trouble | None]:
    """A file's content, None when it is absent or damaged; a damaged one is put aside."""
    try:
        return parse(path.read_bytes()), None
    except FileNotFoundError:
        return None, None
    except ValidationError:
        aside = path.with_name(f"{new_id('damaged')}.{path.name}")
        with disk_errors(path, "put a damaged file aside"):
            os.replace(path, aside)
        return None, Trouble(
            problem="The record of this conversation could not be read, so a new one begins.",
            where=str(aside),
            fix="Nothing else is lost: datasets, runs and reports are in their rooms. "
            "The damaged record was kept under the name above.",
        )
