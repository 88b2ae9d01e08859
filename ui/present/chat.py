"""A conversation with the assistant as messages of gr.Chatbot."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from core.assistant.records import AssistantSaid, CardShown, Chat, ToolUsed, Trouble, UserSaid
from ui.markup import Html, join, tag
from ui.words import Voice

SHOWN = 50
"""Messages on screen: the browser draws all of them again on each update."""

WORTH_TELLING_S = 1.0
"""A step that took less is told without its time."""

Message = dict[str, Any]
DrawCard = Callable[[CardShown], Html]


def messages(chat: Chat, draw_card: DrawCard, voice: Voice) -> list[Message]:
    """The newest items of a chat, with a line that says how many are not shown."""
    hidden = len(chat.items) - SHOWN
    shown = [_message(item, chat, draw_card, voice) for item in chat.items[-SHOWN:]]
    if hidden > 0:
        note = tag("p", voice("chat.earlier", n=hidden), class_="dt-quiet")
        shown.insert(0, _assistant(note))
    return [message for message in shown if message["content"] or "metadata" in message]


def driver(chat: Chat, voice: Voice) -> Html:
    """Who answered last, in words."""
    words = voice("chat.driver.offline")
    if chat.driver != "offline":
        words = voice("chat.driver.model", model=chat.driver)
    return tag("p", words, class_="dt-quiet")


def suggestions(offered: list[tuple[str, str]], voice: Voice) -> dict[str, Any]:
    """The value of `components/choices.js`: the id is what is said when chosen."""
    items = [{"id": said, "title": label} for label, said in offered]
    return {"items": items, "label": voice("chat.suggestions")}


def _message(item: Any, chat: Chat, draw_card: DrawCard, voice: Voice) -> Message:
    match item:
        case UserSaid():
            return {"role": "user", "content": _said(item, voice)}
        case AssistantSaid():
            return _assistant(item.text)
        case ToolUsed():
            return _tool(item, voice)
        case CardShown():
            return _assistant(_plan(item, chat, voice) or draw_card(item))
        case Trouble():
            lines = join(tag("p", voice.said(x)) for x in (item.problem, item.where, item.fix) if x)
            return _assistant(tag("div", lines, class_="dt-trouble"))
    raise TypeError(f"{type(item).__name__} is no item of a chat")


def _plan(item: CardShown, chat: Chat, voice: Voice) -> Html | None:
    """A line for a plan that waits no more; None for the one that waits, and for other cards."""
    if item.card != "plan" or (chat.pending is not None and chat.pending.call_id == item.id):
        return None
    lines = (one for one in chat.items if isinstance(one, ToolUsed) and one.call_id == item.id)
    status = next((line.status for line in lines), "declined")
    key = "earlier" if status in ("waiting", "declined") else "decided"
    return tag("p", voice(f"card.plan.{key}"), class_="dt-quiet")


def _assistant(content: str) -> Message:
    return {"role": "assistant", "content": str(content)}


def _said(item: UserSaid, voice: Voice) -> str:
    """What the person wrote, letter by letter: nothing in it is markup."""
    files = join(
        tag("span", voice("chat.file", name=name), class_="dt-file") for name in item.files
    )
    words = tag("span", item.text) if item.text else None
    return str(tag("div", words, files, class_="dt-said"))


def _tool(item: ToolUsed, voice: Voice) -> Message:
    verb = voice.known(f"verb.{item.verb}", item.verb)
    metadata: dict[str, Any] = {
        "title": voice(f"tool.{item.status}", verb=verb),
        "id": item.call_id,
        "status": "pending" if item.status == "running" else "done",
    }
    if item.seconds is not None and item.seconds >= WORTH_TELLING_S:
        metadata["duration"] = round(item.seconds, 1)
    return {"role": "assistant", "content": _tool_text(item), "metadata": metadata}


def _tool_text(item: ToolUsed) -> str:
    given = join(
        tag("div", tag("dt", name), tag("dd", _short(value)))
        for name, value in item.arguments.items()
        if value is not None
    )
    result = tag("p", item.result) if item.result else None
    return str(tag("div", tag("dl", given, class_="dt-facts") if given else None, result))


def _short(value: object) -> str:
    """An argument in one line; whole records are shown by their card, not here."""
    if isinstance(value, dict):
        name = value.get("name")
        return str(name) if name else f"{len(value)}"
    text = str(value)
    return text if len(text) <= 120 else f"{text[:119]}…"
