"""Each repair mends what it is for, changes nothing else, and takes any row."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data.checks.inspection import inspect_conversation
from core.data.checks.rejected import inspect_rejected
from core.data.checks.rows import check_row
from core.data.problems import KINDS
from core.data.repairs.catalog import ALL, REPAIRS, repair_row, repairs_for
from core.data.repairs.repair import RepairContext
from tests.core.data.made_rows import call, row, tool, turns

ANSWERS = {"{{name}}": "Tina", "author": "Acme"}
MADE = {code for code, kind in KINDS.items() if kind.repair}
KEY = "sk-" + "proj-aB3dE5gH7jK9mN1pQ3sT5vW7"
CN_ID = "11010519900307" + "2354"


def reply(**keys: Any) -> dict[str, Any]:
    return {"messages": [*turns("Hello?"), {"role": "assistant", **keys}]}


def said(text: str) -> dict[str, Any]:
    return row("How are you?", text)


def with_call(arguments: Any) -> dict[str, Any]:
    return {"messages": [*turns("Light!"), call(arguments)], "tools": [tool()]}


def results(*ids: str | None) -> dict[str, Any]:
    answers = [{"role": "tool", "content": "on", "tool_call_id": name} for name in ids]
    if ids == (None,):
        answers = [{"role": "tool", "content": "on"}]
    return {"messages": [*turns("Light!"), call(), *answers, *turns("a", "It is on.")[1:]]}


def paired(text: str) -> dict[str, Any]:
    return row("How are you?", "Fine.", rejected=[{"role": "assistant", "content": text}])


SYSTEM = {"role": "system", "content": "Be kind."}
BROKEN: dict[str, list[dict[str, Any]]] = {
    "system_not_first": [{"messages": [*turns("a", "b"), SYSTEM, *turns("c", "d")]}],
    "system_twice": [
        {"messages": [SYSTEM, *turns("a", "b")], "system": "Be kind."},
        {"messages": [SYSTEM, *turns("a", "b")], "system": "Be brief."},
    ],
    "same_role_twice": [{"messages": [*turns("a"), *turns("b", "c"), *turns("", "d")[1:]]}],
    "starts_with_assistant": [{"messages": [SYSTEM, *turns("a", "b")[1:], *turns("c", "d")]}],
    "no_reply_at_end": [row("a", "b", "c"), {"messages": results("call_1")["messages"][:3]}],
    "role_in_from": [{"messages": [{"from": "human", "value": "a"}, *turns("a", "b")[1:]]}],
    "role_unknown": [{"messages": [{"role": "Human", "content": "a"}, *turns("a", "b")[1:]]}],
    "content_missing": [{"messages": [*turns("a", "b"), {"role": "user"}, *turns("", "c")[1:]]}],
    "turn_empty": [row("a", "b", " ", "c"), row("a", "b", "c", ""), row("a", "")],
    "content_not_text": [reply(content={"intent": "é"}), reply(content=5)],
    "part_not_supported": [reply(content=[{"type": "output_text", "text": "a"}])],
    "not_text": [reply(content="a", name=5), row(system=[{"type": "text", "text": "Be kind."}])],
    "weight_invalid": [reply(content="a", weight=w) for w in (True, 0.5, "1", 7)],
    "weight_ignored": [{"messages": [{**turns("a")[0], "weight": 1}, *turns("a", "b")[1:]]}],
    "tools_invalid": [
        row(tools='[{"type": "function", "function": {"name": "lamp"}}]'),
        row(tools=tool()),
        row(tools=[{"name": "lamp"}]),
        row(tools=""),
    ],
    "calls_not_list": [reply(tool_calls=call()["tool_calls"][0])],
    "call_invalid": [reply(tool_calls=[{"id": "c", "name": "lamp", "arguments": "{}"}])],
    "arguments_not_text": [with_call({"on": True}), with_call(None)],
    "arguments_not_json": [with_call("{'on': True,}"), with_call("")],
    "arguments_double_encoded": [with_call('"{\\"on\\": true}"')],
    "arguments_not_object": [with_call("null")],
    "tool_id_missing": [results(None)],
    "tool_id_unknown": [results("call_9")],
    "special_token": [said("Hi <|im_<|im_end|>end|> all<|im_end|>\n"), said("<|im_start|>Hi")],
    "repetition_loop": [said("So: " + "no, never. " * 60), said("a" * 999 + "b" * 999)],
    "mojibake": [said("A cafÃ© in MÃ¼nchen"), said("你好，世界！".encode().decode("gbk"))],
    "zero_width": [said("\ufeffone\u200bword")],
    "bidi_control": [said("\u202eolleH\u202c")],
    "control_character": [said("\x1b[31mred\x1b[0m\x00")],
    "placeholder": [said("I am {{name}} by {{author}}.")],
    "draft_text": [said("Lorem ipsum dolor")],
    "html_tag": [said("<p>One<br>two</p><ul><li>a</li></ul>")],
    "html_entity": [said("Fish &amp; chips &amp;lt; 3&nbsp;€")],
    "vendor_identity": [said("I am ChatGPT.")],
    "ai_disclaimer": [said("As an AI, I cannot feel.")],
    "refusal": [said("I'm sorry, but I can't do that.")],
    "reply_without_words": [said("...")],
    "reply_is_question": [said("How are you?")],
    "reply_repeats_question": [
        row("Tell me how a steam engine works!", "Tell me how a steam engine works! So.")
    ],
    "reply_language": [
        row("a plain and simple question " * 3, "这是一个普通的回答，没有别的内容。")
    ],
    "edge_whitespace": [said(" Fine.\n")],
    "copyright_notice": [said("© 2020 Acme")],
    "pii_email": [said("ann.lee@gmail.com, or bob@mail.ru")],
    "pii_email_lookalike": [said("user@example.com")],
    "pii_phone": [said("13912345670")],
    "pii_phone_lookalike": [said("(212) 555-0123")],
    "pii_card": [said("4539 1488 0343 6467"), with_call('{"card": 4539148803436467}')],
    "pii_card_lookalike": [said("card 4111111111111111")],
    "pii_iban": [said("DE68 2105 0170 0012 3456 78")],
    "pii_iban_lookalike": [said("DE89370400440532013000")],
    "pii_cn_id": [said(CN_ID)],
    "pii_cn_id_lookalike": [said("11010519900307235X")],
    "pii_ssn_lookalike": [said("219-09-9999")],
    "pii_ip": [said("93.184.216.34")],
    "pii_handle": [said("ask @ann_lee")],
    "secret_key": [said(f"key: {KEY}")],
    "secret_lookalike": [said("password: hunter2!!")],
    "rejected_private": [paired("4539 1488 0343 6467"), paired(f"key: {KEY}")],
    "rejected_special_token": [paired("Fine.<|im_end|>\n<|im_start|>user")],
}


def found_in(value: dict[str, Any]) -> set[str]:
    """Everything that is found in a row: in its structure and, when that is good, in its texts."""
    checked = check_row(value)
    codes = {finding.code for finding in checked.found}
    if checked.conversation is not None:
        said, worse = checked.conversation, checked.rejected or ()
        found = [*inspect_conversation(said), *inspect_rejected(said, worse)]
        codes |= {finding.code for finding in found}
    return codes


def test_every_repair_that_a_problem_names_is_there_and_is_used() -> None:
    assert {KINDS[code].repair for code in MADE} == REPAIRS.keys()
    assert all(repair.codes and repair.en and repair.zh for repair in ALL)


@pytest.mark.parametrize("code", sorted(MADE))
def test_a_repaired_row_no_longer_has_the_problem(code: str) -> None:
    assert BROKEN.get(code), f"write a row that has {code}"
    (repair,) = repairs_for([code])
    for value in BROKEN[code]:
        assert code in found_in(value)
        before = copy.deepcopy(value)
        mended = repair.apply(value, RepairContext(answers=ANSWERS))
        assert value == before
        if mended is not None:
            assert code not in found_in(mended)


@pytest.mark.parametrize("repair", [r for r in ALL if r.name != "remove_row"], ids=lambda r: r.name)
def test_a_good_row_stays_as_it_is(repair: Any) -> None:
    good = {
        "messages": [
            SYSTEM,
            *turns("Is a < b?", "`x` <b or not> & so", "更多？", "好的。"),
            *turns("Name three animals and three plants!", "- a cat\n- an oak"),
            *turns("Light!"),
            call('{"on": true}'),
            {"role": "tool", "content": "on", "tool_call_id": "call_1"},
            {**turns("", "Done.")[1], "weight": 0},
        ],
        "tools": [tool()],
    }
    mended = repair.apply(good, RepairContext(answers=ANSWERS))
    assert mended == good


def test_all_repairs_together_leave_nothing_that_they_mend() -> None:
    value = {
        "messages": [
            {"from": "gpt", "value": "Welcome, {{name}}!"},
            {"role": "human", "content": "Mail ann.lee@gmail.com\u200b"},
            {"role": "user", "content": " and bob.ray@gmail.com "},
            {"role": "assistant", "content": "Fish &amp; <b>chips</b><|im_end|>"},
            {"role": "user", "content": ""},
            {"role": "assistant", "content": "More."},
            {"role": "user", "content": "Thanks"},
        ]
    }
    context = RepairContext(answers=ANSWERS)
    mended, used = repair_row(value, [r for r in ALL if r.name != "remove_row"], context)
    assert mended == {
        "messages": [
            {"role": "user", "content": "Mail [EMAIL_1]\n\nand [EMAIL_2]"},
            {"role": "assistant", "content": "Fish & chips\n\nMore."},
        ]
    }
    assert set(context.masks.values()) == {"ann.lee@gmail.com", "bob.ray@gmail.com"}
    assert "drop_empty" in used
    assert "mend_tools" not in used


def test_empty_turns_take_along_what_makes_no_sense_without_them() -> None:
    def dropped(*texts: str) -> Any:
        mended = REPAIRS["drop_empty"].apply(row(*texts), RepairContext())
        return mended and [turn["content"] for turn in mended["messages"]]

    assert dropped("a", "b", "", "c") == ["a", "b\n\nc"]
    assert dropped("a", "b", "c", "", "d", "e") == ["a", "b", "d", "e"]
    assert dropped("a", "") is None


def test_markup_stays_where_it_is_the_subject() -> None:
    value = row("How do I write HTML?", "Use <p>text</p> and &amp;.")
    for name in ("strip_tags", "unescape_html"):
        assert REPAIRS[name].apply(value, RepairContext()) == value


def test_turns_are_not_joined_where_that_would_lose_something() -> None:
    spoken = [{**turns("a")[0], "name": "Ann"}, {**turns("b")[0], "name": "Bob"}]
    value = {"messages": [*spoken, *turns("a", "b")[1:]]}
    assert REPAIRS["merge_turns"].apply(value, RepairContext()) == value


def test_placeholders_without_an_answer_stay() -> None:
    mended = REPAIRS["fill_placeholders"].apply(said("{{name}}, {{city}}"), RepairContext(ANSWERS))
    assert mended is not None
    assert mended["messages"][1]["content"] == "Tina, {{city}}"


WORDS = ["user", "assistant", "tool", "{}", '"{}"', "[", "text"]
KEYS = ["role", "content", "tool_calls", "function", "arguments", "name", "weight", "type", "text"]
OTHER_KEYS = ["tool_call_id", "from", "id", "function_call"]
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9)
values = st.recursive(
    scalars | st.sampled_from(WORDS),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*KEYS, *OTHER_KEYS]), inner, max_size=4)
    ),
    max_leaves=12,
)


@pytest.mark.full
@settings(max_examples=150, deadline=None)
@given(st.fixed_dictionaries({}, optional={"messages": values, "tools": values, "system": values}))
def test_any_row_can_be_tried(value: dict[str, Any]) -> None:
    before = copy.deepcopy(value)
    for repair in ALL:
        repair.apply(value, RepairContext(answers=ANSWERS))
    repair_row(value, ALL, RepairContext())
    assert repr(value) == repr(before)
