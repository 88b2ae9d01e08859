"""Rubrics of other tools are told by their content, keep their meaning, and say what they lost."""

from __future__ import annotations

import json
from typing import Any

import pytest

from core.messages import Message
from eval.checks import deciding as checks
from eval.records import Answer, Sample
from eval.rubric.formats import FORMATS, WRITABLE, convert, export
from eval.rubric.records import Converted
from eval.rubric.rubrics import Criterion, Rubric, prompt_key
from tests.eval.made_up import said, sample

ANCHORS = {f"score{n}_description": f"Level {n} text" for n in range(1, 6)}
HEALTHBENCH = [
    {
        "prompt": [{"role": "user", "content": "My baby has a fever."}],
        "prompt_id": "p-1",
        "rubrics": [
            {"criterion": "Asks for the age.", "points": 7, "tags": ["level:example"]},
            {"criterion": "Names a dose without asking.", "points": -9, "tags": []},
            {"criterion": "Never counts.", "points": 0, "tags": []},
        ],
        "example_tags": ["theme:x"],
        "ideal_completions_data": None,
    },
    {
        "prompt": [{"role": "user", "content": "How much water?"}],
        "prompt_id": "p-2",
        "rubrics": [{"criterion": "Says about two litres.", "points": 5, "tags": ["a"]}],
    },
]
TREE = {
    "id": "root", "requirements": "The paper is replicated", "weight": 1,
    "sub_tasks": [
        {"id": "a", "requirements": "Code runs", "weight": 3, "sub_tasks": [],
         "task_category": "Code Development"},
        {"id": "b", "requirements": "Results", "weight": 1, "sub_tasks": [
            {"id": "b1", "requirements": "Table 1 matches", "weight": 1, "sub_tasks": [],
             "task_category": "Result Analysis"},
            {"id": "b2", "requirements": "Figure 2 matches", "weight": 3, "sub_tasks": []},
        ]},
    ],
}  # fmt: skip
PROMPTFOO = """
description: my eval
assertionTemplates:
  polite: {type: llm-rubric, value: Is polite}
defaultTest:
  assert:
    - $ref: '#/assertionTemplates/polite'
    - {type: not-icontains, value: as an AI}
tests:
  - description: weather
    vars: {city: Bern}
    assert:
      - {type: contains, value: '{{city}}', weight: 2}
      - {type: not-regex, value: 'snow|ice'}
      - {type: is-json}
      - {type: javascript, value: output.length}
      - {type: llm-rubric, value: Mentions the sky, threshold: 0.8}
      - {type: not-equals, value: 'no'}
      - {type: equals, value: no}
  - vars: {city: Rome}
    assert:
      - {type: contains-all, value: [sun, '{{city}}']}
"""
DEEPEVAL = {
    "name": "Correctness", "criteria": "Is the answer correct?",
    "evaluation_steps": ["Compare facts", "Punish omissions"],
    "rubric": [
        {"score_range": [0, 2], "expected_outcome": "Wrong"},
        {"score_range": [3, 6], "expected_outcome": "Partly right"},
        {"score_range": [7, 10], "expected_outcome": "Right"},
    ],
}  # fmt: skip
OPENAI = {
    "type": "multi",
    "graders": {
        "exact": {"type": "string_check", "input": "{{sample.output_text}}",
                  "operation": "eq", "reference": "{{item.answer}}"},
        "alike": {"type": "text_similarity", "input": "{{sample.output_text}}",
                  "reference": "{{item.answer}}", "evaluation_metric": "rouge_l",
                  "pass_threshold": 0.6},
        "tone": {"type": "label_model", "model": "m", "labels": ["warm", "cold"],
                 "passing_labels": ["warm"],
                 "input": [{"role": "system", "content": "Label the tone."},
                           {"role": "user", "content": "{{sample.output_text}}"}]},
        "code": {"type": "python", "source": "def grade(sample, item): return 1"},
    },
    "calculate_output": "0.5 * exact + (0.3 * alike - tone / 5) + 0.1 * code",
}  # fmt: skip


def lines(rows: list[Any]) -> str:
    return "\n".join(json.dumps(row) for row in rows)


def met(criterion: Criterion, answer: str, reference: str = "r") -> str:
    return checks.check(criterion, sample(1, reference), said(answer), "base").outcome


def by_text(converted: Converted) -> dict[str, Criterion]:
    return {c.text: c for c in converted.rubric.all_criteria()}


def told(converted: Converted) -> str:
    assert all(note.text_zh and note.text_zh != note.text for note in converted.notes)
    return "\n".join(note.text for note in converted.notes)


def test_healthbench_rows_become_criteria_of_their_example() -> None:
    found = convert(lines(HEALTHBENCH), "hb.jsonl")
    assert (found.format, found.rubric.id, found.rubric.scope) == (
        "healthbench",
        "hb",
        "per_example",
    )
    own = found.rubric.examples["p-1"].criteria
    assert [(c.id, c.text, c.points) for c in own] == [
        ("c1", "Asks for the age.", 7), ("c2", "Names a dose without asking.", -9),
    ]  # fmt: skip
    assert own[0].tags == ("level:example",)
    assert "1 criteria with 0 points were left out" in told(found)
    assert "tags of 1 examples" in told(found)
    asked = Sample(
        id="row-77", row=77, group="g", reference="",
        prompt=(Message(role="user", content="How much water?"),),
    )  # fmt: skip
    assert [c.points for c in found.rubric.own_criteria(asked)] == [5], "found by what was asked"
    assert convert(json.dumps(HEALTHBENCH[0])).rubric.examples.keys() == {"p-1"}


def test_prometheus_biggen_and_ragas_become_scales() -> None:
    one = convert(json.dumps({"criteria": "[Is it humble?]", **ANCHORS}), "p.json")
    (scale,) = one.rubric.criteria
    assert (one.format, scale.kind, scale.text) == ("prometheus", "scale", "Is it humble?")
    assert scale.anchors == {n: f"Level {n} text" for n in range(1, 6)}
    instance = {
        "id": "planning_0", "system_prompt": "Be brief.", "input": "Plan a trip.",
        "reference_answer": "First ...", "score_rubric": {"criteria": "Feasible?", **ANCHORS},
    }  # fmt: skip
    rows = convert(json.dumps([instance]), "biggen.json")
    assert rows.rubric.examples["planning_0"].prompt == prompt_key(
        [Message(role="system", content="Be brief."), Message(role="user", content="Plan a trip.")]
    )
    assert "reference answers of 1 rows" in told(rows)
    ragas = convert(json.dumps({f"score{n}_description": f"L{n}" for n in range(1, 4)}))
    assert ragas.rubric.criteria[0].levels == (1, 2, 3)
    assert "no `criteria`" in told(ragas)


def test_flask_skills_are_shared_or_chosen_by_rows() -> None:
    skill = {"Skill": "Conciseness", "Criteria": "Is it concise?",
             "Scoring": {str(n): f"c{n}" for n in range(1, 6)}}  # fmt: skip
    other = {**skill, "Skill": "Readability", "Criteria": "Is it readable?"}
    shared = convert(json.dumps([skill, other]), "flask.json")
    assert [c.label for c in shared.rubric.criteria] == ["Conciseness", "Readability"]
    chosen = convert(json.dumps([skill, other, {"id": 7, "skill": ["readability"]}]))
    assert not chosen.rubric.criteria
    assert [c.text for c in chosen.rubric.examples["7"].criteria] == ["Is it readable?"]


def test_leaves_of_a_tree_weigh_the_product_along_their_path() -> None:
    found = convert(json.dumps(TREE), "tree.json")
    points = {c.id: c.points for c in found.rubric.criteria}
    assert points == pytest.approx({"a": 0.75, "b1": 0.0625, "b2": 0.1875})
    assert found.rubric.criteria[0].tags == ("Code Development",)
    assert "2 headings" in told(found)


def test_promptfoo_asserts_decide_as_they_did() -> None:
    found = convert(PROMPTFOO, "promptfooconfig.yaml")
    assert found.format == "promptfoo"
    assert [c.kind for c in found.rubric.criteria] == ["judge", "check"]
    assert met(found.rubric.criteria[1], "AS AN AI I can't") == "not_met"
    weather = found.rubric.examples["weather"].criteria
    assert [c.points for c in weather] == [2, 1, 1, 1, 1]
    bern, no_snow, is_json, sky, not_no = weather
    assert (met(bern, "In Bern"), met(bern, "In Rome")) == ("met", "not_met")
    assert (met(no_snow, "a\nb ice"), met(no_snow, "sun")) == ("not_met", "met")
    assert (met(is_json, "{}"), met(is_json, "x")) == ("met", "not_met")
    assert sky.kind == "judge"
    assert (met(not_no, " no\n"), met(not_no, "nothing")) == ("not_met", "met")
    (rome,) = found.rubric.examples["test-2"].criteria
    assert (met(rome, "sun in Rome"), met(rome, "Rome")) == ("met", "not_met")
    assert "1 asserts of type `javascript` were left out" in told(found)
    assert "thresholds of 1 asserts" in told(found)
    assert "put it in quotes" in told(found), "YAML's no is false, which nobody means"


def test_deepeval_bands_become_levels_and_bare_scores_do_not() -> None:
    found = convert(json.dumps(DEEPEVAL), "m.json")
    (scale,) = found.rubric.criteria
    assert scale.anchors == {0: "Wrong", 4: "Partly right", 10: "Right"}
    assert "2. Punish omissions" in scale.text
    assert "lower end" in told(found)
    bare = convert(json.dumps({"name": "Tone", "criteria": "Is it warm?", "threshold": 0.5}))
    assert bare.rubric.criteria[0].kind == "judge"
    assert "bare score" in told(bare)
    two = dict(DEEPEVAL, rubric=DEEPEVAL["rubric"][::2])
    half = convert(json.dumps(two)).rubric.criteria[0]
    assert half.kind == "judge"
    assert half.text.endswith("this is true: Right")


def test_openai_graders_keep_the_weights_of_their_formula() -> None:
    found = convert(json.dumps(OPENAI), "grader.json")
    points = {c.name: c.points for c in found.rubric.criteria}
    assert points == pytest.approx({"exact": 0.5, "alike": 0.3, "tone": -0.2})
    exact, alike, tone = found.rubric.criteria
    assert (met(exact, "r"), met(exact, "other")) == ("met", "not_met")
    assert met(alike, "a b c d", "a b c d") == "met"
    assert tone.text == "Label the tone.\nIt is met when the right label is warm."
    assert "1 graders in Python were left out" in told(found)
    odd = convert(json.dumps({**OPENAI, "calculate_output": "max(exact, tone)"}))
    assert {c.points for c in odd.rubric.criteria} == {1}
    assert "no weighted sum" in told(odd)


def test_weighted_lists_and_rubrics_as_rewards() -> None:
    plain = convert(
        "- {weight: 10, requirement: Cites a source}\n- {weight: -5, requirement: Lies}\n"
    )
    assert (plain.format, [c.points for c in plain.rubric.criteria]) == ("weighted", [10, -5])
    sections = {"sections": [{"name": "Facts", "criteria": [{"weight": 2, "requirement": "True"}]}]}
    assert convert(json.dumps(sections)).rubric.criteria[0].tags == ("Facts",)
    rar = [
        {"title": "Cause", "description": "Essential Criteria: Names the cause.", "weight": 5},
        {"title": "Dose", "description": "Pitfall Criteria: Gives a dose."},
    ]
    found = convert(json.dumps(rar), "r.json")
    assert found.format == "rar"
    assert [(c.text, c.points, c.tags) for c in found.rubric.criteria] == [
        ("Names the cause.", 5, ("essential",)), ("Gives a dose.", -0.9, ("pitfall",)),
    ]  # fmt: skip
    assert "points were chosen" in told(found)
    row = {"question": "Why?", "rubric": rar}
    own = convert(lines([row, {**row, "question": "How?"}]))
    assert set(own.rubric.examples) == {
        prompt_key([Message(role="user", content=q)]) for q in ("Why?", "How?")
    }


def test_auto_j_and_tables() -> None:
    auto = convert("clarity: {content: Is clear., weight: 3, type: basic}\n", "email.yaml")
    assert (auto.format, auto.rubric.criteria[0].points) == ("autoj", 3)
    table = convert(
        'id,text,points,1,3,5,colour\na,"Warm, kind",2,,,,x\nb,Tone,1,rude,plain,warm,\n', "t.csv"
    )
    warm, tone = table.rubric.criteria
    assert (warm.text, warm.points, tone.anchors) == (
        "Warm, kind", 2, {1: "rude", 3: "plain", 5: "warm"},
    )  # fmt: skip
    assert "`colour` was left out" in told(table)
    markdown = convert(
        "# Mine\n\n| Criterion | Points |\n|---|--:|\n| Says a \\| b | −2 |\n", "m.md"
    )
    assert [(c.text, c.points) for c in markdown.rubric.criteria] == [("Says a | b", -2)]


FULL = Rubric.model_validate(
    {
        "id": "full",
        "title": "All there is",
        "pass_mark": 0.7,
        "criteria": [
            {"id": "warm", "text": "Is warm.", "kind": "judge", "points": 2, "tags": ["tone"]},
            {"id": "lies", "text": "Lies.", "kind": "judge", "points": -3, "gate": "fail"},
            {"id": "tone", "text": "Tone.", "kind": "scale", "draft": True,
             "anchors": {n: f"L{n}" for n in range(1, 6)}},
            {"id": "says", "text": "Says ok.", "kind": "check",
             "check": {"type": "contains", "text": "ok"}, "gate": {"cap": 0.4}},
        ],
        "examples": {"s1": [{"id": "own", "text": "Names Bern.", "kind": "judge"}]},
    }
)  # fmt: skip


@pytest.mark.parametrize("name", WRITABLE)
def test_what_is_written_is_told_by_its_content_and_reads_back(name: Any) -> None:
    made = export(FULL, name)
    again = convert(made.text, "again")
    assert again.format == name
    kept = by_text(again)
    assert kept, made.text
    for text, criterion in kept.items():
        before = next((c for c in FULL.all_criteria() if c.text in text), None)
        if before is None:
            assert criterion.check in [c.check for c in FULL.criteria if c.check], text
        elif name != "openai":  # which has numbers, but no levels
            assert (criterion.kind == "scale") == (before.kind == "scale")
    said = "\n".join(note.text for note in made.notes)
    for criterion in FULL.all_criteria():
        if not any(criterion.text in t or criterion.check == k.check for t, k in kept.items()):
            assert "left out" in said, f"{criterion.id} is lost in silence"
    if name not in ("duotune", "csv", "markdown"):
        assert "gates are lost" in said or not any(
            c.gate != "none" for c in FULL.all_criteria() if c.text in "".join(kept)
        )


def test_our_own_form_and_tables_lose_no_criterion() -> None:
    assert convert(export(FULL, "duotune").text, "full").rubric == FULL
    for name in ("csv", "markdown"):
        table = convert(export(FULL, name).text, "full.x").rubric
        assert table.criteria == FULL.criteria
        assert table.examples == FULL.examples
    shown = convert(FULL.as_yaml()).model_dump_json(by_alias=True, exclude_none=True)
    assert convert(shown).rubric == FULL, "what `rubric show` prints can be read again"


def test_negative_points_keep_their_sign_in_lists_that_have_one() -> None:
    for name in ("weighted", "rar", "healthbench", "csv", "openai"):
        again = convert(export(FULL, name).text).rubric
        lies = next(c for c in again.all_criteria() if c.text.startswith("Lies."))
        assert lies.points < 0, name


def test_every_format_is_told_from_the_others() -> None:
    files = {
        "healthbench": lines(HEALTHBENCH), "paperbench": json.dumps(TREE),
        "promptfoo": PROMPTFOO, "deepeval": json.dumps(DEEPEVAL), "openai": json.dumps(OPENAI),
        "prometheus": json.dumps({"criteria": "x", **ANCHORS}),
    }  # fmt: skip
    for name, text in files.items():
        assert convert(text).format == name
    assert {f.name for f in FORMATS} | {"duotune"} == {*WRITABLE, "autoj"}


def test_an_answer_that_is_missing_stays_unscored_under_an_imported_check() -> None:
    criterion = convert(PROMPTFOO).rubric.criteria[1]
    gone = checks.check(criterion, sample(1), Answer(text=None), "tuned")
    assert gone.outcome == "unscored"
