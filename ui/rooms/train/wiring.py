"""What clicks and changes in the Train room do: each callback reads, asks core, and draws."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from core.errors import DuotuneError
from ui.boundary import told
from ui.live import QUIET
from ui.markup import text
from ui.present import run_tools
from ui.rooms.train.leaving import LEAVING, leave
from ui.rooms.train.room import QUEUED, Draft, Drawn
from ui.visit import Visit, visit_of
from ui.words import Voice

if TYPE_CHECKING:
    from ui.rooms.train.page import Page

COPIES = frozenset({"clone", "new_plan"})
"""What makes a new plan of a run."""


def say(words: str, voice: Voice) -> None:
    """Tell in passing that something was done."""
    gr.Info(text(words), title=voice("done.title"))


# -- the plan -------------------------------------------------------------------------------------


def wire_plan(page: Page) -> list[Any]:
    """The form for a new run; returns the events after which other rooms may differ."""
    planning, shown = page.planning, [*page.planning.outputs(), *run_outputs(page)]

    @told
    def offer(dataset_id: str | None, draft: Draft, request: gr.Request) -> Drawn:
        if draft.dataset_id == dataset_id and dataset_id is not None:
            return gr.skip()  # a plan was copied or opened, which chose its dataset
        fresh = planning.recommended(dataset_id)
        voice = visit_of(request).voice
        return {planning.card: planning.value(fresh, voice), planning.draft: fresh}

    @told
    def revise(draft: Draft, event: gr.EventData, request: gr.Request) -> Drawn:
        changed = draft.revised(event._data)
        value = planning.value(changed, visit_of(request).voice, event._data.get("serial"))
        return {planning.card: value, planning.draft: changed}

    @told
    def approve(draft: Draft, event: gr.EventData, request: gr.Request) -> Drawn:
        return start_plan(page, draft.revised(event._data), event._data, visit_of(request))

    @told
    def act(draft: Draft, event: gr.EventData, request: gr.Request) -> Drawn:
        return act_on_plan(page, draft.revised(event._data), event._data, visit_of(request))

    @told
    def opened(file: str, dataset_id: str | None, request: gr.Request) -> Drawn:
        voice, path = visit_of(request).voice, Path(file)
        draft, here = planning.open(path, dataset_id)
        word = "tools.opened" if here else "tools.opened_elsewhere"
        say(voice(word, name=path.name), voice)
        return planning.show(draft, voice)

    card, draft = planning.card, planning.draft
    given = [planning.opened, planning.dataset]
    page.needing.follow(
        planning.dataset.change(offer, [planning.dataset, draft], [card, draft], **QUIET),
        card.revise(revise, draft, [card, draft], **QUIET),
        planning.opened.upload(opened, given, planning.outputs(), **QUEUED),
    )
    return [
        card.approve(approve, draft, shown, **QUEUED),
        card.act(act, draft, shown, **QUEUED),
    ]


def start_plan(page: Page, changed: Draft, asked: dict[str, Any], visit: Visit) -> Drawn:
    """Start what the card shows; the card says why when it can't be."""
    planning = page.planning
    try:
        run = planning.start(changed)
    except DuotuneError as error:
        value = planning.value(
            changed, visit.voice, asked.get("serial"), visit.voice.trouble(error)
        )
        return {planning.card: value, planning.draft: changed}
    fresh = Draft(dataset_id=changed.dataset_id, key=run.id)
    shown = planning.show(fresh, visit.voice, goto="train-tabs")
    return {**shown, **page.show_run(visit, run.id)}


def act_on_plan(page: Page, draft: Draft, asked: dict[str, Any], visit: Visit) -> Drawn:
    """What a button inside the card asks for."""
    planning, voice = page.planning, visit.voice
    match asked["do"]:
        case "measure" | "remeasure":
            draft = planning.measure(draft, again=asked["do"] == "remeasure")
        case "cancel-measure":
            page.room.actions.cancel_preflight(str(asked["id"]))
        case "reset":
            draft = replace(planning.recommended(draft.dataset_id), key=f"again {draft.key}")
        case "sweep":
            sweep = planning.sweep(draft, asked["values"])
            say(voice("sweeps.started", n=len(sweep.run_ids)), voice)
            return {
                **planning.show(draft, voice, goto="train-tabs"),
                **page.running.drawn(visit, sweep.run_ids[0]),
                page.tabs: gr.Tabs(selected="sweeps"),
                page.sweeping.view: page.sweeping.draw(visit)[0],
            }
    value = planning.value(draft, voice, asked.get("serial"))
    if asked["do"] == "differ":
        other = str(asked["values"].get("with", ""))
        value["difference"] = str(planning.difference(draft, other, voice))
    elif asked["do"] == "save":
        value["file"] = planning.saved(planning.exact(draft))
    elif asked["do"] == "script":
        value["file"] = planning.script(planning.exact(draft))
    return {planning.card: value, planning.draft: draft}


# -- runs -----------------------------------------------------------------------------------------


def run_outputs(page: Page) -> list[Any]:
    """What showing a run, or the sweeps, sets."""
    running = page.running
    shown = [running.chosen, running.going_on, *running.outputs()]
    return [page.tabs, *shown, page.sweeping.view]


def wire_runs(page: Page) -> list[Any]:
    """The list, the panel and what can be done with a run."""
    running, planning = page.running, page.planning
    everything = [*run_outputs(page), *planning.outputs(), page.library.view]

    @told
    def choose(event: gr.EventData, request: gr.Request) -> Drawn:
        return running.drawn(visit_of(request), str(event._data["id"]))

    @told
    def act(event: gr.EventData, request: gr.Request) -> Drawn:
        return act_on_run(page, event._data, visit_of(request))

    @told
    def search(run_id: str | None, text: str, request: gr.Request) -> Any:
        return running.found(run_id, text, visit_of(request).voice)

    @told
    def emptied(run_id: str | None, text: str, request: gr.Request) -> Any:
        return gr.skip() if text.strip() else search(run_id, "", request)

    chosen = [running.chosen, running.going_on, *running.outputs()]
    running.runs.choose(choose, None, chosen, **QUIET)
    found = [running.chosen, running.search]
    running.search.submit(search, found, running.log, **QUEUED)
    running.search.change(emptied, found, running.log, **QUIET)
    return [
        running.panel.act(act, None, everything, **QUEUED),
        running.tools.act(act, None, everything, **QUEUED),
        page.sweeping.view.act(act, None, everything, **QUEUED),
    ]


def act_on_run(page: Page, asked: dict[str, Any], visit: Visit) -> Drawn:
    """What a button of a run, or of a sweep's trial, asks for."""
    running, planning, voice = page.running, page.planning, visit.voice
    do, run_id = str(asked["do"]), str(asked["id"])
    values = {**asked.get("values", {}), **{k: v for k, v in asked.items() if k == "epochs"}}
    if do == "open":
        return page.show_run(visit, run_id)
    if do in COPIES:
        return planning.show(planning.copy(page.room.actions.clone_run(run_id)), voice)
    if do in ("save", "script"):
        plan = page.room.watch.view(run_id).run.plan
        file = planning.saved(plan) if do == "save" else planning.script(plan)
        shown = running.drawn(visit, run_id)
        return {running.tools: {**shown[running.tools], "file": file}}
    if do == "look-longer":
        longer = running.longer(run_id, values)
        run = page.room.watch.view(run_id).run
        shown = {"html": run_tools.tools(run, voice, longer, running.beyond(run))}
        return {running.tools: shown, running.going_on: longer}
    if do in LEAVING:
        done = leave(page.room, asked, voice)
        if done.told:
            say(done.told, voice)
        shown = running.drawn(visit, run_id)
        return {running.tools: {**shown[running.tools], **done.file}}
    if do == "keep":
        kept = page.room.actions.keep_run(run_id, values.get("name", "").strip() or None)
        say(voice("runs.keep.done", name=kept.entry.name), voice)
        return {**running.drawn(visit, run_id), page.library.view: page.library.draw(visit)[0]}
    if do == "delete":
        gone = page.room.actions.delete_run(run_id)
        say(voice("runs.deleted", name=gone.plan.name), voice)
        return running.drawn(visit, None)
    return page.show_run(visit, running.do(do, run_id, values).id)


# -- several runs, and models ---------------------------------------------------------------------


def wire_several(page: Page) -> list[Any]:
    """Comparisons and the library."""
    comparing, library = page.comparing, page.library

    @told
    def compare(event: gr.EventData, request: gr.Request) -> str:
        return comparing.compare(event._data["values"], visit_of(request).voice)

    @told
    def keep_shelf(event: gr.EventData, request: gr.Request) -> Any:
        asked, visit = event._data, visit_of(request)
        if asked["do"] in LEAVING:
            left = leave(page.room, asked, visit.voice)
            drawn, done = library.draw(visit), left.told
            drawn[0] |= left.file
        else:
            drawn, done = library.do(asked, visit)
        if done:
            say(done, visit.voice)
        return drawn[0]

    comparing.choose.act(compare, None, comparing.result, **QUEUED)
    return [library.view.act(keep_shelf, None, library.view, **QUEUED)]


def wire_models(page: Page) -> list[Any]:
    """Base models: looking at one, fetching it, using it."""
    models, planning = page.models, page.planning
    shown = [models.name, models.found, models.fetching, *planning.outputs()]

    @told
    async def look(name: str, request: gr.Request) -> AsyncIterator[Drawn]:
        async for drawn in looked_at(page, name, visit_of(request)):
            yield drawn

    @told
    async def act(draft: Draft, event: gr.EventData, request: gr.Request) -> AsyncIterator[Drawn]:
        asked, visit = event._data, visit_of(request)
        if asked["do"] == "look":
            async for drawn in looked_at(page, str(asked["model"]), visit):
                yield drawn
        elif asked["do"] == "use":
            yield planning.show(planning.with_model(draft, str(asked["model"])), visit.voice)
        elif asked["do"] == "download":
            yield models.fetch(str(asked["model"]), str(asked.get("revision", "")), visit)
        else:
            yield models.cancel(str(asked["id"]), visit)

    models.look.click(look, models.name, shown, **QUEUED)
    models.name.submit(look, models.name, shown, **QUEUED)
    return [view.act(act, planning.draft, shown, **QUEUED) for view in models.views()]


async def looked_at(page: Page, name: str, visit: Visit) -> AsyncIterator[Drawn]:
    """Say that a model is looked at, then what was found; a hub may take its time."""
    models = page.models
    yield {models.found: {"html": models.waiting(name, visit.voice)}}
    try:
        found = await asyncio.to_thread(models.inspect, name)
    except DuotuneError:
        yield {models.found: {"html": ""}}
        raise
    yield models.inspected(found, visit.voice)
