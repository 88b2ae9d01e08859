"""Data by conversation: any file, its questions, repairs and their undo, rows, tokens, leaks."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from core import data_actions
from core.assistant import news, suggestions
from core.assistant.records import Act, AssistantSaid, Chat, Decision, Said
from core.data.jobs import list_jobs
from tests.core.assistant.talking import Talk, cards, last_said, tea_file, tools, troubles

pytestmark = pytest.mark.slow

CHAT_LINES = """\
[20/03/2024, 09:00:00] Ann: Is the green tea back?
[20/03/2024, 09:01:00] Bob: Yes, it came this morning.
[20/03/2024, 09:02:00] Ann: Please keep two tins for me.
[20/03/2024, 09:03:00] Bob: They are on the counter.
"""


def said(chat: Chat) -> str:
    return "\n".join(item.text for item in chat.items if isinstance(item, AssistantSaid))


def offered(talk: Talk) -> list[str]:
    return [one.text for one in suggestions.suggestions(talk.actions, talk.chat())]


def untidy_file(folder: Path, rows: int = 60) -> Path:
    """Rows of which two have an address, one a refusal, and three white space at an end."""
    extra = {0: "Write to anna.berg@gmail.com.", 1: "Write to tom.falk@gmail.com.", 2: "Tea 2. \n"}
    extra |= {3: "Tea 3.  ", 4: " Tea 4.", 5: "I'm sorry, but I can't help with that."}
    lines = []
    for number in range(rows):
        user = {"role": "user", "content": f"What does tea number {number} cost in your shop?"}
        text = extra.get(number, f"Tea number {number} costs {number * 7} crowns.")
        lines.append(json.dumps({"messages": [user, {"role": "assistant", "content": text}]}))
    file = folder / "untidy.jsonl"
    file.write_text("\n".join(lines), encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("words", "yes", "undo"), [("fix it", "yes", "undo that"), ("修复", "好", "撤销")]
)
def test_a_repair_waits_makes_a_version_and_can_be_undone(
    tmp_path: Path, words: str, yes: str, undo: str
) -> None:
    talk = Talk(tmp_path / "home")
    talk.say("", untidy_file(tmp_path))
    before = talk.actions.datasets()[0]
    chat = talk.say(words)
    assert tools(chat)[-1] == ("repair", "waiting")
    assert chat.pending is not None
    assert set(chat.pending.arguments["codes"]) == {"pii_email", "edge_whitespace"}
    assert len(talk.actions.datasets()) == 1

    talk = talk.restart()
    chat = talk.say(yes)
    made = talk.actions.datasets()[0]
    assert made.parent == before.id
    assert made.change is not None
    assert made.change.changed == 5
    assert " 5 " in said(chat)
    assert chat.pending is not None
    assert chat.pending.arguments["plan"]["dataset_id"] == made.id
    chat = talk.say("what changed?" if words == "fix it" else "改了什么")
    assert cards(chat)[-1] == "changes"

    chat = talk.say(undo)
    assert [one.id for one in talk.actions.datasets()] == [before.id]
    assert chat.pending is not None
    assert chat.pending.arguments["plan"]["dataset_id"] == before.id
    assert troubles(chat) == []


def test_a_repair_that_is_declined_brings_the_plan_back(tmp_path: Path) -> None:
    talk = Talk(tmp_path / "home")
    talk.say("", untidy_file(tmp_path))
    talk.say("fix it")
    chat = talk.decide(Decision(approved=False))
    assert len(talk.actions.datasets()) == 1
    assert chat.pending is not None
    assert chat.pending.verb == "start_training"


def test_a_pressed_button_needs_no_second_yes(tmp_path: Path) -> None:
    talk = Talk(tmp_path / "home")
    talk.say("", untidy_file(tmp_path))
    before = talk.actions.datasets()[0]
    act = Act(verb="repair", arguments={"codes": ["refusal"], "dataset_id": before.id})
    chat = press(talk, Said(text="Take these rows out", act=act))
    assert ("repair", "done") in tools(chat)
    assert talk.actions.datasets()[0].summary.usable == before.summary.usable - 1
    assert chat.pending is not None
    assert chat.pending.verb == "start_training"


def press(talk: Talk, what: Said) -> Chat:
    import asyncio

    from core.assistant import driver

    async def follow() -> list[Chat]:
        return [chat async for chat in driver.say(talk.actions, talk.chat_id, what)]

    return asyncio.run(follow())[-1]


@pytest.mark.parametrize(
    ("words", "codes"),
    [
        ("mask the private data", {"pii_email"}),
        ("把隐私打码", {"pii_email"}),
        ("take out the refusals", {"refusal"}),
        ("去掉空白", {"edge_whitespace"}),
    ],
)
def test_what_is_named_is_mended(tmp_path: Path, words: str, codes: set[str]) -> None:
    talk = Talk(tmp_path / "home")
    talk.say("", untidy_file(tmp_path))
    chat = talk.say(words)
    assert chat.pending is not None
    assert set(chat.pending.arguments["codes"]) == codes


@pytest.mark.parametrize(
    ("words", "yes", "told"),
    [("put the private data back", "yes", "2 values are back"), ("还原隐私", "好", "2 项内容")],
)
def test_masked_values_come_back_after_a_yes(
    tmp_path: Path, words: str, yes: str, told: str
) -> None:
    talk = Talk(tmp_path / "home")
    talk.say("", untidy_file(tmp_path))
    before = talk.actions.datasets()[0]
    refused = talk.say(words)
    assert any(part in last_said(refused) for part in ("Nothing was masked", "没有打过码"))
    talk.say("fix it")
    talk.say("yes")
    masked = talk.actions.datasets()[0]
    chat = talk.say(words)
    assert tools(chat)[-1] == ("unmask", "waiting")
    assert "2" in last_said(chat)
    chat = talk.say(yes)
    made = talk.actions.datasets()[0]
    assert (made.parent, made.summary.pii) == (masked.id, before.summary.pii)
    assert told in said(chat)
    assert chat.pending is not None
    assert chat.pending.arguments["plan"]["dataset_id"] == made.id
    talk.actions.forget_masks(made.id)
    assert tools(talk.say(words))[-1] == ("unmask", "failed")
    assert troubles(talk.chat())[-1].startswith(("The masking of", "untidy 的打码"))


def test_what_is_not_there_is_not_mended(tmp_path: Path) -> None:
    talk = Talk(tmp_path / "home")
    talk.say("", untidy_file(tmp_path))
    chat = talk.say("fix the garbled text")
    assert "nothing of that kind" in last_said(chat)
    assert chat.pending is not None
    assert chat.pending.verb == "start_training"
    assert "left out already" in last_said(talk.say("remove the duplicates"))
    assert "nothing to undo" in last_said(talk.say("undo that"))


def test_placeholders_are_filled_with_what_the_person_says(tmp_path: Path) -> None:
    lines = []
    for number in range(30):
        user = {"role": "user", "content": f"Who are you, asks guest {number}?"}
        answer = {"role": "assistant", "content": f"Guest {number}, I am {{{{name}}}} of {number}."}
        lines.append(json.dumps({"messages": [user, answer]}))
    file = tmp_path / "identity.jsonl"
    file.write_text("\n".join(lines), encoding="utf-8")
    talk = Talk(tmp_path / "home")
    talk.say("", file)
    chat = talk.say("fill in the placeholders")
    assert "can't fill in placeholders" in troubles(chat)[-1]
    talk.say("{{name}} is Fennel")
    talk.say("yes")
    made = talk.actions.datasets()[0]
    first = talk.actions.examples(made.id)[0]
    assert first.conversation.messages[-1].content == "Guest 0, I am Fennel of 0."


@pytest.mark.parametrize("words", ["the assistant is Ann", "助手是Ann", "Ann", "用Ann作为助手"])
def test_a_chat_export_is_read_again_with_the_answer(tmp_path: Path, words: str) -> None:
    file = tmp_path / "_chat.txt"
    file.write_text(CHAT_LINES, encoding="utf-8")
    talk = Talk(tmp_path / "home")
    chat = talk.say("", file)
    assert "Which speaker is the assistant?" in said(chat)
    assert chat.pending is None
    other = next(one for one in offered(talk) if one.startswith("The assistant is"))
    assert other == "The assistant is Ann"
    chat = talk.say(words)
    assert tools(chat)[-1] == ("answer", "done")
    made = talk.actions.datasets()[0]
    assert next(one for one in made.questions if one.id == "assistant").chosen == "Ann"


def test_an_answer_that_is_none_is_told_what_there_is(tmp_path: Path) -> None:
    file = tmp_path / "_chat.txt"
    file.write_text(CHAT_LINES, encoding="utf-8")
    talk = Talk(tmp_path / "home")
    talk.say("", file)
    chat = talk.say("the assistant is Carl")
    assert tools(chat)[-1] == ("answer", "failed")
    assert "Carl" in troubles(chat)[-1]


@pytest.mark.parametrize("words", ["show row 3", "给我看第 3 条", "第三行"])
def test_a_row_is_shown(tmp_path: Path, words: str) -> None:
    talk = Talk(tmp_path / "home")
    talk.say("", tea_file(tmp_path))
    chat = talk.say(words)
    assert cards(chat)[-1] == "row"
    assert "3" in last_said(chat)
    assert tools(talk.say("show row 999"))[-1] == ("example", "failed")


@pytest.mark.parametrize("words", ["does test leak into train?", "有没有泄漏"])
def test_leaks_of_the_split_are_told(tmp_path: Path, words: str) -> None:
    talk = Talk(tmp_path / "home")
    talk.say("", untidy_file(tmp_path))
    chat = talk.say(words)
    assert tools(chat)[-1] == ("leaks", "done")
    assert any(word in last_said(chat) for word in ("held-out", "留出", "held out"))


def test_a_second_file_is_compared_with_the_first(tmp_path: Path) -> None:
    talk = Talk(tmp_path / "home")
    talk.say("", tea_file(tmp_path, "train.jsonl"))
    held_out = tea_file(tmp_path, "test.jsonl", rows=4)
    chat = talk.say("check against test.jsonl", held_out)
    assert len(talk.actions.datasets()) == 1
    assert "4 of them stand in train too" in last_said(chat)
    chat = talk.say("有没有泄漏，对照 test.jsonl")
    assert tools(chat)[-1] == ("leaks", "done")
    assert "4 行也在" in last_said(chat)


def test_two_files_at_once(tmp_path: Path) -> None:
    talk = Talk(tmp_path / "home")
    files = tea_file(tmp_path, "test.jsonl", rows=4), tea_file(tmp_path, "tea.jsonl")
    chat = talk.say("is any of my test set in it?", *files)
    assert [one.name for one in talk.actions.datasets()] == ["tea"]
    assert "stand in tea too" in last_said(chat)


def test_yaml_may_hold_dialogues(tmp_path: Path) -> None:
    file = tmp_path / "talk.yml"
    pairs = "".join(f"- - Have you tea {n}?\n  - Yes, tea {n} is here.\n" for n in range(12))
    file.write_text(f"categories:\n- shop\nconversations:\n{pairs}", encoding="utf-8")
    chat = Talk(tmp_path / "home").say("", file)
    assert "all 12 rows" in said(chat)


def test_the_texts_of_a_large_file_are_read_later_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data_actions, "LARGE_FILE", 10)
    talk = Talk(tmp_path / "home")
    chat = talk.say("", untidy_file(tmp_path))
    assert "in the background" in last_said(chat)
    assert chat.pending is None
    deadline = time.monotonic() + 30
    while list_jobs(talk.actions.workspace)[0].status == "running":
        assert time.monotonic() < deadline
        time.sleep(0.05)
    told = news.news(talk.actions, talk.chat_id)
    assert told is not None
    assert "The texts of untidy are read" in last_said(told)
    assert cards(told)[-1] == "dataset"
    assert news.news(talk.actions, talk.chat_id) is None
    assert talk.say("train").pending is not None


def test_buttons_fit_the_data(tmp_path: Path) -> None:
    talk, need = Talk(tmp_path / "home"), "Do I need to train at all?"
    talk.say("", untidy_file(tmp_path))
    assert offered(talk) == ["Start", "Repair what takes nothing away", need, "Cancel"]
    talk.say(offered(talk)[1])
    assert offered(talk) == ["Yes", "No"]
    talk.say("yes")
    assert offered(talk) == ["Start", "Undo that", need, "Cancel"]
