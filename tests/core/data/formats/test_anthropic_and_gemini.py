"""Formats whose content stands in blocks or parts."""

from __future__ import annotations

from typing import Any

from tests.core.data.formats.converting import converted, sample_rows
from tests.core.data.made_rows import turns

SCHEMA = {"type": "object", "properties": {}}


def shown(record: Any) -> list[tuple[str, Any, Any]]:
    """Role, text and the ids of calls made or answered."""
    return [
        (
            m["role"],
            m["content"],
            [call["id"] for call in m.get("tool_calls", ())] or m.get("tool_call_id"),
        )
        for m in converted(record).talk.row["messages"]
    ]


def test_anthropic_tools() -> None:
    record = {
        "system": [{"type": "text", "text": "Be kind."}],
        "tools": [{"name": "lamp", "description": "Light", "input_schema": SCHEMA}],
        "messages": [
            {"role": "user", "content": "Light!"},
            {
                "role": "assistant",
                "content": [
                    {"type": "text", "text": "Sure."},
                    {"type": "tool_use", "id": "t1", "name": "lamp", "input": {"on": True}},
                ],
            },
            {
                "role": "user",
                "content": [
                    {
                        "type": "tool_result",
                        "tool_use_id": "t1",
                        "content": [{"type": "text", "text": "lit"}],
                    },
                    {"type": "text", "text": "Thanks"},
                ],
            },
            {"role": "assistant", "content": "Welcome."},
        ],
    }
    result = converted(record)
    assert result.format == "anthropic"
    assert shown(record) == [
        ("system", "Be kind.", None),
        ("user", "Light!", None),
        ("assistant", "Sure.", ["t1"]),
        ("tool", "lit", "t1"),
        ("user", "Thanks", None),
        ("assistant", "Welcome.", None),
    ]
    call = result.talk.row["messages"][2]["tool_calls"][0]
    assert call["function"] == {"name": "lamp", "arguments": '{"on": true}'}
    assert result.talk.row["tools"][0]["function"]["parameters"] == SCHEMA
    assert result.talk.origins[3] == ("messages", 2, "content", 0, "content")
    assert result.codes == ["system_key_moved"]
    assert result.usable


def test_bedrock() -> None:
    record = {
        "schemaVersion": "bedrock-conversation-2024",
        "system": [{"text": "Be kind."}],
        "toolConfig": {"tools": [{"toolSpec": {"name": "lamp", "inputSchema": {"json": SCHEMA}}}]},
        "messages": [
            {"role": "user", "content": [{"text": "Light!"}]},
            {
                "role": "assistant",
                "content": [{"toolUse": {"toolUseId": "t1", "name": "lamp", "input": {}}}],
            },
            {
                "role": "user",
                "content": [{"toolResult": {"toolUseId": "t1", "content": [{"json": {"a": 1}}]}}],
            },
            {"role": "assistant", "content": [{"text": "Done."}]},
        ],
    }
    assert shown(record) == [
        ("system", "Be kind.", None),
        ("user", "Light!", None),
        ("assistant", "", ["t1"]),
        ("tool", '{"a": 1}', "t1"),
        ("assistant", "Done.", None),
    ]
    result = converted(record)
    assert result.talk.row["tools"][0]["function"] == {"name": "lamp", "parameters": SCHEMA}
    assert result.usable
    assert result.talk.origins[1] == ("messages", 0, "content", 0, "text")


def test_thinking_pictures_and_unknown_blocks_are_told() -> None:
    content = [
        {"type": "thinking", "thinking": "hm"},
        {"type": "image", "source": {}},
        {"type": "server_tool_use", "x": 1},
        {"type": "text", "text": "Hi"},
    ]
    record = {"messages": [{"role": "user", "content": content}, *turns("", "b")[1:]]}
    result = converted(record)
    assert [(f.code, f.path[-1]) for f in result.found] == [
        ("reasoning_left_out", 0),
        ("image_not_supported", 1),
        ("part_not_supported", 2),
    ]
    assert result.said[0] == ("user", "Hi")
    assert not result.usable


def test_a_picture_as_a_result_is_told() -> None:
    result = {"type": "tool_result", "tool_use_id": "t", "content": [{"type": "image"}]}
    record = {"messages": [{"role": "user", "content": [result]}, *turns("", "b")[1:]]}
    place = ("messages", 0, "content", 0, "content", 0)
    assert (converted(record).found[0].code, converted(record).found[0].path) == (
        "image_not_supported",
        place,
    )


def test_tools_alone_tell_anthropic() -> None:
    record = {"messages": turns("a", "b"), "tools": [{"name": "lamp", "input_schema": SCHEMA}]}
    result = converted(record)
    assert (result.format, result.codes, result.usable) == ("anthropic", [], True)


def test_a_system_key_and_a_system_turn() -> None:
    record = {"system": "s", "messages": [{"role": "system", "content": "t"}, *turns("a", "b")]}
    assert converted(record).codes == ["system_twice"]


def test_gemini() -> None:
    record = {
        "systemInstruction": {"role": "system", "parts": [{"text": "Be kind."}]},
        "tools": [{"functionDeclarations": [{"name": "lamp", "parameters": SCHEMA}]}],
        "contents": [
            {"role": "user", "parts": [{"text": "Light!"}, {"text": "Now!"}]},
            {
                "role": "model",
                "parts": [
                    {"text": "Sure."},
                    {"functionCall": {"name": "lamp", "args": {"on": True}}},
                    {"functionCall": {"name": "lamp", "args": {"on": False}}},
                ],
            },
            {
                "role": "function",
                "parts": [
                    {"functionResponse": {"name": "lamp", "response": {"ok": 1}}},
                    {"functionResponse": {"name": "lamp", "response": "off"}},
                ],
            },
            {"role": "model", "parts": [{"text": "Done."}]},
        ],
    }
    assert shown(record) == [
        ("system", "Be kind.", None),
        ("user", "Light!\nNow!", None),
        ("assistant", "Sure.", ["call_1", "call_2"]),
        ("tool", '{"ok": 1}', "call_1"),
        ("tool", "off", "call_2"),
        ("assistant", "Done.", None),
    ]
    result = converted(record)
    assert (result.format, result.codes, result.usable) == ("gemini", ["parts_joined"], True)
    assert result.talk.row["tools"][0]["function"]["name"] == "lamp"
    assert result.talk.origins[2] == ("contents", 1, "parts", 0, "text")


def test_gemini_without_text() -> None:
    record = {
        "contents": [
            {"role": "user", "parts": [{"inlineData": {"mimeType": "image/png"}}]},
            {"parts": [{"text": "x"}]},
            {"role": "model", "parts": []},
        ]
    }
    found = [(f.code, f.path) for f in converted(record).found]
    assert found == [
        ("image_not_supported", ("contents", 0, "parts", 0)),
        ("role_missing", ("contents", 1)),
        ("turn_empty", ("contents", 2, "parts")),
    ]


def test_real_file() -> None:
    results = [converted(r) for r in sample_rows("anthropic_json_mode.jsonl")]
    assert len(results) == 500
    assert all(result.usable for result in results)
    assert {tuple(result.codes) for result in results} == {("system_key_moved",)}
    assert all(result.said[0][0] == "system" for result in results)
