"""A conversation becomes messages in which nothing that was said is markup."""

from __future__ import annotations

from core.assistant.records import (
    AssistantSaid,
    CardShown,
    Chat,
    Pending,
    ToolUsed,
    Trouble,
    UserSaid,
)
from ui.markup import Html, tag
from ui.present import chat as shown
from ui.words import Voice

EN = Voice("en")


def drawn(card: CardShown) -> Html:
    return tag("div", f"{card.card} {card.id}", class_="dt-card")


def messages(*items: object, voice: Voice = EN) -> list[shown.Message]:
    return shown.messages(Chat.model_validate({"id": "chat-main", "items": items}), drawn, voice)


def test_what_the_person_said_is_shown_letter_by_letter() -> None:
    (said,) = messages(UserSaid(text="<b>hi</b>\n\n**x**", files=("a<1>.jsonl",)))
    assert said["role"] == "user"
    assert "&lt;b&gt;hi&lt;/b&gt;<br><br>**x**" in said["content"]
    assert "File: a&lt;1&gt;.jsonl" in said["content"]
    assert "\n" not in said["content"]


def test_a_tool_is_a_step_with_its_state() -> None:
    tool = ToolUsed(
        call_id="c1", verb="import_data", arguments={"file": "<x>", "plan": {"name": "Desk"}},
        status="running", result="820 rows",
    )  # fmt: skip
    (step,) = messages(tool)
    assert step["metadata"] == {
        "title": "Checked the data: working",
        "id": "c1",
        "status": "pending",
    }
    assert "&lt;x&gt;" in step["content"]
    assert "Desk" in step["content"]
    done = tool.model_copy(update={"status": "done", "seconds": 12.34})
    (step,) = messages(done, voice=Voice("zh"))
    assert step["metadata"]["title"] == "检查数据"
    assert step["metadata"]["status"] == "done"
    assert step["metadata"]["duration"] == 12.3


def test_cards_troubles_and_answers() -> None:
    shown_messages = messages(
        CardShown(card="run", id="run-0001"),
        Trouble(problem="No room.", where="/x", fix="Free some."),
        AssistantSaid(text="**Done**"),
        AssistantSaid(text="", done=False),
    )
    assert shown_messages[0]["content"] == '<div class="dt-card">run run-0001</div>'
    assert "<p>Free some.</p>" in shown_messages[1]["content"]
    assert shown_messages[2]["content"] == "**Done**"
    assert len(shown_messages) == 3


def test_only_the_plan_that_waits_has_a_card() -> None:
    declined = ToolUsed(call_id="c1", verb="start_training", arguments={}, status="declined")
    first, second = CardShown(card="plan", id="c1"), CardShown(card="plan", id="c2")
    waiting = Pending(call_id="c2", verb="start_training", arguments={})
    chat = Chat(id="chat-main", items=(declined, first, second), pending=waiting)
    _, earlier, current = (m["content"] for m in shown.messages(chat, drawn, EN))
    assert earlier == '<p class="dt-quiet">An earlier version of the plan.</p>'
    assert current == '<div class="dt-card">plan c2</div>'
    agreed = declined.model_copy(update={"status": "done"})
    chat = Chat(id="chat-main", items=(agreed, first))
    assert "您确认的方案" in shown.messages(chat, drawn, Voice("zh"))[1]["content"]


def test_a_trouble_of_earlier_is_said_in_the_pages_language() -> None:
    trouble = Trouble(problem="There is no report yet.", fix="Say 'evaluate' to make one.")
    (told,) = messages(trouble, voice=Voice("zh"))
    assert "还没有报告。" in told["content"]
    assert "There is" not in told["content"]


def test_only_the_newest_are_drawn_and_the_rest_is_counted() -> None:
    items = [AssistantSaid(text=f"m{n}") for n in range(shown.SHOWN + 7)]
    found = messages(*items)
    assert len(found) == shown.SHOWN + 1
    assert "7 earlier messages" in found[0]["content"]
    assert found[-1]["content"] == f"m{shown.SHOWN + 6}"


def test_who_answered() -> None:
    assert "built-in assistant" in shown.driver(Chat(id="chat-main"), EN)
    assert "Answered by qwen&lt;3" in shown.driver(Chat(id="chat-main", driver="qwen<3"), EN)
