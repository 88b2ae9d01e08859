"""The tab of history and votes, and the form for models that are served elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from core.errors import RunError
from ui.boundary import told
from ui.files import file_name, offer, to_save
from ui.live import QUIET
from ui.present import comparison
from ui.present.shared import page_of
from ui.rooms.compare.acting import going_on, opened, say
from ui.rooms.compare.talking import EVENT, SKIP
from ui.talk import Talk
from ui.visit import visit_of
from ui.words import Voice

if TYPE_CHECKING:
    from ui.rooms.compare.page import Page
    from ui.rooms.compare.room import CompareRoom


def wire_history(page: Page) -> list[Any]:
    """Listen to the list of comparisons; returns the events after which others may differ."""
    room = page.room

    @told
    def act(
        run_id: str | None, keys: list[str] | None, talk: Talk, event: gr.EventData,
        request: gr.Request,
    ) -> list[Any]:  # fmt: skip
        voice, data = visit_of(request).voice, dict(event._data)
        what, session_id = data["do"], str(data.get("job") or "")
        if what == "open":
            talk = opened(room, talk, session_id)
            tab = gr.Tabs(selected="talk")
            return [SKIP, talk, room.drawn(talk, voice), tab, *going_on(room, talk)]
        file = do(room, what, session_id, data, run_id, voice)
        value: dict[str, Any] = {"html": comparison.history(room.past(), voice)}
        if file is not None:
            value["file"] = to_save(file)
        if what == "delete" and session_id == talk.session_id:
            blank = room.blank(keys, run_id, False, voice)
            return [value, talk.fresh(), blank, *[SKIP] * 4]
        return [value, *[SKIP] * 6]

    outputs = [page.history, *page.places(), page.tabs, *page.asked_as()]
    return [page.history.act(act, [page.run, page.who, page.state], outputs, **EVENT)]


def do(
    room: CompareRoom, what: str, session_id: str, data: dict[str, Any], run_id: str | None,
    voice: Voice,
) -> Path | None:  # fmt: skip
    """Carry out a click in the list; returns a file for the browser to save where it asks for one.

    Raises what the verbs raise.
    """
    actions, values = room.actions, data.get("values") or {}
    match what:
        case "rename":
            actions.rename_comparison(session_id, values.get("name", ""))
        case "delete":
            room.answering.check_idle(session_id)
            actions.delete_comparison(session_id)
        case "share":
            actions.share_comparison(session_id)
        case "revoke":
            actions.revoke_link(str(data["token"]))
        case "page":
            return _as_page(room, session_id, voice)
        case "forget":
            actions.forget_kept(str(data["kept"]))
        case "rows-file":
            file = offer(actions.workspace, "corrected-answers.jsonl", actions.corrected_rows())
            return file
        case "add-rows":
            _add_rows(room, run_id, voice)
    return None


def _as_page(room: CompareRoom, session_id: str, voice: Voice) -> Path:
    """The comparison as a page of its own, without giving a link out."""
    session = room.actions.comparison(session_id)
    if any(turn.hidden for turn in session.turns):
        raise RunError(
            "A blind question has no vote yet, and the link would tell who answered.",
            session.title,
            "Vote first, or show who answered.",
        )
    name = f"{file_name(session.title)}.html"
    return offer(room.actions.workspace, name, page_of(session, session.created, voice))


def _add_rows(room: CompareRoom, run_id: str | None, voice: Voice) -> None:
    dataset_id = room.dataset_of(run_id or room.newest_finished())
    rows = len(room.actions.corrections())
    made = room.actions.add_corrections(dataset_id)
    say(voice("compare.kept.added", name=made.name, n=rows), voice)


def wire_endpoints(page: Page) -> list[Any]:
    """The form for a model that is served elsewhere."""
    room = page.room

    @told
    def act(event: gr.EventData, request: gr.Request) -> list[Any]:
        voice, data = visit_of(request).voice, dict(event._data)
        if data["do"] == "forget-endpoint":
            room.actions.remove_endpoint(str(data["name"]))
        else:
            values = data.get("values") or {}
            name, url, model, key = (
                str(values.get(field, "")) for field in ("name", "url", "model", "key")
            )
            saved = room.actions.save_endpoint(name, url, model, key)
            say(voice("compare.endpoint.saved", name=saved.name), voice)
        drawn = {"html": comparison.endpoints(room.actions.endpoints(), voice)}
        return [drawn, gr.Dropdown(choices=room.choices(voice))]

    return [page.elsewhere.act(act, None, [page.elsewhere, page.who], **QUIET)]
