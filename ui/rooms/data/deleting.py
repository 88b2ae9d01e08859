"""The chosen dataset deleted: what goes is named first, then it is done."""

from __future__ import annotations

from typing import Any

import gradio as gr

from core.data.records import Dataset
from ui.components import widget
from ui.markup import text
from ui.present import data_deleting as shown
from ui.rooms.data.room import DataRoom, Drawn
from ui.words import Voice


class Deleting:
    """The button below the summary, and what it asks."""

    def __init__(self, room: DataRoom) -> None:
        self.room = room
        self.view = widget("acts", "data-delete", role="acts")

    def outputs(self) -> list[Any]:
        """The one widget."""
        return [self.view]

    def draw(self, dataset: Dataset, voice: Voice) -> Drawn:
        """The first step; nothing is looked for before it is asked."""
        return {self.view: {"html": shown.ask(dataset.id, voice)}}

    def look(self, dataset: Dataset, asked: str, voice: Voice) -> Drawn:
        """What would go with a dataset, of the chosen one or of the one it was made from.

        Raises DataError while something that goes on needs it.
        """
        going = self.room.actions.dataset_deletion(asked or dataset.id)
        root = self._root(dataset)
        return {self.view: {"html": shown.named(going, root if root != going.id else None, voice)}}

    def _root(self, dataset: Dataset) -> str:
        """The first version, as far as it is there."""
        found, parent = dataset, self.room.shelf.find(dataset.parent)
        while parent is not None:
            found, parent = parent, self.room.shelf.find(parent.parent)
        return found.id

    def delete(self, chosen: str, event: dict[str, Any], voice: Voice) -> str:
        """Delete what was named, and say so; the dataset to show then, if it is there.

        Raises DataError when something needs it by now.
        """
        before = self.room.shelf.dataset(chosen)
        gone = self.room.actions.delete_dataset(str(event["id"]), event.get("also", "").split())
        gr.Info(text(voice("data.delete.done", name=gone.name)), title=voice("data.delete.title"))
        return before.parent or chosen
