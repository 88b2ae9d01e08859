"""One row of the chosen dataset: as a dialogue, or as the tokens that a base model reads."""

from __future__ import annotations

from typing import Any, NamedTuple

import gradio as gr

from core.data.records import Dataset
from ui.boundary import told
from ui.components import html
from ui.i18n import label
from ui.live import QUIET
from ui.markup import Html, join, tag
from ui.present import tokens
from ui.present.dialogue import dialogue
from ui.rooms.data.room import Chosen, DataRoom, Drawn
from ui.visit import visit_of
from ui.words import Voice

QUEUED = {"show_progress": "hidden", "api_visibility": "private"}
MAX_LENGTH = 1024
SHORTEST, LONGEST = 16, 131_072


class How(NamedTuple):
    """How a row is shown: as a dialogue, or as the tokens of a base model."""

    view: str = "dialogue"
    model: str | None = None
    length: int | None = None


class Browser:
    """The widgets that show one row."""

    def __init__(self, room: DataRoom) -> None:
        self.room = room
        with gr.Column(elem_id="data-browser", elem_classes=["dt-browser"]):
            gr.Markdown(label("data.browse"), elem_classes=["dt-heading"])
            self._declare_toolbar()
            with gr.Row(visible=False, elem_classes=["dt-toolbar", "dt-model"]) as self.settings:
                self.model, self.length = model_fields("data-row", room.model_names())
            self.place = gr.State(0)
            self.shown = html("data-dialogue")

    def _declare_toolbar(self) -> None:
        with gr.Row(elem_classes=["dt-toolbar"]):
            self.back = gr.Button(
                label("data.previous"), size="sm", elem_id="data-previous", min_width=80
            )
            self.number = gr.Number(
                label=label("data.row"), show_label=False, container=False, precision=0, minimum=1,
                elem_id="data-row", min_width=90,
            )  # fmt: skip
            self.forth = gr.Button(label("data.next"), size="sm", elem_id="data-next", min_width=80)
            views = [(label(f"data.view.{name}"), name) for name in ("dialogue", "tokens")]
            self.view = gr.Radio(
                views, value="dialogue", show_label=False, label=label("data.view"),
                container=False, elem_id="data-view", elem_classes=["dt-choice-pills"],
            )  # fmt: skip

    def outputs(self) -> list[Any]:
        """The row's number, its place among the usable rows, and what is shown of it."""
        return [self.number, self.place, self.shown]

    def drawn(self) -> list[Any]:
        """What another dataset sets, besides."""
        return [self.view, self.settings]

    def inputs(self) -> list[Any]:
        """How a row is to be shown."""
        return [self.view, self.model, self.length]

    def draw(self, dataset: Dataset, voice: Voice) -> Drawn:
        """The first row, as a dialogue at first: tokens need a model's files."""
        return self._at(dataset, 0, How(), voice) | {
            self.view: "dialogue",
            self.settings: gr.Row(visible=False),
        }

    def show(self, dataset_id: str, row: int, how: How, voice: Voice) -> Drawn:
        """The usable row at or nearest to a row number; a rejected one as it stands."""
        dataset = self.room.shelf.dataset(dataset_id)
        examples = self.room.shelf.examples(dataset_id)
        place = examples.nearest(row)
        drawn = self._at(dataset, place, how, voice)
        if examples.rows[place] != row:
            drawn[self.shown] = join([self._missing(dataset_id, row, voice), drawn[self.shown]])
        return drawn

    def move(self, dataset_id: str, place: int, how: How, voice: Voice) -> Drawn:
        """The usable row at a place in the order of the file."""
        return self._at(self.room.shelf.dataset(dataset_id), place, how, voice)

    def _missing(self, dataset_id: str, row: int, voice: Voice) -> Html:
        told = tag("p", voice("data.row.missing", row=row), class_="dt-note")
        text = self.room.shelf.rejected(dataset_id, row)
        if text is None:
            return told
        head = tag("summary", voice("data.row.rejected", row=row))
        return join([tag("details", head, tag("pre", text, class_="dt-log"), open=True), told])

    def _at(self, dataset: Dataset, place: int, how: How, voice: Voice) -> Drawn:
        examples = self.room.shelf.examples(dataset.id)
        place = max(0, min(len(examples) - 1, place))
        example = examples[place]
        if how.view == "tokens":
            shown = self._tokens(dataset.id, example.row, how, voice)
        else:
            part = self.room.shelf.part(dataset, example.id)
            is_split = self.room.shelf.split(dataset) is not None
            shown = dialogue(example, part, (place + 1, len(examples)), voice, is_split)
        return {self.number: example.row, self.place: place, self.shown: shown}

    def _tokens(self, dataset_id: str, row: int, how: How, voice: Voice) -> Html:
        limit = int(how.length or MAX_LENGTH)
        view = self.room.actions.show_tokens(dataset_id, row, how.model or None, limit)
        return tokens.tokens(view, voice)

    def wire(self, chosen: Chosen) -> None:
        """Moving, going to a number, and changing how a row is shown."""
        given = [chosen.dataset, self.place, *self.inputs()]
        for button, step in ((self.back, -1), (self.forth, +1)):
            button.click(self._stepping(step), given, self.outputs(), **QUIET)
        at = [chosen.dataset, self.number, *self.inputs()]
        self.number.submit(self._going(), at, self.outputs(), **QUIET)
        picked = self.view.input(
            self._picking(), [self.view, self.model], [self.settings, self.model], **QUIET
        )
        picked.then(self._stepping(0), given, self.outputs(), **QUEUED)
        for widget in (self.model, self.length):
            widget.change(self._changed(), given, self.outputs(), **QUEUED)

    def _stepping(self, step: int) -> Any:
        @told
        def callback(
            dataset_id: str | None, place: int, view: str, model: str | None, length: int | None,
            request: gr.Request,
        ) -> Drawn:  # fmt: skip
            if dataset_id is None:
                return gr.skip()
            voice = visit_of(request).voice
            return self.move(dataset_id, place + step, How(view, model, length), voice)

        return callback

    def _changed(self) -> Any:
        step = self._stepping(0)

        @told
        def callback(
            dataset_id: str | None, place: int, view: str, model: str | None, length: int | None,
            request: gr.Request,
        ) -> Drawn:  # fmt: skip
            if view != "tokens":
                return gr.skip()
            drawn: Drawn = step(dataset_id, place, view, model, length, request)
            return drawn

        return callback

    def _picking(self) -> Any:
        @told
        def callback(view: str, model: str | None) -> Drawn:
            is_tokens = view == "tokens"
            if is_tokens and not model:
                model = self.room.default_model()
            return {self.settings: gr.Row(visible=is_tokens), self.model: model}

        return callback

    def _going(self) -> Any:
        @told
        def callback(
            dataset_id: str | None, row: int | None, view: str, model: str | None,
            length: int | None, request: gr.Request,
        ) -> Drawn:  # fmt: skip
            if dataset_id is None or row is None:
                return gr.skip()
            return self.show(dataset_id, row, How(view, model, length), visit_of(request).voice)

        return callback


def model_fields(prefix: str, names: list[str]) -> tuple[Any, Any]:
    """A base model, of the list or any other, and how many tokens of a row are trained on."""
    model = gr.Dropdown(
        names, value=None, label=label("data.model"), elem_id=f"{prefix}-model",
        allow_custom_value=True,
    )  # fmt: skip
    length = gr.Number(
        MAX_LENGTH, label=label("data.max_length"), precision=0, minimum=SHORTEST, maximum=LONGEST,
        elem_id=f"{prefix}-length",
    )  # fmt: skip
    return model, length
