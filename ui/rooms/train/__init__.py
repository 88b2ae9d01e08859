"""The Train room: plan a run, watch and steer runs, compare them, keep models, find base models."""

from __future__ import annotations

from ui.rooms.train.page import render

__all__ = ["render"]
