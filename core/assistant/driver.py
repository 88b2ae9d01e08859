"""Run one turn of the conversation: what the person said, or decided, until the assistant is done.

A turn runs in a thread of its own, so that a slow action never holds up the page, and a closed tab
never ends it. `pydantic_ai` is imported there too, because that takes about a second.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from concurrent.futures import Future
from contextlib import suppress
from threading import Thread
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from core.assistant import chats, news
from core.assistant.records import Act, Chat, Decision, Pending, Said, ToolUsed, Trouble
from core.assistant.replies import reply
from core.assistant.turn import Changed, Turn
from core.assistant.understanding import Request, understand
from core.errors import DuotuneError
from core.identifiers import new_id
from core.training.plan import TrainingPlan

if TYPE_CHECKING:
    from core.actions import Actions

log = logging.getLogger("duotune.assistant")
Work = Callable[[Turn], Coroutine[Any, Any, None]]


async def say(actions: Actions, chat_id: str, said: Said) -> AsyncIterator[Chat]:
    """Answer a message; yields the growing conversation, which is saved as it grows.

    Closing the iterator does not end the turn. Raises WorkspaceError when it can't be saved.
    """

    async def work(turn: Turn) -> None:
        await _hear(turn, said)

    async for chat in _follow(actions, chat_id, work):
        yield chat


async def decide(actions: Actions, chat_id: str, decision: Decision) -> AsyncIterator[Chat]:
    """Carry out or drop what waits for the person; a second decision finds nothing waiting.

    Raises WorkspaceError when the conversation can't be saved.
    """

    async def work(turn: Turn) -> None:
        await _decide(turn, decision)

    async for chat in _follow(actions, chat_id, work):
        yield chat


# -- the thread -----------------------------------------------------------------------------------


async def _follow(actions: Actions, chat_id: str, work: Work) -> AsyncIterator[Chat]:
    """The newest state of the conversation each time it changed, until the turn has ended."""
    loop, bell = asyncio.get_running_loop(), asyncio.Event()
    newest: list[Chat] = []

    def ring() -> None:
        with suppress(RuntimeError):  # nobody follows any more: their loop is closed
            loop.call_soon_threadsafe(bell.set)

    def changed(chat: Chat) -> None:
        newest[:] = [chat]
        ring()

    ended: Future[Chat] = Future()
    ended.add_done_callback(lambda _: ring())
    Thread(target=_run, args=(actions, chat_id, work, changed, ended), daemon=True).start()
    shown: Chat | None = None
    while not ended.done():
        await bell.wait()
        bell.clear()
        if newest and newest[0] is not shown and not ended.done():
            shown = newest[0]
            yield shown
    yield ended.result()


def _run(actions: Actions, chat_id: str, work: Work, changed: Changed, ended: Future[Chat]) -> None:
    """Do a turn, alone with its conversation; the boundary where every error gets a shape."""
    try:
        with chats.turn(actions.workspace, chat_id):
            news.begin(actions, chat_id)
            turn = Turn(actions, chat_id, changed)
            asyncio.run(_guarded(turn, work))
        ended.set_result(turn.chat)
    except BaseException as error:  # noqa: BLE001  carried to whoever awaits the turn
        ended.set_exception(error)


async def _guarded(turn: Turn, work: Work) -> None:
    try:
        await work(turn)
    except DuotuneError as error:
        turn.break_off()
        turn.trouble(error)
    except Exception as error:
        log.exception("a turn of %s ended on an error", turn.chat_id)
        turn.break_off()
        problem = f"The assistant stopped on an error of its own ({type(error).__name__})."
        fix = "Say it again, or use the other rooms. The app's log tells more."
        turn.add(Trouble(problem=problem, fix=fix))


# -- what the person said -------------------------------------------------------------------------


async def _hear(turn: Turn, said: Said) -> None:
    """Route a message: a new conversation, an answer to what waits, or a turn of the agent."""
    request = understand(said.text, pending=turn.chat.pending is not None)
    if request.intent == "new_chat" and not said.files:
        return _begin_anew(turn, said)
    turn.hear(said)
    if said.act is not None:
        return await _act(turn, said.act)
    decision = None if said.files else _decision(turn, request)
    if decision is not None:
        return await _decide(turn, decision)
    await _converse(turn, said.text)
    return None


def _begin_anew(turn: Turn, said: Said) -> None:
    turn.hear(said)
    turn.chat = chats.archive(turn.actions.workspace, turn.chat_id)
    turn.memory = chats.load_memory(turn.actions.workspace, turn.chat_id)
    turn.speak(reply("new_chat", turn.chat.language))


def _decision(turn: Turn, request: Request) -> Decision | None:
    """The person's yes or no to what waits, when the message is nothing else."""
    if turn.chat.pending is None:
        return None
    if request.intent == "approve":
        return Decision(approved=True)
    refused = request.intent == "decline"
    refused = refused or (request.intent == "stop_run" and _nothing_runs(turn))
    return Decision(approved=False) if refused else None


def _nothing_runs(turn: Turn) -> bool:
    situation = turn.look()
    return situation.live is None and situation.preflight is None


async def _converse(turn: Turn, text: str) -> None:
    from core.assistant import conversing

    for name in turn.rubrics:
        conversing.keep_rubric(turn, name)
    dropped = f"\n\n[Files dropped: {', '.join(turn.names)}]" if turn.names else ""
    await conversing.converse(turn, (text + dropped) or "(nothing)")


async def _act(turn: Turn, act: Act) -> None:
    """Do what the pressed button says, without asking again."""
    from core.assistant import conversing

    chosen = Pending(call_id=new_id("call"), **act.model_dump())
    turn.add(ToolUsed(status="running", **chosen.model_dump(exclude={"warnings"})))
    await conversing.resume(turn, chosen, approved=True)


# -- what the person decided ----------------------------------------------------------------------


async def _decide(turn: Turn, decision: Decision) -> None:
    """Carry out or drop what waits; it stops waiting before anything runs."""
    from core.assistant import conversing

    pending = turn.chat.pending
    if pending is None:
        return
    if not decision.approved:
        turn.consume_pending()
        turn.mark(pending.call_id, status="declined", result=decision.reason)
        if pending.verb == "start_training":
            turn.remember(changes={})
        await conversing.resume(turn, pending, approved=False, reason=decision.reason)
        return
    try:
        arguments = accepted_arguments(pending.verb, pending.arguments, decision.arguments or {})
    except ValidationError as error:
        turn.add(_field_trouble(error))
        return
    turn.consume_pending()
    turn.mark(pending.call_id, status="running", arguments=arguments)
    final = pending.model_copy(update={"arguments": arguments})
    await conversing.resume(turn, final, approved=True)


def accepted_arguments(
    verb: str, proposed: dict[str, Any], edited: dict[str, Any]
) -> dict[str, Any]:
    """The proposed arguments with the person's edits over them.

    Raises ValidationError when an edited plan is none.
    """
    if verb != "start_training":
        return proposed | {name: edited[name] for name in edited if name in proposed}
    before, changes = proposed["plan"], edited.get("plan", {})
    differing = [name for name, value in changes.items() if before.get(name) != value]
    plan = TrainingPlan.model_validate(before).edited(changes)
    reasons = plan.reasons | {
        name: "Your choice."
        for name in differing
        if name in plan.reasons and getattr(plan, name) != before.get(name)
    }
    return {"plan": plan.model_copy(update={"reasons": reasons}).model_dump(mode="json")}


def _field_trouble(error: ValidationError) -> Trouble:
    told = [
        f"{'.'.join(map(str, item['loc']))}: {item['msg'][0].lower()}{item['msg'][1:]}"
        for item in error.errors(include_url=False)
    ]
    return Trouble(
        problem="The plan can't be used as edited, so nothing was started.",
        where="; ".join(told),
        fix="Correct these fields on the card and start again.",
    )
