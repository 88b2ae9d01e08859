"""Slack exports: users, bots, threads, markup, uploads and notices."""

from __future__ import annotations

import json
import zipfile
from typing import Any

import pytest

from core.data.formats.sessions import Message, is_leftover, leftovers
from core.data.formats.shape import Numbered
from core.data.formats.slack import ask, fits, gather, messages, plain
from tests.core.data.formats.sample_files import sample

USERS = {"U1": "ann", "U2": "bob"}


def row(number: int, text: str, user: str = "U1", **more: Any) -> Numbered:
    ts = more.pop("ts", f"14528{number:05}.000001")
    message = {"type": "message", "user": user, "text": text, "ts": ts, **more}
    return Numbered(
        number, {"file": "export/help/2016-01-14.json", "message": message, "users": USERS}
    )


def kinds(found: list[Message]) -> list[str]:
    return [message.kind for message in found]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("<@U1>: hello", "@ann: hello"),
        ("<@U9|carol> &amp; <@U8>", "@carol & @U8"),
        ("see <#C1|general> <!here> <!subteam^S1|team>", "see #general @here team"),
        ("<https://a.b/c>", "https://a.b/c"),
        ("<https://a.b/c|the page>", "the page (https://a.b/c)"),
        ("<mailto:a@b.c|a@b.c>", "a@b.c"),
        ("1 &lt; 2 &gt; 0", "1 < 2 > 0"),
        ("&lt;@U1&gt;", "<@U1>"),
    ],
)
def test_markup_is_read_as_people_see_it(written: str, said: str) -> None:
    assert plain(written, USERS) == said


def test_a_message_is_read_with_its_channel_and_its_speakers_name() -> None:
    (message,) = messages([row(7, "hello")])
    assert (message.number, message.speaker, message.chat) == (7, "ann", "help")
    assert (message.kind, message.text, message.path) == ("text", "hello", ("text",))
    assert message.when == pytest.approx(1452800007)


def test_threads_are_apart_from_the_channel() -> None:
    rows = [
        row(1, "How do I reset?", ts="100.1", thread_ts="100.1", reply_count=1),
        row(2, "Lunch?", ts="101.1"),
        row(3, "Like this.", "U2", ts="900.1", thread_ts="100.1"),
        row(4, "Yes!", "U2", ts="102.1"),
    ]
    talks = [talk for talk in gather(rows, {"assistant": "bob"}) if not is_leftover(talk)]
    found = {tuple(m["content"] for m in talk.row["messages"]) for talk in talks}
    assert found == {("How do I reset?", "Like this."), ("Lunch?", "Yes!")}


def test_messages_of_all_days_are_in_the_order_of_their_time() -> None:
    found = messages([row(1, "late", ts="200.0"), row(2, "early", ts="100.0")])
    assert [message.text for message in found] == ["early", "late"]


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        (row(1, "<@U1> has joined the channel", subtype="channel_join"), ["system"]),
        (row(1, "added an integration", subtype="bot_add", bot_id="B1"), ["system"]),
        (row(1, "This message was deleted.", subtype="tombstone"), ["deleted"]),
        (row(1, "", subtype="bot_message", attachments=[{"text": "push"}]), ["media"]),
        (row(1, "Done.", subtype="bot_message", username="deploybot"), ["text"]),
        (row(1, "see <http://x>", attachments=[{"title": "preview"}]), ["text"]),
        (row(1, "alert", bot_id="B1", attachments=[{"text": "disk full"}]), ["media", "text"]),
        (row(1, "see", bot_id="B1", attachments=[{"text": "x", "from_url": "y"}]), ["text"]),
        (row(1, "", bot_id="B1", blocks=[{"type": "section"}]), ["media"]),
        (row(1, "<@U1> uploaded a file: <http://x>", subtype="file_share"), ["media"]),
        (row(1, "the plan", files=[{"id": "F1"}]), ["media", "text"]),
        (row(1, "", files=[{"id": "F1"}]), ["media"]),
        (row(1, "also to the channel", subtype="thread_broadcast"), ["text"]),
        (Numbered(1, {"user_id": "U1", "change_type": "added"}), ["other"]),
        (Numbered(1, "text"), ["other"]),
        (row(1, "odd", subtype=["x"]), ["system"]),
    ],
)
def test_what_is_no_message_of_a_person_is_told_apart(message: Numbered, kind: list[str]) -> None:
    assert kinds(messages([message])) == kind


def test_a_bot_that_replies_is_preselected() -> None:
    rows = [
        row(1, "status?"),
        row(2, "All green.", "", subtype="bot_message", username="deploy", bot_id="B1"),
        row(3, "status?", "U2"),
        row(4, "ok", "U1"),
        row(5, "ok", "U2"),
    ]
    assert ask([r.value for r in rows])[0].chosen == "deploy"


@pytest.mark.parametrize("chosen", ["bob", "U2"])
def test_the_assistant_is_chosen_by_name_or_by_id(chosen: str) -> None:
    talks = list(gather([row(1, "hello?"), row(2, "hi", "U2")], {"assistant": chosen}))
    assert [m["role"] for m in talks[0].row["messages"]] == ["user", "assistant"]


def test_a_message_alone_fits_and_is_read() -> None:
    alone = row(1, "hello <@U2>").value["message"]
    assert fits(alone)
    (message,) = messages([Numbered(1, alone)])
    assert (message.speaker, message.text, message.chat) == ("U1", "hello @U2", "")


def test_the_real_export() -> None:
    rows: list[Numbered] = []
    with zipfile.ZipFile(sample("slack_export.zip")) as archive:
        users = {user["id"]: user["name"] for user in json.loads(archive.read("users.json"))}
        for name in archive.namelist():
            if "/" in name and name.endswith(".json"):
                for message in json.loads(archive.read(name)):
                    value = {"file": name, "message": message, "users": users}
                    rows.append(Numbered(len(rows) + 1, value))
    assert len(rows) == 158
    assert all(fits(r.value) for r in rows)
    talks = list(gather(rows, {}))
    left = leftovers(talks)
    assert len(left["chat_notices"]) == 11
    assert len(left["chat_media"]) == 98
    assert {number for talk in talks for number in talk.rows} == set(range(1, 159))
    talk = next(talk for talk in talks if not is_leftover(talk))
    assert talk.row["tags"] == ["enrique"]
    assert [m["role"] for m in talk.row["messages"]] == ["user", "assistant", "user", "assistant"]
    assert talk.row["messages"][1]["content"] == 'Nope. Just "install" the executor.'
