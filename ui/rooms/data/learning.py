"""What a base model would learn of the chosen dataset; nothing is counted before it is asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import gradio as gr

from core.data.jobs import Job
from core.data.records import Dataset
from core.errors import DuotuneError
from ui.boundary import told
from ui.components import widget
from ui.i18n import label
from ui.live import QUIET
from ui.markup import Html
from ui.present import data_learning as shown
from ui.present.data_parts import quiet
from ui.rooms.data.browser import MAX_LENGTH, QUEUED, Browser, model_fields
from ui.rooms.data.room import Chosen, DataRoom, Drawn
from ui.rooms.data.shelf import AT_ONCE
from ui.visit import Visit, visit_of
from ui.words import Voice


class Learning:
    """The widgets of the tab."""

    def __init__(self, room: DataRoom) -> None:
        self.room = room
        self.measured = gr.State("")
        with gr.Row(elem_classes=["dt-toolbar", "dt-model"]):
            self.model, self.length = model_fields("data-learning", room.model_names())
        with gr.Row(elem_classes=["dt-toolbar"]):
            names = ("measure", "count", "totals")
            self.measure, self.count, self.totals = (
                gr.Button(label(f"data.learning.{name}"), size="sm", elem_id=f"data-{name}")
                for name in names
            )
        self.lengths = widget("acts", "data-lengths", role="acts")
        self.learned = widget("acts", "data-learned", role="acts")

    def outputs(self) -> list[Any]:
        """What a dataset sets."""
        return [self.measured, self.lengths, self.learned]

    def draw(self, dataset: Dataset, voice: Voice) -> Drawn:  # noqa: ARG002  a part like the others
        """Nothing yet: another dataset has other lengths."""
        hint = {"html": quiet(voice("data.learning.hint"))}
        return {self.measured: "", self.lengths: hint, self.learned: {"html": ""}}

    def histogram(self, dataset_id: str, model: str | None, length: int | None) -> Any:
        """How long the rows are: exact where they were counted, else from a sample."""
        return self.room.actions.token_histogram(dataset_id, model or None, _limit(length))

    def wire(self, tab: Any, chosen: Chosen, browser: Browser) -> None:
        """The three buttons, the tab that measures when it is opened, and the shared model."""
        given = [chosen.dataset, self.model, self.length]
        self.measure.click(self._measuring(), given, [self.measured, self.lengths], **QUEUED)
        tab.select(
            self._opened(), [*given, self.measured], [self.measured, self.lengths, self.model],
            **QUEUED,
        )  # fmt: skip
        self.totals.click(self._counting(), given, self.learned, **QUEUED)
        chosen.ended.change(
            self._ended(), [chosen.ended, *given], [self.measured, self.lengths], **QUEUED
        )
        for one, other in ((self.model, browser.model), (self.length, browser.length)):
            one.input(_same, one, other, **QUIET)
            other.input(_same, other, one, **QUIET)

    def wire_job(
        self, chosen: Chosen, follow: Callable[[Visit, Job], Drawn], listed: list[Any]
    ) -> Any:
        """The button that counts every row in the background."""

        @told
        def count(dataset_id: str | None, model: str | None, request: gr.Request) -> Drawn:
            if dataset_id is None:
                return gr.skip()
            job = self.room.actions.count_tokens(dataset_id, model or None)
            return follow(visit_of(request), job)

        return self.count.click(count, [chosen.dataset, self.model], listed, **QUEUED)

    def _shown(self, dataset_id: str, found: Any, voice: Voice) -> Drawn:
        return {
            self.measured: dataset_id,
            self.lengths: {"html": shown.histogram(found, voice)},
        }

    def _measuring(self) -> Any:
        @told
        async def callback(
            dataset_id: str | None, model: str | None, length: int | None, request: gr.Request
        ) -> AsyncIterator[Drawn]:
            if dataset_id is None:
                return
            voice = visit_of(request).voice
            yield {self.lengths: _working(voice)}
            try:
                found = await asyncio.to_thread(self.histogram, dataset_id, model, length)
            except DuotuneError:
                yield {self.lengths: {"html": ""}}
                raise
            yield self._shown(dataset_id, found, voice)

        return callback

    def _opened(self) -> Any:
        @told
        async def callback(
            dataset_id: str | None, model: str | None, length: int | None, measured: str,
            request: gr.Request,
        ) -> AsyncIterator[Drawn]:  # fmt: skip
            found = self.room.shelf.find(dataset_id)
            if found is None or measured == found.id:
                return
            model = model or await asyncio.to_thread(self.room.default_model)
            yield {self.model: model}
            if found.summary.usable > AT_ONCE:
                return
            yield {self.lengths: _working(visit_of(request).voice)}
            lengths = await asyncio.to_thread(self.histogram, found.id, model, length)
            yield self._shown(found.id, lengths, visit_of(request).voice)

        return callback

    def _ended(self) -> Any:
        @told
        def callback(
            job_id: str | None, dataset_id: str | None, model: str | None, length: int | None,
            request: gr.Request,
        ) -> Drawn:  # fmt: skip
            job = self.room.actions.job(job_id) if job_id else None
            if job is None or (job.kind, job.dataset_id) != ("tokens", dataset_id):
                return gr.skip()
            found = self.histogram(job.dataset_id, model, length)
            return self._shown(job.dataset_id, found, visit_of(request).voice)

        return callback

    def _counting(self) -> Any:
        @told
        async def callback(
            dataset_id: str | None, model: str | None, length: int | None, request: gr.Request
        ) -> AsyncIterator[Any]:
            if dataset_id is None:
                return
            voice = visit_of(request).voice
            yield _working(voice)
            try:
                found = await asyncio.to_thread(
                    self.room.actions.learning, dataset_id, model or None, _limit(length)
                )
            except DuotuneError:
                yield {"html": ""}
                raise
            yield {"html": shown.totals(found, voice)}

        return callback


def _limit(length: int | None) -> int:
    return int(length or MAX_LENGTH)


def _working(voice: Voice) -> dict[str, Html]:
    return {"html": quiet(voice("data.working"))}


def _same(value: Any) -> Any:
    return value
