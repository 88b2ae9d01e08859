"""Findings by kind and one by one, their repairs, rejected rows, and rows that are added."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from core.data.records import Dataset
from ui.boundary import told
from ui.components import widget
from ui.files import offer
from ui.i18n import label
from ui.live import QUIET
from ui.present import data_findings as shown
from ui.present.data_findings import Filter
from ui.rooms.data.room import Chosen, DataRoom, Drawn
from ui.visit import visit_of
from ui.words import Voice

KINDS = ("csv", "jsonl")


class Findings:
    """The widgets of the tab."""

    def __init__(self, room: DataRoom) -> None:
        self.room = room
        self.code = gr.State("")
        with gr.Row(elem_classes=["dt-toolbar"]):
            self.severity = gr.Radio(
                ["all"], value="all", show_label=False, label=label("data.problems.filter"),
                container=False, elem_id="data-severity", elem_classes=["dt-choice-pills"],
                min_width=260,
            )  # fmt: skip
        self.kinds = widget("acts", "data-kinds", role="acts")
        self.table = widget("acts", "data-problems", role="acts")
        with gr.Row(elem_classes=["dt-toolbar"]):
            self.files = {
                name: gr.DownloadButton(
                    label(f"data.problems.{name}"), size="sm", elem_id=f"data-{name}", min_width=130
                )
                for name in KINDS
            }
            self.rejected = gr.DownloadButton(
                label("data.rejected.file"), size="sm", elem_id="data-rejected", min_width=130
            )
            self.add = gr.UploadButton(label("data.add_rows"), size="sm", elem_id="data-add-rows")

    def outputs(self) -> list[Any]:
        """All widgets of the tab that a dataset sets."""
        buttons = [*self.files.values(), self.rejected]
        return [self.severity, self.code, self.kinds, self.table, *buttons]

    def draw(self, dataset: Dataset, voice: Voice) -> Drawn:
        """Everything that was found, and the files."""
        found = bool(dataset.problems)
        files = {
            button: gr.DownloadButton(value=self._file(dataset, name, voice), visible=found)
            for name, button in self.files.items()
        }
        name = f"{Path(dataset.source_name).stem}-rejected.jsonl"
        rejected = self.room.offer_file(self.room.actions.rejected_file(dataset.id), name)
        button = gr.DownloadButton(value=rejected, visible=rejected is not None)
        counts = {name: n for name, n in shown.severities(dataset).items() if n}
        pills = [(voice("data.problems.all"), "all")]
        pills += [(f"{voice(f'severity.{name}')} {n:,}", name) for name, n in counts.items()]
        severity = gr.Radio(choices=pills, value="all", visible=found)
        start = {self.severity: severity, self.code: ""}
        return {**start, **files, self.rejected: button, **self._listed(dataset, Filter(), voice)}

    def _listed(self, dataset: Dataset, wanted: Filter, voice: Voice) -> Drawn:
        offers = self.room.actions.repairs(dataset.id)
        kinds = shown.kinds(dataset, offers, wanted, voice)
        table = shown.problems(dataset.problems, voice, wanted, dataset.problem_counts)
        return {self.kinds: {"html": kinds}, self.table: {"html": table}}

    def _file(self, dataset: Dataset, kind: str, voice: Voice) -> str | None:
        found = dataset.problems
        if not found:
            return None
        text = shown.as_csv(found, voice) if kind == "csv" else shown.as_jsonl(found)
        name = f"{Path(dataset.source_name).stem}-findings.{kind}"
        return str(offer(self.room.actions.workspace, name, text))

    def narrow(self, dataset_id: str, wanted: Filter, voice: Voice) -> Drawn:
        """The findings that fit."""
        return {
            self.code: wanted.code,
            **self._listed(self.room.shelf.dataset(dataset_id), wanted, voice),
        }

    def narrowed(self) -> list[Any]:
        """The widgets that `narrow` sets."""
        return [self.code, self.kinds, self.table]

    def wire(self, chosen: Chosen) -> None:
        """The filter by severity."""

        @told
        def by_severity(dataset_id: str | None, severity: str, request: gr.Request) -> Drawn:
            if dataset_id is None:
                return gr.skip()
            return self.narrow(dataset_id, Filter(severity), visit_of(request).voice)

        self.severity.input(by_severity, [chosen.dataset, self.severity], self.narrowed(), **QUIET)

    def mend(self, dataset_id: str, event: dict[str, Any]) -> Dataset | None:
        """Mend one kind of finding with the values that were given, or all that is safe.

        None when the repair needs values and none was given.
        """
        actions = self.room.actions
        if event["do"] == "repair-all":
            return actions.repair(dataset_id)
        code = str(event["code"])
        fills = {name: value for name, value in event.get("values", {}).items() if value.strip()}
        if not fills and any(
            offer.code == code and offer.asks for offer in actions.repairs(dataset_id)
        ):
            return None
        return actions.repair(dataset_id, [code], fills)
