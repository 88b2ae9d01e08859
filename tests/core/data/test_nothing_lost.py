"""Whatever a record says is in its conversation, or a problem names where it stood."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.data.ingest import Checked, look_at
from core.data.problems import Path as Place
from core.data.records import Problem

ASKED = {"role": "user", "content": "asked ZZuser"}
REPLY = {"role": "assistant", "content": "said ZZreply"}
TALK = {"messages": [ASKED, REPLY]}
SHARED = [{"from": "human", "value": "asked ZZuser"}, {"from": "gpt", "value": "said ZZreply"}]
CALL = {"from": "function_call", "value": '{"name": "f", "arguments": {"a": "ZZargument"}}'}
RESULT = {"from": "observation", "value": "found ZZresult"}
MORE_CALLS = [{"id": "2", "type": "function", "function": {"name": "ZZother", "arguments": "{}"}}]
TOOL_USE = {"type": "tool_use", "id": "1", "name": "f", "input": {"a": "ZZinput"}}
RECORDS: dict[str, Any] = {
    "tools and functions": TALK
    | {
        "tools": [{"type": "function", "function": {"name": "ZZtool"}}],
        "functions": [{"name": "ZZfunction"}],
    },
    "tags that are lists or numbers": TALK | {"label": ["ZZlabel"], "topic": {"x": "ZZtopic"}},
    "a part's other keys": {
        "system": "ZZsystem",
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "ZZpart", "note": "ZZnote"}]},
            REPLY,
        ],
    },
    "calls in parts and beside them": {
        "messages": [
            ASKED,
            {"role": "assistant", "content": [TOOL_USE], "tool_calls": MORE_CALLS},
            {"role": "tool", "tool_call_id": "1", "content": "ZZresult"},
            REPLY,
        ]
    },
    "a result's turn": {
        "messages": [
            ASKED,
            {"role": "assistant", "content": [TOOL_USE]},
            {
                "role": "user",
                "extra": "ZZextra",
                "content": [
                    {"type": "tool_result", "tool_use_id": "1", "content": "ZZr", "more": "ZZmore"}
                ],
            },
            REPLY,
        ]
    },
    "a call with a call's key": {
        "conversations": [SHARED[0], CALL | {"tool_calls": MORE_CALLS}, RESULT, SHARED[1]]
    },
    "a call with a parameter's name": {
        "conversations": [SHARED[0], CALL | {"calls": "ZZcalls"}, RESULT, SHARED[1]]
    },
    "parts with a parameter's name": {
        "conversations": [
            SHARED[0],
            {"from": "gpt", "value": [{"type": "output_text", "text": "ZZpart"}], "here": "ZZhere"},
        ]
    },
    "a result with its id": {
        "conversations": [SHARED[0], CALL, RESULT | {"call_id": "ZZid"}, SHARED[1]]
    },
    "two system prompts": {
        "conversations": SHARED,
        "system": "ZZfirst",
        "system_prompt": "ZZsecond",
    },
    "an empty system prompt": {"conversations": SHARED, "system": "", "system_prompt": "ZZsecond"},
    "a tool's other keys": {
        "conversations": SHARED,
        "tools": json.dumps([{"name": "f", "arguments": {"x": "ZZx"}, "returns": "ZZreturns"}]),
    },
    "pairs with more keys": {
        "conversation": [
            {"human": "ZZasked", "input": "ZZinput", "assistant": "ZZsaid", "system": ["ZZsystem"]}
        ]
    },
    "two system prompts of a pair": {
        "prompt": "ZZasked",
        "chosen": "ZZgood",
        "rejected": "ZZbad",
        "system": "ZZone",
        "system_prompt": "ZZtwo",
    },
    "another question beside a whole dialogue": {
        "prompt": "ZZother",
        "question": "asked ZZuser",
        "chosen": [ASKED, REPLY],
        "rejected": [ASKED, {"role": "assistant", "content": "ZZbad"}],
    },
    "inside OpenAI's input": {
        "input": {"messages": [ASKED], "system": "ZZsystem"},
        "preferred_output": [REPLY],
        "non_preferred_output": [{"role": "assistant", "content": "ZZbad"}],
    },
    "a text beside a call": {
        "contents": [
            {"role": "user", "parts": [{"text": "ZZasked"}], "note": "ZZnote"},
            {"role": "model", "parts": [{"text": "ZZsaid", "functionCall": {"name": "ZZf"}}]},
            {
                "role": "user",
                "parts": [{"functionResponse": {"name": "ZZf", "response": {"x": "ZZx"}}}],
            },
            {"role": "model", "parts": [{"text": "ZZend"}]},
        ]
    },
    "a reply beside Cohere's turns": {
        "messages": [{"role": "User", "content": "ZZu"}, {"role": "Chatbot", "content": "ZZc"}],
        "response": "ZZresponse",
        "chat_history": "ZZhistory",
    },
    "MOSS with another speaker": {
        "meta_instruction": "ZZmeta",
        "chat": {"turn_1": {"Human": "ZZh", "MOSS": "ZZm", "Search": "ZZsearch"}},
    },
    "turns with more keys": {
        "dialogue": [
            {"speaker": "Ann", "text": "ZZa", "action": "ZZwaves"},
            {"speaker": "Bob", "text": "ZZb", "line": "ZZline"},
        ]
    },
    "acts beside texts": {"dialog": ["ZZa", "ZZb"], "act": ["ZZact"], "emotion": ["ZZemotion"]},
    "texts said in turn": {
        "conversations": [["ZZa", "ZZb"]],
        "categories": ["ZZcategory"],
        "system": "ZZsystem",
    },
    "a question's tag that is a list": {"question": "ZZq", "answer": "ZZa", "类别": ["ZZtag"]},
    "a tree's other keys": {
        "message_tree_id": "t",
        "prompt": {
            "text": "ZZasked",
            "role": "prompter",
            "note": "ZZnote",
            "replies": [{"text": "ZZsaid", "role": "assistant", "aside": "ZZaside"}],
        },
    },
    "spans": {
        "text": "book ZZtext",
        "entities": [{"start": 5, "end": 11, "label": "x"}, {"foo": "ZZspan"}],
        "comment": "ZZcomment",
    },
    "tokens": {"tokens": ["ZZtoken", "x"], "tags": ["B-A", "O"], "pos": ["ZZpos", "y"]},
    "snips": {"data": [{"text": "ZZa "}, {"text": "ZZb", "entity": "e"}], "note": "ZZnote"},
    "rasa": {"intent": "i", "examples": ["ZZa", {"foo": "ZZb"}], "note": "ZZnote"},
}


def read(tmp_path: Path, content: str | bytes, name: str = "data.jsonl") -> Checked:
    file = tmp_path / name
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return look_at(file)


def leaves(value: Any, path: Place = ()) -> Iterator[tuple[Place, str]]:
    """Where each marked word stands."""
    if isinstance(value, str):
        yield from ((path, word) for word in re.findall(r"ZZ\w+", value))
    inner = enumerate(value) if isinstance(value, list) else ()
    for key, held in value.items() if isinstance(value, dict) else inner:
        yield from leaves(held, (*path, key))


def said(checked: Checked) -> str:
    return " ".join(example.model_dump_json() for example in checked.examples)


def is_named(path: Place, problems: tuple[Problem, ...]) -> bool:
    """Whether a problem names one of the keys on the way to a place."""
    named = {key for problem in problems for key in problem.values.get("key", "").split(".")}
    return not named.isdisjoint(key for key in path if isinstance(key, str))


@pytest.mark.parametrize("name", RECORDS)
def test_what_a_record_says_is_kept_or_named(tmp_path: Path, name: str) -> None:
    record = RECORDS[name]
    # Two of them: the only object of a file could be a wrapping around its rows.
    lines = [json.dumps(record), json.dumps(record).replace("ZZ", "YY")]
    checked = read(tmp_path, "\n".join(lines))
    kept = said(checked)
    assert checked.examples
    lost = [(path, word) for path, word in leaves(record) if word not in kept]
    assert not [entry for entry in lost if not is_named(entry[0], checked.dataset.problems)]


def test_a_title_that_is_no_text_is_named(tmp_path: Path) -> None:
    checked = read(tmp_path, '{"question": "q", "answer": "a", "title": true}\n' * 2)
    assert is_named(("title",), checked.dataset.problems)


def test_a_picture_beside_a_text_is_refused(tmp_path: Path) -> None:
    part = {"text": "what is this?", "inlineData": {"mimeType": "image/png", "data": "AA"}}
    turns = [{"role": "user", "parts": [part]}, {"role": "model", "parts": [{"text": "a cat"}]}]
    checked = read(tmp_path, json.dumps({"contents": turns}))
    assert checked.dataset.problem_counts["image_not_supported"] == 1
    assert not checked.examples


def test_what_stands_beside_the_rows_is_named(tmp_path: Path) -> None:
    value = {
        "version": "1",
        "system": "be brief",
        "empty": [],
        "data": [TALK],
        "extra": [TALK],
        "split": {"held_out": [TALK]},
    }
    for indent in (None, 2):
        problems = read(tmp_path, json.dumps(value, indent=indent)).dataset.problems
        told = {(p.code, p.values["key"]) for p in problems if p.code.endswith("_beside_rows")}
        assert told == {
            ("key_beside_rows", "system"),
            ("list_beside_rows", "extra"),
            ("list_beside_rows", "split"),
        }


def test_what_stands_beside_the_rows_of_yaml_is_named(tmp_path: Path) -> None:
    text = "system: be brief\nversion: 2\ndata:\n- question: a\n  answer: b\nextra:\n- x: y\n"
    problems = read(tmp_path, text, "data.yml").dataset.problems
    told = [(p.code, p.values["key"], p.line) for p in problems if p.code.endswith("_beside_rows")]
    assert told == [("key_beside_rows", "system", 1), ("list_beside_rows", "extra", 7)]


def test_rows_that_a_chat_or_tree_has_no_place_for_are_counted(tmp_path: Path) -> None:
    rows = [
        {"message_id": "1", "parent_id": None, "text": "a", "role": "prompter", "split": "test"},
        {"message_id": "2", "parent_id": "1", "text": "b", "role": "assistant"},
        {"message_id": "3", "parent_id": "4", "text": "c", "role": "prompter"},
        {"message_id": "4", "parent_id": "3", "text": "d", "role": "assistant"},
        {"foo": "bar"},
        TALK,
    ]
    checked = read(tmp_path, "\n".join(map(json.dumps, rows)))
    assert [example.part for example in checked.examples] == ["test", None]
    left_out = [p for p in checked.dataset.problems if p.code == "row_left_out"]
    assert [p.values for p in left_out] == [{"count": "2", "first": "5"}]


def test_lines_among_rasa_examples_that_are_none_are_counted(tmp_path: Path) -> None:
    text = (
        "nlu:\n- intent: greet\n  examples: |\n    - hello\n    no bullet\n    # a comment\n"
        "- lookup: city\n  examples: |\n    - Berlin\n"
        "- intent: bye\n  examples: |\n    - bye\n"
    )
    counts = read(tmp_path, text, "nlu.yml").dataset.problem_counts
    assert (counts["mark_unread"], counts["row_left_out"]) == (1, 1)


def test_chats_of_one_account_are_not_mixed(tmp_path: Path) -> None:
    def message(who: str, text: str, when: int) -> dict[str, Any]:
        clock = {"date": "2024-01-01T10:00:00", "date_unixtime": str(1_704_103_200 + when)}
        return {"id": when, "type": "message", "from": who, "text": text, **clock}

    def chat(who: str, when: int) -> dict[str, Any]:
        return {
            "name": who,
            "messages": [message(who, "hi", when), message("Me", f"hello {who}", when + 1)],
        }

    account = {"chats": {"list": [chat("Ann", 0), chat("Bob", 60)]}}
    checked = read(tmp_path, json.dumps(account), "result.json")
    assert [len(example.conversation.messages) for example in checked.examples] == [2, 2]
    assert [example.tags for example in checked.examples] == [("chat 1",), ("chat 2",)]


def test_formulas_without_results_are_named(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet: Any = book.active
    for row in (["question", "answer", "system"], ["q", "a", '=CONCAT("b", "c")'], ["r", "s", ""]):
        sheet.append(row)
    sheet.append([None, None, "=1+1"])
    packed = io.BytesIO()
    book.save(packed)
    problems = read(tmp_path, packed.getvalue(), "book.xlsx").dataset.problems
    told = [(p.row, p.values) for p in problems if p.code == "formula_not_calculated"]
    assert told == [(1, {"column": "system"}), (3, {"column": "system"})]


def test_columns_of_one_name_are_all_read(tmp_path: Path) -> None:
    columns = [pa.array([f"{name} one", f"{name} two"]) for name in ("asked", "said", "other")]
    packed = io.BytesIO()
    pq.write_table(pa.table(columns, names=["question", "answer", "answer"]), packed)
    checked = read(tmp_path, packed.getvalue(), "table.parquet")
    assert checked.examples[0].conversation.reference == "said one"
    codes = [(p.code, p.values) for p in checked.dataset.problems]
    assert ("header_twice", {"name": "answer"}) in codes
    assert ("key_unknown", {"key": "answer_3", "count": "2", "first": "1"}) in codes


def parts(checked: Checked) -> list[str | None]:
    return [example.part for example in checked.examples]


def talks(*texts: str) -> list[dict[str, Any]]:
    turns = ("user", "assistant")
    return [{"messages": [{"role": r, "content": f"{text} {r}"} for r in turns]} for text in texts]


def zipped(files: dict[str, list[dict[str, Any]]]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, rows in files.items():
            archive.writestr(name, "\n".join(map(json.dumps, rows)))
    return packed.getvalue()


def test_rows_under_train_and_test_are_in_these_parts(tmp_path: Path) -> None:
    own = talks("c")[0] | {"split": "validation"}
    value = {"train": talks("a", "b"), "test": [own, *talks("d")]}
    checked = read(tmp_path, json.dumps(value))
    assert parts(checked) == ["train", "train", "validation", "test"]
    told = [p.values for p in checked.dataset.problems if p.code == "part_by_place"]
    assert told == [
        {"part": "train", "count": "2", "first": "1"},
        {"part": "test", "count": "1", "first": "4"},
    ]
    assert parts(read(tmp_path, json.dumps({"data": talks("a", "b")}))) == [None, None]


def test_files_named_train_and_test_are_these_parts(tmp_path: Path) -> None:
    files = {
        "data/train-00000-of-00001.jsonl": talks("a"),
        "data/dev.jsonl": talks("b"),
        "data/tests_of_mine.jsonl": talks("c"),
    }
    checked = read(tmp_path, zipped(files), "set.zip")
    assert parts(checked) == ["train", "validation", None]
    alone = {"test.jsonl": talks("a"), "more.jsonl": talks("b")}
    assert parts(read(tmp_path, zipped(alone), "set.zip")) == [None, None]
