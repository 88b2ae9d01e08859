"""Which format a record or a file is of, and that nothing a record holds can break it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data.checks.rows import check_row
from core.data.checks.unknown import name_format
from core.data.formats.catalog import FORMATS
from core.data.formats.detecting import UNKNOWN, detect, format_of, named, talks_of
from core.data.formats.places import source_path
from core.data.formats.shape import Numbered
from core.data.problems import KINDS
from core.data.reading.malformed import MAX_DEPTH
from core.errors import DataError
from core.wording import error_text
from tests.core.data.formats.converting import sample_rows
from tests.core.data.made_rows import row, turns

ALPACA = {"instruction": "a", "output": "b"}
SHAREGPT = {"conversations": [{"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}]}


def test_names_are_all_different_and_spelled_alike() -> None:
    names = [entry.name for entry in FORMATS]
    assert len(names) == len(set(names))
    assert all(named(name.upper().replace("-", "_")).name == name for name in names)
    assert all((entry.convert is None) != (entry.gather is None) for entry in FORMATS)
    assert all(entry.en and entry.zh for entry in FORMATS)


def test_a_vote_names_the_file_and_every_row_is_what_it_is() -> None:
    records = [SHAREGPT, ALPACA, SHAREGPT, {"x": 1}, row()]
    found = detect(records)
    assert found.format is named("sharegpt")
    assert found.votes == {"sharegpt": 2, "alpaca": 1, UNKNOWN: 1, "openai": 1}
    assert [f.name for r in records if (f := format_of(r))] == [
        "sharegpt",
        "alpaca",
        "sharegpt",
        "openai",
    ]
    assert detect([{"x": 1}]).format is None
    assert detect([]).votes == {}
    assert sum(detect([ALPACA] * 500).votes.values()) == 100


def test_a_format_asked_for() -> None:
    (talk,) = talks_of(ALPACA, named("alpaca"), {})
    assert [turn["content"] for turn in talk.row["messages"]] == ["a", "b"]
    (talk,) = talks_of(SHAREGPT, named("alpaca"), {})
    assert [finding.code for finding in talk.found] == ["format_misfit"]
    with pytest.raises(DataError, match="There is no format alpacka") as caught:
        named("alpacka")
    assert "sharegpt" in caught.value.fix
    assert "没有名为 alpacka 的格式" in error_text(caught.value, "zh")


@pytest.mark.parametrize(
    ("record", "code"),
    [
        ({"turns": ["a", "b"]}, "format_prompts_only"),
        ({"question": "a", "source": "x"}, "format_prompts_only"),
        ({"text": "a"}, "format_text"),
        (turns("a")[0], "format_single_turn"),
        ({"rows": [row()]}, "format_wrapped"),
        ({"inner": [ALPACA]}, "format_wrapped"),
        ({"x": 1}, "messages_missing"),
    ],
)
def test_rows_of_no_format_are_told_apart(record: dict[str, Any], code: str) -> None:
    assert name_format(record).code == code
    assert KINDS[code].severity == "error"


def test_prompts_without_answers_are_of_no_format() -> None:
    records = sample_rows("fastchat_mtbench_question.jsonl")
    assert detect(records).votes == {UNKNOWN: 80}
    assert [check_row(record).found[0].code for record in records] == ["format_prompts_only"] * 80


# -- whatever a record holds ----------------------------------------------------------------------

KEYS = [
    *("messages", "conversations", "conversation", "contents", "prompt", "completion", "chosen"),
    *("rejected", "instruction", "input", "output", "history", "system", "tools", "chat", "text"),
    *("replies", "message_id", "parent_id", "role", "from", "value", "content", "parts", "label"),
    *("turn_1", "Human", "MOSS", "systemInstruction", "preferred_output", "chat_history"),
    *("message", "functionCall", "functionResponse", "toolUse", "toolResult", "type", "name"),
    *("tool_calls", "weight", "loss", "id", "tags", "category", "images", "rank", "deleted"),
    *("question", "answer", "meta_instruction", "plain-text", "toolConfig", "function", "args"),
]
WORDS = [
    *("user", "assistant", "human", "gpt", "function_call", "observation", "tool", "Chatbot"),
    *(
        "text",
        "tool_use",
        "tool_result",
        "thinking",
        "image",
        '{"name": "f"}',
        "[1, [2]]",
        "\ud800",
    ),
    *("\n\nHuman: a\n\nAssistant: b", "[INST] a [/INST] b", "<|im_start|>user\na", "<image>"),
]
keys = st.sampled_from(KEYS) | st.text(max_size=4)
leaves = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=6)
    | st.sampled_from(WORDS)
)
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=5),
    max_leaves=14,
)
record = st.dictionaries(keys, values, min_size=1, max_size=6) | values
SHAPES: list[Any] = [
    {"conversations": [{"from": "human", "value": "a"}, {"from": "function_call", "value": "{}"}]},
    {"conversation": [{"human": "a", "assistant": "b"}]},
    {"contents": [{"role": "model", "parts": [{"functionCall": {"name": "f", "args": {}}}]}]},
    {"system": "s", "messages": [{"role": "user", "content": [{"type": "tool_result"}]}]},
    {"prompt": {"text": "a", "role": "prompter", "replies": [{"text": "b", "role": "assistant"}]}},
    {"chat": {"turn_1": {"Human": "a", "MOSS": "b"}}, "meta_instruction": "s"},
    {"instruction": "a", "input": "b", "output": "c", "history": [["a", "b"]], "tools": "[]"},
    {"prompt": "a", "chosen": [{"role": "assistant", "content": "b"}], "rejected": "c"},
    {"input": {"messages": []}, "preferred_output": [{"role": "assistant", "content": "b"}]},
    {"prompt": "a", "completion": "b", "label": True},
    {"message_id": "a", "parent_id": None, "text": "a", "role": "prompter"},
    {"messages": [{"role": "User", "content": "a"}, {"role": "Chatbot", "content": "b"}]},
]


@st.composite
def damaged(draw: st.DrawFn) -> Any:
    """A good record in which any one value, at any level, is another."""
    good = json.loads(json.dumps(draw(st.sampled_from(SHAPES))))
    holder: Any = {}
    key: Any = 0
    inner: Any = good
    for _ in range(draw(st.integers(1, 6))):
        if not isinstance(inner, dict | list) or not inner:
            break
        key = draw(st.sampled_from(list(inner) if isinstance(inner, dict) else range(len(inner))))
        holder, inner = inner, inner[key]
    holder[key] = draw(values)
    return good


def read_all(value: Any) -> None:
    detect([value])
    for entry in FORMATS:
        entry.fits(value)
        if entry.convert is not None:
            talks = list(entry.convert(value, {"answer_column": "output"}))
        elif entry.gather is not None:
            talks = list(entry.gather([Numbered(1, value)], {}))
        for talk in talks:
            for finding in check_row(talk.row).found:
                source_path(finding.path, talk, value)
            assert all(finding.code in KINDS for finding in talk.found)


@pytest.mark.full
@settings(max_examples=100, deadline=None)
@given(record)
def test_no_value_breaks_any_format(value: Any) -> None:
    read_all(value)


@pytest.mark.full
@settings(max_examples=150, deadline=None)
@given(damaged())
def test_no_wrong_type_at_any_level_breaks_any_format(value: Any) -> None:
    read_all(value)


def test_deep_values_break_nothing() -> None:
    deep: Any = "x"
    for _ in range(MAX_DEPTH - 4):
        deep = [deep]
    for shape in SHAPES:
        read_all(dict.fromkeys(shape, deep))
    calls = [{"role": "assistant", "content": [{"type": "tool_use", "name": "f", "input": deep}]}]
    read_all({"system": "s", "messages": calls})
