"""What a rubric can say: scales, gates, criteria of single examples; old files keep their hash."""

from __future__ import annotations

from typing import Any

import pytest

from core.data.examples import SUPPORT_DESK_RUBRIC
from core.errors import RubricError
from core.messages import Message
from eval.checks import deciding as checks
from eval.records import Sample
from eval.rubric import choice as rubric_choice
from eval.rubric.rubrics import Criterion, Rubric, load, load_file, prompt_key
from tests.eval.made_up import RUBRIC, said, sample

RICH = """
id: rich
pass_mark: 0.7
language: en
criteria:
  - {id: warm, text: Is warm., kind: binary, weight: 2, tags: [tone], draft: true}
  - {id: lies, text: Lies., kind: judge, points: -3, gate: fail}
  - id: tone
    text: How warm is it?
    kind: scale
    anchors: {5: warm, 1: rude, 3: plain}
    gate: {cap: 0.4}
    applies_to: conversation
examples:
  s1:
    - {id: bern, text: Names Bern., kind: judge}
  other:
    prompt: KEY
    criteria:
      - {id: bern, text: Names Basel., kind: judge}
"""


def test_rubrics_of_before_keep_their_version() -> None:
    assert load(RUBRIC).hash == "a011d01917a597b6bc15cf7c30de9c56c4143dad75f5396eee7bc389d62747a7"
    bundled = "922f61d89ed4865f5d5a0acf372282b12c2fca874054d0ae9ca11b1d5799756b"
    assert load_file(SUPPORT_DESK_RUBRIC).hash == bundled


def test_all_that_a_rubric_can_say_survives_its_yaml() -> None:
    rubric = load(RICH)
    assert load(rubric.as_yaml()) == rubric
    warm, _, tone = rubric.criteria
    assert (warm.kind, warm.points, warm.draft) == ("judge", 2, True)
    assert tone.levels == (1, 3, 5)
    assert rubric.scope == "per_example"
    changes = {
        "pass_mark": rubric.model_copy(update={"pass_mark": 0.8}),
        "draft": load(RICH.replace(", draft: true", "")),
        "gate": load(RICH.replace("gate: fail", "gate: none")),
        "anchor": load(RICH.replace("rude", "gruff")),
    }
    hashes = [rubric.hash, *(changed.hash for changed in changes.values())]
    assert len(set(hashes)) == len(hashes), "each of these makes another version"


def test_a_sample_finds_its_criteria_by_id_or_by_what_was_asked() -> None:
    asked = sample(9)
    rubric = load(RICH.replace("KEY", prompt_key(asked.prompt)))
    assert [c.text for c in rubric.own_criteria(sample(1))] == ["Names Bern."]
    assert [c.text for c in rubric.own_criteria(asked)] == ["Names Basel."]
    assert [c.id for c in rubric.criteria_of(sample(2))] == ["warm", "lies", "tone"]
    emptied = rubric.model_copy(update={"examples": {}})
    assert emptied.own_criteria(asked) == ()
    assert load(rubric.as_yaml()) == rubric
    keyed = {"id": "k", "examples": {prompt_key(asked.prompt): [{"id": "a", "text": "x",
             "kind": "judge"}]}}  # fmt: skip
    assert Rubric.model_validate(keyed).own_criteria(asked)[0].id == "a"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("5: warm, ", "", "3 or 5 levels, each with a text; here are 2"),
        ("5: warm", "5: ' '", "level 5 has no text"),
        ("    anchors: {5: warm, 1: rude, 3: plain}\n", "", "needs `anchors`"),
        ("kind: binary", "kind: binary, anchors: {1: a, 2: b, 3: c}", "takes no `anchors`"),
        ("gate: fail", "gate: stop", "line 7, criteria[1].gate: a gate is `none`, `fail` or"),
        ("cap: 0.4", "cap: 4", "line 12, criteria[2].gate.cap"),
        ("conversation", "first", "line 13, criteria[2].applies_to"),
        ("id: rich", "id: rich\nscope: shared", "`scope` is shared, but the rubric has `examples`"),
        ("pass_mark: 0.7", "pass_mark: 70", "line 3, pass_mark"),
        ("id: bern, text: Names Bern.", "id: warm, text: x", "of example s1 stand more than once"),
        ("text: Names Bern.", "text: 3", "line 16, examples.s1.criteria[0].text"),
        ("    - {id: bern, text: Names Bern., kind: judge}", "    []", "line 16, examples.s1"),
        ("weight: 2", "weight: 2, points: 3", "criteria[0].weight: this key is not known here"),
        ("judge}\n  other", "judge, headline: true}\n  other", "can't be the `headline`"),
        ("tags: [tone]", "tags: tone", "line 6, criteria[0].tags"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_line(old: str, new: str, told: str) -> None:
    assert old in RICH
    with pytest.raises(RubricError) as caught:
        load(RICH.replace(old, new, 1), "my.yaml")
    assert told in caught.value.problem, caught.value.problem


def test_a_large_rubric_is_kept_as_json_and_read_back() -> None:
    criteria = [{"id": f"c{n}", "text": f"{n} " + "x" * 200, "kind": "judge"} for n in range(1500)]
    rubric = Rubric.model_validate({"id": "large", "criteria": criteria})
    text = rubric.as_yaml()
    assert text.startswith("{")
    assert load(text) == rubric
    with pytest.raises(RubricError, match=r"criteria\[0\]\.points"):
        load(text.replace('"points": 1.0', '"points": 0', 1))


TURNS = Sample(
    id="t", row=1, group="t", reference="r",
    prompt=(
        Message(role="user", content="q"), Message(role="assistant", content="ok then"),
        Message(role="user", content="q2"),
    ),
)  # fmt: skip


def outcome(answer: str, **fields: Any) -> tuple[str, str]:
    check = {"type": "contains", "text": "ok"}
    plain = {"id": "c", "text": "t", "kind": "check", "check": check, **fields}
    found = checks.check(Criterion.model_validate(plain), TURNS, said(answer), "base")
    return found.outcome, found.reason


def test_a_check_looks_at_what_it_applies_to() -> None:
    assert outcome("no")[0] == "not_met"
    assert outcome("no", applies_to="conversation")[0] == "met"
    every = outcome("no", applies_to="every_turn")
    assert every == ("not_met", "Turn 2 of 2: The answer does not contain “ok”.")
    assert outcome("ok", applies_to="every_turn")[0] == "met"
    assert outcome("no", applies_to="every_turn", points=-1)[0] == "met", "one bad turn is enough"
    with pytest.raises(ValueError, match="only the final answer has"):
        outcome("x", applies_to="every_turn", check={"type": "exact"})


def test_a_length_can_be_bounded_in_words() -> None:
    bounds = {"type": "length", "min_words": 2, "max_words": 3}
    told = [outcome(text, check=bounds)[0] for text in ("one", "one two", "a b c d", "你好吗")]
    assert told == ["not_met", "met", "not_met", "met"]


def test_a_foreign_rubric_can_be_evaluated_by_and_says_what_it_lost(tmp_path: Any) -> None:
    file = tmp_path / "mine.csv"
    file.write_text("text,points,colour\nIs warm.,2,red\n")
    chosen = rubric_choice.choose(None, "ds-unused", file)  # type: ignore[arg-type]
    assert chosen.criteria[0].points == 2
    assert "`colour` was left out" in chosen.note
