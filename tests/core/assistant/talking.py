"""Helpers for tests that talk to the assistant."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from core.assistant import chats, driver
from core.assistant.records import AssistantSaid, CardShown, Chat, Decision, Said, ToolUsed, Trouble
from core.settings import Settings
from core.workspace import Workspace
from tests.fakes_actions import World
from tests.fakes_runs import FakeRunActions

TEAS = ("green", "black", "white", "oolong", "mint", "rooibos", "chai", "matcha", "puer", "yellow")


class Talk:
    """One person at one chat of an app over a folder; make another to restart the app."""

    def __init__(self, home: Path, world: World | None = None, **settings: Any) -> None:
        self.home, self.world = home, world or World()
        self.actions = FakeRunActions(
            Workspace.open(home),
            Settings(home=home, offline=True, **settings),
            world=self.world,
        )
        self.chat_id = chats.MAIN

    def restart(self) -> Talk:
        """The app after it was killed: new objects over the same folder and world."""
        return Talk(self.home, self.world)

    def say(self, text: str, *files: Path) -> Chat:
        """Say something and wait for the whole answer."""
        return self.snapshots(text, *files)[-1]

    def snapshots(self, text: str, *files: Path) -> list[Chat]:
        said = Said(text=text, files=tuple(map(str, files)))

        async def follow() -> list[Chat]:
            return [chat async for chat in driver.say(self.actions, self.chat_id, said)]

        return asyncio.run(follow())

    def decide(self, decision: Decision) -> Chat:
        async def follow() -> list[Chat]:
            return [chat async for chat in driver.decide(self.actions, self.chat_id, decision)]

        return asyncio.run(follow())[-1]

    def chat(self) -> Chat:
        """The conversation as it lies on disk."""
        return chats.load(self.actions.workspace, self.chat_id)


def tea_file(folder: Path, name: str = "tea.jsonl", bad: int = 0, rows: int = 40) -> Path:
    """Short dialogues about tea, the last few without an answer."""
    lines = []
    for number in range(rows):
        tea = f"{TEAS[number % len(TEAS)]} {number}"
        messages = [{"role": "user", "content": f"Have you {tea} tea?"}]
        if number < rows - bad:
            messages.append({"role": "assistant", "content": f"[TEA] Yes, {tea} is here."})
        lines.append(json.dumps({"messages": messages}))
    path = folder / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def last_said(chat: Chat) -> str:
    """The assistant's last sentence."""
    return [item.text for item in chat.items if isinstance(item, AssistantSaid)][-1]


def cards(chat: Chat) -> list[str]:
    return [item.card for item in chat.items if isinstance(item, CardShown)]


def tools(chat: Chat) -> list[tuple[str, str]]:
    """(verb, status) of every tool line."""
    return [(item.verb, item.status) for item in chat.items if isinstance(item, ToolUsed)]


def troubles(chat: Chat) -> list[str]:
    return [item.problem for item in chat.items if isinstance(item, Trouble)]
