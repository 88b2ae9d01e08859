"""The Compare room: one question, the answers of several models side by side."""

from __future__ import annotations

from ui.live import Live
from ui.rooms.compare.acting import wire_acts
from ui.rooms.compare.batch import wire_batch
from ui.rooms.compare.keeping import wire_endpoints, wire_history
from ui.rooms.compare.page import Page
from ui.rooms.compare.speed import wire_speed
from ui.rooms.compare.talking import wire_asking, wire_choosing, wire_engine, wire_who
from ui.services import Services

__all__ = ["render"]


def render(services: Services) -> Live:
    """Declare the room and wire it."""
    page = Page(services)
    wire_choosing(page)
    wire_who(page)
    changes = [
        *wire_engine(page), *wire_asking(page), *wire_acts(page), *wire_history(page),
        *wire_endpoints(page),
        *wire_batch(page.batch, page.run, page.who, page.sampling),
        *wire_speed(page.speed, page.run, page.who, page.bar()),
    ]  # fmt: skip
    return page.live(changes)
