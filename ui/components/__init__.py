"""Own widgets on gr.HTML: a Python value goes in, events come out, the browser's part is beside."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

HERE = Path(__file__).parent


def widget(script: str, elem_id: str, *, role: str, value: Any = None, visible: bool = True) -> Any:
    """A gr.HTML drawn by `<script>.js`, which gets `element`, `props`, `watch` and `trigger`.

    Values must have named keys. An event can be listened to only if its name stands in quotes in
    the script.
    """
    code = "\n".join(
        (HERE / f"{name}.js").read_text(encoding="utf-8") for name in ("dom", *script.split("+"))
    )
    return gr.HTML(
        value,
        html_template=f'<div class="dt-{role}"></div>',
        js_on_load=code,
        apply_default_css=False,
        elem_id=elem_id,
        elem_classes=["dt-widget"],
        visible=visible,
    )


def html(elem_id: str, value: str = "", *, visible: bool = True) -> Any:
    """A place for HTML that `ui.present` wrote."""
    return gr.HTML(
        value, apply_default_css=False, elem_id=elem_id, elem_classes=["dt-html"], visible=visible
    )
