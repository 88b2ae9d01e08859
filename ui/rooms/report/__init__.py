"""The Report room: start an evaluation, read what it found, vote, compare, and edit the rubric."""

from __future__ import annotations

from ui.live import Live
from ui.rooms.report.curve import wire_curve
from ui.rooms.report.failing import wire_failures
from ui.rooms.report.page import Page
from ui.rooms.report.reading import wire_reading
from ui.rooms.report.rubric import wire_rubric
from ui.rooms.report.two import wire_two
from ui.rooms.report.voting import wire_votes
from ui.services import Services

__all__ = ["render"]


def render(services: Services) -> Live:
    """Declare the room and wire it."""
    page = Page(services)
    changes = [
        *wire_reading(page), *wire_failures(page), *wire_votes(page), *wire_two(page),
        *wire_rubric(page), *wire_curve(page),
    ]  # fmt: skip
    return page.live(changes)
