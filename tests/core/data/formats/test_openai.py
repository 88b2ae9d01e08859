"""OpenAI messages, bare lists of turns, Cohere's names, and parts of any format."""

from __future__ import annotations

from typing import Any

import pytest

from tests.core.data.formats.converting import converted, sample_rows
from tests.core.data.made_rows import call, row, tool, turns


def test_a_plain_row_is_left_as_it_is() -> None:
    for record in (
        row("a", "b", split="val", tags=["x"]),
        {"messages": [*turns("Light!"), call('{"on": 1}')], "tools": [tool()]},
        {"messages": [{"role": "developer", "content": "s"}, *turns("a", "b")]},
        row(id="7", parallel_tool_calls=False, system=None),
    ):
        result = converted(record)
        assert result.format == "openai"
        assert result.talk.row is record
        assert result.usable
    assert result.talk.group == "7"


def test_keys_about_the_row_are_read_or_passed_over() -> None:
    record = row("a", "b", source="web", lang="en", category="billing", thread_id=9, score=0.5)
    result = converted(record)
    assert [(f.code, f.path) for f in result.found] == [("key_unknown", ("score",))]
    assert result.talk.row["tags"] == ["billing"]
    assert result.talk.group == "9"
    assert result.said == [("user", "a"), ("assistant", "b")]


def test_roles_of_other_formats_are_read_and_noted() -> None:
    record = {
        "messages": [
            {"role": "human", "content": "Light!"},
            {"role": "tool_call", "content": '{"name": "lamp", "arguments": {"on": true}}'},
            {"role": "tool_response", "content": "ok"},
            {"role": "gpt", "content": "It is on."},
        ]
    }
    result = converted(record)
    assert result.codes == ["roles_renamed"] * 4
    assert result.found[1].values == {"role": "tool_call", "known": "assistant"}
    assert result.found[1].path == ("messages", 1, "role")
    user, reply, answer, last = result.talk.row["messages"]
    assert reply["tool_calls"][0]["id"] == answer["tool_call_id"] == "call_1"
    assert (user["role"], answer["role"], last["role"]) == ("user", "tool", "assistant")
    wizard = converted({"messages": [{"role": "wizard", "content": "x"}, *turns("a", "b")]})
    assert wizard.codes[0] == "role_unknown"


def test_parts_with_value_and_loss_weight_are_read() -> None:
    record = {
        "messages": [
            {"role": "user", "content": [{"type": "text", "value": "Light!"}]},
            {
                "role": "assistant",
                "content": [
                    {"type": "reasoning", "value": "hm"},
                    {"type": "text", "value": "Yes."},
                    {"type": "tool_call", "value": '{"name": "lamp", "arguments": {"on": 1}}'},
                ],
                "loss_weight": 0.0,
            },
            {"role": "tool", "content": [{"type": "text", "value": "ok"}]},
            {"role": "assistant", "content": [{"type": "text", "value": "On."}], "loss_weight": 1},
        ]
    }
    result = converted(record)
    assert result.codes == ["reasoning_left_out", "tool_id_missing"]
    reply = result.talk.row["messages"][1]
    assert (reply["content"], reply["weight"]) == ("Yes.", 0)
    assert reply["tool_calls"][0]["function"] == {"name": "lamp", "arguments": '{"on": 1}'}
    assert result.talk.origins[1] == ("messages", 1, "content", 1, "value")
    assert result.talk.row["messages"][3]["weight"] == 1


@pytest.mark.parametrize(
    ("written", "weight"), [({"loss": False}, 0), ({"train": True}, 1), ({"loss_weight": 0.5}, 0.5)]
)
def test_weights_of_other_trainers(written: dict[str, Any], weight: float) -> None:
    record = {"messages": [*turns("a"), {"role": "assistant", "content": "b", **written}]}
    result = converted(record)
    assert result.talk.row["messages"][1]["weight"] == weight
    assert ("weight_invalid" in result.codes) == (weight == 0.5)


def test_pictures_are_never_flattened() -> None:
    picture = {"type": "image_url", "image_url": {"url": "x"}}
    in_parts = {
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "What?"}, picture]},
            *turns("", "b")[1:],
        ]
    }
    result = converted(in_parts)
    assert [(f.code, f.path) for f in result.found] == [
        ("image_not_supported", ("messages", 0, "content", 1))
    ]
    assert not result.usable
    inside = {"messages": [{"role": "user", "content": "a", "images": ["x"]}, *turns("", "b")[1:]]}
    assert converted(inside).found[0].path == ("messages", 0, "images")
    for record in (inside, row(images=["x"]), row(image="x"), row("<image>Who?", "b")):
        assert not converted(record).usable
    assert converted(row("<image>Who?", "b")).found[0].code == "image_placeholder"
    assert converted(row("<image>x</image> is RSS", "b")).usable
    assert converted(row(images=[], image=None)).usable


def test_tools_inside_a_text_are_read() -> None:
    result = converted(row("a", "b", tools='[{"name": "lamp", "input_schema": {}}]'))
    assert result.codes == ["tools_rewritten"]
    assert result.talk.row["tools"] == [
        {"type": "function", "function": {"name": "lamp", "parameters": {}}}
    ]
    assert converted(row("a", "b", tools=[{"name": "lamp"}])).codes == ["tools_rewritten"]
    assert "tools_invalid" in converted(row("a", "b", tools="no")).codes
    assert "tools_invalid" in converted(row("a", "b", tools=[{"x": 1}])).codes


def test_double_encoded_arguments_stay_a_finding() -> None:
    record = {"messages": [*turns("Light!"), call('"{\\"on\\": true}"')]}
    assert converted(record).codes == ["arguments_double_encoded"]


def test_a_bare_list_is_a_conversation() -> None:
    result = converted(turns("a", "b"))
    assert (result.format, result.said) == ("turn-list", [("user", "a"), ("assistant", "b")])
    assert result.talk.origins == ((0, "content"), (1, "content"))


def test_cohere() -> None:
    record = {
        "messages": [
            {"role": "System", "content": "s"},
            {"role": "User", "content": "a"},
            {"role": "Chatbot", "content": "b"},
        ]
    }
    result = converted(record)
    assert result.format == "cohere"
    assert result.said == [("system", "s"), ("user", "a"), ("assistant", "b")]
    assert result.found == []
    history = {
        "preamble": "s",
        "chat_history": [{"role": "USER", "message": "a"}, {"role": "CHATBOT", "message": "b"}],
        "message": "c",
        "response": "d",
    }
    assert [text for _, text in converted(history).said] == ["s", "a", "b", "c", "d"]
    assert converted(history).talk.origins[1] == ("chat_history", 0, "message")


def test_wrong_shapes_are_told_at_their_places() -> None:
    assert converted({"messages": 5}).codes == ["messages_not_list"]
    record = {"messages": [{"role": "user", "content": 5}, "x", {"content": "y"}], "lang": "en"}
    found = {(f.code, f.path) for f in converted(record).found}
    assert found >= {
        ("content_not_text", ("messages", 0, "content")),
        ("turn_not_object", ("messages", 1)),
        ("role_missing", ("messages", 2)),
    }


def test_real_files() -> None:
    assert all(converted(r).usable for r in sample_rows("openai_toy_chat.jsonl"))
    drone = sample_rows("openai_drone_training_tools.jsonl")
    results = [converted(r) for r in drone]
    assert len(results) == 103
    assert all(result.found == [] and result.usable for result in results)
    pictures = [converted(r) for r in sample_rows("lf_mllm_demo.json")]
    assert [result.codes for result in pictures] == [["image_not_supported"]] * 6
