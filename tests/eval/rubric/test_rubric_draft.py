"""A drafted rubric is marked as one, uses checks where it can, and nonsense is refused."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import pytest

from core.errors import JudgeError, RubricError
from core.settings import EndpointSetting
from eval.records import Sample
from eval.rubric import draft as rubric_draft
from eval.rubric.checking import proposed
from eval.rubric.draft import Drafted
from tests.eval.made_up import sample
from tests.fakes import Behaviour, FakeServer

ROWS = [sample(n, f"Order {n} is on its way. Kind regards") for n in range(15)]
CRITERIA: list[dict[str, Any]] = [
    {"name": "Brief", "text": "Has at most 20 words.", "points": 2},
    {"name": "Regards", "text": 'Mentions "kind regards".', "points": 1},
    {"name": "Apology", "text": 'Mentions "sorry".', "points": 1},
    {"name": "Names the order", "text": "Names the order that was asked about.", "points": 5},
    {"name": "False promise", "text": "Promises a date that nobody knows.", "points": -4},
]


def drafted(
    *replies: Any, rows: Sequence[Sample] = ROWS, asked: list[str] | None = None
) -> Drafted:
    left = [reply if isinstance(reply, str) else json.dumps(reply) for reply in replies]

    def text(body: Any) -> str:
        if asked is not None:
            asked.append(str(body))
        return left.pop(0) if len(left) > 1 else left[0]

    with FakeServer({"writer": Behaviour(text)}) as server:
        setting = EndpointSetting.model_validate(
            {"base_url": server.base_url, "model": "writer", "api_key": server.key}
        )
        return asyncio.run(rubric_draft.draft(setting, rows))


def test_a_draft_is_marked_and_uses_checks_that_the_good_answers_pass() -> None:
    asked: list[str] = []
    found = drafted({"title": "Desk", "criteria": CRITERIA}, asked=asked)
    assert (found.rows, found.attempts, found.rubric.title) == (12, 1, "Desk")
    assert "Order 11 is on its way" in asked[0]
    assert "Order 12 is on its way" not in asked[0]
    kinds = {c.id: (c.kind, c.points, c.draft) for c in found.rubric.criteria}
    assert kinds == {
        "brief": ("check", 2, True),
        "regards": ("check", 1, True),
        "apology": ("judge", 1, True),
        "names_the_order": ("judge", 5, True),
        "false_promise": ("judge", -4, True),
    }
    notes = [note.text for note in found.notes]
    assert any("fail it in 12 of 12 rows" in note for note in notes)
    assert "2 criteria are decided by code and need no judge." in notes


def test_too_many_criteria_are_cut_and_told_and_equal_ones_count_once() -> None:
    many = [{"name": f"Thing {n}", "text": f"Does the thing number {n}.", "points": 1}
            for n in range(20)]  # fmt: skip
    found = drafted({"title": "", "criteria": many})
    assert len(found.rubric.criteria) == 12
    assert "proposed 20 criteria" in found.notes[0].text
    same = [{**CRITERIA[0], "name": f"n{n}"} for n in range(8)]
    with pytest.raises(JudgeError):
        drafted({"title": "x", "criteria": same})


@pytest.mark.parametrize(
    "reply",
    [
        "I'd be glad to help!",
        '{"criteria": []}',
        {"title": "few", "criteria": CRITERIA[:4]},
        {"title": "grades", "criteria": [{**c, "points": "high"} for c in CRITERIA]},
        {"title": "all bad", "criteria": [{**c, "points": -1} for c in CRITERIA]},
    ],
)
def test_nonsense_is_refused_after_a_few_tries(reply: Any) -> None:
    asked: list[str] = []
    with pytest.raises(JudgeError) as caught:
        drafted(reply, asked=asked)
    assert len(asked) == 3
    assert "not the JSON" in caught.value.problem
    assert caught.value.where == "writer"


def test_a_better_second_reply_is_taken_and_rows_without_answers_are_refused() -> None:
    found = drafted("sorry?", {"title": "ok", "criteria": CRITERIA})
    assert found.attempts == 2
    with pytest.raises(RubricError, match="No row has an answer"):
        drafted("unused", rows=[sample(1, " ")])


@pytest.mark.parametrize(
    ("text", "check"),
    [
        ("Has at most 80 words.", {"type": "length", "max_words": 80}),
        ("The answer must be under 200 characters long", {"type": "length", "max_chars": 199}),
        ("Between 2 and 5 words", {"type": "length", "min_words": 2, "max_words": 5}),
        ("Is at least 30 characters.", {"type": "length", "min_chars": 30}),
        ("回答不超过50个字。", {"type": "length", "max_words": 50}),
        ('Must mention "refund".', {"type": "contains", "text": "refund"}),
        ("Contains “a” and “b”.", {"type": "contains", "all": ("a", "b")}),
        ('Says "yes" or "no".', {"type": "contains", "any": ("yes", "no")}),
        ('Does not mention "as an AI".', {"type": "contains", "none": ("as an AI",)}),
        ("不得提到“退款”", {"type": "contains", "none": ("退款",)}),
        ("必须包含“订单号”", {"type": "contains", "text": "订单号"}),
        ("Is valid JSON.", {"type": "json"}),
        ("The reply is written in German.", {"type": "language", "language": "de"}),
        ("Answers in the language of the question.", {"type": "language"}),
        ("用中文回答", {"type": "language", "language": "zh"}),
        ("Does not repeat itself.", {"type": "repetition"}),
        ('Begins with "Dear"', {"type": "regex", "pattern": r"\A\s*Dear"}),
    ],
)
def test_what_code_can_decide_is_told_by_the_text(text: str, check: dict[str, Any]) -> None:
    found = proposed(text)
    assert found is not None
    assert found.type == check["type"]
    assert check.items() <= found.model_dump(by_alias=True).items()


@pytest.mark.parametrize(
    "text",
    [
        "Is warm and kind.",
        'Mentions "refund" and stays polite.',
        'If the order is late, mentions "sorry".',
        "Is at most as long as it must be.",
        "Is written in verse.",
        "Answers in order.",
        'Mentions "a" ' + "and " * 200,
        "Between 9 and 2 words",
    ],
)
def test_what_only_a_reader_can_decide_is_left_to_a_judge(text: str) -> None:
    assert proposed(text) is None
