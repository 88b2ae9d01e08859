"""Data is deleted by conversation: what goes is named, and a yes is asked for."""

from __future__ import annotations

import pytest

from core.assistant import chats
from core.assistant.records import Chat
from tests.core.assistant.talking import Talk, last_said, tools, troubles


def pending(chat: Chat) -> str | None:
    return chat.pending.verb if chat.pending else None


@pytest.mark.parametrize(
    ("words", "goes", "yes", "gone"),
    [
        ("delete this data", "- The file as it was read, tea.jsonl.", "yes", "“tea” is deleted."),
        ("删除这份数据", "- 读入时的文件 tea.jsonl。", "好", "“tea”已删除。"),
    ],
)
def test_data_is_deleted_only_after_a_yes(
    planned: Talk, words: str, goes: str, yes: str, gone: str
) -> None:
    (dataset,) = planned.actions.datasets()
    chat = planned.say(words)
    assert pending(chat) == "delete_dataset"
    assert goes in last_said(chat)
    assert planned.actions.datasets() == (dataset,)
    talk = planned.restart()
    chat = talk.say(yes)
    assert talk.actions.datasets() == ()
    assert last_said(chat) == gone
    assert tools(chat)[-1] == ("delete_dataset", "done")
    assert troubles(chat) == []
    assert troubles(talk.say("what is in my data?")) == [], "the conversation copes without data"


def test_a_no_leaves_it_and_brings_the_plan_back(planned: Talk) -> None:
    planned.say("delete this data")
    chat = planned.say("no")
    assert len(planned.actions.datasets()) == 1
    assert pending(chat) == "start_training"


def test_data_that_a_run_learns_from_is_not_deleted(started: Talk) -> None:
    started.world.change(status="running")
    chat = started.say("delete the data")
    assert pending(chat) is None
    assert any("is running, so its data can't be deleted" in one for one in troubles(chat))
    started.world.succeed()
    name = started.world.newest().plan.name
    chat = started.say("delete the data")
    assert f"Runs that were trained on it stay (1): {name}." in last_said(chat)
    started.say("yes")
    assert started.actions.datasets() == ()
    started.say("compare them")
    assert started.world.opened == [started.world.newest().id], "what was trained is there"


def test_all_versions_go_when_that_is_said(planned: Talk) -> None:
    (first,) = planned.actions.datasets()
    second = planned.actions.exclude_rows(first.id, [1])
    chat = planned.say("delete all versions of this data")
    assert "- Versions that were made from it (1): tea (39)." in last_said(chat)
    assert chat.pending is not None
    third = planned.actions.exclude_rows(second.id, [2])
    chat = planned.say("yes")
    assert troubles(chat) == ["A version that was made from tea needs it."], "it was not named"
    assert len(planned.actions.datasets()) == 3
    planned.say("delete the dataset tea")
    chat = planned.say("yes")
    assert last_said(chat) == "“tea” is deleted, all 3 versions."
    assert (planned.actions.datasets(), third.parent) == ((), second.id)


def test_the_conversation_goes_on_about_what_it_was_made_from(planned: Talk) -> None:
    (first,) = planned.actions.datasets()
    child = planned.actions.exclude_rows(first.id, [1])
    remembered = chats.load_memory(planned.actions.workspace, chats.MAIN)
    about = remembered.model_copy(update={"dataset_id": child.id})
    chats.save_memory(planned.actions.workspace, chats.MAIN, about)
    chat = planned.say(f"delete the dataset {first.id}")
    assert chat.pending is not None
    assert chat.pending.arguments["dataset_id"] == first.id
    chat = planned.say("delete this dataset")
    assert chat.pending is not None
    assert chat.pending.arguments["dataset_id"] == child.id
    assert "Of the same file stay: tea (40)." in last_said(chat)
    planned.say("yes")
    memory = chats.load_memory(planned.actions.workspace, chats.MAIN)
    assert memory.dataset_id == first.id
