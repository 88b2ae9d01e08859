"""Masks are the same for the same value, hide it, and can be undone exactly."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data.checks.privacy import find_private
from core.data.repairs.difference import Change, row_diff
from core.data.repairs.editing import texts_of
from core.data.repairs.masking import TYPES, MaskKey, mask_private, type_of, unmask
from core.data.repairs.repair import RepairContext
from tests.core.data.made_rows import call, row, turns


def masked(value: dict[str, Any], **context: Any) -> tuple[dict[str, Any], dict[str, str]]:
    given_context = RepairContext(**context)
    result = mask_private(value, given_context)
    assert result is not None
    return result, given_context.masks


def test_the_same_value_has_the_same_mask_in_a_dialogue() -> None:
    value = row("I am ann.lee@gmail.com", "Not bob@mail.ru?", "No, ann.lee@gmail.com!", "OK")
    result, masks = masked(value)
    texts = [turn["content"] for turn in result["messages"]]
    assert texts[0] == "I am [EMAIL_1]"
    assert texts[1:] == ["Not [EMAIL_2]?", "No, [EMAIL_1]!", "OK"]
    assert masks == {"[EMAIL_1]": "ann.lee@gmail.com", "[EMAIL_2]": "bob@mail.ru"}
    assert unmask(result, masks) == value


def test_text_that_looks_like_a_mask_is_not_taken_for_one() -> None:
    value = row("[EMAIL_1] is not ann.lee@gmail.com", "[EMAIL_2]")
    result, masks = masked(value)
    assert result["messages"][0]["content"] == "[EMAIL_1] is not [EMAIL_3]"
    assert unmask(result, masks) == value


def test_only_the_chosen_kinds_are_masked() -> None:
    value = row("ann.lee@gmail.com or 13912345670", "OK")
    result, _ = masked(value, codes=frozenset({"pii_phone"}))
    assert result["messages"][0]["content"] == "ann.lee@gmail.com or [PHONE_1]"
    again, masks = masked(result, masks={"[PHONE_1]": "13912345670"})
    assert again["messages"][0]["content"] == "[EMAIL_1] or [PHONE_1]"
    assert unmask(again, masks) == value


def test_arguments_stay_json() -> None:
    arguments = '{"to": "ann.lee@gmail.com", "card": 4539148803436467, "again": "4539148803436467"}'
    value = {"messages": [*turns("Pay ann.lee@gmail.com!"), call(arguments)]}
    result, masks = masked(value)
    written = result["messages"][1]["tool_calls"][0]["function"]["arguments"]
    assert json.loads(written)["to"] == result["messages"][0]["content"][4:-1] == "[EMAIL_1]"
    assert set(json.loads(written)) == {"to", "card", "again"}
    assert "4539" not in written
    assert unmask(result, masks) == value


def test_the_key_keeps_masks_by_row_and_the_newer_of_two_counts() -> None:
    new = MaskKey(rows={"a": {"[EMAIL_1]": "x"}, "c": {"[IP_1]": "z"}})
    old = MaskKey(rows={"a": {"[EMAIL_1]": "old", "[EMAIL_2]": "y"}}, forgotten="2026")
    key = new.over(old)
    assert key.masks_of("a") == {"[EMAIL_1]": "x", "[EMAIL_2]": "y"}
    assert key.masks_of("c") == {"[IP_1]": "z"}
    assert key.masks_of("b") == {}
    assert key.forgotten == "2026"
    assert MaskKey.model_validate_json(key.model_dump_json()) == key


EMAIL, PHONE, CARD = "ann.lee@gmail.com", "13912345670", "4539 1488 0343 6467"
LOGIN = "https://u:p4ssw0rd@a.io/?token=9f8a7b6c5d4e3f2a"
OTHERS = ("@ann_lee", "93.184.216.34", "password: hunter2!!")
LIKE_MASKS = ("[EMAIL_1]", "[PHONE_2]", '"[CARD_1]"', "IP_1]", "[EMAIL_")
MARKS = ("[", "]", '"', "\\", " ", ",", "x", "1", "的")
PIECES = st.sampled_from([EMAIL, PHONE, CARD, LOGIN, *OTHERS, *LIKE_MASKS, *MARKS])
some_text = st.lists(PIECES | st.text(max_size=3), max_size=7).map("".join)


@pytest.mark.full
@settings(max_examples=200, deadline=None)
@given(st.lists(some_text, min_size=2, max_size=4), some_text, some_text)
def test_unmasking_gives_back_exactly_what_was_masked(
    texts: list[str], argument: str, arguments: str
) -> None:
    well_formed = json.dumps({"a": argument, "b": 4539148803436467}, ensure_ascii=False)
    value = row(*texts)
    value["messages"] += [call(well_formed), call(arguments)]
    result, masks = masked(value)
    assert unmask(result, masks) == value
    written = result["messages"][-2]["tool_calls"][0]["function"]["arguments"]
    assert json.loads(written).keys() == {"a", "b"}
    for text in texts_of(result):
        open_text = [text[p.start : p.end] for p in find_private(text)]
        assert not [found for found in open_text if found in masks.values()]


def test_every_mask_says_what_sort_of_value_it_hides() -> None:
    said = "a@gmail.com 13912345670 4539148803436467 @ann_lee 93.184.216.34 password: hunter2!!"
    said += " GB29NWBK60161331926819 110101199003072316 123-45-6789"
    _, masks = masked(row(said, "OK"))
    assert {type_of(mask) for mask in masks} == set(TYPES.values())
    assert type_of("[STEP_1]") == ""


def test_a_diff_names_each_place() -> None:
    before = row("a", "b", "c", "d", tags=["x"])
    after = {"messages": [*turns("a", "B"), before["messages"][3]], "id": 1}
    assert row_diff(before, before) == []
    assert row_diff(before, after) == [
        Change(("messages", 1, "content"), "b", "B"),
        Change(("messages", 2), before["messages"][2], None, "removed"),
        Change(("tags",), ["x"], None, "removed"),
        Change(("id",), None, 1, "added"),
    ]
    assert row_diff(before, None) == [Change((), before, None, "removed")]
    assert row_diff({"a": 1}, {"a": True}) == [Change(("a",), 1, True)]
