"""The tab of the rubric that the next evaluation uses: a form, its YAML, and files."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from core.errors import DuotuneError, RunError
from core.wording import error_text
from eval.records import EvaluationParts
from eval.rubric import editing as editing_of
from eval.rubric.formats import convert_file
from eval.rubric.rubrics import Rubric, load
from ui.boundary import told
from ui.components import widget
from ui.files import file_name, offer, to_save
from ui.i18n import label
from ui.live import QUIET
from ui.markup import Html, join, tag
from ui.present import report_rubric as shown
from ui.rooms.compare.acting import say
from ui.rooms.report.room import EVENT, ReportRoom
from ui.visit import Visit, visit_of
from ui.words import Voice

if TYPE_CHECKING:
    from ui.rooms.report.page import Page


@dataclass(frozen=True)
class Editing:
    """The rubric that a page has changed, and which criterion is open as a form."""

    text: str = ""
    """YAML; "": the one that fits the data."""
    at: int | None = None


class RubricTab:
    """The tab's widgets and what they show."""

    def __init__(self, room: ReportRoom) -> None:
        self.room = room
        self.state = gr.State(Editing())
        gr.Markdown(label("rubric.hint"), elem_classes=["dt-hint"])
        self.form = widget("acts", "report-rubric-form", role="acts")
        self.file = gr.UploadButton(label("rubric.load"), elem_id="report-rubric", size="sm")
        settings = room.actions.settings
        self.draft = gr.Button(
            label("rubric.draft_from_rows"), size="sm", elem_id="report-rubric-draft",
            visible=bool(settings.judge or settings.assistant),
        )  # fmt: skip
        fold = gr.Accordion(label("rubric.yaml"), open=False, elem_id="report-yaml-fold")
        with fold:
            self.yaml = gr.Textbox(
                label=label("rubric.yaml"), show_label=False, elem_id="report-yaml", lines=14,
                max_lines=40, elem_classes=["dt-code"],
            )  # fmt: skip
            self.apply = gr.Button(label("rubric.apply"), elem_id="report-yaml-apply", size="sm")
        self.fold = fold

    def outputs(self) -> list[Any]:
        return [self.form]

    def changed(self) -> list[Any]:
        """What a change of the rubric changes."""
        return [self.state, self.form, self.yaml]

    # -- drawing ------------------------------------------------------------------------------

    def chosen(self, run_id: str, editing: Editing) -> Rubric:
        """The rubric that the next evaluation of a run uses."""
        return load(editing.text) if editing.text else self.room.own_rubric(run_id)

    def draw(self, visit: Visit, run_id: str | None, editing: Editing) -> list[Any]:
        """The criteria, one of them as a form."""
        if run_id is None:
            return [{"html": tag("p", visit.voice("rubric.none"), class_="dt-quiet")}]
        try:
            found = self.chosen(run_id, editing)
        except DuotuneError as error:  # such as data that was deleted since
            return [{"html": _unfound(error, visit.voice)}]
        return [{"html": shown.rubric(found, editing.at, visit.voice)}]

    def draw_used(
        self, visit: Visit, run_id: str | None, limit: int, editing: Editing
    ) -> list[Any]:
        """Which rubric is used, and what the judge would take."""
        if run_id is None:
            return [shown.used(None, visit.voice), ""]
        try:
            chosen = self.chosen(run_id, editing)
            asked = self.room.request(run_id, chosen, limit, EvaluationParts())
            return [shown.used(chosen, visit.voice), self._estimate(visit, asked)]
        except DuotuneError as error:
            return [_unfound(error, visit.voice), ""]

    def _estimate(self, visit: Visit, asked: Any) -> Html | str:
        if self.room.actions.settings.judge is None:
            return ""
        found = self.room.estimate(asked)
        voice = visit.voice
        if found is None:
            return tag("p", voice("report.estimate.none"), class_="dt-quiet")
        sentence = found.sentence_zh if voice.language == "zh" else found.sentence
        title = tag("b", voice("report.estimate"))
        return tag("section", join([title, tag("p", sentence)]), class_="dt-estimate")

    def drawn(self, visit: Visit, run_id: str, editing: Editing) -> list[Any]:
        """The state, the form and the YAML."""
        text = self.chosen(run_id, editing).as_yaml()
        return [editing, *self.draw(visit, run_id, editing), text]

    # -- acting -------------------------------------------------------------------------------

    def act(self, run_id: str, editing: Editing, data: dict[str, Any]) -> Editing:
        """Carry out a click in the form; raises RubricError for what can't be a rubric."""
        found = self.chosen(run_id, editing)
        at = int(data["at"]) if "at" in data else None
        match data["do"]:
            case "edit":
                return replace(editing, at=at)
            case "add":
                return replace(editing, at=shown.NEW)
            case "put":
                place = None if at in (None, shown.NEW) else at
                return _as(editing_of.put(found, place, data.get("values") or {}))
            case "delete":
                return _as(editing_of.without(found, int(data["at"])))
            case "accept":
                return _as(editing_of.accepted(found, at))
            case "default":
                return Editing()
        return replace(editing, at=None)

    def saved(self, run_id: str, editing: Editing) -> Path:
        """The rubric as a file."""
        found = self.chosen(run_id, editing)
        name = f"{file_name(found.title or found.id)}.yaml"
        return offer(self.room.actions.workspace, name, found.as_yaml())

    def loaded(self, file: Path, voice: Voice) -> Editing:
        """A file of any known format as the rubric; what it could not carry over is said."""
        read = convert_file(file)
        notes = [note.text_zh if voice.language == "zh" else note.text for note in read.notes]
        words = voice(
            "rubric.loaded", format=read.format, n=len(read.rubric.criteria),
            notes=voice.sentences(notes),
        )  # fmt: skip
        say(words, voice)
        return _as(read.rubric)

    def drafted(self, run_id: str, voice: Voice) -> Editing:
        """A rubric that a language model draws from the run's training rows, to be accepted."""
        dataset_id = self.room.watch.view(run_id).run.plan.dataset_id
        made = self.room.actions.draft_rubric(dataset_id)
        say(voice("rubric.drafted", model=made.model, n=len(made.rubric.criteria)), voice)
        return _as(made.rubric)


def _unfound(error: DuotuneError, voice: Voice) -> Html:
    return tag("p", error_text(error, voice.language), class_="dt-quiet", role="alert")


def _as(rubric: Rubric) -> Editing:
    return Editing(rubric.as_yaml())


def wire_rubric(page: Page) -> list[Any]:
    """Wire the tab; returns the events after which other parts may differ."""
    tab, room = page.rubric, page.room

    @told
    def act(
        run_id: str | None, editing: Editing, event: gr.EventData, request: gr.Request
    ) -> list[Any]:
        run_id, data = room.run_of(run_id), dict(event._data)
        if data["do"] == "save":
            state, form, yaml = tab.drawn(visit_of(request), run_id, editing)
            return [state, {**form, "file": to_save(tab.saved(run_id, editing))}, yaml]
        return tab.drawn(visit_of(request), run_id, tab.act(run_id, editing, data))

    @told
    def upload(run_id: str | None, file: str | None, request: gr.Request) -> list[Any]:
        if file is None:
            raise RunError("No file came.", fix="Choose it again.")
        visit = visit_of(request)
        return tab.drawn(visit, room.run_of(run_id), tab.loaded(Path(file), visit.voice))

    @told
    def draft(run_id: str | None, request: gr.Request) -> list[Any]:
        visit, run_id = visit_of(request), room.run_of(run_id)
        return tab.drawn(visit, run_id, tab.drafted(run_id, visit.voice))

    @told
    def apply(run_id: str | None, text: str, request: gr.Request) -> list[Any]:
        return tab.drawn(visit_of(request), room.run_of(run_id), _as(load(text)))

    @told
    def show(run_id: str | None, editing: Editing) -> str:
        return tab.chosen(room.run_of(run_id), editing).as_yaml()

    @told
    def unfold(run_id: str | None, editing: Editing, text: str | None) -> Any:
        return gr.skip() if text else show(run_id, editing)  # what is being typed stays

    given = [page.run, tab.state]
    tab.fold.expand(unfold, [*given, tab.yaml], tab.yaml, **QUIET)
    page.run.input(show, given, tab.yaml, **QUIET)
    return [
        tab.form.act(act, given, tab.changed(), **EVENT),
        tab.file.upload(upload, [page.run, tab.file], tab.changed(), **EVENT),
        tab.draft.click(draft, page.run, tab.changed(), **EVENT),
        tab.apply.click(apply, [page.run, tab.yaml], tab.changed(), **EVENT),
    ]
