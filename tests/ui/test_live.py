"""Only what changed is drawn again."""

from __future__ import annotations

from typing import Any

from ui.live import KEEP, Live, draw_changed
from ui.visit import Visit
from ui.words import Voice

VISIT = Visit(Voice("en"), "chat-main", "")


def is_skip(value: Any) -> bool:
    return isinstance(value, dict) and value == {"__type__": "update"}


def test_values_that_are_on_screen_are_skipped() -> None:
    state = {"n": 1}
    parts = [
        Live(lambda _: [{"n": state["n"]}, "same"], ["a", "b"]),
        Live(lambda _, given: [given], ["c"], ["input"]),
    ]
    drawn, known = draw_changed(parts, VISIT, ["x"], {})
    assert drawn == [{"n": 1}, "same", "x"]
    drawn, known = draw_changed(parts, VISIT, ["x"], known)
    assert all(is_skip(value) for value in drawn)
    state["n"] = 2
    drawn, _ = draw_changed(parts, VISIT, ["y"], known)
    assert drawn[0] == {"n": 2}
    assert is_skip(drawn[1])
    assert drawn[2] == "y"


def test_what_a_part_keeps_is_remembered_as_it_was() -> None:
    values: list[Any] = ["old"]
    parts = [Live(lambda _: list(values), ["a"])]
    _, known = draw_changed(parts, VISIT, [], {})
    values[0] = KEEP
    drawn, known = draw_changed(parts, VISIT, [], known)
    assert is_skip(drawn[0])
    values[0] = "old"
    drawn, _ = draw_changed(parts, VISIT, [], known)
    assert is_skip(drawn[0])


def test_new_choices_of_a_widget_count_as_a_change() -> None:
    import gradio as gr

    choices = [("a", "1")]
    parts = [Live(lambda _: [gr.Dropdown(choices=list(choices), value="1")], ["a"])]
    with gr.Blocks():
        _, known = draw_changed(parts, VISIT, [], {})
        drawn, known = draw_changed(parts, VISIT, [], known)
        assert is_skip(drawn[0])
        choices.append(("b", "2"))
        drawn, _ = draw_changed(parts, VISIT, [], known)
        assert not is_skip(drawn[0])
