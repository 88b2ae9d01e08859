"""Better and worse answers: the better one is kept, and it is told."""

from __future__ import annotations

from typing import Any

import pytest

from tests.core.data.formats.converting import converted

USER, GOOD, BAD = (
    {"role": "user", "content": "a"},
    {"role": "assistant", "content": "b"},
    {"role": "assistant", "content": "c"},
)
HH = "\n\nHuman: a\n\nAssistant: "
PAIRS: list[tuple[str, dict[str, Any]]] = [
    ("preference", {"chosen": f"{HH}b", "rejected": f"{HH}c"}),
    ("preference", {"chosen": [USER, GOOD], "rejected": [USER, BAD]}),
    (
        "preference",
        {"prompt": "a", "chosen": [USER, GOOD], "rejected": [USER, BAD], "score_chosen": 1},
    ),
    ("preference", {"prompt": [USER], "chosen": [GOOD], "rejected": [BAD]}),
    ("preference", {"prompt": "a", "chosen": "b", "rejected": "c"}),
    ("preference", {"instruction": "a", "input": "", "chosen": "b", "rejected": "c"}),
    (
        "preference",
        {
            "conversations": [{"from": "human", "value": "a"}],
            "chosen": {"from": "gpt", "value": "b"},
            "rejected": {"from": "gpt", "value": "c"},
        },
    ),
    (
        "openai-preference",
        {
            "input": {"messages": [USER], "tools": [], "parallel_tool_calls": True},
            "preferred_output": [GOOD],
            "non_preferred_output": [BAD],
        },
    ),
]


@pytest.mark.parametrize(("name", "record"), PAIRS)
def test_the_chosen_answer_is_kept_and_it_is_told(name: str, record: dict[str, Any]) -> None:
    result = converted(record)
    assert result.format == name
    assert result.said == [("user", "a"), ("assistant", "b")]
    assert result.usable
    assert result.codes[0] == "preference_chosen_kept"
    assert set(result.codes[1:]) <= {"template_taken_apart"}


def test_origins_of_a_chosen_turn() -> None:
    assert converted(PAIRS[6][1]).talk.origins == (
        ("conversations", 0, "value"),
        ("chosen", "value"),
    )
    assert converted(PAIRS[7][1]).talk.origins[0] == ("input", "messages", 0, "content")


@pytest.mark.parametrize(
    "record",
    [
        {"prompt": "a", "completion": "b"},
        {"prompt": [USER], "completion": [GOOD]},
        {"messages": [USER, GOOD]},
    ],
)
def test_answers_with_a_label(record: dict[str, Any]) -> None:
    wanted = converted({**record, "label": True})
    assert (wanted.format, wanted.codes) == ("kto", ["preference_wanted_kept"])
    assert wanted.said == [("user", "a"), ("assistant", "b")]
    assert wanted.usable
    unwanted = converted({**record, "label": False})
    assert [(f.code, f.path) for f in unwanted.found] == [("preference_unwanted", ("label",))]
    assert not unwanted.usable


def test_doubled_and_empty_turns_of_real_hh_data_are_found() -> None:
    text = "\n\nHuman: a\n\nHuman: b\n\nAssistant: \n\nHuman: c\n\nAssistant: d"
    result = converted({"chosen": text, "rejected": text})
    assert {"same_role_twice", "turn_empty"} <= set(result.codes)
