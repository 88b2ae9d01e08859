"""What rooms work with: the verbs, a cheap look at the workspace, and the assistant."""

from __future__ import annotations

import threading
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from importlib import import_module

from core.actions import Actions
from core.assistant import chats, news, suggestions
from core.assistant.records import Chat, Decision, Language, Said, UserSaid
from ui.plans import Plans
from ui.watch import Happened, Watch, folder_facts

PATIENCE_S = 2.0
"""The first page comes first: loading the assistant's libraries takes a core for a second."""


class Assistant:
    """The conversation's other side; its libraries load when it first has to answer."""

    def __init__(self, actions: Actions, watch: Watch) -> None:
        self.actions, self.watch = actions, watch
        self._told: dict[str, Happened] = {}

    def chat(self, chat_id: str) -> Chat:
        """The conversation as it lies on disk, with what ended in the meantime."""
        happened = self.watch.happened()
        if self._told.get(chat_id) != happened:
            fresh = news.news(self.actions, chat_id)
            if not self.is_busy(chat_id):
                self._told[chat_id] = happened
            if fresh is not None:
                return fresh
        return chats.load(self.actions.workspace, chat_id)

    def is_busy(self, chat_id: str) -> bool:
        """Whether an answer is being written right now, for this page or another one."""
        return chats.is_busy(self.actions.workspace, chat_id)

    def suggestions(self, chat: Chat, language: Language) -> list[tuple[str, str]]:
        """(label, what is said) of what can be done next; `language` is the page's.

        The conversation's own language takes over with the person's first message.
        """
        if not any(isinstance(item, UserSaid) for item in chat.items):
            chat = chat.model_copy(update={"language": language})
        workspace = self.actions.workspace
        folders = (workspace.chat(chat.id), workspace.datasets, workspace.keys)
        facts = (*map(folder_facts, folders), self.watch.happened())

        def look() -> list[tuple[str, str]]:
            offered = suggestions.suggestions(self.actions, chat)
            return [(one.label, one.text) for one in offered]

        return self.watch.while_same(f"{chat.id}/{chat.language}/suggestions", facts, look)

    async def say(self, chat_id: str, said: Said) -> AsyncIterator[Chat]:
        """The conversation as it grows while the assistant answers."""
        from core.assistant import driver  # here: it loads libraries that cost a second

        async for chat in driver.say(self.actions, chat_id, said):
            yield chat

    async def decide(self, chat_id: str, decision: Decision) -> AsyncIterator[Chat]:
        """The conversation as it goes on after the person's decision."""
        from core.assistant import driver

        async for chat in driver.decide(self.actions, chat_id, decision):
            yield chat

    def warm_up(self) -> None:
        """Load the answering libraries in the background, once the first page is out."""
        threading.Thread(target=_load_libraries, daemon=True).start()


def _load_libraries() -> None:
    time.sleep(PATIENCE_S)
    import_module("core.assistant.driver")
    import_module("core.assistant.conversing")


@dataclass(frozen=True)
class Services:
    """Given to every room."""

    actions: Actions
    watch: Watch = field(init=False)
    plans: Plans = field(init=False)
    assistant: Assistant = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "watch", Watch(self.actions))
        object.__setattr__(self, "plans", Plans(self.watch))
        object.__setattr__(self, "assistant", Assistant(self.actions, self.watch))
