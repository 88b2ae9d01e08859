"""Checks decide by code, say why, and leave unscored what can't be decided."""

from __future__ import annotations

from typing import Any

import pytest

from eval.checks.deciding import LONGEST_SEARCHED, check
from eval.records import Answer, Verdict
from eval.rubric.rubrics import Criterion
from tests.eval.made_up import said, sample


def verdict(spec: dict[str, Any], answer: str | Answer | None, reference: str = "[A] x") -> Verdict:
    criterion = Criterion.model_validate({"id": "c", "text": "t", "kind": "check", "check": spec})
    given = answer if isinstance(answer, Answer) else said(answer)
    return check(criterion, sample(0, reference), given, "tuned")


@pytest.mark.parametrize(
    ("spec", "answer", "outcome"),
    [
        ({"type": "exact"}, "  [A] x\n", "met"),
        ({"type": "exact"}, "[a] x", "not_met"),
        ({"type": "exact", "normalise": "fold"}, "［Ａ］  X", "met"),
        ({"type": "exact"}, "<think>hm</think>\n[A] x", "met"),
        ({"type": "one_of", "values": ["yes", "no"]}, "no ", "met"),
        ({"type": "one_of", "values": ["yes", "no"]}, "no!", "not_met"),
        ({"type": "contains", "text": "x"}, "fox", "met"),
        ({"type": "contains", "any": ["cat", "x"]}, "fox", "met"),
        ({"type": "contains", "any": ["cat", "dog"]}, "fox", "not_met"),
        ({"type": "contains", "all": ["f", "x"]}, "fox", "met"),
        ({"type": "contains", "all": ["f", "cat"]}, "fox", "not_met"),
        ({"type": "contains", "reference_regex": r"\[(\w)\]"}, "an A", "met"),
        ({"type": "contains", "reference_regex": r"\[\w\]"}, "an A", "not_met"),
        ({"type": "contains", "reference_regex": r"\d+"}, "an A", "unscored"),
        ({"type": "regex", "pattern": r"^\d+$"}, "12", "met"),
        ({"type": "regex", "pattern": r"^\d+$"}, "twelve", "not_met"),
        ({"type": "regex", "pattern": "a"}, "a" * (LONGEST_SEARCHED + 1), "unscored"),
        ({"type": "json_schema", "schema": {"required": ["a"]}}, '{"a": 1}', "met"),
        ({"type": "json_schema", "schema": {"required": ["a"]}}, "{}", "not_met"),
        ({"type": "json_schema", "schema": {}}, "no json", "not_met"),
        ({"type": "json_schema", "schema": {}}, "[" * 100_000, "not_met"),
        ({"type": "json_schema", "schema": {}}, "1" * 5000, "not_met"),
        ({"type": "json_schema", "schema": {"$ref": "#/none"}}, "1", "unscored"),
        ({"type": "json_schema", "schema": {"$ref": "#"}}, "1", "unscored"),
        ({"type": "length", "min_chars": 1}, "  ", "not_met"),
        ({"type": "length", "max_chars": 2}, "abc", "not_met"),
        ({"type": "length", "min_chars": 1, "max_chars": 3}, "abc", "met"),
    ],
)
def test_a_check_decides(spec: dict[str, Any], answer: str, outcome: str) -> None:
    found = verdict(spec, answer)
    assert (found.outcome, found.side) == (outcome, "tuned")
    assert found.reason.endswith((".", "”"))


def test_the_reason_says_where_an_answer_leaves_the_reference() -> None:
    assert "character 2" in verdict({"type": "exact"}, "[B] x").reason
    assert "its end" in verdict({"type": "exact"}, "[A]").reason
    assert "empty" in verdict({"type": "exact"}, "").reason


@pytest.mark.parametrize(
    "answer", [said(None), said(None, error="The server is gone."), said("[A] x", error="Cut off.")]
)
def test_an_answer_that_could_not_be_had_is_unscored_and_never_wrong(answer: Answer) -> None:
    for spec in ({"type": "exact"}, {"type": "length", "max_chars": 99}):
        assert verdict(spec, answer).outcome == "unscored"


def test_a_reference_without_text_cannot_be_matched_exactly() -> None:
    assert verdict({"type": "exact"}, "anything", reference="").outcome == "unscored"


@pytest.mark.parametrize(
    ("field", "reference", "answer", "outcome"),
    [
        (None, '{"a": 1, "b": "x"}', '{"b":"x","a":1}', "met"),
        (None, '{"a": 1}', '{"a": true}', "not_met"),
        (None, '{"a": 1}', "a is 1", "not_met"),
        (None, "no json", "{}", "unscored"),
        (None, "[" * 900 + "]" * 900, "{}", "not_met"),
        ("a", '{"a": ["x"]}', '{"a": ["x"], "b": 2}', "met"),
        ("a", '{"a": "x"}', '{"a": "y"}', "not_met"),
        ("a", '{"a": "x"}', "{}", "not_met"),
        ("a", "{}", '{"a": "x"}', "not_met"),
        ("a", "{}", "{}", "met"),
        ("a", "{}", "[]", "not_met"),
        ("a", "[]", "[]", "unscored"),
    ],
)
def test_json_is_compared_as_a_whole_or_in_one_field(
    field: str | None, reference: str, answer: str, outcome: str
) -> None:
    spec = {"type": "json_equal"} | ({"field": field} if field else {})
    assert verdict(spec, answer, reference).outcome == outcome
