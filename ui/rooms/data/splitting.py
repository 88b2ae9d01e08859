"""The split of the chosen dataset and its leaks; a large one is only looked at when asked."""

from __future__ import annotations

from typing import Any

from core.data.leaks import load_leaks
from core.data.records import Dataset
from ui.components import widget
from ui.present import data_split as shown
from ui.rooms.data.room import DataRoom, Drawn
from ui.rooms.data.shelf import AT_ONCE
from ui.words import Voice


class Splitting:
    """The widget of the tab."""

    def __init__(self, room: DataRoom) -> None:
        self.room = room
        self.view = widget("acts", "data-split", role="acts")

    def outputs(self) -> list[Any]:
        """The one widget."""
        return [self.view]

    def draw(self, dataset: Dataset, voice: Voice) -> Drawn:
        """Parts and leaks as far as they are known, or known at once."""
        split = self.room.shelf.split(dataset)
        if split is None:
            return {self.view: {"html": shown.ask_for_split(voice)}}
        leaks = load_leaks(self.room.actions.workspace, split)
        if leaks is None and dataset.summary.usable <= AT_ONCE:
            leaks = self.room.actions.leaks(dataset.id)
        return {self.view: {"html": shown.split(split, leaks, 1, voice)}}

    def act(self, dataset: Dataset, asked: str, page: int, voice: Voice) -> Drawn:
        """Make the split, look for leaks, or turn a page of them."""
        split = self.room.actions.split(dataset.id)
        leaks = None if asked == "split" else self.room.actions.leaks(dataset.id)
        return {self.view: {"html": shown.split(split, leaks, page, voice)}}
