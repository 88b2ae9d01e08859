"""ShareGPT and lists of question and answer pairs."""

from __future__ import annotations

import json
from typing import Any

from tests.core.data.formats.converting import converted, sample_rows, texts_at_origins


def turn(speaker: str, text: Any, **more: Any) -> dict[str, Any]:
    return {"from": speaker, "value": text, **more}


def test_speakers_by_all_their_names() -> None:
    record = {
        "id": "x1",
        "conversations": [
            turn("system", "s"),
            turn("human", "a"),
            turn("ChatGPT", "b"),
            turn("user", "c"),
            turn("bot", "d"),
        ],
    }
    result = converted(record)
    assert result.format == "sharegpt"
    assert [role for role, _ in result.said] == ["system", *["user", "assistant"] * 2]
    assert texts_at_origins(result, record) == list("sabcd")
    assert (result.found, result.talk.group) == ([], "x1")


def test_other_spellings_of_the_same() -> None:
    for record in (
        {"messages": [turn("human", "a"), turn("gpt", "b")]},
        {
            "conversations": [
                {"role": "user", "content": "a"},
                {"role": "assistant", "content": "b"},
            ]
        },
        {"conversation": [{"role": "user", "content": "a"}, {"role": "model", "content": "b"}]},
        {"items": [turn("human", "a"), turn("gpt", "b")]},
    ):
        result = converted(record)
        assert result.format == "sharegpt"
        assert result.said == [("user", "a"), ("assistant", "b")]
        assert result.found == []


def test_calls_and_observations_get_ids() -> None:
    calls = [{"name": "lamp", "arguments": {"on": True}}, {"name": "oven", "arguments": "{}"}]
    record = {
        "system": "Be kind.",
        "tools": json.dumps([{"name": "lamp", "parameters": {}}, {"name": "oven"}]),
        "conversations": [
            turn("human", "Both!"),
            turn("gpt", "Sure."),
            turn("function_call", json.dumps(calls)),
            turn("observation", json.dumps(["lit", {"hot": True}])),
            turn("gpt", "Done."),
            turn("human", "Lamp."),
            turn("function_call", json.dumps(calls[0])),
            turn("observation", "lit"),
            turn("gpt", "Done."),
        ],
    }
    result = converted(record)
    assert result.found == []
    messages = result.talk.row["messages"]
    roles = [m["role"] for m in messages[:6]]
    assert roles == ["system", "user", "assistant", "tool", "tool", "assistant"]
    assert messages[2]["content"] == "Sure."
    assert [c["id"] for c in messages[2]["tool_calls"]] == ["call_1", "call_2"]
    assert messages[2]["tool_calls"][0]["function"]["arguments"] == '{"on": true}'
    assert [(m["tool_call_id"], m["content"]) for m in messages[3:5]] == [
        ("call_1", "lit"),
        ("call_2", '{"hot": true}'),
    ]
    assert messages[7]["tool_calls"][0]["id"] == messages[8]["tool_call_id"] == "call_3"
    assert result.talk.row["tools"][0]["function"]["name"] == "lamp"


def test_what_is_no_call_is_told_where_it_stands() -> None:
    record = {"conversations": [turn("human", "a"), turn("function_call", "lamp(on)")]}
    assert [(f.code, f.path) for f in converted(record).found] == [
        ("call_invalid", ("conversations", 1, "value"))
    ]
    record["conversations"][1]["value"] = '{"name": "lamp", "arguments": "\\"{}\\""}'
    assert converted(record).codes == ["arguments_double_encoded"]


def test_two_system_prompts_are_not_chosen_between() -> None:
    talk = [turn("system", "s"), turn("human", "a"), turn("gpt", "b")]
    assert converted({"conversations": talk, "system": "s"}).codes == []
    assert converted({"conversations": talk, "system": "t"}).codes == ["system_twice"]


def test_wrong_turns_are_told_at_their_places() -> None:
    record = {
        "conversations": [
            turn("human", "a"),
            turn("Alice", "b"),
            turn("gpt", 5),
            {"from": "gpt"},
            "x",
            turn("gpt", "", mood="sad"),
        ]
    }
    found = [(f.code, f.path) for f in converted(record).found]
    assert found[:5] == [
        ("role_unknown", ("conversations", 1, "from")),
        ("content_not_text", ("conversations", 2, "value")),
        ("content_missing", ("conversations", 3)),
        ("turn_not_object", ("conversations", 4)),
        ("turn_empty", ("conversations", 5, "value")),
    ]
    assert ("key_unknown", ("conversations", 5, "mood")) in found
    assert converted({"conversations": 5}).codes == ["messages_not_list"]
    assert "messages_empty" in converted({"conversations": []}).codes


def test_pairs_become_turns() -> None:
    for pair in (
        {"human": "a", "assistant": "b"},
        {"input": "a", "output": "b", "system": ""},
    ):
        record = {"conversation": [pair, pair], "category": "Brainstorming", "dataset": "moss"}
        result = converted(record)
        assert result.format == "turn-pairs"
        assert result.said == [("user", "a"), ("assistant", "b")] * 2
        assert texts_at_origins(result, record) == list("abab")
        assert result.talk.row["tags"] == ["Brainstorming"]
        assert result.found == []


def test_glaive_converts_whole() -> None:
    results = [converted(r) for r in sample_rows("lf_glaive_toolcall_en_demo.json")]
    assert len(results) == 300
    assert all(result.usable and result.found == [] for result in results)
    calls = 0
    for result in results:
        turns = result.talk.row["messages"]
        made = [call["id"] for t in turns for call in t.get("tool_calls", ())]
        assert made == [t["tool_call_id"] for t in turns if t["role"] == "tool"]
        calls += len(made)
    assert calls == 211


def test_other_real_files() -> None:
    identity = [converted(r) for r in sample_rows("fastchat_identity_sharegpt.json")]
    assert sum(result.usable for result in identity) == 500
    assert all(result.found == [] for result in identity)
    (axolotl,) = sample_rows("axolotl_conversation_missingturns.json")
    assert [(f.code, f.path) for f in converted(axolotl).found] == [
        ("turn_empty", ("conversations", 1, "value"))
    ]


def test_medical_faults_are_found_at_their_places() -> None:
    rows = sample_rows("medicalgpt_sharegpt_zh_head.jsonl")
    assert len(rows) == 650
    found = [(row, f) for row in rows for f in converted(row).found]
    empty = [(row, f) for row, f in found if f.code == "turn_empty"]
    unanswered = [(row, f) for row, f in found if f.code == "no_reply_at_end"]
    assert (len(empty), len(unanswered)) == (17, 3)
    for row, finding in empty:
        key, index, value = finding.path
        assert row[key][index]["from"] == "human"
        assert row[key][index][value].strip() == ""
    for row, finding in unanswered:
        assert finding.path[1] == len(row["conversations"]) - 1
