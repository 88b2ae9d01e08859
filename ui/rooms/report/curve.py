"""Below the verdict: whether more data would help, asked of the run that the report is about."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

import gradio as gr

from core.data import store
from core.errors import DuotuneError, RunError
from core.training.records import Run
from eval.curve.standing import whole_of
from eval.records import Evaluation
from ui.boundary import told
from ui.components import widget
from ui.markup import Html
from ui.present import report_curve as shown
from ui.present import verdict
from ui.rooms.compare.acting import say
from ui.rooms.report.room import EVENT, ReportRoom
from ui.visit import Visit, visit_of
from ui.watch import file_facts
from ui.words import Voice

if TYPE_CHECKING:
    from ui.rooms.report.page import Page


class CurveFold:
    """The fold's widget and what it shows."""

    def __init__(self, room: ReportRoom) -> None:
        self.room = room
        self.asked = gr.State("")
        """The run whose curve was asked for: reading its rows takes a moment."""
        self.view = widget("acts", "report-curve", role="acts")

    def outputs(self) -> list[Any]:
        return [self.view]

    def draw(self, visit: Visit, current: Evaluation | None, asked: str) -> list[Any]:
        """The question, or the answer as far as there is one."""
        whole = self.whole(current) if current else None
        if current is None or whole is None:  # there is no evaluation, or its run was deleted
            return [{"html": ""}]
        if whole.id != asked:
            makes_sense = current.status == "succeeded" or current.request.run_id != whole.id
            return [{"html": shown.ask(visit.voice) if makes_sense else ""}]
        return [{"html": self._told(whole, visit.voice)}]

    def whole(self, current: Evaluation) -> Run | None:
        """The run on all training rows that an evaluation's belongs to; None when it is gone."""
        runs = self.room.watch.runs()
        run = next((one for one in runs if one.id == current.request.run_id), None)
        return run and (whole_of(run, runs) or run)

    def _told(self, whole: Run, voice: Voice) -> Html:
        curve = self.look(whole)
        if isinstance(curve, DuotuneError):
            return shown.refused(curve, voice)
        names = {run.id: run.plan.name for run in self.room.watch.runs()}
        newest: dict[str, Evaluation] = {}
        for one in self.room.watch.evaluations():
            newest.setdefault(one.request.run_id, one)
        return shown.standing(curve, shown.Around(names, newest), voice)

    def look(self, whole: Run) -> shown.Curve | DuotuneError:
        """The curve, looked at again when a run or an evaluation began or ended; or why not."""
        watch = self.room.watch
        record = self.room.actions.workspace.dataset(whole.plan.dataset_id) / store.DATASET
        facts = (
            tuple((run.id, run.status) for run in watch.runs()),
            tuple((one.id, one.status) for one in watch.evaluations()),
            file_facts(record),
        )

        def read() -> shown.Curve | DuotuneError:
            try:
                found = self.room.actions.learning_curve(whole.id)
            except DuotuneError as error:
                return error
            return shown.Curve(found, shown.picture(found.curve) if found.curve else Html(""))

        return watch.while_same(f"{whole.id}/curve", facts, read)

    # -- acting -------------------------------------------------------------------------------

    def train(self, whole: Run, voice: Voice) -> None:
        """Queue the runs that are missing; raises what a start raises."""
        started = self.room.actions.start_curve(whole.id)
        key = "curve.queued" if started else "curve.queued.none"
        say(voice(key, n=len(started)), voice)

    def evaluate(self, whole: Run, current: Evaluation, run_id: str, voice: Voice) -> None:
        """Ask a run what the whole one was asked, or the one whose evaluation is looked at.

        One that ended early goes on with its answers. Raises what a look and a start raise.
        """
        curve = self.look(whole)
        if isinstance(curve, DuotuneError):
            raise curve
        actions, watch = self.room.actions, self.room.watch
        like = actions.evaluation(curve.found.runs[-1].report_id or current.id).request
        wanted = like.model_copy(update={"run_id": run_id})
        ended = (e for e in watch.evaluations() if e.request == wanted and verdict.can_go_on(e))
        begun = next(ended, None)
        if begun is None:
            actions.start_evaluation(wanted)
        else:
            actions.resume_evaluation(begun.id)
        say(voice("curve.evaluating", name=watch.view(run_id).run.plan.name), voice)

    def do(self, whole: Run, current: Evaluation, data: dict[str, Any], voice: Voice) -> None:
        """Carry out a click in the fold."""
        if data["do"] == "curve-train":
            self.train(whole, voice)
        elif data["do"] == "curve-evaluate":
            self.evaluate(whole, current, str(data["run"]), voice)


def wire_curve(page: Page) -> list[Any]:
    """Wire the fold; returns the events after which other rooms may differ."""
    tab, room = page.curve, page.room

    @told
    async def act(
        chosen: str | None, asked: str, event: gr.EventData, request: gr.Request
    ) -> AsyncIterator[list[Any]]:
        visit, data = visit_of(request), dict(event._data)
        current = room.current(chosen)
        whole = tab.whole(current) if current else None
        if current is None or whole is None:
            raise RunError("There is no finished run to evaluate.", fix="Train one first.")
        if whole.id != asked:
            yield [current.id, whole.id, {"html": shown.looking(visit.voice)}]
        await asyncio.to_thread(tab.do, whole, current, data, visit.voice)
        drawn = await asyncio.to_thread(tab.draw, visit, current, whole.id)
        yield [current.id, whole.id, *drawn]  # this one stays, though a newer one begins

    outputs = [page.chosen, tab.asked, *tab.outputs()]
    return [tab.view.act(act, [page.chosen, tab.asked], outputs, **EVENT)]
