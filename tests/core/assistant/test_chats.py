"""Conversations are durable, damage is survived, and looking at them is cheap."""

from __future__ import annotations

import json
import string
import subprocess
import sys
from pathlib import Path

import pytest

from core.assistant import chats
from core.assistant.plain import language_of, plain
from core.assistant.records import AssistantSaid, Chat, Trouble, UserSaid
from core.assistant.replies import REPLIES
from core.assistant.tools import TOOLS
from core.errors import WorkspaceError
from core.workspace import Workspace
from tests.core.assistant.talking import Talk

ROOT = Path(__file__).parents[3]


def test_a_chat_comes_back_as_it_was_saved(workspace: Workspace) -> None:
    assert chats.load(workspace, chats.MAIN) == Chat(id=chats.MAIN)
    chat = Chat(id=chats.MAIN, language="zh", items=(UserSaid(text="你好"),))
    chats.save(workspace, chat)
    assert chats.load(workspace, chats.MAIN) == chat


def test_a_damaged_chat_is_kept_aside_and_said_once(workspace: Workspace) -> None:
    folder = workspace.chat(chats.MAIN)
    folder.mkdir(parents=True)
    (folder / "chat.json").write_text('{"id": "chat-main", "items": [{"kind": "user')
    chat = chats.load(workspace, chats.MAIN)
    assert isinstance(chat.items[0], Trouble)
    aside = Path(chat.items[0].where)
    assert aside.read_text().startswith('{"id"')
    assert chats.load(workspace, chats.MAIN) == chat


def test_a_name_from_outside_stays_inside(workspace: Workspace) -> None:
    for name in ("../etc", "chat-/../x", "x"):
        with pytest.raises(WorkspaceError):
            chats.load(workspace, name)


def test_archiving_starts_anew_and_keeps_the_old(workspace: Workspace) -> None:
    chats.save(workspace, Chat(id=chats.MAIN, language="zh", items=(UserSaid(text="旧"),)))
    chats.save_memory(workspace, chats.MAIN, chats.Memory(announced=("a",), dataset_id="ds-1"))
    assert chats.archive(workspace, chats.MAIN) == Chat(id=chats.MAIN, language="zh")
    assert chats.load_memory(workspace, chats.MAIN) == chats.Memory(announced=("a",))
    kept = [path for path in workspace.chats.iterdir() if path.name.startswith("chat-main-")]
    assert "旧" in (kept[0] / "chat.json").read_text(encoding="utf-8")
    assert chats.load(workspace, kept[0].name).items != ()


def test_one_turn_at_a_time(workspace: Workspace) -> None:
    assert not chats.is_busy(workspace, chats.MAIN)
    with chats.turn(workspace, chats.MAIN) as first:
        assert first
        assert chats.is_busy(workspace, chats.MAIN)
        with chats.turn(workspace, chats.MAIN, wait=False) as second:
            assert not second
    assert not chats.is_busy(workspace, chats.MAIN)


def test_two_people_have_two_conversations(tmp_path: Path) -> None:
    talk, other = Talk(tmp_path / "home"), Talk(tmp_path / "home")
    other.chat_id = "chat-0123456789abcdef"
    talk.say("hello")
    assert other.chat().items == ()
    assert isinstance(talk.chat().items[-1], AssistantSaid)


@pytest.mark.full
def test_looking_at_a_conversation_loads_no_agent() -> None:
    code = (
        "import core.assistant.chats, core.assistant.news, core.assistant.suggestions\n"
        "import core.assistant.driver, sys, json\n"
        "print(json.dumps(sorted({m.split('.')[0] for m in sys.modules})))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    heavy = {"pydantic_ai", "openai", "torch", "transformers", "gradio", "scipy", "matplotlib"}
    assert not set(json.loads(done.stdout)) & heavy


def test_the_language_follows_the_person() -> None:
    assert language_of("训练 3 epochs", "en") == "zh"
    assert language_of("use 3 epochs", "zh") == "en"
    assert language_of("3", "zh") == "zh"
    assert language_of("👍", "en") == "en"


def test_plain_text() -> None:
    assert plain("Let's FINE-TUNE it!!") == "lets finetune it"
    assert plain("訓練3輪，謝謝") == "训练 3 轮 谢谢"
    assert plain("traning, evalute; reprot") == "training evaluate report"
    assert plain("smart brains state modes") == "smart brains state modes"


def test_both_languages_say_the_same_facts() -> None:
    def fields(template: str) -> set[str | None]:
        return {name for _, name, _, _ in string.Formatter().parse(template) if name}

    differing = [key for key, (en, zh) in REPLIES.items() if fields(en) != fields(zh)]
    assert differing == []


def test_every_tool_is_a_verb_of_actions() -> None:
    from core.actions import Actions

    assert all(hasattr(Actions, verb) for verb in TOOLS)
