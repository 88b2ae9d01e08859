"""A rubric is read whole or refused with every problem and its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import RubricError
from eval.rubric import choice as rubric_choice
from eval.rubric import defaults as default_rubrics
from eval.rubric.choice import BUNDLED
from eval.rubric.rubrics import load, load_file

GOOD = """
id: small
criteria:
  - id: tone
    text: Warm.
    kind: judge
  - id: right-answer
    text: Equals the reference.
    kind: check
    check: {type: exact}
"""


def problem_of(text: str) -> str:
    with pytest.raises(RubricError) as caught:
        load(text, "my.yaml")
    assert "my.yaml" in caught.value.where
    return caught.value.problem


def test_every_problem_is_told_at_once_with_its_line() -> None:
    problem = problem_of(
        "id: x\n"
        "criteria:\n"
        "  - id: a\n"
        "    text: hello\n"
        "    kind: check\n"
        "    check: {type: exat}\n"
        "  - id: b\n"
        "    text: yes\n"
        "    kind: judge\n"
        "    points: 0\n"
        "    colour: red\n"
        "  - id: c\n"
        "    kind: check\n"
        "    text: hm\n"
        "    check:\n"
        "      type: regex\n"
        "      pattern: '('\n"
    )
    for line, word in (
        (6, "exat"),
        (8, "quotes"),
        (10, "0 points"),
        (11, "not known"),
        (17, "regular expression"),
    ):
        assert any(f"line {line}," in row and word in row for row in problem.splitlines()), line
    assert problem.count("\n- ") == 5


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "mapping"),
        ("- a", "mapping"),
        ("id: [", "not YAML"),
        ("id: &a x\ncriteria: *a", "alias"),
        ("id: " + "[" * 300 + "]" * 300, "nests too deeply"),
        ("id: 2021-99-99", "can't be read"),
        ("x" * 300_000, "at most"),
        (GOOD + "id: again\n", "second time"),
        (GOOD.replace("right-answer", "tone"), "more than once"),
        (GOOD.replace("kind: check", "kind: judge"), "takes no `check`"),
        (GOOD.replace("kind: judge", "kind: check"), "needs a `check`"),
        (GOOD.replace("text: Warm.", "text: Warm.\n    points: .nan"), "finite"),
        (GOOD.replace("type: exact", "type: length"), "min_chars"),
        (GOOD.replace("type: exact", "type: contains, any: [a], text: b"), "exactly one"),
        (GOOD.replace("type: exact", "type: json_schema, schema: {type: 3}"), "not a JSON schema"),
        (
            GOOD.replace("type: exact", "type: json_schema, schema: {$ref: 'file:///etc/x'}"),
            "refer to itself",
        ),
    ],
)
def test_what_is_no_rubric_is_refused_in_words(text: str, said: str) -> None:
    assert said in problem_of(text)


def test_a_rubric_survives_its_own_yaml_and_keeps_its_hash() -> None:
    rubric = load(GOOD)
    again = load(rubric.as_yaml())
    assert again == rubric
    assert again.hash == rubric.hash
    assert load(GOOD.replace("Warm.", "Cold.")).hash != rubric.hash
    assert load(f"# a comment\n{GOOD}").hash == rubric.hash


def test_the_headline_is_the_marked_criterion_else_the_first_exact_check_else_none() -> None:
    exact = load(GOOD).headline
    assert exact is not None
    assert exact.id == "right-answer"
    marked = load(GOOD.replace("text: Warm.", "text: Warm.\n    headline: true")).headline
    assert marked is not None
    assert marked.id == "tone"
    assert load(GOOD.replace("type: exact", "type: regex, pattern: x")).headline is None


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(RubricError, match="can't be read"):
        load_file(tmp_path / "none.yaml")
    (tmp_path / "latin.yaml").write_bytes(b"id: caf\xe9")
    with pytest.raises(RubricError, match="UTF-8"):
        load_file(tmp_path / "latin.yaml")


def test_the_bundled_rubrics_load() -> None:
    for name in BUNDLED.values():
        assert load_file(name).headline is not None


def test_the_default_rubric_for_labels_checks_the_label_set_and_says_what_it_is() -> None:
    rubric = default_rubrics.build("intents", ["refund", "cancel", "other"] * 5)
    assert rubric.default
    assert "default rubric" in rubric.note
    assert [c.id for c in rubric.criteria] == [
        "exact_match",
        "known_label",
        "not_empty",
        "usual_length",
    ]


def test_the_default_rubric_for_free_text_says_that_exact_match_is_hard() -> None:
    rubric = default_rubrics.build(
        "persona", [f"Once upon a time there were {i}" for i in range(9)]
    )
    assert "known_label" not in [c.id for c in rubric.criteria]
    assert "hard test" in rubric.note
    with pytest.raises(RubricError, match="No answer"):
        default_rubrics.build("empty", ["", " "])


def test_a_given_file_wins_over_everything(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(GOOD)
    chosen = rubric_choice.choose(None, "ds-unused", tmp_path / "mine.yaml")  # type: ignore[arg-type]
    assert chosen.id == "small"
