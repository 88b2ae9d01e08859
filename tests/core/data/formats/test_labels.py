"""Labelled texts of every shape become dialogues of a prompt, a text and an answer."""

from __future__ import annotations

import csv
import json
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data.checks.rows import check_row
from core.data.formats.labels import FORMATS
from core.data.formats.shape import Format, Numbered, Talk
from core.data.problems import ERRORS, KINDS

BY_NAME = {entry.name: entry for entry in FORMATS}


def form_of(record: Any) -> Format | None:
    return next((entry for entry in FORMATS if entry.fits(record)), None)


def talks(name: str, records: Sequence[Any], **answers: str) -> list[Talk]:
    """The conversations of records, with the preselected answers where no other is given."""
    entry = BY_NAME[name]
    assert entry.gather is not None
    chosen = {q.id: q.chosen for q in entry.ask(records)} | answers
    numbered = [Numbered(number, record) for number, record in enumerate(records, 1)]
    return list(entry.gather(numbered, chosen))


def said(talk: Talk) -> tuple[str, str, str]:
    """What system, user and assistant say."""
    first, second, third = talk.row["messages"]
    assert [m["role"] for m in (first, second, third)] == ["system", "user", "assistant"]
    return first["content"], second["content"], third["content"]


def answer(talk: Talk) -> Any:
    return json.loads(said(talk)[2])


def codes(found: Sequence[Talk]) -> list[str]:
    return [finding.code for talk in found for finding in talk.found]


def chosen(name: str, records: Sequence[Any]) -> dict[str, str]:
    return {question.id: question.chosen for question in BY_NAME[name].ask(records)}


# -- tables --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("text", "category"),
        ("sentence", "label"),
        ("utterance", "intent"),
        ("query", "intent"),
        ("文本", "标签"),
        ("Text", "Sentiment"),
        ("评论", "情感"),
        ("content", "coarse_label"),
    ],
)
def test_a_text_with_a_label_is_a_classification(text: str, label: str) -> None:
    rows = [{text: f"words {i}", label: "ab"[i % 2]} for i in range(4)]
    assert all(form_of(row) is BY_NAME["labelled_table"] for row in rows)
    asked = chosen("labelled_table", rows)
    assert asked == {"text_column": text, "label_column": label, "task": "intent_classification"}
    found = talks("labelled_table", rows)
    assert [said(talk)[1:] for talk in found] == [(f"words {i}", "ab"[i % 2]) for i in range(4)]
    assert [talk.label for talk in found] == ["a", "b", "a", "b"]
    assert found[0].row["tags"] == ["a"]
    assert found[0].origins == ((), (text,), (label,))
    assert [talk.rows for talk in found] == [(1,), (2,), (3,), (4,)]
    assert len({said(talk)[0] for talk in found}) == 1
    assert codes(found) == []


@pytest.mark.parametrize(
    "record",
    [
        {"instruction": "i", "context": "c", "response": "r", "category": "qa"},
        {"question_id": 1, "category": "writing", "turns": ["a", "b"]},
        {"question": "q", "answer": "a", "category": "x"},
        {"department": "心血管科", "title": "t", "ask": "q", "answer": "a"},
        {"prompt": "p", "completion": "c", "label": True},
        {"messages": [], "label": "x"},
        {"text": "t", "role": "prompter", "parent_id": None, "labels": {"spam": 0}},
        {"text": "only text"},
        {"data": [{"role": "user", "text": "hello"}]},
        {"conversations": [["a", "b"]], "categories": ["x"]},
        ["你好", "你好吗"],
        "- a line",
        None,
        [],
        {},
    ],
)
def test_other_formats_are_left_to_others(record: Any) -> None:
    assert form_of(record) is None


def test_the_prompt_is_in_the_language_of_the_texts_and_lists_the_labels() -> None:
    rows = [{"文本": "我要退款", "标签": "退款"}, {"文本": "取消订单", "标签": "取消"}]
    system = said(talks("labelled_table", rows)[0])[0]
    assert system.startswith("请对用户的文本分类")
    assert system.endswith("- 取消\n- 退款")


@pytest.mark.full
def test_many_labels_are_not_listed_and_the_file_is_told_so_once() -> None:
    rows = [{"text": f"t{i}", "label": f"label-{i % 151}"} for i in range(400)]
    found = talks("labelled_table", rows)
    assert codes(found) == ["labels_many"]
    assert "label-0" not in said(found[0])[0]
    few = talks("labelled_table", rows[:150])
    assert codes(few) == []
    assert "- label-149" in said(few[0])[0]


def test_several_label_columns_are_an_annotation() -> None:
    rows = [
        {"Text": "Good", "sentiment": "positive", "emotion": "joy"},
        {"Text": "Bad", "sentiment": "negative", "emotion": ""},
    ]
    assert chosen("labelled_table", rows)["label_column"] == "sentiment + emotion"
    found = talks("labelled_table", rows)
    assert said(found[0])[2] == '{"sentiment": "positive", "emotion": "joy"}'
    assert answer(found[1]) == {"sentiment": "negative", "emotion": None}
    assert "- emotion: one of joy, or null" in said(found[0])[0]
    assert found[0].row["tags"] == ["sentiment=positive", "emotion=joy"]
    assert [f for talk in found for f in talk.found] == [
        ("label_partly_missing", ("emotion",), {"column": "emotion"})
    ]


def test_answers_of_the_person_override_what_was_preselected() -> None:
    rows = [{"text": "t", "note": "n", "sentiment": "good", "emotion": "joy", "split": "dev"}]
    one = talks("labelled_table", rows, label_column="emotion", task="intent_classification")
    assert said(one[0])[1:] == ("t", "joy")
    assert one[0].row["split"] == "dev"
    assert {f.values["key"] for f in one[0].found} == {"note", "sentiment"}
    other = talks("labelled_table", rows, text_column="note", task="annotation")
    assert said(other[0])[1] == "n"
    wrong = talks("labelled_table", rows, text_column="none such")
    assert codes(wrong)[0] == "text_missing"


def test_rows_without_text_or_label_say_so_and_cost_nothing_else() -> None:
    rows = [{"text": "a", "label": "x"}, {"text": " ", "label": "y"}, {"text": "c", "label": ""}]
    found = talks("labelled_table", rows)
    assert codes(found) == ["text_missing", "label_missing"]
    assert [talk.found[0].path for talk in found[1:]] == [("text",), ("label",)]
    assert said(found[0])[2] == "x"
    assert "- y" not in said(found[0])[0]


def test_labels_in_blocks_are_seen_from_all_over_the_file() -> None:
    rows = [{"words": f"some words {i}", "kind": "ab"[i // 200]} for i in range(400)]
    found = talks("labelled_table", rows)
    assert Counter(talk.label for talk in found) == {"a": 200, "b": 200}


def test_numbers_are_asked_about_and_named() -> None:
    rows = [{"text": f"t{i}", "label": i % 2} for i in range(4)]
    asked = BY_NAME["labelled_table"].ask(rows)[-1]
    assert (asked.id, asked.chosen) == ("label_names", "0, 1")
    plain = talks("labelled_table", rows)
    assert codes(plain) == ["labels_are_numbers"]
    assert plain[1].label == "1"
    for names in ("bad, good", "0=bad, 1=good", "bad，good"):
        named = talks("labelled_table", rows, label_names=names)
        assert [talk.label for talk in named] == ["bad", "good", "bad", "good"]
        assert codes(named) == []
    outside = talks("labelled_table", rows, label_names="0=bad")
    assert codes(outside).count("label_without_name") == 2


def test_names_that_the_file_gives_are_used() -> None:
    rows = [{"text": "a", "label": 0, "label_names": ["bad", "good"]}, {"text": "b", "label": 1}]
    assert chosen("labelled_table", rows)["label_names"] == "bad, good"
    assert [talk.label for talk in talks("labelled_table", rows)] == ["bad", "good"]
    twins = [
        {"text": f"t{i}", "label": i % 2, "label_text": ("no", "yes")[i % 2]} for i in range(4)
    ]
    assert chosen("labelled_table", twins)["label_column"] == "label_text"


def test_lists_of_labels_and_pairs_of_texts() -> None:
    many = [{"text": "a", "labels": ["x", "y"]}, {"text": "b", "labels": ["x"]}]
    found = talks("labelled_table", many)
    assert answer(found[0]) == {"labels": ["x", "y"]}
    assert "a list of any of x | y" in said(found[0])[0]
    several = talks("labelled_table", many, task="intent_classification")
    assert codes(several) == ["label_several"]
    pair = [{"premise": "p", "hypothesis": "h", "label": "neutral"}]
    assert said(talks("labelled_table", pair)[0])[1] == "premise: p\nhypothesis: h"


def test_a_table_can_be_read_as_answers_in_style() -> None:
    rows = [{"text": f"q{i}", "label": f"Answer {i}. - Team Fox"} for i in range(8)]
    found = talks("labelled_table", rows, task="persona")
    assert "End every answer with “- Team Fox”." in said(found[0])[0]
    assert said(found[3])[2] == "Answer 3. - Team Fox"


# -- intents and entities ------------------------------------------------------------------------


def test_clinc_rows_bare_wrapped_and_as_objects() -> None:
    rows = [
        ["what is my balance", "balance"],
        {"base": ["oos_val"], "value": ["fly me to the moon", "oos"]},
    ]
    assert [form_of(row) for row in rows] == [BY_NAME["intent_list"]] * 2
    found = talks("intent_list", rows)
    assert [said(talk)[1:] for talk in found] == [
        ("what is my balance", "balance"),
        ("fly me to the moon", "oos"),
    ]
    assert found[1].row["split"] == "val"
    assert found[0].origins == ((), (0,), (1,))
    entry = {"text": "fly me", "intent": "oos", "split": "test"}
    assert form_of(entry) is BY_NAME["labelled_table"]
    assert talks("labelled_table", [entry])[0].row["split"] == "test"


def snips_row(*pieces: tuple[str, str], **more: Any) -> dict[str, Any]:
    data = [{"text": text, **({"entity": name} if name else {})} for text, name in pieces]
    return {"data": data, **more}


def test_snips_pieces_are_joined_and_entities_extracted() -> None:
    rows = [
        snips_row(("play ", ""), ("Yo Ho", "track"), (" by ", ""), ("X", "artist")),
        snips_row(("play ", ""), ("X", "artist"), (" and ", ""), ("Y ", "artist")),
        snips_row(("play", "")),
    ]
    found = talks("snips", [{**row, "intent": "PlayMusic"} for row in rows])
    assert said(found[0])[1:] == ("play Yo Ho by X", '{"track": "Yo Ho", "artist": "X"}')
    assert answer(found[1]) == {"artist": ["X", "Y"]}
    assert answer(found[2]) == {}
    assert {talk.label for talk in found} == {"PlayMusic"}
    assert said(found[0])[0].endswith("- artist\n- track")
    wrapped = talks("snips", [{"base": ["PlayMusic"], "value": row} for row in rows])
    assert [said(talk) for talk in wrapped] == [said(talk) for talk in found]


def test_several_intents_with_entities_are_extracted_with_their_intent() -> None:
    rows = [
        snips_row(("play ", ""), ("X", "artist"), intent="PlayMusic"),
        snips_row(("rain in ", ""), ("Rome", "city"), intent="GetWeather"),
    ]
    assert chosen("snips", rows) == {"task": "information_extraction"}
    found = talks("snips", rows)
    assert answer(found[1]) == {"intent": "GetWeather", "city": "Rome"}
    assert "- intent: one of GetWeather | PlayMusic" in said(found[0])[0]
    intents = talks("snips", rows, task="intent_classification")
    assert [said(talk)[2] for talk in intents] == ["PlayMusic", "GetWeather"]


RASA = [
    {"intent": "greet", "examples": "- hello\n- hi\n"},
    {"intent": "book", "examples": '- a table in [Rome](city)\n- for [2]{"entity": "people"}\n'},
    {"intent": "book", "examples": [{"text": "- from [NYC](city:New York)\n"}]},
    {"synonym": "Rome", "examples": "- Roma\n"},
]


def test_rasa_yaml() -> None:
    found = talks("rasa", RASA, task="information_extraction")
    assert [said(talk)[1] for talk in found] == [
        *("hello", "hi", "a table in Rome", "for 2", "from NYC")
    ]
    assert answer(found[0]) == {"intent": "greet"}
    assert answer(found[3]) == {"intent": "book", "people": "2"}
    assert answer(found[4]) == {"intent": "book", "city": "NYC"}
    assert [talk.rows for talk in found] == [(1,), (1,), (2,), (2,), (3,)]
    assert codes(found) == ["entity_value_not_used"]
    whole = talks("rasa", [{"version": "3.1", "nlu": RASA}], task="information_extraction")
    assert [said(talk) for talk in whole] == [said(talk) for talk in found]
    assert whole[0].origins[1] == ("nlu", 0, "examples")


def test_rasa_markdown_whole_or_by_lines() -> None:
    text = "## intent:greet\n- hello\n* hi there\n\n## synonym:x\n- y\n## intent: bye\n- ciao"
    assert form_of(text) is BY_NAME["rasa"]
    found = talks("rasa", [text])
    assert [said(talk)[1] for talk in found] == ["hello", "hi there", "ciao"]
    assert [talk.label for talk in found] == ["greet", "greet", "bye"]
    lines = talks("rasa", text.splitlines())
    assert [talk.row for talk in lines] == [talk.row for talk in found]
    assert lines[-1].rows == (8,)


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ({"text": "at 13", "entities": [{"start": 3, "end": 5, "label": "time"}]}, {"time": "13"}),
        ({"text": "at 13", "label": [[3, 5, "time"]]}, {"time": "13"}),
        ({"text": "at 13", "labels": []}, {}),
        (["at 13", {"entities": [[3, 5, "time"]]}], {"time": "13"}),
        (
            {
                "userInput": {"text": "13 at"},
                "labels": [{"slot": "time", "valueSpan": {"endIndex": 2}}],
            },
            {"time": "13"},
        ),
        ({"userInput": {"text": "hello"}}, {}),
        (
            {"text": "叶老桂说", "label": {"name": {"叶老桂": [[0, 2]]}}},
            {"name": "叶老桂"},
        ),
        (
            {"text": "9 and 10", "slots": {"time": {"text": "10", "span": [6, 8]}}},
            {"time": "10"},
        ),
        (
            {
                "text": "Rome, Rome or Oslo",
                "entities": [
                    {"start": 0, "end": 4, "value": "Rome", "entity": "city"},
                    {"start": 6, "end": 10, "value": "Rome", "entity": "city"},
                    {"start": 14, "end": 18, "value": "Oslo", "entity": "city"},
                ],
            },
            {"city": ["Rome", "Oslo"]},
        ),
    ],
)
def test_spans_of_every_shape(record: Any, expected: dict[str, Any]) -> None:
    assert form_of(record) is BY_NAME["spans"]
    (talk,) = talks("spans", [record])
    assert answer(talk) == expected
    assert talk.found == ()


def test_what_was_asked_for_stands_before_a_text_that_is_unclear_without_it() -> None:
    context = {"requestedSlots": ["people"]}
    row = {"userInput": {"text": "13"}, "context": context, "labels": []}
    assert said(talks("spans", [row])[0])[1] == "Asked for: people\n13"


def test_spans_that_cannot_be_right_are_told() -> None:
    rows = [
        {"text": "abc", "entities": [{"start": 1, "end": 9, "label": "x"}]},
        {"text": "abc def", "entities": [{"start": 0, "end": 2, "label": "x", "value": "abc"}]},
    ]
    found = talks("spans", rows)
    assert codes(found) == ["span_outside", "span_differs"]
    assert found[0].found[0].path == ("entities", 0)
    assert [answer(talk) for talk in found] == [{}, {"x": "abc"}]


@pytest.mark.parametrize(
    ("tokens", "tags", "text", "expected"),
    [
        (
            ["John", "Smith", "ran", "."],
            ["B-PER", "I-PER", "O", "O"],
            "John Smith ran.",
            "John Smith",
        ),
        (["He", "saw", "Ann"], ["O", "O", "S-PER"], "He saw Ann", "Ann"),
        (["a", "B", "C"], ["O", "B-PER", "B-PER"], "a B C", ["B", "C"]),
        (["a", "B", "C"], ["O", "PER", "PER"], "a B C", "B C"),
        (list("张三在上海"), ["B-PER", "E-PER", "O", "O", "O"], "张三在上海", "张三"),
    ],
)
def test_token_tags(tokens: list[str], tags: list[str], text: str, expected: Any) -> None:
    record = {"tokens": tokens, "ner_tags": tags}
    assert form_of(record) is BY_NAME["token_tags"]
    (talk,) = talks("token_tags", [record])
    assert (said(talk)[1], answer(talk)) == (text, {"PER": expected})


def test_numeric_tags_need_names() -> None:
    rows = [{"tokens": ["Ann", "ran"], "ner_tags": [1, 0]}]
    asked = BY_NAME["token_tags"].ask(rows)
    assert [(q.id, q.chosen) for q in asked] == [("label_names", "0, 1")]
    assert codes(talks("token_tags", rows)) == ["tags_are_numbers"]
    assert answer(talks("token_tags", rows, label_names="O, B-PER")[0]) == {"PER": "Ann"}
    uneven = [{"tokens": ["a"], "tags": ["O", "O"]}]
    assert codes(talks("token_tags", uneven)) == ["tags_do_not_fit"]


def relation(text: str, head: str, tail: str, kind: str = "导演") -> dict[str, Any]:
    return {"sentence": text, "relation": kind, "head": head, "tail": tail, "head_offset": 3}


def test_relations_are_one_object_or_a_list_for_the_whole_file() -> None:
    single = [relation("甲导演乙", "乙", "甲"), relation("丙导演丁", "丁", "丙")]
    assert form_of(single[0]) is BY_NAME["relations"]
    found = talks("relations", single)
    assert answer(found[0]) == {"relation": "导演", "head": "乙", "tail": "甲"}
    assert found[0].label == "导演"
    assert set(codes(found)) == {"key_unknown"}
    twice = talks("relations", [*single, relation("甲导演乙", "甲", "乙", "演员")])
    assert [len(answer(talk)["relations"]) for talk in twice] == [2, 1]
    assert twice[0].rows == (1, 3)
    assert "- relation：导演 | 演员 之一\n- head\n- tail" in said(twice[0])[0]


def test_a_persona_column_is_the_system_prompt() -> None:
    row = {"persona": "You are a fox.", "question": "Who?", "answer": "A fox!", "split": "test"}
    (talk,) = talks("persona_table", [row])
    assert said(talk) == ("You are a fox.", "Who?", "A fox!")
    assert talk.row["split"] == "test"
    assert form_of({"人设": "狐狸", "问题": "你是谁", "回答": "狐狸"}) is BY_NAME["persona_table"]


# -- anything ------------------------------------------------------------------------------------

KEYS = st.sampled_from(
    (
        *("text", "sentence", "label", "labels", "intent", "intents", "data", "entity", "entities"),
        *("tokens", "ner_tags", "relation", "head", "tail", "start", "end", "value", "base", "x"),
        *("userInput", "valueSpan", "slots", "examples", "nlu", "persona", "question", "answer"),
        *("label_names", "split", "文本", "标签"),
    )
)
LEAVES = st.none() | st.booleans() | st.integers(-3, 12) | st.floats() | st.text(max_size=12)
JSON = st.recursive(
    LEAVES | st.sampled_from(["B-X", "I-X", "0", "1", "## intent:a\n- b", "- [a](b:c)"]),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(KEYS | st.text(), inner, max_size=6)
    ),
    max_leaves=14,
)
ANSWERS = st.dictionaries(
    st.sampled_from(("task", "text_column", "label_column", "label_names")),
    st.sampled_from(
        ("annotation", "persona", "information_extraction", "x", "a, b", "0=a", "text")
    ),
)


@pytest.mark.full
@given(st.lists(JSON, max_size=5), ANSWERS)
@settings(max_examples=250, deadline=None)
def test_no_input_ends_in_an_exception(records: list[Any], answers: dict[str, str]) -> None:
    numbered = [Numbered(number, record) for number, record in enumerate(records, 1)]
    for entry in FORMATS:
        fitting = [record for record in records if entry.fits(record)]
        entry.ask(fitting)
        entry.ask(records)
        assert entry.gather is not None
        for talk in entry.gather(numbered, answers):
            assert talk.rows
            assert all(finding.code in KINDS for finding in talk.found)
            if not any(finding.code in ERRORS for finding in talk.found):
                check_row(talk.row)


# -- real files ----------------------------------------------------------------------------------


def sample(name: str) -> Path:
    """A file of the sample folder; the test is skipped where there is none."""
    path = Path(os.environ.get("DUOTUNE_SAMPLE_DATA", "none")) / name
    if not path.exists():
        pytest.skip(f"{name} is not in the folder that DUOTUNE_SAMPLE_DATA names")
    return path


def table(name: str) -> list[dict[str, str]]:
    with sample(name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(("name", "rows"), [("train", 10_003), ("test", 3_080)])
def test_banking77(name: str, rows: int) -> None:
    records = table(f"banking77_{name}.csv")
    assert {form_of(record) for record in records} == {BY_NAME["labelled_table"]}
    found = talks("labelled_table", records)
    assert len(found) == rows
    assert len({talk.label for talk in found}) == 77
    assert len({said(talk)[0] for talk in found}) == 1
    assert codes(found) == []
    assert all(check_row(talk.row).conversation for talk in found[:200])


def cesu8(path: Path) -> Any:
    text = path.read_bytes().decode("utf-8", "surrogatepass")
    return json.loads(text.encode("utf-16", "surrogatepass").decode("utf-16"))


@pytest.mark.parametrize(
    ("name", "rows"),
    [("snips_playmusic_cesu8.json", 2_000), ("snips_playmusic_validate.json", 100)],
)
def test_snips_play_music(name: str, rows: int) -> None:
    ((intent, entries),) = cesu8(sample(name)).items()
    records = [{**entry, "intent": intent} for entry in entries]
    assert {form_of(record) for record in records} == {BY_NAME["snips"]}
    found = talks("snips", records)
    assert (len(found), codes(found)) == (rows, [])
    for talk in found:
        pieces = [p for v in answer(talk).values() for p in (v if isinstance(v, list) else [v])]
        assert all(piece in said(talk)[1] for piece in pieces)


def test_openpipe_tweets() -> None:
    found = talks("labelled_table", table("openpipe_tweets_sentiment.csv"))
    assert (len(found), codes(found)) == (50, [])
    assert answer(found[0]) == {"sentiment": "negative", "emotion": "anger"}
    assert Counter(talk.label for talk in found).keys() == {"negative", "neutral", "positive"}


def test_deepke_relations() -> None:
    rows = openpyxl.load_workbook(sample("deepke_relation_example.xlsx")).active.values
    header = next(rows)
    records = [dict(zip(header, row, strict=True)) for row in rows]
    assert {form_of(record) for record in records} == {BY_NAME["relations"]}
    found = talks("relations", records)
    assert [answer(talk) for talk in found] == [
        {"relation": "导演", "head": "长腿叔叔", "tail": "孔正锡"},
        {"relation": "导演", "head": "我家有喜", "tail": "丁仰国"},
    ]
