"""The buttons that read a file: a new dataset, the example, or rows for the chosen one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from core.data.examples import SUPPORT_DESK
from core.data.problems import NoUsableRows
from core.data.records import Dataset
from core.errors import DuotuneError
from ui.boundary import told
from ui.present import data_findings, data_jobs
from ui.rooms.data.browser import QUEUED
from ui.rooms.data.room import Drawn
from ui.visit import Visit, visit_of

if TYPE_CHECKING:
    from ui.rooms.data.page import Page


async def _reading(
    page: Page, visit: Visit, name: str, read: Callable[[], Dataset]
) -> AsyncIterator[Drawn]:
    """Say that a file is read, read it, and show it or everything that is wrong with it."""
    yield {page.refused: "", page.job: {"html": data_jobs.reading(name, visit.voice)}}
    try:
        dataset = await asyncio.to_thread(read)
    except DuotuneError as error:
        found = error.problems if isinstance(error, NoUsableRows) else ()
        refused = data_findings.refused(name, found, visit.voice) if found else ""
        yield {page.refused: refused, page.job: {"html": ""}}
        raise
    yield page.list_anew(visit, dataset.id, None)


def wire_files(page: Page) -> list[Any]:
    """Wire the three buttons; returns their events."""
    actions, chosen = page.room.actions, page.chosen
    outputs, rows = [page.refused, *page.listed()], page.findings.add

    @told
    async def add(file: str, request: gr.Request) -> AsyncIterator[Drawn]:
        path = Path(file)
        read = partial(actions.import_quickly, path)
        async for drawn in _reading(page, visit_of(request), path.name, read):
            yield drawn

    @told
    async def add_example(request: gr.Request) -> AsyncIterator[Drawn]:
        read = partial(actions.import_data, SUPPORT_DESK)
        async for drawn in _reading(page, visit_of(request), SUPPORT_DESK.name, read):
            yield drawn

    @told
    async def add_rows(
        file: str, dataset_id: str | None, request: gr.Request
    ) -> AsyncIterator[Drawn]:
        if dataset_id is None:
            return
        path = Path(file)
        read = partial(actions.add_rows, dataset_id, path)
        async for drawn in _reading(page, visit_of(request), path.name, read):
            yield drawn

    return [
        page.upload.upload(add, page.upload, outputs, **QUEUED),
        page.example.click(add_example, None, outputs, **QUEUED),
        rows.upload(add_rows, [rows, chosen.dataset], outputs, **QUEUED),
    ]
