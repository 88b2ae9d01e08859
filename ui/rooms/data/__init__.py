"""The Data room: what is in a dataset, what is wrong in it and mends it, and its rows."""

from __future__ import annotations

from ui.rooms.data.page import render

__all__ = ["render"]
