"""What refreshes by itself: each room says what to draw, the shell draws what has changed."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import gradio as gr

from ui.boundary import told
from ui.visit import Visit, visit_of

QUIET = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
"""For polls and small callbacks: no waiting in the queue, no flashing overlay."""
KEEP = object()
"""Drawn instead of a value: leave what is on screen."""


@dataclass(frozen=True)
class Live:
    """A part of the page that can be drawn again from disk at any time."""

    draw: Callable[..., Sequence[Any]]
    """(visit, *values of inputs) -> values of outputs."""
    outputs: Sequence[Any]
    inputs: Sequence[Any] = ()
    changes: Sequence[Any] = ()
    """Events after which other parts of the page may look different."""


def wire(
    demo: gr.Blocks,
    parts: Sequence[Live],
    tabs: Sequence[Any],
    is_busy: Callable[[], bool],
    one_look: Callable[[], AbstractContextManager[None]],
) -> None:
    """Draw all parts on load, when a tab opens or something was done, and by the clock.

    The clock ticks each second while something runs, and now and then otherwise. `one_look` is
    around a drawing of all parts, which need not each look at the same things.
    """
    seen = gr.State({})
    fast = gr.Timer(1, active=False)
    slow = gr.Timer(4)
    inputs = [seen, *(widget for part in parts for widget in part.inputs)]
    outputs = [seen, fast, *(widget for part in parts for widget in part.outputs)]

    @told
    def refresh(request: gr.Request, known: dict[str, Any], *values: Any) -> list[Any]:
        with one_look():
            drawn, fresh = draw_changed(parts, visit_of(request), values, known)
            busy = is_busy()
        timer = gr.skip() if known.get("busy") == busy else gr.Timer(active=busy)
        return [{**fresh, "busy": busy}, timer, *drawn]

    @told
    def first(request: gr.Request, _known: dict[str, Any], *values: Any) -> list[Any]:
        return list(refresh(request, {}, *values))

    @told
    def opened(request: gr.Request, known: dict[str, Any], *values: Any) -> list[Any]:
        if not known:  # Gradio opens the first tab by itself, while the page loads anyway
            return [gr.skip()] * len(outputs)
        return list(refresh(request, known, *values))

    demo.load(first, inputs, outputs, **QUIET)
    for timer in (fast, slow):
        timer.tick(refresh, inputs, outputs, **QUIET)
    for tab in tabs:
        tab.select(opened, inputs, outputs, **QUIET)
    for part in parts:
        for change in part.changes:
            change.then(refresh, inputs, outputs, **QUIET)


def draw_changed(
    parts: Sequence[Live], visit: Visit, values: Sequence[Any], known: dict[str, Any]
) -> tuple[list[Any], dict[str, Any]]:
    """Values of all outputs, with a skip for those that are on screen already."""
    drawn: list[Any] = []
    fresh: dict[str, Any] = {}
    start = 0
    for part in parts:
        given = values[start : start + len(part.inputs)]
        start += len(part.inputs)
        for value in part.draw(visit, *given):
            place = str(len(drawn))
            if value is KEEP:
                fresh[place] = known.get(place)
                drawn.append(gr.skip())
                continue
            fresh[place] = _fingerprint(value)
            drawn.append(gr.skip() if known.get(place) == fresh[place] else value)
    return drawn, fresh


def _fingerprint(value: Any) -> int:
    return hash(json.dumps(value, default=_plain, sort_keys=True))


def _plain(widget: Any) -> Any:
    """A widget with new properties, such as choices, by what it was made with."""
    return getattr(widget, "_constructor_args", str(widget))
