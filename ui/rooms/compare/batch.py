"""The tab of many questions: start a batch, follow it, and look through its answers."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import gradio as gr

from core.comparing import prompts, results
from core.comparing.batch import Batch, BatchRequest
from core.comparing.prompts import Item
from core.comparing.results import Filter, ResultRow
from core.errors import DataError
from eval.questions import as_items
from eval.records import EvaluationRequest
from ui.boundary import told
from ui.components import widget
from ui.files import file_name, offer, to_save
from ui.i18n import label
from ui.live import QUIET
from ui.present import batch as shown
from ui.rooms.compare.acting import say
from ui.rooms.compare.room import CompareRoom
from ui.rooms.compare.talking import EVENT, sampling_of
from ui.visit import Visit, visit_of
from ui.watch import file_facts
from ui.words import Voice

From = Literal["test", "cases", "file"]
"""Where questions come from."""


@dataclass(frozen=True)
class Looking:
    """Which answers a page looks at."""

    batch_id: str = ""
    wanted: Filter = field(default_factory=Filter)
    page: int = 1


class BatchTab:
    """The tab's widgets and what they show."""

    def __init__(self, room: CompareRoom) -> None:
        self.room = room
        self.state = gr.State(Looking())
        gr.Markdown(label("batch.hint"), elem_classes=["dt-hint"])
        with gr.Row(elem_classes=["dt-toolbar"]):
            self.limit = gr.Number(
                0, label=label("batch.limit"), precision=0, minimum=0, elem_id="batch-limit",
                min_width=160, scale=1,
            )  # fmt: skip
            self.test = gr.Button(label("batch.test"), elem_id="batch-test", variant="primary")
            self.cases = gr.Button(label("batch.cases"), elem_id="batch-cases")
            self.file = gr.UploadButton(label("batch.file"), elem_id="batch-file")
        gr.Markdown(label("batch.file.hint"), elem_classes=["dt-hint"])
        self.listed = widget("acts", "compare-batches", role="acts")
        self.table = widget("acts", "compare-results", role="acts")

    def outputs(self) -> list[Any]:
        return [self.listed, self.table]

    # -- drawing ------------------------------------------------------------------------------

    def draw(self, visit: Visit, looking: Looking) -> list[Any]:
        """All batches, and the answers of the one that is looked at."""
        found = self.room.services.watch.batches()
        current = next((one for one in found if one.id == looking.batch_id), None)
        html = self.answers(current, looking, visit.voice) if current else ""
        return [{"html": shown.batches(found, visit.voice)}, {"html": html}]

    def answers(self, batch: Batch, looking: Looking, voice: Voice) -> str:
        """One page of a batch's answers."""
        rows = self._rows(batch)
        found = results.chosen(rows, looking.wanted)
        tags = results.tags([row.item for row in rows])
        return shown.results(batch, found, looking.wanted, looking.page, tags, len(rows), voice)

    def _rows(self, batch: Batch) -> tuple[ResultRow, ...]:
        actions = self.room.actions
        facts = file_facts(actions.batch_file(batch.id))
        key = f"{batch.id}/rows"
        return self.room.services.watch.while_same(key, facts, lambda: actions.batch_rows(batch.id))

    # -- starting -----------------------------------------------------------------------------

    def questions(
        self, source: From, file: str | None, run_id: str, voice: Voice
    ) -> tuple[str, tuple[Item, ...]]:
        """What is asked, and what it is called.

        Raises DataError when there is none, naming the rows of a file that hold no question.
        """
        actions = self.room.actions
        if source == "file":
            path = Path(file or "")
            return path.name, actions.read_prompts(path)
        if source == "cases":
            return voice("batch.name.cases"), prompts.of_cases(actions.cases())
        plan = self.room.services.watch.view(run_id).run.plan
        items = as_items(actions.samples(plan.dataset_id))
        if not items:
            raise DataError("The dataset of this run has no test rows.", plan.dataset_id)
        return voice("batch.name.test", name=plan.name), items

    # -- acting -------------------------------------------------------------------------------

    def act(self, looking: Looking, data: dict[str, Any], voice: Voice) -> tuple[Looking, Any]:
        """Carry out a click: (what is looked at then, a file to save or None)."""
        actions, batch_id = self.room.actions, str(data.get("job") or looking.batch_id)
        match data["do"]:
            case "show":
                return Looking(batch_id), None
            case "cancel":
                actions.cancel_batch(batch_id)
            case "resume":
                actions.resume_batch(batch_id)
            case "delete":
                actions.delete_batch(batch_id)
            case "filter":
                return Looking(batch_id, Filter.model_validate(data.get("values") or {})), None
            case "page":
                return replace(looking, page=int(data["page"])), None
            case "csv" | "jsonl":
                return looking, self._file(batch_id, looking.wanted, str(data["do"]))
            case "evaluate":
                self._evaluate(batch_id, voice)
        return looking, None

    def _file(self, batch_id: str, wanted: Filter, kind: str) -> Path:
        batch = self.room.actions.batch(batch_id)
        found = results.chosen(self._rows(batch), wanted)
        write = results.as_csv if kind == "csv" else results.as_jsonl
        name = f"{file_name(batch.request.name)}.{kind}"
        return offer(self.room.actions.workspace, name, write(found, batch.request.titles))

    def _evaluate(self, batch_id: str, voice: Voice) -> None:
        actions, run_id = self.room.actions, self.room.actions.batch(batch_id).request.run_id
        rubric = actions.rubric_for(run_id).as_yaml()
        actions.start_evaluation(EvaluationRequest(run_id=run_id, rubric=rubric))
        say(voice("batch.evaluate.started"), voice)


def wire_batch(tab: BatchTab, run: Any, who: Any, sampling: tuple[Any, ...]) -> list[Any]:
    """Wire the tab; returns the events after which other rooms may differ."""
    given = [tab.file, run, who, tab.limit, *sampling]
    shown_then = [tab.state, *tab.outputs()]

    @told
    def act(looking: Looking, event: gr.EventData, request: gr.Request) -> list[Any]:
        visit = visit_of(request)
        looking, file = tab.act(looking, dict(event._data), visit.voice)
        listed, table = tab.draw(visit, looking)
        if file is not None:
            table = {**table, "file": to_save(file)}
        return [looking, listed, table]

    return [
        tab.test.click(_starting(tab, "test"), given, shown_then, **EVENT),
        tab.cases.click(_starting(tab, "cases"), given, shown_then, **EVENT),
        tab.file.upload(_starting(tab, "file"), given, shown_then, **EVENT),
        tab.listed.act(act, tab.state, shown_then, **QUIET),
        tab.table.act(act, tab.state, shown_then, **QUIET),
    ]


def _starting(tab: BatchTab, source: From) -> Any:
    @told
    def start(
        file: str | None, run_id: str | None, keys: list[str] | None, limit: float | None,
        temperature: float, top_p: float, max_tokens: float, seed: float, request: gr.Request,
    ) -> list[Any]:  # fmt: skip
        visit = visit_of(request)
        run_id = run_id or tab.room.newest_finished()
        name, items = tab.questions(source, file, run_id, visit.voice)
        who = tab.room.who(keys, run_id, visit.voice)
        chosen = items[: int(limit)] if limit else items
        asked = BatchRequest(
            name=name,
            contenders=tuple(contender for contender, _ in who),
            titles=tuple(title for _, title in who),
            sampling=sampling_of(temperature, top_p, max_tokens, seed),
            run_id=run_id,
            part="test" if source == "test" else "",
        )
        looking = Looking(tab.room.actions.start_batch(asked, chosen).id)
        return [looking, *tab.draw(visit, looking)]

    return start
