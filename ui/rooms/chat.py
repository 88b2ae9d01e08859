"""The Chat room: the conversation that drives the job, and beside it the job itself."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import gradio as gr

from core.assistant.records import Act, Chat, Decision, Said
from core.errors import PlanError, RunError
from core.training.records import Run, RunView
from ui import cards
from ui.boundary import told
from ui.components import html, widget
from ui.i18n import label
from ui.live import KEEP, QUIET, Live
from ui.plans import plan_of
from ui.present import chat as chat_shown
from ui.present import run as run_shown
from ui.present import verdict
from ui.present.journey import Standing, journey
from ui.present.plan import NOTHING
from ui.services import Services
from ui.steering import steer
from ui.streams import coalesce
from ui.visit import Visit, visit_of
from ui.watch import is_live
from ui.words import Voice

ANSWER = {"show_progress": "hidden", "concurrency_limit": 16, "api_visibility": "undocumented"}


@dataclass(frozen=True)
class Widgets:
    """The room's parts, in the order in which they are drawn."""

    messages: Any
    driver: Any
    chips: Any
    plan: Any
    journey: Any
    run: Any
    verdict: Any

    def talk(self) -> list[Any]:
        """What changes while the assistant answers."""
        return [self.messages, self.driver, self.chips, self.plan]

    def all(self) -> list[Any]:
        return [*self.talk(), self.journey, self.run, self.verdict]


class ChatRoom:
    """What the room's callbacks share: services and nothing that a reload would lose."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.plans = services.plans
        self._streaming: set[str] = set()
        """Pages that get the conversation as it grows, and so not from disk."""

    def draw(self, visit: Visit) -> list[Any]:
        """Everything in the room from disk; not the conversation while this page streams it."""
        chat = self.services.assistant.chat(visit.chat_id)
        talk = [KEEP] * 4 if visit.page in self._streaming else self.talk(chat, visit)
        return [*talk, *self.job(chat, visit)]

    def talk(self, chat: Chat, visit: Visit, *, settled: bool = True) -> list[Any]:
        """Messages, driver, suggestions and plan card of a conversation."""
        voice = visit.voice
        messages = chat_shown.messages(
            chat, lambda card: cards.draw(self.services, card, voice), voice
        )
        if not settled:
            return [messages, chat_shown.driver(chat, voice), gr.skip(), gr.skip()]
        offered = self.services.assistant.suggestions(chat, voice.language)
        return [
            messages,
            chat_shown.driver(chat, voice),
            chat_shown.suggestions(offered, voice),
            self.plans.pending_value(chat.pending, voice),
        ]

    def job(self, chat: Chat, visit: Visit) -> list[Any]:
        """Journey, run panel and verdict."""
        watch, voice = self.services.watch, visit.voice
        standing = self._standing(chat)
        view = watch.view(standing.run.id) if standing.run else None
        return [
            journey(standing, voice),
            self._panel(view, voice) if view else run_shown.NOTHING,
            verdict.card(standing.report, voice) if standing.report else "",
        ]

    def _panel(self, view: RunView, voice: Voice) -> dict[str, Any]:
        """The run's panel; what needs the form for a new plan is offered in the Train room."""
        beside = self.services.watch.beside(view.run)
        found = beside.diagnosis
        if found is not None and found.remedy is not None and found.remedy.kind == "plan":
            beside = beside._replace(diagnosis=found.model_copy(update={"remedy": None}))
        return run_shown.panel(view, voice, beside)

    def _standing(self, chat: Chat) -> Standing:
        watch = self.services.watch
        run = next(iter(watch.runs()), None)
        datasets = watch.datasets()
        of_run = [e for e in watch.evaluations() if run and e.request.run_id == run.id]
        done = next((e for e in of_run if e.status == "succeeded"), None)
        return Standing(
            dataset=datasets[0] if datasets else None,
            plan_waits=chat.pending is not None and plan_of(chat.pending) is not None,
            run=run,
            served=self._serves(run),
            evaluation=next((e for e in of_run if is_live(e)), None),
            report=watch.report(done.id) if done else None,
        )

    def _serves(self, run: Run | None) -> bool:
        engine = self.services.actions.engine() if run else None
        return bool(run and engine and engine.base_model == run.plan.base_model)

    async def answer(self, chats: AsyncIterator[Chat], visit: Visit) -> AsyncIterator[list[Any]]:
        """The room while the assistant answers, and as it stands afterwards."""
        chat = None
        self._streaming.add(visit.page)
        try:
            async for chat in coalesce(chats):
                yield [*self.talk(chat, visit, settled=False), *[gr.skip()] * 3]
        finally:
            self._streaming.discard(visit.page)
        if chat is not None:
            *talk, plan = self.talk(chat, visit)
            # An equal value would not reach the card, whose button waits for an answer.
            answered = {**plan, "answered": time.monotonic()}
            yield [*talk, answered, *self.job(chat, visit)]

    def pending_plan(self, visit: Visit, changes: dict[str, Any]) -> dict[str, Any] | None:
        """The arguments that an approval carries: the plan as its card shows it.

        Raises RunError when nothing waits any more, PlanError when a value does not fit.
        """
        pending = self.services.assistant.chat(visit.chat_id).pending
        if pending is None:
            raise RunError("This was decided already.", fix="Look at the conversation.")
        plan = plan_of(pending)
        if plan is None or not changes:
            return None
        changed = self.plans.agreed(plan, changes)
        return {**pending.arguments, "plan": changed.model_dump(mode="json")}

    def revised(self, visit: Visit, event: gr.EventData) -> Any:
        """The plan card with what the person changed in it."""
        pending = self.services.assistant.chat(visit.chat_id).pending
        plan = plan_of(pending) if pending else None
        if pending is None or plan is None:
            return NOTHING
        told = event._data
        return self.plans.card_value(
            pending.call_id, plan, told["changes"], visit.voice,
            touched=told.get("touched", ()), warnings=pending.warnings, serial=told.get("serial"),
        )  # fmt: skip


def render(services: Services) -> Live:
    """Declare the room and wire it."""
    widgets, box = _declare()
    room = ChatRoom(services)
    changes = [
        *_wire_talk(room, widgets, box),
        *_wire_plan(room, widgets),
        *_wire_run(room, widgets),
    ]
    return Live(room.draw, widgets.all(), changes=changes)


def _declare() -> tuple[Widgets, Any]:
    with gr.Row(elem_classes=["dt-room", "dt-chat-room"]):
        with gr.Column(scale=7, min_width=320, elem_classes=["dt-talk"]):
            messages = gr.Chatbot(
                show_label=False,
                label=label("chat.messages"),
                layout="panel",
                height=None,
                elem_id="chat-messages",
                buttons=[],
                allow_tags=False,
                latex_delimiters=[],
                placeholder=label("chat.welcome"),
                feedback_options=None,
            )
            chips = widget("choices+chat_acts", "chat-suggestions", role="chips")
            box = gr.MultimodalTextbox(
                show_label=False,
                label=label("chat.placeholder"),
                placeholder=label("chat.placeholder"),
                file_count="multiple",
                sources=["upload"],
                max_lines=8,
                elem_id="chat-box",
            )
            driver = html("chat-driver")
        with gr.Column(scale=5, min_width=320, elem_classes=["dt-side"]):
            steps = html("chat-journey")
            plan = widget("plan_fields+plan_card", "chat-plan", role="plan")
            run = widget("chart+run_panel", "chat-run", role="run")
            result = html("chat-verdict")
    return Widgets(messages, driver, chips, plan, steps, run, result), box


def _wire_talk(room: ChatRoom, widgets: Widgets, box: Any) -> list[Any]:
    @told
    async def say(message: dict[str, Any], request: gr.Request) -> AsyncIterator[list[Any]]:
        visit = visit_of(request)
        files = tuple(file if isinstance(file, str) else file["path"] for file in message["files"])
        said = Said(text=message["text"], files=files)
        if not said.text.strip() and not files:
            return
        empty = gr.MultimodalTextbox(value=None)
        async for drawn in room.answer(room.services.assistant.say(visit.chat_id, said), visit):
            yield [empty, *drawn]
            empty = gr.skip()

    @told
    async def choose(event: gr.EventData, request: gr.Request) -> AsyncIterator[list[Any]]:
        visit = visit_of(request)
        said = Said(text=str(event._data["id"]))
        async for drawn in room.answer(room.services.assistant.say(visit.chat_id, said), visit):
            yield drawn

    @told
    async def act(event: gr.EventData, request: gr.Request) -> AsyncIterator[list[Any]]:
        visit, given = visit_of(request), event._data
        chosen = Act(verb=given["verb"], arguments=given["arguments"])
        said = Said(text=str(given["text"]), act=chosen)
        async for drawn in room.answer(room.services.assistant.say(visit.chat_id, said), visit):
            yield drawn

    return [
        widgets.chips.act(act, None, widgets.all(), api_name="act", **ANSWER),
        box.submit(say, box, [box, *widgets.all()], api_name="say", **ANSWER),
        widgets.chips.choose(choose, None, widgets.all(), api_name="choose", **ANSWER),
    ]


def _wire_plan(room: ChatRoom, widgets: Widgets) -> list[Any]:
    def decide(visit: Visit, decision: Decision) -> AsyncIterator[list[Any]]:
        return room.answer(room.services.assistant.decide(visit.chat_id, decision), visit)

    @told
    async def approve(event: gr.EventData, request: gr.Request) -> AsyncIterator[list[Any]]:
        visit = visit_of(request)
        try:
            arguments = room.pending_plan(visit, event._data["changes"])
        except PlanError as error:
            value = room.revised(visit, event)
            errors = visit.voice.trouble(error)
            refused = {**value, "errors": errors, "answered": time.monotonic()}
            yield [*[gr.skip()] * 3, refused, *[gr.skip()] * 3]
            return
        async for drawn in decide(visit, Decision(approved=True, arguments=arguments)):
            yield drawn

    @told
    async def decline(event: gr.EventData, request: gr.Request) -> AsyncIterator[list[Any]]:
        reason = str(event._data["reason"])
        async for drawn in decide(visit_of(request), Decision(approved=False, reason=reason)):
            yield drawn

    @told
    def revise(event: gr.EventData, request: gr.Request) -> Any:
        return room.revised(visit_of(request), event)

    widgets.plan.revise(revise, None, widgets.plan, **QUIET)
    return [
        widgets.plan.approve(approve, None, widgets.all(), api_name="approve", **ANSWER),
        widgets.plan.decline(decline, None, widgets.all(), api_name="decline", **ANSWER),
    ]


def _wire_run(room: ChatRoom, widgets: Widgets) -> list[Any]:
    shown = [widgets.journey, widgets.run, widgets.verdict]

    @told
    def act(event: gr.EventData, request: gr.Request) -> list[Any]:
        steer(room.services.actions, str(event._data["do"]), str(event._data["id"]))
        visit = visit_of(request)
        return room.job(room.services.assistant.chat(visit.chat_id), visit)

    return [widgets.run.act(act, None, shown, show_progress="hidden", api_visibility="private")]
