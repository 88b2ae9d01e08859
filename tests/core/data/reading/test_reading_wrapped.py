"""Rows inside one object: found, read with their place, and never mixed up with one dialogue."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from core.data.reading.wrapped import wrapped_lists
from tests.core.data.reading.opened_files import got

TALK = {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}
SHARED = {"conversations": [{"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}]}
SAID = [{"from": "Ann", "text": "hi", "type": "message", "date_unixtime": "1"}]

WRAPPED: dict[str, tuple[Any, list[tuple[str | int, ...]]]] = {
    "data": ({"version": "1", "data": [TALK, TALK]}, [("data", 0), ("data", 1)]),
    "splits": ({"train": [TALK], "test": [TALK]}, [("train", 0), ("test", 0)]),
    "clinc": (
        {"val": [["hi", "greeting"]], "train": [["bye", "leaving"], ["a", "b"]]},
        [("val", 0), ("train", 0), ("train", 1)],
    ),
    "snips": (
        {"PlayMusic": [{"data": [{"text": "play "}]}, {"data": [{"text": "x"}]}]},
        [("PlayMusic", 0), ("PlayMusic", 1)],
    ),
    "nested": ({"rasa_nlu_data": {"common_examples": [{"text": "a", "intent": "b"}]}},
               [("rasa_nlu_data", "common_examples", 0)]),
    "telegram": ({"name": "Ann", "type": "personal_chat", "messages": SAID}, [("messages", 0)]),
    "all of telegram": (
        {"about": "x", "chats": {"list": [{"messages": SAID}, {"messages": SAID * 2}]}},
        [
            ("chats", "list", 0, "messages", 0),
            ("chats", "list", 1, "messages", 0),
            ("chats", "list", 1, "messages", 1),
        ],
    ),
    "discord": (
        {"guild": {"id": "1"}, "messages": [{"author": {"name": "a"}, "content": "b"}]},
        [("messages", 0)],
    ),
    "dialogues": ({"conversations": [SHARED, SHARED]},
                  [("conversations", 0), ("conversations", 1)]),
    "chatterbot": ({"categories": ["x"], "conversations": [["a", "b"], ["c", "d"]]},
                   [("conversations", 0), ("conversations", 1)]),
    "by number": ({"17": TALK, "a b": TALK}, [("17",), ("a b",)]),
    "more lists": ({"labels": ["a"], "intents": [{"tag": "a", "patterns": ["b"]}],
                    "meta": [{"x": 1}]}, [("intents", 0)]),
}  # fmt: skip

ALONE: dict[str, Any] = {
    "openai": TALK | {"tools": [{"type": "function"}]},
    "sharegpt": SHARED | {"id": "1"},
    "alpaca": {"instruction": "a", "input": "", "output": "b", "history": [["c", "d"]]},
    "anthropic": {"system": "x", **TALK},
    "gemini": {"contents": [{"role": "user", "parts": [{"text": "a"}]}]},
    "oasst": {"message_tree_id": "1", "prompt": {"text": "a", "replies": [{"text": "b"}]}},
    "moss": {"meta_instruction": "a", "chat": {"turn_1": {"Human": "b", "MOSS": "c"}}},
    "firefly": {"conversation": [{"human": "a", "assistant": "b"}]},
    "role play": {"dialogue": [{"role": "Holmes", "text": "a"}], "title": "x"},
    "kdconv": {"name": "x", "messages": [{"message": "a"}, {"message": "b"}]},
    "turns": {"dialogue_id": "1", "services": [{"a": 1}], "turns": [{"speaker": "USER"}]},
    "trl": {"prompt": [{"role": "user", "content": "a"}], "completion": [{"role": "assistant"}]},
    "preference": {"chosen": [{"role": "user"}], "rejected": [{"role": "user"}], "prompt": "a"},
    "empty": {},
    "flat": {"a": 1, "b": ["x", "y"]},
}


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("name", WRAPPED)
def test_wrapped_rows_keep_their_keys_and_places(
    tmp_path: Path, name: str, indent: int | None
) -> None:
    value, bases = WRAPPED[name]
    text = json.dumps(value, indent=indent)
    read = got(tmp_path, text)
    assert [row.base for row in read.rows] == bases
    assert [row.number for row in read.rows] == list(range(1, len(bases) + 1))
    assert set(read.remarks) <= {"list_beside_rows"}
    assert bool(read.remarks) == (name in ("chatterbot", "more lists"))
    for row in read.rows:
        inner = value
        for key in row.base:
            inner = inner[key]
        assert row.value == inner
        assert json.loads(row.data) == inner
        assert text.encode()[row.offset :].startswith(row.data)


@pytest.mark.parametrize("name", ALONE)
def test_one_dialogue_is_one_row(tmp_path: Path, name: str) -> None:
    assert wrapped_lists(ALONE[name]) == []
    read = got(tmp_path, json.dumps(ALONE[name], indent=1))
    assert read.values == [ALONE[name]]


def test_several_wrappings_are_rows_themselves(tmp_path: Path) -> None:
    value = {"data": [TALK]}
    assert got(tmp_path, f"{json.dumps(value)}\n" * 2).values == [value, value]
    assert got(tmp_path, json.dumps([value])).values == [value]


def large(texts: int) -> str:
    rows = [json.dumps({"id": n, "text": f'{n} \\"}}]' * 900}) for n in range(texts)]
    return ",\n ".join(rows)


@pytest.mark.slow
def test_a_wrapping_larger_than_any_row_is_read(tmp_path: Path) -> None:
    train, test = large(2000), large(3)
    meta = json.dumps({"notes": ["]}" * 99, {"a": [[]]}]})
    text = f'{{"version": 1.5, "meta": {meta}, "train": [{train}], "deep": {"[" * 999}{"]" * 999}, '
    text += f'"test": [{test}]}}'
    assert len(text) > 9 << 20
    read = got(tmp_path, text)
    assert len(read.rows) == 2003
    assert [row.base for row in read.rows[1999:2001]] == [("train", 1999), ("test", 0)]
    assert read.remarks == ("list_beside_rows",)  # `deep`


def test_a_broken_row_costs_neither_the_others_nor_their_keys(tmp_path: Path) -> None:
    good = json.dumps(TALK)
    for bad in (good[:-1], good[:-4] + "}", '{"messages": oops}'):
        text = f'{{"train": [{good}, {bad}, {good}], "test": [{good}, {good}]}}'
        read = got(tmp_path, text)
        kept = [row.base[0] for row in read.rows if row.number in read.good]
        assert kept.count("test") == 2, bad
        assert kept.count("train") >= 1
        assert all(base == "train" for base in kept[:-2])


@pytest.mark.parametrize("end", ["", "]", ",", "] oops"])
def test_a_wrapping_that_is_cut_off_keeps_its_rows(tmp_path: Path, end: str) -> None:
    good = json.dumps(TALK)
    read = got(tmp_path, f'{{"train": [{good}], "test": [{good}, {good}{end}')
    assert [row.base for row in read.rows] == [("train", 0), ("test", 0), ("test", 1)]


def test_keys_may_be_escaped(tmp_path: Path) -> None:
    text = '{"\\u8bad\\u7ec3": [{"a": 1}], "b\\"c": [{"a": 2}]}'
    assert [row.base for row in got(tmp_path, text).rows] == [("训练", 0), ('b"c', 0)]
