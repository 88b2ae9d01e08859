"""The quick way past `check_row`: it takes only rows that `check_row` has nothing to say about."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from core.data.canonical import conversation_json, talk_json
from core.data.checks.rows import check_row
from core.data.fast import FastLane
from core.data.reading.rows import decode_row
from tests.bench.large_file import lines

TEXTS = st.one_of(
    st.sampled_from(["Hi", "  ", "", 'say "role": x', "\\", "好的", "a\u200bb", "<|im_end|>"]),
    st.text(max_size=20),
)
CALL = st.fixed_dictionaries(
    {
        "function": st.fixed_dictionaries(
            {
                "name": st.sampled_from(["look", "other"]),
                "arguments": st.sampled_from(['{"a": 1}', "[]", '"{}"', "", "{"]),
            }
        )
    },
    optional={"id": st.sampled_from(["1", "2", "", None]), "type": st.just("function")},
)
TURN = st.fixed_dictionaries(
    {"role": st.sampled_from(["system", "user", "assistant", "assistant", "user", "tool", "x"])},
    optional={
        "content": st.one_of(TEXTS, st.none(), st.just([{"type": "text", "text": "part"}])),
        "tool_calls": st.one_of(st.lists(CALL, max_size=2), st.none()),
        "tool_call_id": st.sampled_from(["1", "2", "", None]),
        "name": st.sampled_from(["Ann", "", None]),
        "weight": st.sampled_from([0, 1]),
        "extra": st.just(1),
    },
)
TOOL = {"type": "function", "function": {"name": "look", "parameters": {}}}
ROW: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"messages": st.lists(TURN, max_size=5)},
    optional={
        "tools": st.sampled_from([[TOOL], [], None, "x", [{"function": {}}]]),
        "parallel_tool_calls": st.booleans(),
        "split": st.just("test"),
    },
)


def passed_as(line: bytes) -> bytes | None:
    """The conversation of a row that passes, as it is written."""
    talk = FastLane().talk(line)
    return None if talk is None else talk_json(talk)


@given(ROW, st.booleans(), st.sampled_from([None, 1]))
def test_what_passes_has_nothing_to_remark_on(
    row: dict[str, Any], ascii_only: bool, indent: int | None
) -> None:
    line = json.dumps(row, ensure_ascii=ascii_only, indent=indent).encode("utf-8", "surrogatepass")
    passed = passed_as(line)
    if passed is not None:
        checked = check_row(json.loads(line))
        assert checked.found == []
        assert checked.conversation is not None
        assert conversation_json(checked.conversation) == passed


CALLING = json.dumps(
    {
        "messages": [
            {"role": "user", "content": 'Say "on"'},
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [
                    {"id": "1", "function": {"name": "look", "arguments": '{"a": "\\"b\\""}'}}
                ],
            },
            {"role": "tool", "tool_call_id": "1", "content": "ok"},
            {"role": "assistant", "content": "Done"},
        ],
        "tools": [TOOL],
    },
    separators=(",", ":"),
).encode()


def test_calls_and_quotes_in_texts_pass() -> None:
    passed = passed_as(CALLING)
    assert passed is not None
    checked = check_row(json.loads(CALLING))
    assert checked.conversation is not None
    assert conversation_json(checked.conversation) == passed


def test_a_key_that_stands_twice_is_left_to_the_exact_way() -> None:
    once = b'{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]}'
    assert passed_as(once) is not None
    for twice in (
        once.replace(b'"content":"a"', b'"content":"z","content":"a"'),
        once.replace(b'"role":"user"', b'"role":"user","role":"user"'),
        once[:-1] + b',"messages":[]}',
        CALLING.replace(b'"id":"1"', b'"id":"2","id":"1"'),
        CALLING.replace(b'"type":"function"', b'"type":"x","type":"function"', 1),
        CALLING.replace(b'"content":null', b'"content":"z","content":null'),
        # As many quotes are written as escapes as the second key brings.
        once.replace(b'"content":"a"', b'"content":"z","content":"\\u0022a\\u0022\\u0022\\u0022"'),
        CALLING.replace(
            b'"content":"Done"', b'"content":"z","content":"\\u0022\\u0022\\u0022\\u0022"'
        ),
    ):
        assert twice != CALLING
        assert passed_as(twice) is None
        assert decode_row(1, 0, twice).faults


CONTENTS = st.lists(
    st.sampled_from(
        [
            '"content":"a"',
            r'"content" : "\"b\""',
            r'"content":"\u0022\u0022\u0022\u0022"',
            r'"content":"\u0022\"\u0022\"\u0022\u0022"',
        ]
    ),
    min_size=1,
    max_size=2,
)


@given(CONTENTS, CONTENTS)
def test_no_row_passes_that_says_a_key_twice(asked: list[str], said: list[str]) -> None:
    turns = [['"role":"user"', *asked], ['"role":"assistant"', *said]]
    written = ",".join("{" + ",".join(pairs) + "}" for pairs in turns)
    passed = passed_as(f'{{"messages":[{written}]}}'.encode())
    assert passed is None or len(asked) == len(said) == 1


def test_most_rows_of_an_ordinary_file_pass() -> None:
    lane = FastLane()
    rows = list(lines(400))
    assert sum(lane.talk(row) is not None for row in rows) > 0.97 * len(rows)
