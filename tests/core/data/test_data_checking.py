"""What is wrong with a row, and how much that matters."""

from __future__ import annotations

import json
from typing import Any

import pytest

from core.data.checks.rows import CheckedRow, check_row
from core.data.problems import KINDS
from tests.core.data.made_rows import call, row, tool, turns


def found_in(value: object) -> list[tuple[str, str]]:
    """Codes and paths of what is found in a row."""
    return [(f.code, ".".join(str(key) for key in f.path)) for f in check_row(value).found]


def severity_of(checked: CheckedRow) -> list[str]:
    return [KINDS[finding.code].severity for finding in checked.found]


def test_a_good_row_is_taken_as_it_is() -> None:
    value = row(" Hi ", "Hello\u200b!\n", id=3, metadata={"a": [1]}, parallel_tool_calls=False)
    checked = check_row(value)
    assert checked.found == []
    assert checked.conversation is not None
    assert [m.content for m in checked.conversation.messages] == [" Hi ", "Hello\u200b!\n"]


def with_turn(turn: Any) -> dict[str, Any]:
    return {"messages": [*turns("Hello?", "Hello!"), turn]}


def reply(**keys: Any) -> dict[str, Any]:
    return {"role": "assistant", **keys}


ARGUMENTS = "messages.2.tool_calls.0.function.arguments"
ONE_ERROR: list[tuple[Any, str, str]] = [
    ({"messages": 5}, "messages_not_list", "messages"),
    ({"messages": []}, "messages_empty", "messages"),
    (with_turn("hi"), "turn_not_object", "messages.2"),
    (with_turn({"content": "x"}), "role_missing", "messages.2"),
    (with_turn({"from": "Ann", "text": "x"}), "role_in_from", "messages.2.from"),
    (with_turn({"role": 3, "content": "x"}), "not_text", "messages.2.role"),
    (with_turn({"role": "wizard", "content": "x"}), "role_unknown", "messages.2.role"),
    (with_turn({"role": "user"}), "content_missing", "messages.2"),
    (with_turn({"role": "user", "content": None}), "content_missing", "messages.2"),
    (with_turn({"role": "user", "content": {}}), "content_not_text", "messages.2.content"),
    (with_turn({"role": "user", "content": " \n"}), "turn_empty", "messages.2.content"),
    (with_turn({"role": "assistant", "content": ""}), "turn_empty", "messages.2.content"),
    ({"messages": turns("Hello?")}, "no_assistant_turn", "messages"),
    ({"messages": [{**turns("a", "b")[1], "weight": 0}]}, "nothing_weighted", "messages"),
    (row(images=["cat.png"]), "image_not_supported", "images"),
    (row(system=["Be brief."]), "not_text", "system"),
    (row(tools={}), "tools_invalid", "tools"),
    (row(tools=json.dumps([tool()])), "tools_invalid", "tools"),
    (row(tools=[{"name": "lamp"}]), "tools_invalid", "tools.0"),
    (
        with_turn(call({"on": True})),
        "arguments_not_text",
        ARGUMENTS,
    ),
    (with_turn(call("on")), "arguments_not_json", ARGUMENTS),
    (with_turn(call("")), "arguments_not_json", ARGUMENTS),
    (with_turn(call("[1]")), "arguments_not_object", ARGUMENTS),
    (
        with_turn(call('"{\\"on\\": true}"')),
        "arguments_double_encoded",
        ARGUMENTS,
    ),
    (
        with_turn({"role": "assistant", "tool_calls": [{}]}),
        "call_invalid",
        "messages.2.tool_calls.0",
    ),
    (
        with_turn({"role": "assistant", "tool_calls": {"a": 1}}),
        "calls_not_list",
        "messages.2.tool_calls",
    ),
    (
        with_turn({**call(), "role": "user", "content": "x"}),
        "calls_by_other_role",
        "messages.2.tool_calls.0",
    ),
    (with_turn(reply(content="x", weight=0.5)), "weight_invalid", "messages.2.weight"),
    (
        with_turn({"role": "user", "content": [{"type": "image_url", "image_url": {}}]}),
        "image_not_supported",
        "messages.2.content.0",
    ),
    (
        with_turn({"role": "user", "content": [{"type": "tool_result", "content": "x"}]}),
        "part_not_supported",
        "messages.2.content.0",
    ),
]


@pytest.mark.parametrize(("value", "code", "path"), ONE_ERROR, ids=[c for _, c, _ in ONE_ERROR])
def test_an_error_is_named_at_its_place_and_rejects_the_row(
    value: Any, code: str, path: str
) -> None:
    assert (code, path) in found_in(value)
    assert KINDS[code].severity == "error"
    assert check_row(value).conversation is None


def test_every_error_of_a_row_is_listed() -> None:
    value = {
        "messages": [
            {"role": "human", "content": "a"},
            {"role": "user", "content": 5},
            {"content": "b"},
            {"role": "assistant", "content": "x", "weight": 2},
        ],
        "tools": "none",
    }
    assert [code for code, _ in found_in(value)] == [
        "tools_invalid",
        "role_unknown",
        "content_not_text",
        "role_missing",
        "weight_invalid",
    ]


WARNINGS: list[tuple[Any, list[tuple[str, str]]]] = [
    (row("a", "b", "c"), [("no_reply_at_end", "messages.2")]),
    ({"messages": turns("a", "b")[1:]}, [("starts_with_assistant", "messages.0")]),
    (
        {"messages": [*turns("a", "b"), {"role": "system", "content": "s"}, *turns("c", "d")]},
        [("system_not_first", "messages.2")],
    ),
    (
        {"messages": [*turns("a"), *turns("b", "c")]},
        [("same_role_twice", "messages.1")],
    ),
    (row("a", "x" * 40_000 + "y"), [("row_very_long", "messages")]),
    (row(split="later"), [("split_unknown", "split")]),
    (row(tags=[1]), [("tags_invalid", "tags")]),
    (
        {"messages": [{**turns("a")[0], "weight": 1}, *turns("a", "b")[1:]]},
        [("weight_ignored", "messages.0.weight")],
    ),
    (
        {"messages": [*turns("a"), call(name="oven")], "tools": [tool("lamp")]},
        [("tool_unknown", "messages.1.tool_calls.0.function.name")],
    ),
    (
        {
            "messages": [
                *turns("a"),
                call(),
                {"role": "tool", "content": "", "tool_call_id": "call_9"},
                {"role": "tool", "content": "on"},
                *turns("a", "b")[1:],
            ]
        },
        [
            ("tool_result_empty", "messages.2.content"),
            ("tool_id_unknown", "messages.2.tool_call_id"),
            ("tool_id_missing", "messages.3"),
        ],
    ),
]


@pytest.mark.parametrize(("value", "expected"), WARNINGS, ids=[w[1][0][0] for w in WARNINGS])
def test_a_doubtful_row_is_kept_with_a_warning(value: Any, expected: list[tuple[str, str]]) -> None:
    checked = check_row(value)
    assert found_in(value) == expected
    assert set(severity_of(checked)) == {"warning"}
    assert checked.conversation is not None


@pytest.mark.parametrize(
    ("written", "suggested"),
    [("human", "user"), ("GPT", "assistant"), ("User", "user"), ("asistant", "assistant")],
)
def test_an_unknown_role_is_answered_with_the_right_one(written: str, suggested: str) -> None:
    (finding,) = check_row(with_turn({"role": written, "content": "x"})).found
    assert finding.values == {"role": written, "suggestion": suggested}


def test_calls_without_content_are_accepted() -> None:
    for content in ({}, {"content": None}, {"content": ""}):
        value = {"messages": [*turns("Light!"), {**call('{"on": true}'), **content}]}
        checked = check_row({**value, "tools": [tool()]})
        assert checked.found == []
        assert checked.conversation is not None
        reply = checked.conversation.messages[1]
        assert reply.content == ""
        assert reply.tool_calls[0].arguments == '{"on": true}'
        assert checked.conversation.tools == (tool(),)


def test_the_old_function_form_is_read_as_tools() -> None:
    value = {
        "messages": [
            *turns("Light!"),
            {
                "role": "assistant",
                "content": None,
                "function_call": {"name": "lamp", "arguments": "{}"},
            },
            {"role": "function", "name": "lamp", "content": "on"},
            {"role": "assistant", "content": "It is on."},
        ],
        "functions": [{"name": "lamp", "parameters": {}}],
    }
    checked = check_row(value)
    assert [f.code for f in checked.found] == ["legacy_functions", "legacy_functions"]
    assert checked.conversation is not None
    assert checked.conversation.tools[0]["function"]["name"] == "lamp"
    assert checked.conversation.messages[1].tool_calls[0].name == "lamp"
    assert checked.conversation.messages[2].role == "tool"


def test_developer_system_key_and_parts_become_plain_turns() -> None:
    parts = [{"type": "text", "text": "one"}, {"type": "text", "text": "two"}]
    value = {
        "messages": [
            {"role": "developer", "content": "Be kind."},
            {"role": "user", "content": parts},
            {"role": "assistant", "content": "ok", "weight": 1, "name": "Ada"},
        ]
    }
    checked = check_row(value)
    assert severity_of(checked) == ["note", "note"]
    assert checked.conversation is not None
    system, user, reply = checked.conversation.messages
    assert (system.role, system.content, user.content) == ("system", "Be kind.", "one\ntwo")
    assert (reply.weight, reply.name) == (1, "Ada")
    moved = check_row(row(system="Be brief."))
    assert moved.conversation is not None
    assert moved.conversation.messages[0].content == "Be brief."
    assert check_row({**value, "system": "Be brief."}).conversation is None


def test_part_and_tags_are_read() -> None:
    for written, part in (("train", "train"), ("VAL", "validation"), ("dev", "validation")):
        assert check_row(row(split=written, tags=["a", "b", "a"]))[2:4] == (part, ("a", "b"))
    assert check_row(row(tags="billing")).tags == ("billing",)


def test_keys_that_are_not_used_are_noted() -> None:
    value = {"messages": [{**turns("a")[0], "audio": None, "mood": "sad"}, turns("a", "b")[1]]}
    assert found_in({**value, "score": 3}) == [
        ("key_unknown", "score"),
        ("key_unknown", "messages.0.mood"),
    ]


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ({"text": "Human: a"}, "format_text"),
        ({"turns": ["a", "b"]}, "format_prompts_only"),
        (turns("a", "b"), "format_bare_turns"),
        (turns("a")[0], "format_single_turn"),
        ({"rows": [row()]}, "format_wrapped"),
        ({"data": [{"instruction": "a", "output": "b"}]}, "format_wrapped"),
        ({"x": 1}, "messages_missing"),
        ([], "row_not_object"),
        (None, "row_not_object"),
    ],
)
def test_other_formats_are_called_by_name(value: Any, code: str) -> None:
    assert [found for found, _ in found_in(value)] == [code]
