"""What masks hide in the chosen dataset; its values put back, or its key deleted."""

from __future__ import annotations

from typing import Any

import gradio as gr

from core.data.records import Dataset
from ui.components import widget
from ui.markup import text
from ui.present import data_masks as shown
from ui.rooms.data.room import DataRoom, Drawn
from ui.rooms.data.shelf import AT_ONCE
from ui.words import Voice


class Masks:
    """The card below the version."""

    def __init__(self, room: DataRoom) -> None:
        self.room = room
        self.view = widget("acts", "data-masks", role="acts")

    def outputs(self) -> list[Any]:
        """The card."""
        return [self.view]

    def draw(self, dataset: Dataset, voice: Voice) -> Drawn:
        """The counts at once where that is quick; a large dataset is counted when asked."""
        if dataset.summary.usable <= AT_ONCE:
            return self._counted(dataset, voice)
        masked = self.room.actions.was_masked(dataset.id)
        return {self.view: {"html": shown.ask(voice) if masked else ""}}

    def _counted(self, dataset: Dataset, voice: Voice) -> Drawn:
        hidden = self.room.actions.hidden(dataset.id)
        return {self.view: {"html": shown.masks(dataset, hidden, voice)}}

    def act(self, dataset: Dataset, do: str, voice: Voice) -> Drawn:
        """Count what is hidden; before that, delete the key when that is asked."""
        if do == "forget":
            done = self.room.actions.forget_masks(dataset.id)
            gr.Info(text(shown.forgotten(done, voice)), title=voice("data.masks"))
        return self._counted(dataset, voice)

    def unmask(self, dataset_id: str, voice: Voice) -> str:
        """Put the values back and tell how it went; the dataset to show then."""
        done = self.room.actions.unmask(dataset_id)
        gr.Info(text(shown.unmasked(done, voice)), title=voice("data.masks"))
        return done.dataset.id
