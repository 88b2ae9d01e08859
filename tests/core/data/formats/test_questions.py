"""Tables of questions and answers: headers, several turns, titles, and unknown columns."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from core.data.formats.questions import ask, convert, fits
from core.data.formats.shape import Talk
from tests.core.data.formats.sample_files import sample


def only(record: dict[str, Any], **answers: str) -> Talk:
    (talk,) = convert(record, answers)
    return talk


def said(talk: Talk) -> list[tuple[str, Any]]:
    return [(m["role"][0], m["content"]) for m in talk.row["messages"]]


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("question", "answer"),
        ("Question", "ANSWER "),
        ("问题", "答案"),
        ("提问", "回答"),
        ("ask", "reply"),
        ("User Query", "response"),
        ("user", "assistant"),
        ("用户问题", "客服回复"),
        ("标准问题", "标准答案"),
        ("Ｑ", "Ａ"),
        ("question_text:", "answer_text"),
        ("Input.question", "Answer.answer"),
    ],
)
def test_headers_in_both_languages(question: str, answer: str) -> None:
    record = {question: "Open today?", answer: "Yes."}
    if question == "User Query":
        record = {"query": "Open today?", answer: "Yes."}
    assert fits(record)
    talk = only(record)
    assert said(talk) == [("u", "Open today?"), ("a", "Yes.")]
    assert talk.found == ()
    assert ask([record]) == ()


@pytest.mark.parametrize(
    "value",
    [
        {"text": "x", "category": "y"},
        {"question": "only asked"},
        {"question": "a", "answer": {"text": ["b"]}},
        {"prompt": [{"role": "user"}], "completion": [{"role": "assistant"}]},
        {"messages": []},
        {3: "question", None: "answer"},
        [],
        None,
        "question,answer",
    ],
)
def test_others_do_not_fit(value: Any) -> None:
    assert not fits(value)


def test_system_tags_and_what_is_not_used() -> None:
    talk = only({"system": "Be kind.", "q": "Hi", "a": "Hello", "科室": " 内科 ", "colour": "red"})
    assert said(talk) == [("s", "Be kind."), ("u", "Hi"), ("a", "Hello")]
    assert talk.row["tags"] == ["内科"]
    assert talk.origins == (("system",), ("q",), ("a",))
    assert [(f.code, f.path) for f in talk.found] == [("key_unknown", ("colour",))]


@pytest.mark.parametrize(
    ("title", "asked", "user"),
    [
        ("Can I eat this?", "I have a fever.", "Can I eat this?\nI have a fever."),
        ("a fever", "I have a fever.", "I have a fever."),
        ("I have a fever. What now?", "I have a fever.", "I have a fever. What now?"),
        ("Same", "Same", "Same"),
        ("Can I eat this?", "无", "Can I eat this?"),
        ("Can I eat this?", "N/A", "Can I eat this?"),
        ("Can I eat this?", None, "Can I eat this?"),
        ("", "I have a fever.", "I have a fever."),
    ],
)
def test_a_title_leads_the_question(title: str, asked: str | None, user: str) -> None:
    talk = only({"title": title, "ask": asked, "answer": "Rest."})
    assert said(talk) == [("u", user), ("a", "Rest.")]
    assert talk.origins[0] == ("ask",)
    assert bool(title) == ("question_joined" in [f.code for f in talk.found])


def test_turns_of_numbered_pairs() -> None:
    numbers = {"10": "ten", "2": "two", "1": "one"}
    record = {f"{side}{n}": f"{side} {name}" for side in "aq" for n, name in numbers.items()}
    assert fits(record)
    assert [text for _, text in said(only(record))] == [
        "q one", "a one", "q two", "a two", "q ten", "a ten",
    ]  # fmt: skip
    half = only({"user_1": "x", "assistant_1": "y", "user_2": "", "assistant_2": None})
    assert said(half) == [("u", "x"), ("a", "y")]
    gap = only({"问题1": "x", "回答1": "", "问题2": "z", "回答2": "w"})
    assert said(gap) == [("u", "x"), ("a", ""), ("u", "z"), ("a", "w")]


def test_numbered_sentences_are_said_in_the_order_of_their_numbers() -> None:
    record = {f"Answer.sentence{i}": str(i) for i in (1, 10, 2, 3, 4, 5, 6, 7, 8, 9)}
    talk = only({"HITId": "H1", **record})
    assert [text for _, text in said(talk)] == [str(i) for i in range(1, 11)]
    assert [role for role, _ in said(talk)] == ["u", "a"] * 5
    assert "speakers_alternated" in [f.code for f in talk.found]
    shorter = only({**record, "Answer.sentence10": "", "Answer.sentence9": ""})
    assert len(said(shorter)) == 8


def test_several_answers_to_one_question_are_conversations_each() -> None:
    record = {"Input.question": "Why?", "Answer.sentence10": "c", "Answer.sentence2": "b"}
    talks = list(convert({**record, "Answer.sentence1": ""}, {}))
    assert [said(talk) for talk in talks] == [
        [("u", "Why?"), ("a", "b")],
        [("u", "Why?"), ("a", "c")],
    ]


def test_numbers_are_read_as_text_and_it_is_said() -> None:
    talk = only({"question": "2 + 2?", "answer": 4.0})
    assert said(talk)[1] == ("a", "4")
    assert [f.code for f in talk.found] == ["number_as_text"]
    assert said(only({"question": "?", "answer": True}))[1] == ("a", True)
    assert said(only({"question": "?", "answer": None}))[1] == ("a", "")


def test_unknown_columns_are_asked_about_with_a_guess() -> None:
    rows = [
        {"nr": "1", "Frage": "Ist offen?", "Text": "Ja, bis sechs Uhr am Abend."},
        {"nr": "2", "Frage": "Und morgen?", "Text": "Morgen ist leider geschlossen."},
    ]
    assert not fits(rows[0])
    question, answer = ask(rows)
    assert (question.id, question.chosen) == ("question_column", "Frage")
    assert (answer.id, answer.chosen) == ("answer_column", "Text")
    assert question.options == answer.options == ("nr", "Frage", "Text")
    assert convert(rows[0], {})
    (unclear,) = convert(rows[0], {})
    assert [f.code for f in unclear.found] == ["columns_unclear"]
    talk = only(rows[0], question_column=question.chosen, answer_column=answer.chosen)
    assert said(talk) == [("u", "Ist offen?"), ("a", "Ja, bis sechs Uhr am Abend.")]


def test_several_columns_that_fit_are_asked_about_and_answers_override() -> None:
    record = {"question": "Q", "query": "other", "answer": "A", "reply": "better"}
    question, answer = ask([record])
    assert (question.chosen, answer.chosen) == ("question", "answer")
    talk = only(record, question_column="query", answer_column="reply")
    assert said(talk) == [("u", "other"), ("a", "better")]
    elsewhere = only(record, question_column="not here", answer_column="reply")
    assert said(elsewhere) == [("u", "Q"), ("a", "better")]


def test_the_real_medical_table() -> None:
    text = sample("toyhom_medical_gbk.csv").read_bytes().decode("gb18030")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert len(rows) == 6353
    assert all(map(fits, rows))
    assert ask(rows) == ()
    talks = [talk for row in rows for talk in convert(row, {})]
    assert len(talks) == 6353
    assert said(talks[0])[0][1].startswith("高血压患者能吃党参吗？\n我有高血压")
    assert talks[0].row["tags"] == ["心血管科"]
    filler = next(i for i, row in enumerate(rows) if row["ask"] == "无")
    assert said(talks[filler])[0][1] == rows[filler]["title"].strip()
    assert {f.code for talk in talks for f in talk.found} == {"question_joined"}
