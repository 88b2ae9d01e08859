"""The tab of speed: measure those who were chosen, and show the newest measurement."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import gradio as gr

from core.comparing.folder import ComparingFolder
from core.comparing.speed import QUESTIONS, Speed
from core.errors import DataError
from eval.questions import as_items
from ui.boundary import told
from ui.components import html
from ui.i18n import label
from ui.present import speed as shown
from ui.rooms.compare.room import CompareRoom
from ui.rooms.compare.talking import EVENT, SKIP
from ui.visit import Visit, visit_of
from ui.watch import folder_facts

MOST_QUESTIONS = 200


class SpeedTab:
    """The tab's widgets and what they show."""

    def __init__(self, room: CompareRoom) -> None:
        self.room = room
        gr.Markdown(label("speed.hint"), elem_classes=["dt-hint"])
        with gr.Row(elem_classes=["dt-toolbar"]):
            self.questions = gr.Number(
                QUESTIONS, label=label("speed.questions"), precision=0, minimum=1,
                maximum=MOST_QUESTIONS, elem_id="speed-questions", min_width=120, scale=1,
            )  # fmt: skip
            self.start = gr.Button(label("speed.start"), elem_id="speed-start", variant="primary")
        self.doing = html("speed-doing")
        self.result = html("compare-speed")

    def draw(self, visit: Visit) -> list[Any]:
        """The newest measurement."""
        return [shown.speed(self._newest(), visit.voice)]

    def _newest(self) -> Speed | None:
        folder = ComparingFolder.of(self.room.actions.workspace).speeds
        found = self.room.services.watch.while_same(
            "speeds", folder_facts(folder), self.room.actions.speeds
        )
        return found[0] if found else None


def wire_speed(tab: SpeedTab, run: Any, who: Any, bar: list[Any]) -> list[Any]:
    """Wire the tab; returns the events after which other rooms may differ."""
    room = tab.room

    @told
    async def measure(
        run_id: str | None, keys: list[str] | None, number: float, request: gr.Request
    ) -> AsyncIterator[list[Any]]:
        visit = visit_of(request)
        voice, run_id = visit.voice, run_id or room.newest_finished()
        items = as_items(room.actions.samples(room.dataset_of(run_id)))[: int(number or QUESTIONS)]
        if not items:
            raise DataError("The dataset of this run has no test rows.", run_id)
        chosen = room.who(keys, run_id, voice)
        async for standing in room.openings.open(tuple(contender for contender, _ in chosen)):
            opening = standing
            yield [*room.controls(chosen, voice), SKIP, SKIP]
        if opening.error is not None:
            return
        lanes = [lane for lane in opening.lanes if lane is not None]
        clients = room.answering.clients
        async for progress in room.actions.measure_speed(lanes, items, clients, run_id):
            yield [*[SKIP] * 3, shown.doing(progress.done, progress.total, voice), SKIP]
        yield [*[SKIP] * 3, "", *tab.draw(visit)]

    given = [run, who, tab.questions]
    return [tab.start.click(measure, given, [*bar, tab.doing, tab.result], **EVENT)]
