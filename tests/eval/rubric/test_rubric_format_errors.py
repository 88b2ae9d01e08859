"""A bad rubric of any format is refused with file, place, and what to do; never half read."""

from __future__ import annotations

import json

import pytest

from core.errors import RubricError
from eval.rubric.formats import convert, export
from eval.rubric.records import FormatName
from eval.rubric.rubrics import Rubric

SCALE = {f"score{n}_description": f"L{n}" for n in range(1, 6)}


def problem_of(text: str) -> str:
    with pytest.raises(RubricError) as caught:
        convert(text, "bad.x")
    assert "bad.x" in caught.value.where
    assert caught.value.fix
    return caught.value.problem


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", ["empty"]),
        ("just words\n", ["mapping"]),
        ("[1, 2]", ["not a rubric in a format"]),
        ('{"id": "x",\n "criteria": [}', ["not JSON"]),
        (
            '{"prompt_id": "a", "rubrics": [{"criterion": "x", "points": "many"}]}\n'
            '{"prompt_id": "b", "rubrics": []}\n'
            "nonsense\n"
            '{"prompt_id": "d", "rubrics": [{"points": 1}]}\n'
            '{"prompt_id": "d", "rubrics": [{"criterion": "x", "points": 1}]}\n'
            '{"prompt_id": "d", "rubrics": [{"criterion": "y", "points": 1}]}\n',
            [
                "HealthBench",
                "line 1, [0].rubrics[0].points",
                "line 2, [1].rubrics",
                "line 3: this is not JSON",
                "line 4, [2].rubrics[0].criterion: this is missing",
                "example d stands here a second time",
            ],
        ),
        (
            json.dumps({"criteria": "x", "score1_description": "a", "score2_description": 3}),
            ["Prometheus", "score2_description: a text", "3 or 5 levels"],
        ),
        (
            json.dumps([{"Skill": "A", "Criteria": "x", "Scoring": {"one": "y"}}, {"id": 1}]),
            ["FLASK", "[0].Scoring.one", "[1]: this is neither a skill"],
        ),
        (
            json.dumps({"requirements": "r", "sub_tasks": [{"requirements": "l", "weight": -1}]}),
            ["PaperBench", "sub_tasks[0].weight: -1 is no weight", "all weights here are 0"],
        ),
        (
            "tests:\n"
            "  - assert:\n"
            "      - {value: x}\n"
            "      - {type: regex, value: '('}\n"
            "      - {$ref: '#/assertionTemplates/none'}\n",
            ["line 3,", "with a `type`", "line 4,", "not a regular expression", "line 5,", "none"],
        ),
        (
            json.dumps({"name": "x", "criteria": "y", "rubric": [
                {"score_range": [0, 5], "expected_outcome": "a"},
                {"score_range": [5, 11], "expected_outcome": "b"}]}),
            ["DeepEval", "two bands hold the score 5", "5 to 11 lies outside"],
        ),
        (
            json.dumps({"type": "multi", "graders": {
                "a": {"type": "string_check", "input": "{{sample.output_text}}",
                      "operation": "equals", "reference": "x"},
                "b": {"type": "label_model", "input": []}}}, indent=1),
            ["OpenAI", "graders.a.operation: it must be one of eq", "line 1", "graders.b.input"],
        ),
        ("tests:\n  - assert: no\n  - assert: [{type: is-json}]\n", ["line 2,", "list of asserts"]),
        ("- {weight: 2, requirement: x}\n- {weight: 3}\n", ["line 2, [1]", "text and weight"]),
        (
            "sections:\n  - criteria: [{weight: 1, requirement: x}]\n  - just words\n",
            ["line 3, sections[1]", "text and weight"],
        ),
        (
            json.dumps([{"question": "q", "rubric": [{"text": "Essential: x"}]}, {"question": 1}]),
            ["[1]: a row with a list of requirements"],
        ),
        ("a: {content: 3, weight: 2}\n", ["Auto-J", "line 1, a.content"]),
        (
            "id,text,points\na,x,two\nb,y\nc,,1\nd,z,0\n",
            ["line 2,", "valid number", "line 3: 2 cells", "line 4,", "at least 1 character"],
        ),
        ("|text|gate|\n|--|--|\n|x|maybe|\n", ["line 3,", "a gate is"]),
        ('text,check\nx,"{"\n', ["line 2, [0].check: this cell is not JSON"]),
    ],
)  # fmt: skip
def test_every_bad_place_is_told(text: str, told: list[str]) -> None:
    problem = problem_of(text)
    for part in told:
        assert part in problem, (part, problem)


def test_a_long_list_of_problems_is_cut_with_their_number() -> None:
    rows = ["- {weight: 1, requirement: x}", *["- {weight: 1}"] * 50]
    problem = problem_of("\n".join(rows))
    assert "50 problems" in problem
    assert "and 30 more" in problem


def test_nothing_is_written_where_nothing_fits() -> None:
    judged = Rubric.model_validate(
        {"id": "j", "criteria": [{"id": "a", "text": "x", "kind": "judge"}]}
    )
    with pytest.raises(RubricError, match="Nothing of this rubric fits FLASK"):
        export(judged, "flask")
    with pytest.raises(RubricError, match="can't be written as autoj"):
        export(judged, "autoj")


def test_what_could_hang_or_fill_memory_is_refused() -> None:
    deep = '{"requirements": "x", "sub_tasks": [' * 400 + "]}" * 400
    assert "nests too deeply" in problem_of(deep)
    assert "alias" in problem_of("a: &x {content: y}\nb: *x\n")
    assert "stands here a second time" in problem_of("id: a\ncriteria: []\ncriteria: []\n")


NAMED = Rubric.model_validate(
    {
        "id": "r",
        "criteria": [
            {"id": "good", "name": "Good", "text": "Is good.", "kind": "judge", "points": 3},
            {"id": "bad", "text": "Is bad.", "kind": "judge", "points": -4},
        ],
    }
)


@pytest.mark.parametrize(
    ("to", "told"),
    [
        ("healthbench", "names of 1 criteria"),
        ("weighted", "names of 1 criteria"),
        ("promptfoo", "1 criteria with points below 0 become asserts that earn points"),
    ],
)
def test_what_an_export_loses_or_turns_round_is_told(to: FormatName, told: str) -> None:
    assert any(told in note.text and note.text_zh for note in export(NAMED, to).notes)


def test_our_own_graders_are_read_back_as_the_sentences_that_they_were() -> None:
    back = convert(export(NAMED, "openai").text, "graders.json").rubric
    assert {c.text for c in back.criteria} == {"Is good.", "Is bad."}
    assert export(back, "openai").text == export(NAMED, "openai").text.replace('"r"', '"graders"')
