"""Discord exports as DiscordChatExporter writes them."""

from __future__ import annotations

from typing import Any

import pytest

from core.data.formats.discord import ask, fits, gather, messages
from core.data.formats.sessions import is_leftover, leftovers
from core.data.formats.shape import Numbered, Talk


def said(number: int, who: str, text: str, **more: Any) -> dict[str, Any]:
    return {
        "id": str(number),
        "type": "Default",
        "timestamp": f"2024-01-01T12:{number:02}:00.123+00:00",
        "content": text,
        "author": {"id": who, "name": who, "isBot": more.pop("bot", False)},
        "attachments": [],
        "embeds": [],
    } | more


def channel(*messages: dict[str, Any]) -> dict[str, Any]:
    return {"guild": {"name": "Tea"}, "channel": {"name": "help"}, "messages": list(messages)}


def contents(talks: list[Talk]) -> list[list[str]]:
    return [[m["content"] for m in t.row["messages"]] for t in talks if not is_leftover(t)]


def test_a_channel_and_a_message_fit() -> None:
    assert fits(channel(said(1, "Ann", "hi")))
    assert fits(said(1, "Ann", "hi"))
    assert not fits({"channel": {}, "messages": [{"role": "user", "content": "x"}]})
    assert not fits({"author": "x", "content": "y", "timestamp": "z"})
    assert not fits(None)


def test_what_a_bot_says_in_embeds_is_counted_and_previews_of_links_are_not() -> None:
    value = channel(
        said(1, "Ann", "Which tea?"),
        said(2, "helper", "See below.", bot=True, embeds=[{"description": "Green tea."}]),
        said(3, "helper", "http://x", bot=True, embeds=[{"url": "http://x", "title": "preview"}]),
    )
    found = {t.found[0].code: t.found[0].values for t in gather([Numbered(3, value)], {})}
    assert found["chat_media"]["count"] == "1"


def test_notices_and_attachments_are_counted() -> None:
    value = channel(
        said(1, "Ann", "Joined the server.", type="GuildMemberJoin"),
        said(2, "Ann", "Which tea?"),
        said(3, "helper", "Green.", bot=True, attachments=[{"id": "a"}]),
        said(4, "Ann", "", attachments=[{"id": "a"}]),
        said(5, "Ann", "", embeds=[{"title": "card"}]),
        said(6, "Ann", "see http://x", embeds=[{"title": "preview"}]),
    )
    talks = list(gather([Numbered(3, value)], {}))
    assert contents(talks) == [["Which tea?", "Green."]]
    assert leftovers(talks).keys() == {"chat_notices", "chat_media", "chat_edges_cut"}
    counts = {t.found[0].code: t.found[0].values["count"] for t in talks if is_leftover(t)}
    assert counts == {"chat_notices": "1", "chat_media": "3", "chat_edges_cut": "1"}
    (kept,) = [talk for talk in talks if not is_leftover(talk)]
    assert kept.origins == (("messages", 1, "content"), ("messages", 2, "content"))
    assert kept.row["tags"] == ["help"]
    assert ask([value])[0].chosen == "helper"


def test_chains_of_replies_are_conversations_where_several_talk() -> None:
    value = channel(
        said(1, "Ann", "How to brew?"),
        said(2, "Carl", "Who has milk?"),
        said(3, "Bob", "Hot water.", reference={"messageId": "1"}, type="Reply"),
        said(4, "Ann", "How hot?", reference={"messageId": "3"}, type="Reply"),
        said(5, "Bob", "80 degrees.", reference={"messageId": "4"}, type="Reply"),
        said(6, "Bob", "I have.", reference={"messageId": "2"}, type="Reply"),
    )
    talks = list(gather([Numbered(1, value)], {"assistant": "Bob"}))
    assert contents(talks) == [
        ["How to brew?", "Hot water.", "How hot?", "80 degrees."],
        ["Who has milk?", "I have."],
    ]


def test_between_two_a_reply_does_not_tear_the_chat_apart() -> None:
    value = channel(
        said(1, "Ann", "one"),
        said(2, "Bob", "two"),
        said(3, "Ann", "three", reference={"messageId": "1"}),
        said(4, "Bob", "four"),
    )
    talks = list(gather([Numbered(1, value)], {"assistant": "Bob"}))
    assert contents(talks) == [["one", "two", "three", "four"]]


def test_the_newest_may_stand_first() -> None:
    rows = [Numbered(1, said(9, "Bob", "answer")), Numbered(2, said(1, "Ann", "question"))]
    assert contents(list(gather(rows, {"assistant": "Bob"}))) == [["question", "answer"]]


@pytest.mark.parametrize("value", [None, "x", {"messages": [3]}, {"author": {}, "content": 1}])
def test_what_is_no_message_is_counted(value: Any) -> None:
    assert [m.kind for m in messages([Numbered(1, value)])] == ["other"]
