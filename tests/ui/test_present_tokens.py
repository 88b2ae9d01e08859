"""A row as tokens reads rightly on a page and in a terminal, with colours and without."""

from __future__ import annotations

import io
import re

import pytest
from rich.console import Console

from core.data.records import Example
from core.training.token_view import TokenView, show_row
from tests.core.models.templates_made import masker, said
from ui.present import tokens as present
from ui.terminal_tokens import token_view
from ui.words import Voice

TALK = said(
    ("user", "今天 <b>raining</b>?\n\nReally"),
    ("assistant", "龘，很好。\u202e\x1b[31m"),
    ("user", "Thanks"),
    ("assistant", "You are welcome."),
)
ROW = Example(id="ex-1", row=7, conversation=TALK)


def view(max_length: int = 500, name: str = "chatml") -> TokenView:
    return show_row(ROW, masker(name, max_length))


def cut() -> TokenView:
    """Cut inside the first answer."""
    (one,) = masker("chatml").row(TALK).sequences
    return view(one.spans[0][0] + 5)


def without_tags(html: str) -> str:
    html = re.sub(r'<span class="dt-unseen">.*?</span>', "", html)
    return re.sub("<[^>]+>", "", html)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_page_shows_each_fate_in_words_and_by_more_than_colour(language: str) -> None:
    voice = Voice(language)  # type: ignore[arg-type]
    html = present.tokens(cut(), voice)
    for element, fate in (("mark", "supervised"), ("span", "context"), ("del", "lost")):
        said_of_it = f"[{voice(f'tokens.kind.{fate}')}] "
        unseen = f'<span class="dt-unseen">{said_of_it}</span>'
        assert f'<{element} class="dt-token-{fate}">{unseen}' in html
    assert voice("tokens.eos") in html
    assert '<del class="dt-token-cut">' in html
    assert voice("tokens.endless") in html


def test_a_page_holds_the_text_and_nothing_that_acts() -> None:
    html = present.tokens(view(), Voice("en"))
    text = without_tags(html)
    assert "龘，很好。&lt;U+202E&gt;&lt;U+001B&gt;[31m" in text
    assert "&lt;b&gt;raining" in text
    assert "⏹&lt;|im_end|&gt;" in text
    assert "\u202e" not in html
    assert "\x1b" not in html
    assert "\n" not in html, "a blank line would end the block inside a chat message"
    assert "\N{REPLACEMENT CHARACTER}" not in html


def test_a_page_stays_small_and_says_how_much_it_leaves_out() -> None:
    long = said(("user", "word " * 9000), ("assistant", "x"))
    shown = show_row(ROW.model_copy(update={"conversation": long}), masker("chatml", 100_000))
    html = present.tokens(shown, Voice("en"))
    assert html.count('class="dt-token"') <= present.SHOWN
    assert len(html) < 300_000
    assert f"{shown.tokens - present.SHOWN:,} more tokens are not shown" in html


def test_several_texts_are_counted_and_explained() -> None:
    html = present.tokens(view(name="qwen3"), Voice("en"))
    assert "Text 1 of 2" in html
    assert "Text 2 of 2" in html
    assert "each answer is trained in a text of its own" in html


def printed(shown: TokenView, **options: object) -> str:
    file = io.StringIO()
    Console(file=file, width=500, markup=False, **options).print(token_view(shown))  # type: ignore[arg-type]
    return file.getvalue()


def test_a_terminal_without_colours_has_brackets() -> None:
    text = printed(cut())
    assert "\x1b" not in text
    assert "7 as the model reads it" in text
    assert re.search(r"\[\[龘.*\]\]~~\[\[", text)
    assert "~~~~" not in text
    whole = printed(view())
    assert "[[You are welcome.⏹<|im_end|>]]↵" in whole
    assert "<U+001B>[31m" in whole


def test_a_terminal_with_colours_has_styles_and_no_brackets() -> None:
    text = printed(cut(), force_terminal=True, color_system="standard")
    assert "\x1b[1;32m龘" in text
    assert "\x1b[9;31m" in text
    assert "[[" not in text
    assert "\x1b[31m" not in text, "what a row holds must not steer the terminal"
