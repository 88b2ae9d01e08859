"""Labels that the browser puts into the page's language, with Gradio's own words for the rest."""

from __future__ import annotations

import gradio as gr

from ui.language import LOCALE
from ui.words import WORDS, dictionary


def label(key: str) -> str:
    """A label, placeholder or button text by its key; KeyError for words that don't exist."""
    if key not in WORDS:
        raise KeyError(key)
    return str(gr.i18n.I18nData(key))


def translations() -> gr.I18n:
    """All words, for `launch(i18n=...)`."""
    return gr.I18n(
        **{LOCALE["en"]: dictionary("en"), LOCALE["zh"]: dictionary("zh")},
    )
