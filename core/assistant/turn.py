"""One turn of a conversation: the growing chat, saved as each item completes."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.assistant import chats
from core.assistant.plain import language_of
from core.assistant.records import (
    AssistantSaid,
    CardKind,
    CardShown,
    Chat,
    Item,
    Pending,
    Said,
    ToolUsed,
    Trouble,
    UserSaid,
)
from core.assistant.replies import reply
from core.assistant.results import Failed, Result
from core.assistant.situation import Situation, look
from core.errors import DuotuneError, disk_errors
from core.identifiers import new_id
from core.wording import error_parts, said

if TYPE_CHECKING:
    from core.actions import Actions
    from core.training.recommend import Proposal

Changed = Callable[[Chat], None]
CRITERIA = re.compile(rb"^[\"']?criteria[\"']?\s*:", re.MULTILINE)
RUBRIC_BYTES = 1 << 16
"""Of a file, in which a rubric's criteria begin."""


class Turn:
    """What the assistant does with one message or decision; tools run in threads of their own."""

    def __init__(self, actions: Actions, chat_id: str, changed: Changed) -> None:
        self.actions, self.chat_id, self._changed = actions, chat_id, changed
        self._lock = threading.RLock()
        workspace = actions.workspace
        self.chat = chats.mended(chats.load(workspace, chat_id))
        self.memory = chats.load_memory(workspace, chat_id)
        self.said = Said(text="")
        self.names: tuple[str, ...] = ()
        """Names of the files dropped with the message, each one once."""
        self.rubrics: tuple[str, ...] = ()
        """Those of them that are rubrics."""
        self.results: list[Result] = []
        """What the tools of this turn answered, in order; a failure counts as an answer."""
        self.lines: dict[str, str] = {}
        """The tool line of each call; models repeat the ids of calls, lines never do."""
        self.proposed: Proposal | None = None
        self.unusable: tuple[str, str] | None = None
        """Why the language model could not be used in this turn, and what to do."""

    # -- what is seen ---------------------------------------------------------------------------

    def hear(self, said: Said) -> None:
        """Put the person's message into the chat and remember its files by their names."""
        self.said = said
        names = named(said.files)
        self.names = tuple(names)
        self.rubrics = tuple(name for name, path in names.items() if is_rubric(Path(path)))
        language = language_of(said.text, self.chat.language)
        item = UserSaid(text=said.text, files=tuple(names))
        self.update(language=language, items=(*self.chat.items, item))
        if names:
            self.remember(files=self.memory.files | names)

    def add(self, item: Item) -> None:
        """Append an item; it is saved at once unless it is still growing."""
        if isinstance(item, Trouble):
            item = self._in_words(item)
        growing = isinstance(item, AssistantSaid) and not item.done
        self.update(save=not growing, items=(*self.chat.items, item))

    def speak(self, text: str) -> None:
        """Append a whole sentence of the assistant."""
        self.add(AssistantSaid(text=text))

    def grow(self, text: str) -> None:
        """Add text to the sentence that is being spoken, or begin one."""
        last = self.chat.items[-1] if self.chat.items else None
        if isinstance(last, AssistantSaid) and not last.done:
            longer = last.model_copy(update={"text": last.text + text})
            self.update(save=False, items=(*self.chat.items[:-1], longer))
        elif text.strip():
            self.add(AssistantSaid(text=text, done=False))

    def fall_silent(self) -> None:
        """End the sentence that is being spoken."""
        last = self.chat.items[-1] if self.chat.items else None
        if isinstance(last, AssistantSaid) and not last.done:
            done = last.model_copy(update={"done": True, "text": last.text.strip()})
            self.update(items=(*self.chat.items[:-1], done))

    def break_off(self) -> None:
        """Mark what this turn left half done."""
        self.update(items=chats.mended(self.chat, "broken_off").items)

    def show(self, card: CardKind, record_id: str) -> None:
        self.add(CardShown(card=card, id=record_id))

    def trouble(self, error: DuotuneError) -> None:
        problem, where, fix = error_parts(error, self.chat.language)
        self.add(Trouble(problem=problem, where=where, fix=fix))

    def mark(self, call_id: str, save: bool = True, **changes: Any) -> None:
        """Change the ToolUsed item of a call."""
        items = tuple(
            item.model_copy(update=changes)
            if isinstance(item, ToolUsed) and item.call_id == call_id
            else item
            for item in self.chat.items
        )
        self.update(save=save, items=items)

    def line_for(self, call_id: str) -> str:
        """A name of its own for the line of a call."""
        self.lines[call_id] = new_id("call") if self.uses(call_id) else call_id
        return self.lines[call_id]

    def uses(self, call_id: str, status: str | None = None) -> bool:
        """Whether the chat has an item for this call (with this status)."""
        return any(
            isinstance(item, ToolUsed) and item.call_id == call_id and status in (None, item.status)
            for item in self.chat.items
        )

    def update(self, save: bool = True, **changes: Any) -> None:
        """Replace fields of the chat, save it, and let the page know."""
        with self._lock:
            self.chat = self.chat.model_copy(update=changes)
            if save:
                chats.save(self.actions.workspace, self.chat)
        self._changed(self.chat)

    # -- what is known --------------------------------------------------------------------------

    def remember(self, **changes: Any) -> None:
        """Replace fields of the memory and save it."""
        with self._lock:
            self.memory = self.memory.model_copy(update=changes)
            chats.save_memory(self.actions.workspace, self.chat_id, self.memory)

    def look(self) -> Situation:
        """How things stand now."""
        return look(self.actions, self.chat, self.memory)

    def failed(self, verb: str, error: DuotuneError) -> None:
        """Show why an action could not be done, and keep it for the driver to talk about."""
        self.trouble(error)
        problem, where, fix = error_parts(error, self.chat.language)
        self.results.append(Failed(verb=verb, problem=problem, where=where, fix=fix))

    def _in_words(self, item: Trouble) -> Trouble:
        texts = item.model_dump(include={"problem", "where", "fix"})
        told = {name: said(text, self.chat.language) for name, text in texts.items()}
        return item.model_copy(update=told)

    def wait_for(self, pending: Pending) -> None:
        """Let an action wait for the person; one that waited before is superseded."""
        if self.chat.pending is not None and self.chat.pending.call_id != pending.call_id:
            told = reply("superseded", self.chat.language)
            self.mark(self.chat.pending.call_id, status="declined", result=told)
        waiting = ToolUsed(
            call_id=pending.call_id,
            verb=pending.verb,
            arguments=pending.arguments,
            status="waiting",
        )
        others = tuple(
            item
            for item in self.chat.items
            if not (isinstance(item, ToolUsed) and item.call_id == pending.call_id)
        )
        card = CardShown(card="plan", id=pending.call_id)
        shown = (card,) if pending.verb == "start_training" else ()
        self.update(items=(*others, waiting, *shown), pending=pending)

    def consume_pending(self) -> None:
        """Nothing waits any more; saved before the action runs, so that it can't run twice."""
        self.update(pending=None)


def is_rubric(file: Path) -> bool:
    """Whether a dropped file is meant as a rubric: YAML with criteria; dialogues may be YAML."""
    if file.suffix.casefold() not in (".yaml", ".yml"):
        return False
    with disk_errors(file, "read the file"), file.open("rb") as opened:
        return bool(CRITERIA.search(opened.read(RUBRIC_BYTES)))


def named(files: tuple[str, ...]) -> dict[str, str]:
    """Files by a name of their own: a second `a.jsonl` becomes `a (2).jsonl`."""
    names: dict[str, str] = {}
    for file in files:
        path, count = Path(file), 1
        name = path.name
        while name in names:
            count += 1
            name = f"{path.stem} ({count}){path.suffix}"
        names[name] = file
    return names
