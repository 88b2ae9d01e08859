"""Better and worse answers: both are kept, each in its place, and it is told."""

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
    assert result.talk.row["rejected"] == [BAD]
    assert result.checked.rejected is not None
    assert [(m.role, m.content) for m in result.checked.rejected] == [("assistant", "c")]


@pytest.mark.parametrize("system", [{"system": "Be kind."}, {}])
def test_a_system_prompt_beside_them_is_shared(system: dict[str, Any]) -> None:
    result = converted({"chosen": f"{HH}b", "rejected": f"{HH}c", **system})
    assert len(result.said) == (3 if system else 2)
    assert result.talk.row["rejected"] == [BAD]


@pytest.mark.parametrize(
    ("chosen", "rejected"),
    [
        (f"{HH}b", "\n\nHuman: other\n\nAssistant: c"),
        ([USER, GOOD, USER, GOOD], [USER, BAD, USER, BAD]),
        ([USER, GOOD, USER], [USER, BAD]),
    ],
)
def test_an_answer_to_another_question_is_no_pair(chosen: Any, rejected: Any) -> None:
    result = converted({"chosen": chosen, "rejected": rejected})
    assert result.checked.rejected is None
    assert "rejected_other_question" in result.codes
    assert result.usable


def test_a_finding_about_the_rejected_answer_stands_where_it_does() -> None:
    result = converted({"input": {"messages": [USER]}, "preferred_output": [GOOD],
                        "non_preferred_output": [GOOD]})  # fmt: skip
    assert ("rejected_equals_chosen", ("non_preferred_output",)) in [f[:2] for f in result.found]


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
