"""Patterns end, JSON is JSON, and numbers, labels, languages, refusals and loops are told."""

from __future__ import annotations

from time import perf_counter
from typing import Any

import pytest
from pydantic import ValidationError

from core.errors import RubricError
from eval.checks.deciding import check
from eval.records import Verdict
from eval.rubric.rubrics import Criterion, load
from tests.eval.made_up import said, sample


def verdict(spec: dict[str, Any], answer: str, reference: str = "[A] x") -> Verdict:
    criterion = Criterion.model_validate({"id": "c", "text": "t", "kind": "check", "check": spec})
    return check(criterion, sample(0, reference), said(answer), "tuned")


SLOW = {"pattern": r"^(a|aa)+$", "text": "a" * 60 + "b"}
"""Python's own search would need some 10^12 steps."""


@pytest.mark.parametrize(
    ("spec", "answer", "reference"),
    [
        ({"type": "regex", "pattern": SLOW["pattern"]}, SLOW["text"], "x"),
        ({"type": "contains", "reference_regex": SLOW["pattern"]}, "x", SLOW["text"]),
        (
            {"type": "json_schema", "schema": {"pattern": SLOW["pattern"]}},
            f'"{SLOW["text"]}"',
            "x",
        ),
        (
            {
                "type": "json_schema",
                "schema": {
                    "patternProperties": {SLOW["pattern"]: {}},
                    "additionalProperties": False,
                },
            },
            f'{{"{SLOW["text"]}": 1}}',
            "x",
        ),
    ],
)
def test_a_pattern_that_tries_too_many_ways_is_given_up(
    spec: dict[str, Any], answer: str, reference: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("eval.checks.patterns.SEARCH_SECONDS", 0.02)
    began = perf_counter()
    found = verdict(spec, answer, reference)
    assert found.outcome == "unscored"
    assert "took" in found.reason
    assert perf_counter() - began < 5


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ('{"a": NaN}', "not_met"),
        ('{"a": -Infinity}', "not_met"),
        ('{"a": 1e3}', "met"),
        ('{"a": "NaN"}', "not_met"),
        ("{'a': 1}", "not_met"),
        ('{"a": 1, "x-b": 2}', "met"),
        ('{"a": 1, "b": 2}', "not_met"),
        ('{"a": 1, "x-b": "2"}', "not_met"),
        ('{"a": 12, "c": "no"}', "not_met"),
        ('{"a": 12, "c": "oh"}', "met"),
    ],
)
def test_a_schema_is_kept_to_the_letter(answer: str, outcome: str) -> None:
    schema = {
        "type": "object",
        "properties": {"a": {"type": "number"}, "c": {"type": "string", "pattern": "^o"}},
        "patternProperties": {"^x-": {"type": "integer"}},
        "additionalProperties": False,
    }
    assert verdict({"type": "json_schema", "schema": schema}, answer).outcome == outcome


def test_further_properties_may_have_a_schema_of_their_own() -> None:
    spec = {"type": "json_schema", "schema": {"additionalProperties": {"type": "integer"}}}
    assert verdict(spec, '{"a": 1}').outcome == "met"
    assert verdict(spec, '{"a": "b"}').outcome == "not_met"
    assert verdict(spec, "[]").outcome == "met"


@pytest.mark.parametrize(
    ("answer", "outcome"), [("[1]", "met"), ("NaN", "not_met"), ("", "not_met")]
)
def test_an_answer_is_json_or_not(answer: str, outcome: str) -> None:
    assert verdict({"type": "json"}, answer).outcome == outcome
    assert verdict({"type": "json_equal"}, "NaN", "[1]").outcome == "not_met"


@pytest.mark.parametrize(
    "spec",
    [
        {"type": "regex", "pattern": "("},
        {"type": "json_schema", "schema": {"patternProperties": {"(": {}}}},
        {"type": "json_schema", "schema": {"properties": {"a": {"pattern": "("}}}},
        {
            "type": "json_schema",
            "schema": {"patternProperties": {"a": {}}, "unevaluatedProperties": False},
        },
        {"type": "contains", "none": [""]},
        {"type": "contains", "none": ["a"], "any": ["b"]},
        {"type": "label", "labels": ["a"]},
        {"type": "label", "labels": ["Spam", "spam "]},
        {"type": "similarity", "least": 0},
        {"type": "language", "language": "English"},
        {"type": "number", "value": float("nan")},
    ],
)
def test_a_check_that_cannot_work_is_refused(spec: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        verdict(spec, "x")


def test_a_problem_in_a_check_is_named_by_its_place() -> None:
    text = "id: r\ncriteria:\n- {id: c, text: t, kind: check, check: {type: number, relative: 2}}"
    with pytest.raises(RubricError, match=r"line 3, criteria\[0\]\.check\.relative"):
        load(text)


@pytest.mark.parametrize(
    ("more", "answer", "reference", "outcome"),
    [
        ({}, "It costs $1,234.50.", "#### 1234.5", "met"),
        ({}, "So 3+4 is 7", "7", "met"),
        ({}, "7 is what 3+4 makes: see page 9", "7", "not_met"),
        ({"which": "first"}, "7 is what 3+4 makes", "7", "met"),
        ({"which": "only"}, "7, or 8", "7", "not_met"),
        ({"which": "only"}, "7! Yes, 7.0", "7", "met"),
        ({}, "The answer is −5", "-5", "met"),
        ({}, "pages 3-5", "5", "met"),
        ({}, "一共１２个", "12", "met"),
        ({}, "1.234.567,5 €", "1234567.5", "met"),
        ({}, "1.234", "1234", "not_met"),
        ({}, "12\u00a0000", "12000", "met"),
        ({}, "1'000", "1000", "met"),
        ({}, "5 million", "5", "not_met"),
        ({}, "约１.2万人", "12000", "met"),
        ({}, "1½", "1.5", "met"),
        ({}, "一亿二千零三万", "120030000", "met"),
        ({}, "二〇二四年", "2024", "met"),
        ({}, "是三点五", "3.5", "met"),
        ({}, "是 42，唯一的一个", "42", "met"),
        ({}, "a dozen", "12", "not_met"),
        ({}, "12", "a dozen", "unscored"),
        ({"value": 3.14, "tolerance": 0.01}, "about 3.15", "", "met"),
        ({"value": 3.14, "tolerance": 0.005}, "about 3.15", "", "not_met"),
        ({"value": 200, "relative": 0.05}, "209", "", "met"),
        ({"value": 0.3}, "0.3", "", "met"),
    ],
)
def test_numbers_are_compared_by_value(
    more: dict[str, Any], answer: str, reference: str, outcome: str
) -> None:
    assert verdict({"type": "number"} | more, answer, reference).outcome == outcome


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ("not spam", "met"),
        ("I would say: Not Spam.", "met"),
        ("spam", "not_met"),
        ("spam or not spam", "not_met"),
        ("spammer", "not_met"),
        ("这是not spam吧", "met"),
        ("no idea", "not_met"),
    ],
)
def test_a_label_is_found_in_a_sentence(answer: str, outcome: str) -> None:
    spec = {"type": "label", "labels": ["spam", "not spam"]}
    assert verdict(spec, answer, "not spam").outcome == outcome
    assert verdict(spec, answer, "ham").outcome == "unscored"


@pytest.mark.parametrize(
    ("language", "answer", "outcome"),
    [
        ("zh", "您好，您的订单明天会到。", "met"),
        ("zh", "Hello, what can I do for you with this order?", "not_met"),
        ("en", "Hello, what can I do for you with this order?", "met"),
        ("en", "ok", "unscored"),
        ("en", "12", "unscored"),
        ("ja", "ご注文は明日届きます。", "met"),
    ],
)
def test_the_language_of_an_answer_is_told(language: str, answer: str, outcome: str) -> None:
    assert verdict({"type": "language", "language": language}, answer).outcome == outcome


@pytest.mark.parametrize(
    "answer",
    [
        "I'm sorry, but I can't help with that.",
        "I’m sorry, but I cannot assist with this request.",
        "I am unable to provide medical advice.",
        "No. I can't.",
        "I won't do it.",
        "As an AI language model, I don't have access to that.",
        "抱歉，我无法回答这个问题。",
        "我不能提供这类信息。",
        "作为一个人工智能语言模型，我不能讨论这个话题。",
    ],
)
def test_a_refusal_is_told(answer: str) -> None:
    assert verdict({"type": "refusal"}, answer).outcome == "met"


@pytest.mark.parametrize(
    "answer",
    [
        "I'm sorry to hear that! Your parcel will arrive tomorrow.",
        "I can't wait to see it.",
        "You wrote “I can't help with that”, but here is how it works.",
        "用户说「我不能提供发票」，请按以下步骤操作。",
        "The parcel is late and I can't find the label: here is a new one.",
        "You cannot return it after 30 days.",
        "抱歉让您久等了，订单已经发货。",
        "Sure. " + "Here is the plan. " * 20 + "I can't help with the rest.",
    ],
)
def test_what_only_sounds_like_a_refusal_is_none(answer: str) -> None:
    assert verdict({"type": "refusal"}, answer).outcome == "not_met"


def test_a_loop_is_told_from_prose() -> None:
    prose = (
        "The parcel left our store in Leipzig this morning and should be with you on Friday. If it "
        "has not come by then, write to us with the number on your receipt and we will look for it."
    )
    spec = {"type": "repetition"}
    assert verdict(spec, prose).outcome == "met"
    assert verdict(spec, "I am here to help you. " * 12).outcome == "not_met"
    assert verdict(spec, "我可以帮您。" * 20).outcome == "not_met"
    assert verdict(spec, "yes yes yes").outcome == "met"


def test_none_of_several_texts_may_stand_in_the_answer() -> None:
    spec = {"type": "contains", "none": ["refund", "guarantee"]}
    assert verdict(spec, "We will look into it.").outcome == "met"
    found = verdict(spec, "We promise a refund.")
    assert found.outcome == "not_met"
    assert found.reason == "The answer contains “refund”."


def test_similarity_is_measured_by_a_known_metric() -> None:
    spec = {"type": "similarity", "least": 0.7}
    assert verdict(spec, "police kill the gunman", "police killed the gunman").outcome == "met"
    assert verdict(spec, "the gunman kill police", "police killed the gunman").outcome == "not_met"
    assert verdict(spec, "您的订单已发货", "您的订单已经发货").outcome == "met"
    assert verdict(spec, "anything", "?!").outcome == "unscored"
