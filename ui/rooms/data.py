"""The Data room: what is in a dataset, what is wrong in it, and its rows as dialogues."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from core.data.examples import SUPPORT_DESK
from core.data.records import Dataset, Example, Part
from ui.boundary import told
from ui.components import html
from ui.files import offer
from ui.i18n import label
from ui.live import QUIET, Live
from ui.markup import join, tag
from ui.present import dataset as shown
from ui.present.dialogue import dialogue
from ui.services import Services
from ui.visit import Visit, visit_of
from ui.words import Voice

FILTERS = ("all", *shown.SEVERITIES)


class DataRoom:
    """What the room's callbacks share."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.watch = services.watch

    def draw(self, visit: Visit, chosen: str | None) -> list[Any]:
        """The list of datasets; the newest is chosen while nothing else is."""
        datasets = self.watch.datasets()
        choices = [(f"{one.name} ({one.summary.usable})", one.id) for one in datasets]
        ids = [one.id for one in datasets]
        value = chosen if chosen in ids else next(iter(ids), None)
        notes = [shown.damaged(self.watch.damaged_datasets(), visit.voice)]
        if not datasets:
            notes.append(tag("p", visit.voice("data.none"), class_="dt-quiet"))
        return [gr.Dropdown(choices=choices, value=value), join(notes)]

    def dataset(self, dataset_id: str | None, visit: Visit) -> list[Any]:
        """Summary, findings and first row of a dataset."""
        if dataset_id is None:
            return ["", "", gr.skip(), "", gr.Column(visible=False), gr.skip()]
        dataset = self.watch.dataset(dataset_id)
        split = self.watch.split(dataset_id)
        examples = self.services.actions.examples(dataset_id)
        return [
            shown.summary(dataset, split, visit.voice),
            shown.problems(dataset.problems, visit.voice),
            examples[0].row,
            self.row(dataset_id, examples[0].row, 0, visit.voice)[1],
            gr.Column(visible=True),
            gr.Row(visible=bool(dataset.problems)),
        ]

    def row(self, dataset_id: str, row: int, move: int, voice: Voice) -> tuple[int, str]:
        """The usable row at or nearest to a row number, then `move` rows on."""
        examples = self.services.actions.examples(dataset_id)
        nearest = min(range(len(examples)), key=lambda i: abs(examples[i].row - row))
        place = max(0, min(len(examples) - 1, nearest + move))
        example = examples[place]
        note = None
        if move == 0 and example.row != row:
            note = tag("p", voice("data.row.missing", row=row), class_="dt-note")
        part = self._part(dataset_id, example)
        return example.row, join([note, dialogue(example, part, (place + 1, len(examples)), voice)])

    def findings(self, dataset: Dataset, kind: str, voice: Voice) -> Path:
        """A file with all findings: as sentences to read, or as records."""
        found = dataset.problems
        text = shown.as_csv(found, voice) if kind == "csv" else shown.as_jsonl(found)
        name = f"{Path(dataset.source_name).stem}-findings.{kind}"
        return offer(self.services.actions.workspace, name, text)

    def _part(self, dataset_id: str, example: Example) -> Part | None:
        split = self.watch.split(dataset_id)
        parts: tuple[Part, ...] = ("train", "validation", "test")
        return next((part for part in parts if example.id in getattr(split, part)), None)


def render(services: Services) -> Live:
    """Declare the room and wire it."""
    room = DataRoom(services)
    with gr.Row(elem_classes=["dt-room"]):
        with gr.Column(scale=3, min_width=260, elem_classes=["dt-panel"]):
            chosen = gr.Dropdown(label=label("data.choose"), elem_id="data-choose", value=None)
            upload = gr.UploadButton(
                label("data.upload"),
                file_types=[".jsonl", ".json"],
                elem_id="data-upload",
                variant="primary",
            )
            example = gr.Button(label("data.example"), elem_id="data-example")
            gr.Markdown(label("data.upload.hint"), elem_classes=["dt-hint"])
            empty = html("data-empty")
            summary = html("data-summary")
        with gr.Column(scale=7, min_width=320), gr.Column(visible=False) as details:
            row = _browser(room, chosen)
            problems, tools = _findings(room, chosen)
    outputs = [summary, problems, row.number, row.shown, details, tools]

    @told
    def choose(dataset_id: str | None, request: gr.Request) -> list[Any]:
        return room.dataset(dataset_id, visit_of(request))

    @told
    def add(file: str, request: gr.Request) -> list[Any]:
        dataset = services.actions.import_data(Path(file))
        return room.draw(visit_of(request), dataset.id)

    @told
    def add_example(request: gr.Request) -> list[Any]:
        dataset = services.actions.import_data(SUPPORT_DESK)
        return room.draw(visit_of(request), dataset.id)

    chosen.change(choose, chosen, outputs, **QUIET)
    listed, quiet = [chosen, empty], {"show_progress": "hidden", "api_visibility": "private"}
    changes = [
        upload.upload(add, upload, listed, **quiet),
        example.click(add_example, None, listed, **quiet),
    ]
    return Live(room.draw, listed, [chosen], changes)


class _Row:
    """The widgets that show one row."""

    def __init__(self, number: Any, shown: Any) -> None:
        self.number, self.shown = number, shown


def _browser(room: DataRoom, chosen: Any) -> _Row:
    gr.Markdown(label("data.browse"), elem_classes=["dt-heading"])
    with gr.Row(elem_classes=["dt-toolbar"]):
        back = gr.Button(label("data.previous"), size="sm", elem_id="data-previous", min_width=80)
        number = gr.Number(
            label=label("data.row"), show_label=False, container=False, precision=0, minimum=1,
            elem_id="data-row", min_width=90,
        )  # fmt: skip
        forth = gr.Button(label("data.next"), size="sm", elem_id="data-next", min_width=80)
    row = _Row(number, html("data-dialogue"))

    def show(move: int) -> Any:
        @told
        def callback(dataset_id: str | None, at: int | None, request: gr.Request) -> list[Any]:
            if dataset_id is None or at is None:
                return [gr.skip(), gr.skip()]
            return list(room.row(dataset_id, at, move, visit_of(request).voice))

        return callback

    both = [row.number, row.shown]
    back.click(show(-1), [chosen, number], both, **QUIET)
    forth.click(show(+1), [chosen, number], both, **QUIET)
    number.submit(show(0), [chosen, number], both, **QUIET)
    return row


def _findings(room: DataRoom, chosen: Any) -> tuple[Any, Any]:
    gr.Markdown(label("data.problems"), elem_classes=["dt-heading"])
    with gr.Row(elem_classes=["dt-toolbar"]) as tools:
        kinds = [(label("data.problems.all"), "all")]
        kinds += [(label(f"severity.{name}"), name) for name in shown.SEVERITIES]
        kind = gr.Radio(
            kinds, value="all", show_label=False, label=label("data.problems.filter"),
            container=False, elem_id="data-severity", min_width=260,
        )  # fmt: skip
        downloads = {
            name: gr.DownloadButton(
                label(f"data.problems.{name}"), size="sm", elem_id=f"data-{name}", min_width=130
            )
            for name in ("csv", "jsonl")
        }
    table = html("data-problems")

    @told
    def narrow(dataset_id: str | None, severity: str, request: gr.Request) -> str:
        if dataset_id is None:
            return ""
        found = shown.of_severity(room.watch.dataset(dataset_id).problems, severity)
        return shown.problems(found, visit_of(request).voice)

    kind.change(narrow, [chosen, kind], table, **QUIET)
    for name, button in downloads.items():
        _wire_download(room, chosen, button, name)
    return table, tools


def _wire_download(room: DataRoom, chosen: Any, button: Any, kind: str) -> None:
    @told
    def fill(dataset_id: str | None, request: gr.Request) -> str | None:
        if dataset_id is None:
            return None
        voice = visit_of(request).voice
        return str(room.findings(room.watch.dataset(dataset_id), kind, voice))

    chosen.change(fill, chosen, button, **QUIET)
