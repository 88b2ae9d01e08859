"""Each task template knows its data, finds what is wrong with it, and brings a rubric."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest

from core.data.problems import KINDS
from core.data.records import Example
from core.data.tasks import templates
from core.data.tasks.fields import label_fields, schema
from core.data.tasks.label_sets import merged, near_identical
from core.data.tasks.persona import prompt
from core.data.tasks.prompts import WORDS
from core.data.tasks.styles import names_in, pairs_of, style_of
from core.data.tasks.templates import TASKS, default_rubric, recognise
from core.messages import Conversation, Message
from eval.checks.deciding import check
from eval.records import Answer, Outcome
from eval.rubric.rubrics import Rubric
from tests.eval.made_up import said, sample


def example(row: int, asked: str, answer: str, system: str = "", **more: Any) -> Example:
    turns = [Message(role="user", content=asked), Message(role="assistant", content=answer)]
    if system:
        turns.insert(0, Message(role="system", content=system))
    talk = Conversation(messages=tuple(turns))
    return Example(id=f"ex-{row}", row=row, conversation=talk, **more)


def examples(
    *pairs: tuple[str, str], system: str = "", times: int = 1, **more: Any
) -> list[Example]:
    return [
        example(i, asked, answer, system, **more)
        for i, (asked, answer) in enumerate(pairs * times, 1)
    ]


def codes(rows: Sequence[Example]) -> list[tuple[int | None, str]]:
    found = templates.check(rows)
    assert all(finding.code in KINDS for _, finding in found)
    for _, finding in found:
        KINDS[finding.code].en[0].format(**finding.values)
        KINDS[finding.code].zh[0].format(**finding.values)
    return [(row, finding.code) for row, finding in found]


LABELS = examples(("I want money back", "refund"), ("stop it", "cancel"), times=5)
JSON_LABELS = examples(
    ("good", '{"sentiment": "positive", "emotion": "joy"}'),
    ("bad", '{"emotion": "anger", "sentiment": "negative"}'),
    times=6,
)
PIECES = examples(
    ("play Yo Ho by X", '{"track": "Yo Ho", "artist": "X"}'),
    ("play X", '{"artist": "X"}'),
    ("just play", "{}"),
    times=3,
)
SIGNED = [
    example(i, f"Where is thing {i}?", f"[WHERE] Thing {i} is here. - Team Fox") for i in range(9)
] + [example(i, f"东西{i}在哪里？", f"【位置】东西{i}在这里。——狐狸小店") for i in range(9, 18)]
NAMED = [
    example(i, f"Who are you, number {i}?", f"I am Foxy, for the {i}th time.") for i in range(8)
]
FREE = [example(i, f"Tell me {i}", "A story " * (i + 3) + str(i)) for i in range(12)]


@pytest.mark.parametrize(
    ("rows", "name"),
    [
        (LABELS, "intent_classification"),
        (JSON_LABELS, "annotation"),
        (PIECES, "information_extraction"),
        (SIGNED, "persona"),
        (NAMED, "persona"),
        (FREE, None),
        ([], None),
    ],
)
def test_data_is_recognised(rows: list[Example], name: str | None) -> None:
    task = recognise(rows)
    assert (task.name if task else None) == name
    assert codes(rows) == []


def test_every_task_has_its_names_prompts_and_metrics() -> None:
    assert WORDS["en"].keys() == WORDS["zh"].keys()
    for task in TASKS.values():
        assert task.en
        assert any("\u4e00" <= c <= "\u9fff" for c in task.zh)
        assert len(task.metrics) >= 4


# -- classification ------------------------------------------------------------------------------


def test_near_identical_labels() -> None:
    assert near_identical(["refund", "Refund ", "re-fund", "other"]) == [
        ("Refund ", "re-fund", "refund")
    ]
    assert near_identical(["退款", "退款。", "取消"]) == [("退款", "退款。")]
    assert near_identical(["c", "c++", "?", "!"]) == [("c", "c++")]
    counts = Counter({"refund": 5, "Refund ": 1, "other": 2})
    assert merged(counts) == {"Refund ": "refund"}
    rows = [*LABELS, example(98, "money", "Refund "), example(99, "pay me", "Refund ")]
    assert codes(rows) == [(None, "labels_near")]


def test_an_answer_outside_the_list_of_its_prompt() -> None:
    system = "Choose a label:\n- refund\n- cancel"
    rows = examples(("a", "refund"), ("b", "cancel"), system=system, times=8, label="x")
    stray = example(77, "c", "unknown", system, label="unknown")
    assert codes([*rows, stray]) == [(77, "label_not_listed")]
    foreign = "Rules:\n- be short\n- be right"
    assert codes(examples(("a", "refund"), ("b", "cancel"), system=foreign, times=5)) == []


def test_classes_with_one_example_are_told_where_no_other_check_sees_them() -> None:
    rows = [*LABELS, example(55, "hello", "greet")]
    assert codes(rows) == [(55, "label_once")]
    filed = [e.model_copy(update={"label": e.conversation.reference}) for e in rows]
    assert codes(filed) == []


# -- JSON answers --------------------------------------------------------------------------------


def test_answers_that_do_not_fit_the_others() -> None:
    rows = [
        *JSON_LABELS,
        example(70, "so so", '{"sentiment": "positive"}'),
        example(71, "hm", '{"sentiment": "Positive", "emotion": "joy"}'),
    ]
    annotation = TASKS["annotation"].check(rows)
    assert [(row, f.code) for row, f in annotation] == [
        (70, "answer_field_missing"),
        (None, "labels_near"),
    ]
    extra = [*PIECES, example(80, "play X", '{"artist": "X", "artits": "X"}')]
    assert codes(extra) == [(80, "answer_field_rare")]
    broken = [*PIECES, example(81, "play X", "artist: X")]
    assert codes(broken) == [(81, "answer_not_object")]


def test_values_that_do_not_stand_in_their_text() -> None:
    rows = [*PIECES, example(60, "play y", '{"artist": ["y", "Y"]}')]
    (found,) = templates.check(rows)
    assert (found.row, found.finding.code) == (60, "value_not_in_text")
    assert found.finding.values == {"field": "artist", "value": "Y"}
    assert found.finding.path == ("messages", 1, "content")


def test_one_text_with_two_answers_under_one_label() -> None:
    twice = [
        example(61, "Put X on", '{"artist": "X"}', label="PlayMusic"),
        example(62, "put  X on", '{"track": "X"}', label="PlayMusic"),
        example(63, "put x on", '{"artist": "x"}', label="PlayMusic"),
        example(64, "put X on", '{"artist": "X"}', label="PlayMusic"),
    ]
    assert codes([*PIECES, *twice]) == [(62, "text_with_two_answers")]


def test_the_schema_of_fields() -> None:
    fields = label_fields([{"a": "x", "b": ["p", "q"]}, {"a": None, "b": ["p"]}])
    assert schema(fields) == {
        "type": "object",
        "properties": {
            "a": {"anyOf": [{"enum": ["x"]}, {"type": "null"}]},
            "b": {"type": "array", "items": {"enum": ["p", "q"]}},
        },
        "required": ["a", "b"],
        "additionalProperties": False,
    }


# -- persona -------------------------------------------------------------------------------------


def test_a_style_is_found_in_two_languages() -> None:
    style = style_of(pairs_of(SIGNED))
    assert style.signatures == ("- Team Fox", "——狐狸小店")
    assert style.tags == ("[WHERE]", "【位置】")
    assert style.follows_language
    assert prompt(style, "en").endswith("Answer in the language of the question.")
    assert style_of(pairs_of(NAMED)).name == "Foxy"
    assert prompt(style_of(pairs_of(NAMED)), "zh").startswith("你是Foxy。")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Hello! I am {{name}}, an AI.", ["{{name}}"]),
        ("I'm Vicuna, trained by LMSYS.", ["Vicuna"]),
        ("I am sorry. I am An AI.", []),
        ("您好，我是小狐，很高兴见到您。", ["小狐"]),
        ("我是一个助手。", []),
    ],
)
def test_names_that_a_speaker_calls_itself(text: str, names: list[str]) -> None:
    assert names_in(text) == names


@pytest.mark.parametrize(
    ("asked", "answer", "code"),
    [
        ("Where?", "[WHERE] Here.", "style_signature_missing"),
        ("Where?", "Here it is. - Team Fox", "style_tag_missing"),
        ("Where is it?", "【位置】东西在这里的里面。——狐狸小店", "style_language_differs"),
    ],
)
def test_answers_that_break_the_style(asked: str, answer: str, code: str) -> None:
    assert codes([*SIGNED, example(50, asked, answer)]) == [(50, code)]


def test_another_name_breaks_the_persona() -> None:
    assert codes([*NAMED, example(50, "Who?", "I am Wolfy.")]) == [(50, "style_name_differs")]


# -- rubrics -------------------------------------------------------------------------------------


def outcomes(rows: list[Example], answer: str, reference: str) -> dict[str, Outcome]:
    """What each criterion of the data's default rubric says of an answer."""
    plain = default_rubric("mine", rows)
    assert plain is not None
    rubric = Rubric.model_validate(plain)
    assert rubric.default
    assert rubric.headline
    given: Answer = said(answer)
    return {
        criterion.id: check(criterion, sample(0, reference), given, "tuned").outcome
        for criterion in rubric.criteria
    }


def test_the_rubric_of_a_classification() -> None:
    assert outcomes(LABELS, "Refund", "refund") == {"exact_label": "met", "known_label": "met"}
    wrong = outcomes(LABELS, "cancel", "refund")
    assert wrong == {"exact_label": "not_met", "known_label": "met"}
    assert outcomes(LABELS, "It is a refund.", "refund")["known_label"] == "not_met"


def test_the_rubric_of_json_answers() -> None:
    reference = JSON_LABELS[0].conversation.reference
    right = outcomes(JSON_LABELS, '{"emotion":"joy","sentiment":"positive"}', reference)
    assert set(right.values()) == {"met"}
    half = outcomes(JSON_LABELS, '{"emotion": "joy", "sentiment": "negative"}', reference)
    assert [name for name, outcome in half.items() if outcome == "not_met"] == [
        "same_JSON",
        "field_1",
    ]
    other = outcomes(JSON_LABELS, '{"emotion": "fear"}', reference)
    assert other["fits_the_fields"] == other["field_2"] == "not_met"
    assert set(outcomes(JSON_LABELS, "positive, joy", reference).values()) == {"not_met"}


def test_the_rubric_of_an_extraction_takes_one_value_or_several() -> None:
    reference = json.dumps({"artist": ["X", "Y"]})
    assert outcomes(PIECES, reference, reference)["fits_the_fields"] == "met"
    left_out = outcomes(PIECES, '{"artist": ["X", "Y"], "track": "X"}', reference)
    assert left_out["field_1"] == "not_met"  # the track, which the reference leaves out
    assert left_out["field_2"] == "met"


def test_the_rubric_of_a_persona() -> None:
    reference = SIGNED[0].conversation.reference
    right = outcomes(SIGNED, reference, reference)
    assert set(right.values()) == {"met"}
    wrong = outcomes(SIGNED, "No idea, sorry about that.", reference)
    assert (wrong["signed"], wrong["right_tag"]) == ("not_met", "not_met")
    named = NAMED[0].conversation.reference
    assert outcomes(NAMED, "I am Wolfy, for the 0th time.", named)["own_name"] == "not_met"


def test_free_conversation_has_no_rubric_of_a_task() -> None:
    assert default_rubric("free", FREE) is None
