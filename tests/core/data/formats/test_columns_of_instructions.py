"""Alpaca, Dolly, their variants, and prompt with completion."""

from __future__ import annotations

from typing import Any

import pytest

from core.data.formats.detecting import detect
from tests.core.data.formats.converting import converted, sample_rows, texts_at_origins


def test_alpaca_with_everything() -> None:
    record = {
        "instruction": "Sum up.",
        "input": "A long text.",
        "output": "Short.",
        "system": "Be brief.",
        "history": [["q1", "a1"], ["q2", "a2"]],
    }
    result = converted(record)
    assert result.format == "alpaca"
    assert [text for _, text in result.said] == [
        "Be brief.",
        *("q1", "a1", "q2", "a2"),
        "Sum up.\nA long text.",
        "Short.",
    ]
    assert result.talk.origins[2:4] == (("history", 0, 1), ("history", 1, 0))
    assert texts_at_origins(result, record)[-1] == "Short."
    assert result.found == []
    assert converted(record | {"input": ""}).said[-2] == ("user", "Sum up.")
    assert converted(record | {"history": [], "system": ""}).said[0][0] == "user"
    broken = converted(record | {"history": [["q1"], "x"]})
    assert [f.path for f in broken.found] == [("history", 0), ("history", 1)]
    assert not broken.usable


VARIANTS: list[tuple[str, dict[str, Any], list[str]]] = [
    (
        "dolly",
        {"instruction": "i", "context": "c", "response": "r", "category": "qa"},
        ["i\nc", "r"],
    ),
    ("question-answer", {"instruction": "i", "input": "c", "response": "r"}, ["i\nc", "r"]),
    ("question-answer", {"INSTRUCTION": "i", "RESPONSE": "r", "SOURCE": "s"}, ["i", "r"]),
    ("question-answer", {"question": "q", "std_answer": "r"}, ["q", "r"]),
    ("question-answer", {"message_1": "q", "message_2": "r", "topic": "t"}, ["q", "r"]),
    ("question-answer", {"article": "t", "question": "q", "answer": "r"}, ["t\nq", "r"]),
    ("question-answer", {"prompt": "q", "generation": "r"}, ["q", "r"]),
    ("question-answer", {"query": "q", "response": "r", "history": [["a", "b"]]}, [*"abqr"]),
    ("question-answer", {"text_input": "q", "output": "r"}, ["q", "r"]),
    ("question-answer", {"problem": "q", "solution": "r"}, ["q", "r"]),
    ("question-answer", {"kind": "NLI", "input": "q", "target": "r"}, ["q", "r"]),
]


@pytest.mark.parametrize(("name", "record", "texts"), VARIANTS)
def test_variants(name: str, record: dict[str, Any], texts: list[str]) -> None:
    result = converted(record)
    assert result.format == name
    assert [text for _, text in result.said] == texts
    assert result.usable
    assert set(result.codes) <= {"key_unknown"}


@pytest.mark.parametrize(
    "record",
    [
        {"question": "q", "answer": "r"},
        {"system_prompt": "s", "question": "q", "response": "r", "id": "niv.1"},
        {"prompt": "q", "response": "r"},
        {"input": "q", "output": "r"},
    ],
)
def test_other_columns_are_converted_by_some_format(record: dict[str, Any]) -> None:
    result = converted(record)
    assert result.said[-2:] == [("user", "q"), ("assistant", "r")]
    assert ("system", "s") in result.said or "system_prompt" not in record
    assert result.usable


def test_the_answer_column_can_be_chosen() -> None:
    record = {"problem": "q", "solution": "long", "answer": "7"}
    (question,) = detect([record]).questions
    assert (question.id, question.chosen) == ("answer_column", "solution")
    assert question.options == ("solution", "answer")
    assert converted(record).said[-1] == ("assistant", "long")
    assert converted(record, answer_column="answer").said[-1] == ("assistant", "7")
    assert detect([{"problem": "q", "solution": "r"}]).questions == ()


def test_wrong_columns_are_told_at_their_places() -> None:
    found = converted({"instruction": 5, "input": "", "output": ""}).found
    assert [(f.code, f.path) for f in found] == [
        ("content_not_text", ("instruction",)),
        ("turn_empty", ("output",)),
    ]


def test_old_prompts_lose_their_marks_and_it_is_told() -> None:
    record = {"prompt": "Sentiment?\n\n###\n\n", "completion": " good END"}
    result = converted(record)
    assert result.format == "prompt-completion"
    assert result.said == [("user", "Sentiment?"), ("assistant", "good")]
    assert result.codes == ["separator_removed", "leading_space_removed", "separator_removed"]
    kept = converted({"prompt": "Finish the tale.", "completion": "They lived. THE END"})
    assert kept.said[1] == ("assistant", "They lived. THE END")
    assert kept.found == []


def test_prompts_of_turns() -> None:
    user, reply = {"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}
    for record in (
        {"prompt": [user], "completion": [reply]},
        {"prompt": user, "completion": reply},
        {"prompt": "a", "completion": [reply]},
        {"prompt": [user], "completion": "b"},
        {"prompt": "\n\nHuman: a\n\nAssistant:", "completion": " b"},
    ):
        result = converted(record)
        assert result.said == [("user", "a"), ("assistant", "b")]
        assert result.usable
    both = converted({"prompt": [user], "completion": [reply]})
    assert both.talk.origins == (("prompt", 0, "content"), ("completion", 0, "content"))
    assert converted({"prompt": user, "completion": reply}).talk.origins[0] == ("prompt", "content")


@pytest.mark.parametrize(
    ("name", "rows", "format_name"),
    [
        ("lf_alpaca_zh_demo.json", 1000, "alpaca"),
        ("lf_identity_placeholders.json", 91, "alpaca"),
        ("litgpt_dolly_fixture.json", 12, "dolly"),
    ],
)
def test_real_files(name: str, rows: int, format_name: str) -> None:
    results = [converted(r) for r in sample_rows(name)]
    assert len(results) == rows
    assert {result.format for result in results} == {format_name}
    assert all(result.usable and result.found == [] for result in results)
