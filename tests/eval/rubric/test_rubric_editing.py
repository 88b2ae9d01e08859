"""A rubric is changed criterion by criterion, and what a form says is checked like a file."""

from __future__ import annotations

import pytest

from core.errors import RubricError
from eval.rubric import editing
from eval.rubric.rubrics import load
from tests.eval.made_up import RUBRIC

START = load(RUBRIC)
LENGTH = {
    "name": "Short enough", "text": "At most 80 characters.", "kind": "check", "points": "2",
    "check": "length", "length.max_chars": "80", "regex.pattern": "(", "tags": "form, 长度",
    "gate": "cap", "cap": "0.4",
}  # fmt: skip


def test_a_criterion_is_added_with_only_its_own_check_s_fields() -> None:
    made = editing.put(START, None, LENGTH)
    added = made.criteria[-1]
    assert [c.id for c in made.criteria] == ["exact", "tag", "brief", "short_enough"]
    assert added.check is not None
    assert added.check.model_dump(exclude_none=True) == {"type": "length", "max_chars": 80}
    assert added.gate.cap == 0.4  # type: ignore[union-attr]
    assert (added.points, added.tags) == (2, ("form", "长度"))
    again = editing.put(made, None, {**LENGTH, "name": "short ENOUGH"})
    assert again.criteria[-1].id == "short_enough_2"
    assert made.hash != START.hash


def test_editing_keeps_the_id_and_what_the_form_shows_comes_back() -> None:
    made = editing.put(START, None, LENGTH)
    shown = {f"length.{k}": v for k, v in editing.check_values(made.criteria[3]).items()}
    assert shown == {"length.max_chars": "80"}
    same = editing.put(made, 3, {**LENGTH, **shown, "name": "Other name"})
    assert same.criteria[3].id == "short_enough"
    assert same.criteria[3].name == "Other name"
    headline = editing.put(START, 2, {
        "name": "brief", "text": "Brief.", "kind": "judge", "points": "1", "headline": "1",
    })  # fmt: skip
    assert headline.headline is not None
    assert headline.headline.id == "brief"
    assert headline.criteria[2].check is None


def test_a_scale_and_lists_are_written_line_by_line() -> None:
    made = editing.put(START, None, {
        "name": "Tone", "text": "How warm?", "kind": "scale", "anchors": "cold\n neutral\n\nwarm",
    })  # fmt: skip
    assert made.criteria[-1].anchors == {1: "cold", 2: "neutral", 3: "warm"}
    labels = editing.put(START, None, {
        "name": "Label", "text": "A label.", "kind": "check", "check": "one_of",
        "one_of.values": "A\nB\n", "one_of.normalise": "fold",
    })  # fmt: skip
    assert labels.criteria[-1].check.model_dump()["values"] == ("A", "B")  # type: ignore[union-attr]
    assert editing.check_fields("contains")["any"] == "lines"
    assert editing.check_fields("number")["tolerance"] == "number"
    schema = editing.put(START, None, {
        "name": "s", "text": "Fits.", "kind": "check", "check": "json_schema",
        "json_schema.schema": '{"type": "object"}',
    })  # fmt: skip
    assert editing.check_values(schema.criteria[-1]) == {"schema": "type: object"}


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"kind": "check", "check": "regex", "regex.pattern": "("}, "pattern"),
        ({"text": ""}, "text"),
        ({"points": "many"}, "points"),
        ({"kind": "scale", "anchors": "only one"}, "levels"),
        ({"kind": "check", "check": "nonsense"}, "nonsense"),
    ],
)
def test_what_is_wrong_is_said_and_changes_nothing(values: dict[str, str], told: str) -> None:
    usual = {"name": "x", "text": "X.", "kind": "judge", "points": "1"}
    with pytest.raises(RubricError, match=told):
        editing.put(START, None, {**usual, **values})


def test_criteria_are_removed_and_drafts_accepted() -> None:
    assert [c.id for c in editing.without(START, 1).criteria] == ["exact", "brief"]
    single = editing.without(editing.without(START, 0), 0)
    with pytest.raises(RubricError, match="the last one stays"):
        editing.without(single, 0)
    drafted = load(RUBRIC.replace("kind: check", "draft: true\n    kind: check"))
    assert [c.draft for c in editing.accepted(drafted, 1).criteria] == [True, False, True]
    assert not any(c.draft for c in editing.accepted(drafted).criteria)
    kept = editing.put(drafted, 0, {"name": "n", "text": "T.", "kind": "judge", "points": "1"})
    assert not kept.criteria[0].draft  # who edits a draft has read it
