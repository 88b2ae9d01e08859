"""What clicks inside the room's views ask for: to show something else, or to make a version."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import gradio as gr

from core.errors import DuotuneError
from ui.boundary import told
from ui.present import data_jobs
from ui.present.data_findings import Filter
from ui.rooms.data.browser import QUEUED, How
from ui.rooms.data.room import Drawn
from ui.visit import visit_of
from ui.words import Voice

if TYPE_CHECKING:
    from ui.rooms.data.page import Page

GROWS = frozenset({"augment-start", "augment-accept", "balance"})
MAKES = GROWS | {
    "repair", "repair-all", "undo", "unmask", "answer", "inspect", "cancel", "resume", "delete",
}  # fmt: skip
"""What is asked for that ends in another list of datasets."""


@dataclass(frozen=True)
class Asked:
    """A click, and how the room's filters stand."""

    place: str
    """The view that was clicked in."""
    dataset_id: str
    data: dict[str, Any]
    """`do` says what is asked for; the rest is the clicked element's own."""
    severity: str
    code: str
    how: How

    @property
    def do(self) -> str:
        return str(self.data["do"])

    @property
    def page(self) -> int:
        return int(self.data.get("page", 1))


def wire_acts(page: Page) -> list[Any]:
    """Listen to every view of the room; returns the events after which other rooms may differ."""
    places = {
        "job": [page.job],
        "questions": [page.questions.form],
        "findings": [page.findings.kinds, page.findings.table],
        "changes": [page.versions.banner, page.versions.view],
        "masks": [page.masks.view],
        "read": [page.read],
        "more": [page.more.view],
        "split": [page.splitting.view],
        "learning": [page.learning.lengths, page.learning.learned],
        "deleting": [page.deleting.view],
    }
    chosen, browser = page.chosen, page.browser
    severity, code = page.findings.severity, page.findings.code
    given = [chosen.dataset, chosen.following, severity, code, *browser.inputs()]
    outputs = [*page.listed(), *page.looked_at()]
    return [
        view.act(_acting(page, place), given, outputs, **QUEUED)
        for place, views in places.items()
        for view in views
    ]


def _acting(page: Page, place: str) -> Any:
    @told
    async def callback(
        event: gr.EventData, dataset_id: str | None, following: str | None, severity: str,
        code: str, view: str, model: str | None, length: int | None, request: gr.Request,
    ) -> AsyncIterator[Drawn]:  # fmt: skip
        if dataset_id is None:
            return
        visit = visit_of(request)
        how = How(view, model, length)
        asked = Asked(place, dataset_id, dict(event._data), severity, code, how)
        if asked.do not in MAKES:
            yield await asyncio.to_thread(look, page, asked, visit.voice)
            return
        if asked.do != "cancel":
            yield {page.job: {"html": data_jobs.working(visit.voice)}}
        try:
            made = await asyncio.to_thread(make, page, asked, visit.voice)
        except DuotuneError:
            yield {page.job: {"html": ""}}
            raise
        if made is None:
            gr.Warning(visit.voice("data.mend.no_fill"))
        yield page.list_anew(visit, made or dataset_id, following)

    return callback


def look(page: Page, asked: Asked, voice: Voice) -> Drawn:
    """Show something else of the same dataset."""
    if asked.do == "row":
        return page.browser.show(asked.dataset_id, int(asked.data["row"]), asked.how, voice)
    if asked.place == "findings":
        code = str(asked.data.get("code", asked.code))
        return page.findings.narrow(
            asked.dataset_id, Filter(asked.severity, code, asked.page), voice
        )
    dataset = page.room.shelf.dataset(asked.dataset_id)
    if asked.place == "masks":
        return page.masks.act(dataset, asked.do, voice)
    if asked.place == "deleting":
        return page.deleting.look(dataset, str(asked.data.get("id", "")), voice)
    if asked.place == "split":
        return page.splitting.act(dataset, asked.do, asked.page, voice)
    if asked.place == "more":
        return page.more.act(dataset, asked.data, voice)
    return page.versions.act(dataset, asked.page, voice)


def make(page: Page, asked: Asked, voice: Voice) -> str | None:
    """Make what was asked for.

    Returns the id of the dataset to show now; None when values are missing.
    """
    actions, dataset_id = page.room.actions, asked.dataset_id
    if asked.do == "undo":
        return actions.undo(dataset_id).id
    if asked.do == "delete":
        return page.deleting.delete(dataset_id, asked.data, voice)
    if asked.do == "unmask":
        return page.masks.unmask(dataset_id, voice)
    if asked.do == "inspect":
        return actions.inspect(dataset_id).dataset_id
    if asked.do == "cancel":
        return actions.cancel_job(str(asked.data["id"])).dataset_id
    if asked.do == "resume":
        return actions.resume_job(str(asked.data["id"])).dataset_id
    if asked.do in GROWS:
        return page.more.make(dataset_id, asked.data)
    if asked.do == "answer":
        dataset = page.room.shelf.dataset(dataset_id)
        return page.questions.answer(dataset, asked.data["values"]).id
    made = page.findings.mend(dataset_id, asked.data)
    return made.id if made else None
