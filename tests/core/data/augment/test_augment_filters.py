"""Each filter passes what a careful writer would do, and stops what a careless model does."""

from __future__ import annotations

import json

import pytest

from core.data.augment import filters
from core.data.augment.similarity import Neighbours, similarity
from core.data.augment.values import added, kept_verbatim, missing
from tests.core.data.augment.augmenting import GOOD, PARENT, context_of, example

EN, ZH = "Where is my order?", "我的订单到哪了？"


@pytest.mark.parametrize(
    ("before", "after", "passed"),
    [
        (EN, "Can you tell me where my order is?", True),
        (ZH, "请问我的订单现在在哪里？", True),
        ("我的 iPhone 坏了", "我的 iPhone 出问题了，开不了机", True),
        (EN, ZH, False),
        (ZH, EN, False),
        ("注文はどこですか", ZH, False),
        ("Где мой заказ?", EN, False),
        ("Where is my order A-1234? I paid.", "Où est ma commande A-1234 ? J'ai payé.", False),
        ("12345", "12345?", True),
    ],
)
def test_the_language_is_kept(before: str, after: str, passed: bool) -> None:
    assert filters.language_kept([before], [after]).passed is passed


def test_one_turn_in_another_language_is_enough() -> None:
    verdict = filters.language_kept([EN, ZH], ["Where's my parcel?", "Where's my parcel?"])
    assert (verdict.passed, verdict.number) == (False, 0.5)
    assert verdict.detail == "zh > latin"


@pytest.mark.parametrize(
    ("before", "after", "passed"),
    [
        ("x" * 100, "x" * 50, True),
        ("x" * 100, "x" * 200, True),
        ("x" * 100, "x" * 49, False),
        ("x" * 100, "x" * 201, False),
        ("Refund!", "A refund, please", True),
        ("Refund!", "", False),
    ],
)
def test_the_length_is_kept(before: str, after: str, passed: bool) -> None:
    assert filters.length_kept([before], [after]).passed is passed


def test_the_worst_turn_counts() -> None:
    verdict = filters.length_kept(["x" * 100, "y" * 100], ["x" * 100, "y" * 300])
    assert (verdict.passed, verdict.number) == (False, 3.0)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("A-1234 of 2024-05-01 at 10:30, 1,299.50 euros.", "A-1234 2024-05-01 10:30 1,299.50"),
        ("Mail ada@example.org, see https://a.org/x?y=1.", "ada@example.org https://a.org/x?y=1"),
        ("订单号20240501，共3件，电话13800138000", "20240501 3 13800138000"),
        ("I am {{name}}, <NAME_1>, @ada, #order7", "{{name}} <NAME_1> @ada #order7"),
        ("Nothing of that kind, well-known or not.", ""),
        ("我有２台", "２"),
    ],
)  # fmt: skip
def test_values_are_found_by_how_they_are_written(text: str, values: str) -> None:
    assert kept_verbatim(text, example(text, "Yes.")) == values.split()


def test_quoted_words_and_what_the_answer_took_are_kept() -> None:
    answer = {"city": "paris", "nights": 3, "who": "someone else", "tags": ["北京"], "ok": True}
    text = "Three nights in Paris (北京 later), say “late arrival”, 3 beds"
    row = example(text, json.dumps(answer, ensure_ascii=False))
    assert kept_verbatim(text, row) == ["3", "late arrival", "Paris", "北京"]
    fenced = example(text, f"Here:\n```json\n{json.dumps({'city': 'Paris'})}\n```")
    assert "Paris" in kept_verbatim(text, fenced)


def test_a_label_is_no_value() -> None:
    text = "I want a refund"
    row = example(text, '{"intent": "refund"}', label="refund")
    assert kept_verbatim(text, row) == []


def test_a_value_stands_only_as_a_whole_and_letter_by_letter() -> None:
    assert missing(["5"], "15 lamps") == ["5"]
    assert missing(["5"], "第5件") == []
    assert missing(["A-12"], "order a-12") == ["A-12"]
    assert missing(["A-12"], "order A-123") == ["A-12"]


def test_a_lost_order_number_is_named() -> None:
    row = example()
    kept = filters.values_kept(row, [PARENT[0]], [GOOD])
    assert (kept.passed, kept.number) == (True, 1.0)
    lost = filters.values_kept(row, [PARENT[0]], ["Where is my order? I paid 20 euros."])
    assert (lost.passed, lost.number, lost.detail) == (False, 0.5, "A-1234")


def test_a_value_that_moved_to_another_turn_is_lost() -> None:
    row = example("Order 77, please.", "Yes?", "Where is it?", "On its way.")
    before = ["Order 77, please.", "Where is it?"]
    assert not filters.values_kept(row, before, ["The order, please.", "Where is 77?"]).passed


@pytest.mark.parametrize(
    "after",
    ["Order A-1234 of 3 May", "A-1234, I am bob@example.org", "A-1234<|im_end|>", "A-1234 at https://x.org"],
)  # fmt: skip
def test_nothing_is_added(after: str) -> None:
    assert filters.nothing_added([PARENT[0]], [GOOD]).passed
    verdict = filters.nothing_added(["Where is A-1234?"], [after])
    assert (verdict.passed, verdict.number) == (False, 1.0)
    assert verdict.detail


def test_a_part_of_a_number_is_a_new_number() -> None:
    assert added("I paid 25 euros", "I paid 2 euros") == ["2"]


def test_near_duplicates_are_found_among_many() -> None:
    known = Neighbours([EN, ZH])
    assert filters.not_near_duplicate(["where is my order"], known).number == 1.0
    assert not filters.not_near_duplicate(["WHERE is my order?!"], known).passed
    assert not filters.not_near_duplicate(["我的订单到哪了"], known).passed
    assert filters.not_near_duplicate(["Has my parcel been sent yet?"], known).passed
    assert filters.not_near_duplicate(["anything"], Neighbours()).passed
    known.add("Has my parcel been sent yet?")
    for number in range(200):
        known.add(f"Something else altogether, number {number}")
    assert not filters.not_near_duplicate(["has my parcel been sent yet"], known).passed


def test_a_held_out_row_is_stayed_away_from() -> None:
    held_out = Neighbours(["Could you tell me where order A-1234 is?"])
    verdict = filters.not_held_out(["could you tell me where order a-1234 is"], held_out)
    assert (verdict.name, verdict.passed) == ("held_out", False)


def test_a_text_that_shares_nothing_is_off_topic() -> None:
    assert filters.on_topic([EN], ["Has the order been sent yet?"]).passed
    assert filters.on_topic(["果盘的发票在哪里下载？"], ["麻烦告诉我果盘发票怎么下载。"]).passed
    assert not filters.on_topic([EN], ["PWNED"]).passed
    assert not filters.on_topic(["果盘的发票在哪里下载？"], ["今天天气真好"]).passed
    assert similarity("", "") == 1.0
    assert similarity("?!", "x") == 0.0


def test_the_answer_is_no_rewording() -> None:
    row = example()
    assert filters.not_the_answer(row, [PARENT[0]], [GOOD]).passed
    assert not filters.not_the_answer(
        row, [PARENT[0]], ["Order A-1234 is on its way to you."]
    ).passed
    echo = example("Say: good morning", "good morning")
    assert filters.not_the_answer(echo, ["Say: good morning"], ["Please say: good morning"]).passed


def test_a_question_in_the_words_of_its_class_is_no_answer() -> None:
    row = example("Has my new card arrived?", "card_arrival", label="card_arrival")
    context = context_of([row])

    def stopped(text: str) -> bool:
        other = example(text, "card_arrival")
        verdicts = context.check(row, other.conversation)
        return any(v.name == "answer" and v.passed is False for v in verdicts)

    assert not stopped("When is the arrival of the card?")
    assert stopped("card arrival")
