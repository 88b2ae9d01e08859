"""Base models: the catalog, a look at any Hub id or folder, and downloads."""

from __future__ import annotations

from typing import Any

import gradio as gr

from core.errors import ModelError
from core.models.inspection import ModelInspection
from ui.components import widget
from ui.i18n import label
from ui.markup import join, tag
from ui.present import model as shown
from ui.rooms.train.room import Drawn, TrainRoom
from ui.visit import Visit
from ui.words import Voice


class Models:
    """The widgets of the tab."""

    def __init__(self, room: TrainRoom) -> None:
        self.room = room
        gr.Markdown(label("model.hint"), elem_classes=["dt-hint"])
        with gr.Row(elem_classes=["dt-toolbar", "dt-model-bar"]):
            self.name = gr.Textbox(
                label=label("model.name"), max_lines=1, elem_id="train-model-name", min_width=240
            )
            self.look = gr.Button(label("model.look"), elem_id="train-model-look", min_width=100)
        self.found = widget("acts", "train-model", role="acts")
        self.fetching = widget("acts", "train-downloads", role="acts")
        self.catalog = widget("acts", "train-catalog", role="acts")

    def views(self) -> list[Any]:
        """What can be clicked in."""
        return [self.found, self.fetching, self.catalog]

    def draw(self, visit: Visit) -> list[Any]:
        """Downloads as they stand, and the catalog."""
        watch, voice = self.room.watch, visit.voice
        fetching = shown.downloads(watch.downloads(), voice)
        catalog = watch.lasting(f"catalog in {voice.language}", lambda: self._catalog(voice))
        return [{"html": fetching}, {"html": catalog}]

    def _catalog(self, voice: Voice) -> str:
        actions = self.room.actions
        return shown.catalog(actions.models(), actions.models_checked(), voice)

    def inspect(self, name: str) -> ModelInspection:
        """Look at a model.

        Raises ModelError when no name was given, there is no such model, or no hub is in reach.
        """
        if not name.strip():
            raise ModelError(
                "No model was named.", fix="Give a catalog name, a Hub id or a folder."
            )
        return self.room.actions.inspect_model(name.strip())

    def waiting(self, name: str, voice: Voice) -> str:
        """That a model is looked at right now."""
        told = voice("model.looking", name=name.strip())
        return tag("p", told, class_="dt-job dt-phase", role="status")

    def inspected(self, found: ModelInspection, voice: Voice) -> Drawn:
        """What was found, with what can be done."""
        told = join([shown.inspection(found, voice), shown.doing(found, voice)])
        return {self.name: found.name, self.found: {"html": told}}

    def fetch(self, name: str, revision: str, visit: Visit) -> Drawn:
        """Start a download, or go on with it."""
        self.room.actions.download_model(name, revision or None)
        return {self.fetching: self.draw(visit)[0]}

    def cancel(self, download_id: str, visit: Visit) -> Drawn:
        """End a download."""
        self.room.actions.cancel_download(download_id)
        return {self.fetching: self.draw(visit)[0]}
