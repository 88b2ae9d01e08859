"""Nothing that a file or a model says can become markup."""

from __future__ import annotations

from ui.markup import Html, facts, join, table, tag, text


def test_texts_are_escaped_and_built_html_is_kept() -> None:
    evil = '<img src=x onerror="alert(1)">'
    made = tag("p", evil, tag("b", "safe"), title=evil)
    assert "<img" not in made
    assert "<b>safe</b>" in made
    assert 'title="&lt;img' in made


def test_no_blank_line_can_end_the_html_block_of_a_chat_message() -> None:
    assert "\n" not in text("one\n\ntwo\r\nthree")
    assert text("one\n\ntwo") == "one<br><br>two"


def test_attributes_that_are_none_or_false_are_left_out() -> None:
    assert tag("div", hidden=False, id=None, class_="a", data_x="1") == (
        '<div class="a" data-x="1"></div>'
    )
    assert tag("button", disabled=True) == "<button disabled></button>"
    assert tag("br") == "<br>"


def test_a_table_marks_its_figures() -> None:
    made = table(["Name", "Size"], [["a<b", "12"]], numbers=1)
    assert '<th scope="col">Name</th>' in made
    assert '<td>a&lt;b</td><td class="dt-number">12</td>' in made


def test_joining_keeps_what_is_html() -> None:
    assert join([Html("<i></i>"), None, "&"]) == "<i></i>&amp;"
    assert facts([("a", "b")]) == '<dl class="dt-facts"><div><dt>a</dt><dd>b</dd></div></dl>'
