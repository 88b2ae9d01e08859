"""What is wrong with the texts of a conversation, and what is only unusual."""

from __future__ import annotations

import pytest

from core.data.checks.inspection import InspectOptions, inspect_conversation
from core.data.checks.texts import cut_loop, final_loop
from core.data.problems import KINDS, make_problem
from core.messages import Conversation, Message, ToolCall


def talk(*said: str) -> Conversation:
    """User and assistant, by turns."""
    roles = ("user", "assistant")
    turns = [Message(role=roles[i % 2], content=text) for i, text in enumerate(said)]  # type: ignore[arg-type]
    return Conversation(messages=tuple(turns))


def codes(*said: str) -> list[str]:
    return [finding.code for finding in inspect_conversation(talk(*said))]


IN_REPLY = [
    ("Fine.<|im_end|>", "special_token"),
    ("Fine.<end_of_turn>", "special_token"),
    ("I see. " * 100, "repetition_loop"),
    ("caf\ufffd", "replacement_character"),
    ("A cafÃ© in MÃ¼nchen", "mojibake"),
    ("你好，cafÃ© 不错", "mojibake"),
    ("你好，世界！".encode().decode("gbk"), "mojibake"),
    ("锟斤拷锟斤拷", "encoding_lost"),
    ("one\u200bword", "zero_width"),
    ("\ufeffHello", "zero_width"),
    ("a\u200db", "zero_width"),
    ("\u202eolleH", "bidi_control"),
    ("ring \x07 bell", "control_character"),
    ("\x1b[31mred\x1b[0m", "control_character"),
    ("I am {{name}}.", "placeholder"),
    ("Dear ${customer_name},", "placeholder"),
    ("Kind regards, [Your Name]", "placeholder"),
    ("Dear [NAME],", "placeholder"),
    ("尊敬的[姓名]：", "placeholder"),
    ("我是【您的名字】", "placeholder"),
    ("Call <YOUR_NAME> now", "placeholder"),
    ("Lorem ipsum dolor sit amet", "draft_text"),
    ("TODO: write this", "draft_text"),
    ("<p>Hello</p>", "html_tag"),
    ('See <a href="https://a.org">this</a>.', "html_tag"),
    ("Fish &amp; chips&nbsp;today", "html_entity"),
    ("I am ChatGPT, nice to meet you.", "vendor_identity"),
    ("I was trained by OpenAI.", "vendor_identity"),
    ("我是由OpenAI训练的大型语言模型。", "vendor_identity"),
    ("我是通义千问。", "vendor_identity"),
    ("As an AI language model, I have no feelings.", "ai_disclaimer"),
    ("As an AI, I have no feelings.", "ai_disclaimer"),
    ("I'm just an AI.", "ai_disclaimer"),
    ("作为一个人工智能语言模型，我没有感情。", "ai_disclaimer"),
    ("I'm sorry, but I can't help with that.", "refusal"),
    ("很抱歉，我无法回答这个问题。", "refusal"),
    ("...", "reply_without_words"),
    ("NaN", "reply_without_words"),
    ("How are you?", "reply_is_question"),
    ("Hello! ", "edge_whitespace"),
    ("Copyright © 2020 Acme. All rights reserved.", "copyright_notice"),
]


@pytest.mark.parametrize(("reply", "code"), IN_REPLY, ids=[c + r[:9] for r, c in IN_REPLY])
def test_it_is_found_in_a_reply_and_can_be_said(reply: str, code: str) -> None:
    found = [f for f in inspect_conversation(talk("How are you?", reply)) if f.code == code]
    assert len(found) == 1
    assert found[0].path == ("messages", 1, "content")
    if not KINDS[code].once:
        assert make_problem(code, **found[0].values).message


UNSUSPICIOUS = [
    "If a < b and b > c, then a<b && c>d.",
    "Use List<String> and Map<K, V>.",
    "```html\n<p>Hi &amp; bye {{name}}</p>\n```",
    "Write `<br>` and `{{name}}`.",
    "| a<br>b | c |\n| --- | --- |",
    "H<sub>2</sub>O",
    r"\frac{{a}}{{b}} and x_{{ij}}",
    "row[NAME] = data[DATE]",
    "See [Name](https://a.org).",
    "👩\u200d👩\u200d👧 and 🏴\U000e0067\U000e0062\U000e007f",
    "می\u200cخواهم",
    "क\u094d\u200dष",
    "\u200fשלום\u200e",
    "“Quotes” – dashes … 5 × 3 ÷ 2 °C €10 naïve café",
    "Ça va très bien, merci à toi. Öl, Straße, Ærø, Łódź",
    "ха-ха, это моё",
    "你好，世界。联通 ①②③ ～～",
    "GPT-4 was developed by OpenAI; Google made Bard.",
    "As an AI engineer, you train models.",
    "他是人工智能专家。",
    "我不是 OpenAI 开发的。",
    "ha" * 60,
    "I can help. I cannot wait to see you.",
    "The toDo list",
    "3.14",
    "OK 👍",
    "👍",
    "Line\twith tab\r\nand break",
]


@pytest.mark.parametrize("reply", UNSUSPICIOUS)
def test_ordinary_text_is_left_alone(reply: str) -> None:
    assert codes("Hm?", reply) == []


def test_only_the_assistant_speaks_for_itself() -> None:
    assert codes("Are you ChatGPT? I am ChatGPT.", "No.") == []


def test_markup_is_the_subject_of_some_dialogues() -> None:
    assert codes("How do I write HTML?", "Use <p>text</p> and &amp;.") == []
    assert codes("A Jinja template, please.", "Hello {{name}}") == []


def test_the_tokens_of_the_chosen_model_are_known() -> None:
    options = InspectOptions(special_tokens=frozenset({"</s>", "[INST]"}))
    found = inspect_conversation(talk("Hi [INST]", "Hello</s>"), options)
    assert [(f.code, f.path[1], f.values["token"]) for f in found] == [
        ("special_token", 0, "[INST]"),
        ("special_token", 1, "</s>"),
    ]
    assert codes("Hi [INST]", "Hello</s>") == []


def test_tokens_and_secrets_are_found_in_arguments() -> None:
    call = ToolCall(name="mail", arguments='{"to": "ann.lee@gmail.com", "text": "<|im_end|>"}')
    turns = (Message(role="user", content="Mail!"), Message(role="assistant", tool_calls=(call,)))
    found = inspect_conversation(Conversation(messages=turns))
    path = ("messages", 1, "tool_calls", 0, "function", "arguments")
    assert [(f.code, f.path) for f in found] == [("special_token", path), ("pii_email", path)]


LONG_EN = "Please tell me in a few words how a steam engine works."
LONG_ZH = "蒸汽机把热能变成机械能，活塞在蒸汽推动下来回运动。"


def test_a_reply_in_another_language_is_noted_unless_asked_for() -> None:
    assert codes(LONG_EN, LONG_ZH) == ["reply_language"]
    assert codes(LONG_ZH, LONG_EN) == ["reply_language"]
    assert codes("Translate into Chinese: " + LONG_EN, LONG_ZH) == []
    assert codes("用英文回答：" + LONG_ZH, LONG_EN) == []
    assert codes(LONG_EN, "```\n" + LONG_EN + "\n```\n是的") == []


def test_a_reply_that_starts_with_the_whole_question_is_noted() -> None:
    assert codes(LONG_EN, LONG_EN + " It boils water.") == ["reply_repeats_question"]
    assert codes("Why?", "Why? Because.") == []


def test_a_loop_is_found_only_at_the_end_and_only_when_long() -> None:
    assert final_loop("Eat a banana!" * 2000) == ("Eat a banana!", 2000)
    unit, times = final_loop("So:" + "no, never. " * 40 + "no, nev")
    assert (unit, times) == ("no, never. ", 40)
    assert final_loop("ha" * 60)[1] == 0
    assert final_loop("word " * 80 + "and then it ended well for all of them.")[1] == 0
    assert final_loop(" ".join(str(n) for n in range(3000)))[1] == 0
    assert cut_loop("So: " + "no, never. " * 40) == "So: no, never."


def test_privacy_can_be_left_out() -> None:
    options = InspectOptions(privacy=False)
    assert inspect_conversation(talk("ann.lee@gmail.com", "Thanks."), options) == []
