"""Telegram exports: one chat, all chats, or messages alone."""

from __future__ import annotations

import json
from typing import Any

import pytest

from core.data.formats.sessions import is_leftover, leftovers
from core.data.formats.shape import Numbered
from core.data.formats.telegram import ask, fits, flatten, gather, messages
from tests.core.data.formats.sample_files import sample


def said(who: str | None, text: Any, second: int = 0, **more: Any) -> dict[str, Any]:
    when = str(1_544_006_350 + second)
    return {"type": "message", "date_unixtime": when, "from": who, "text": text} | more


PIECES = ["Read ", {"type": "bold", "text": "this"}, {"type": "link", "text": " http://x"}]
JOIN = {"type": "service", "date": "2018-12-05T10:39:10", "actor": "Ann", "text": ""}
SAID = [JOIN, said("Ann", "Hello"), said("Me", PIECES, 5), said("Ann", "", 9, photo="1.jpg")]
CHAT = {"name": "Ann", "type": "personal_chat", "id": 7, "messages": SAID}


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("a", "a"),
        (["a", {"type": "bold", "text": "b"}, "c"], "abc"),
        ([{"type": "code"}, 3, None, ["x"]], ""),
        (None, ""),
    ],
)
def test_text_in_pieces_is_one_text(text: Any, plain: str) -> None:
    assert flatten(text) == plain


@pytest.mark.parametrize("value", [CHAT, {"chats": {"list": [CHAT]}}, SAID[1]])
def test_all_three_shapes_fit(value: Any) -> None:
    assert fits(value)


@pytest.mark.parametrize(
    "value",
    [
        {"messages": [{"role": "user", "content": "x"}]},
        {"type": "message", "user": "U1", "ts": "1.0", "text": "x"},
        {"messages": []},
        {"chats": {"list": 3}},
        [],
        None,
    ],
)
def test_others_do_not(value: Any) -> None:
    assert not fits(value)


def test_a_chat_is_read_with_its_places() -> None:
    talks = list(gather([Numbered(1, CHAT)], {"assistant": "Me"}))
    (talk,) = [talk for talk in talks if not is_leftover(talk)]
    assert [m["content"] for m in talk.row["messages"]] == ["Hello", "Read this http://x"]
    assert talk.origins == (("messages", 1, "text"), ("messages", 2, "text"))
    assert talk.row["tags"] == ["Ann"]
    assert talk.rows[0] == 1
    assert leftovers(talks).keys() == {"chat_notices", "chat_media"}


def test_chats_of_an_account_are_apart() -> None:
    other = {"name": "Bob", "messages": [said("Bob", "Hi"), said("Me", "Hey")]}
    rows = [Numbered(1, {"chats": {"list": [CHAT, other]}})]
    talks = [talk for talk in gather(rows, {"assistant": "Me"}) if not is_leftover(talk)]
    assert [talk.row["tags"] for talk in talks] == [["Ann"], ["Bob"]]
    assert talks[1].origins[0] == ("chats", "list", 1, "messages", 0, "text")


def test_a_caption_is_kept_and_its_picture_counted() -> None:
    found = messages([Numbered(1, said("Ann", "Look!", photo="1.jpg"))])
    assert [(m.kind, m.text) for m in found] == [("media", ""), ("text", "Look!")]


def test_a_deleted_account_is_still_a_speaker() -> None:
    (message,) = messages([Numbered(1, said(None, "x", from_id="user42"))])
    assert message.speaker == "user42"


@pytest.mark.parametrize("whole", [True, False])
def test_the_real_export(whole: bool) -> None:
    export = json.loads(sample("telegram_single.json").read_text(encoding="utf-8"))
    values = [export] if whole else export["messages"]
    rows = [Numbered(i, value) for i, value in enumerate(values, 1)]
    assert len(messages(rows)) == 2
    assert ask(values)[0].chosen == "Author 2"
    (talk,) = gather(rows, {})
    assert [m["content"] for m in talk.row["messages"]] == [
        "Minimal Message",
        "Link:https://telegram.org/",
    ]
