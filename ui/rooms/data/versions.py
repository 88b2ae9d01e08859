"""What a version was made from, how it differs, and the questions that a file leaves open."""

from __future__ import annotations

from typing import Any

import gradio as gr

from core.data.records import Dataset
from ui.components import widget
from ui.present import data_questions
from ui.present import data_versions as shown
from ui.rooms.data.room import DataRoom, Drawn
from ui.rooms.data.shelf import AT_ONCE
from ui.words import Voice


class Versions:
    """The banner with the way back, and the tab with the rows that differ."""

    def __init__(self, room: DataRoom) -> None:
        self.room = room
        self.banner = widget("acts", "data-version", role="acts")
        self.tab: Any = None
        self.view: Any = None

    def declare_tab(self, name: str) -> None:
        """The tab, where the room wants it; only versions have it."""
        with gr.Tab(name, id="changes", elem_id="data-tab-changes", visible=False) as self.tab:
            self.view = widget("acts", "data-changes", role="acts")

    def outputs(self) -> list[Any]:
        """The banner, the tab and what it shows."""
        return [self.banner, self.tab, self.view]

    def draw(self, dataset: Dataset, voice: Voice) -> Drawn:
        """Where the version comes from; its rows at once where that is quick."""
        parent = self.room.shelf.find(dataset.parent)
        shown_at_once = parent is not None and dataset.summary.usable <= AT_ONCE
        if shown_at_once:
            view: str = shown.changes(self.room.shelf.changes(dataset.id), 1, voice)
        else:
            view = shown.ask_for_changes(dataset, voice)
        return {
            self.banner: {"html": shown.banner(dataset, parent, voice)},
            self.tab: gr.Tab(visible=parent is not None),
            self.view: {"html": view},
        }

    def act(self, dataset: Dataset, page: int, voice: Voice) -> Drawn:
        """Compare with the parent, or turn a page of the comparison."""
        found = self.room.shelf.changes(dataset.id)
        return {self.view: {"html": shown.changes(found, page, voice)}}


class Questions:
    """The questions with the answers that were used."""

    def __init__(self, room: DataRoom) -> None:
        self.room = room
        self.form = widget("acts", "data-questions", role="acts")

    def outputs(self) -> list[Any]:
        """The form."""
        return [self.form]

    def draw(self, dataset: Dataset, voice: Voice) -> Drawn:
        """Each question with its options."""
        return {self.form: {"html": data_questions.questions(dataset, voice)}}

    def answer(self, dataset: Dataset, values: dict[str, str]) -> Dataset:
        """Read the file again with the answers that differ; the same dataset when none does."""
        asked = {question.id: question.chosen for question in dataset.questions}
        given = {name: value for name, value in values.items() if asked.get(name) != value}
        return self.room.actions.answer(dataset.id, given) if given else dataset
