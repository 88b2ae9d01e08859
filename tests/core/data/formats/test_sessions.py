"""Chat exports cut into conversations: sessions, sides, edges, and what is left out."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from core.data.formats.sessions import (
    Message,
    ask,
    clock,
    gather,
    is_leftover,
    leftovers,
    parse_gap,
)
from core.data.formats.shape import Talk
from core.data.problems import KINDS, make_problem

HOUR = 3600.0


def chat(*said: tuple[float, str, str]) -> list[Message]:
    return [Message(i, hours * HOUR, who, text) for i, (hours, who, text) in enumerate(said, 1)]


def texts(talk: Talk) -> list[str]:
    return [f"{m['role'][0]}: {m['content']}" for m in talk.row["messages"]]


def conversations(messages: Sequence[Message], **answers: str) -> list[Talk]:
    return [talk for talk in gather(messages, answers) if not is_leftover(talk)]


TWO_DAYS = chat(
    (8, "Ann", "Is the shop open?"),
    (8.1, "Shop", "Yes."),
    (8.2, "Shop", "Until six."),
    (8.3, "Ann", "Thanks!"),
    (33, "Ann", "And today?"),
    (33.1, "Shop", "Closed."),
)


def test_a_long_silence_begins_a_conversation_and_runs_are_joined() -> None:
    first, second = conversations(TWO_DAYS, assistant="Shop")
    assert texts(first) == ["u: Is the shop open?", "a: Yes.\nUntil six."]
    assert texts(second) == ["u: And today?", "a: Closed."]
    assert [finding.code for finding in first.found] == ["runs_joined"]
    assert first.rows == (1, 2, 3)
    assert first.origins == ((), ())
    assert second.found == ()


def test_every_row_is_in_a_conversation_or_counted() -> None:
    messages = [
        Message(1, 0, "", "Messages are encrypted", kind="system"),
        Message(2, 1, "Shop", "Welcome!"),
        Message(3, 2, "Ann", "Hello", more_rows=(4, 5)),
        Message(6, 3, "Ann", "a.jpg", kind="media"),
        Message(7, 4, "Ann", "   "),
        Message(8, 5, "Shop", "Hi"),
        Message(9, 6, "Shop", "", kind="deleted"),
        Message(10, 7, "Ann", "Bye"),
        Message(11, 40 * HOUR, "Ann", "Anybody?"),
        Message(12, None, "", "#", kind="other"),
    ]
    talks = list(gather(messages, {"assistant": "Shop", "session_gap": "6h"}))
    assert leftovers(talks) == {
        "chat_notices": (1,),
        "chat_media": (6,),
        "chat_deleted": (9,),
        "chat_empty": (7,),
        "chat_not_message": (12,),
        "chat_edges_cut": (2, 10),
        "chat_no_reply": (11,),
    }
    kept = [talk for talk in talks if not is_leftover(talk)]
    assert [talk.rows for talk in kept] == [(3, 8, 4, 5)]
    named = {row for talk in talks for row in talk.rows}
    assert named == set(range(1, 13))
    for talk in talks:
        for finding in talk.found:
            problem = make_problem(finding.code, **{"count": "1", "first": "1"} | finding.values)
            assert "{" not in problem.message


def test_rows_begin_with_the_row_of_each_turn() -> None:
    talk = conversations(
        [
            Message(1, 0, "Ann", "one", ("text",)),
            Message(2, 1, "Ann", "two", ("text",)),
            Message(3, 2, "Bob", "three", ("text",)),
        ],
        assistant="Bob",
    )[0]
    assert talk.rows == (1, 3, 2)
    assert talk.origins == (("text",), ("text",))


def test_chats_and_threads_are_conversations_of_their_own() -> None:
    messages = [
        Message(1, 0, "Ann", "in sales", chat="sales"),
        Message(2, 1, "Ann", "in help", chat="help"),
        Message(3, 2, "Bob", "sales reply", chat="sales"),
        Message(4, 3, "Bob", "help reply", chat="help"),
        Message(5, 4, "Ann", "asks", chat="help", thread="5"),
        Message(6, 900 * HOUR, "Bob", "answers weeks later", chat="help", thread="5"),
    ]
    talks = conversations(messages, assistant="Bob", session_gap="1h")
    assert [texts(talk) for talk in talks] == [
        ["u: in sales", "a: sales reply"],
        ["u: in help", "a: help reply"],
        ["u: asks", "a: answers weeks later"],
    ]
    assert [talk.row["tags"] for talk in talks] == [["sales"], ["help"], ["help"]]


def test_sessions_of_one_day_stay_in_one_part_and_other_days_do_not() -> None:
    messages = chat(
        (8, "Ann", "a"), (8.1, "Bob", "b"), (20, "Ann", "c"), (20.1, "Bob", "d"),
        (30, "Ann", "e"), (30.1, "Bob", "f"),
    )  # fmt: skip
    morning, evening, next_day = conversations(messages, assistant="Bob")
    assert morning.group == evening.group != next_day.group


@pytest.mark.parametrize(
    ("given", "seconds"),
    [("90m", 5400), ("6h", 6 * HOUR), ("1.5 d", 36 * HOUR), ("2 hours", 2 * HOUR), ("None", None)],
)
def test_a_silence_can_be_any_length(given: str, seconds: float | None) -> None:
    assert parse_gap(given) == seconds


def test_a_silence_that_cannot_be_understood_is_said_and_the_preselected_one_used() -> None:
    talks = list(gather(TWO_DAYS, {"assistant": "Shop", "session_gap": "a while"}))
    assert talks[0].found[0].code == "session_gap_unclear"
    assert len([talk for talk in talks if not is_leftover(talk)]) == 2


def test_the_questions_are_answered_as_an_unanswered_reading_does() -> None:
    asked = {question.id: question for question in ask(TWO_DAYS)}
    assert asked["assistant"].chosen == "Shop"
    assert asked["assistant"].options == ("Ann", "Shop")
    assert asked["session_gap"].chosen == "6h"
    chosen = {name: question.chosen for name, question in asked.items()}
    assert list(gather(TWO_DAYS, chosen)) == list(gather(TWO_DAYS, {}))


def test_where_replies_take_days_a_longer_silence_is_preselected() -> None:
    slow = chat((0, "Ann", "a"), (50, "Bob", "b"), (120, "Ann", "c"), (170, "Bob", "d"))
    assert ask(slow)[1].chosen == "7d"
    assert len(conversations(slow)) == 1


@pytest.mark.parametrize(
    ("messages", "chosen"),
    [
        (chat((0, "Ann", "a"), (1, "Bob", "b"), (2, "Ann", "c")), "Bob"),
        (chat((0, "SupportBot", "Hi"), (1, "Ann", "b"), (2, "Ann", "c")), "SupportBot"),
        (chat((0, "小王", "在吗"), (1, "在线客服01", "在"), (2, "小王", "好")), "在线客服01"),
        (
            [
                Message(1, 0, "Ann", "a"),
                Message(2, 1, "agent", "b"),
                Message(3, 2, "Me", "c", own=True),
            ],
            "Me",
        ),
        (
            [
                Message(1, 0, "Ann", "a"),
                Message(2, 1, "helper", "b", bot=True),
                Message(3, 2, "Bob", "c"),
                Message(4, 3, "Ann", "d"),
            ],
            "helper",
        ),
    ],
)
def test_the_likeliest_assistant_is_preselected_with_a_reason(
    messages: list[Message], chosen: str
) -> None:
    question = ask(messages)[0]
    assert question.chosen == chosen
    assert "because" in question.en
    assert "因为" in question.zh


def test_many_speakers_are_offered_up_to_a_bound_that_holds_the_chosen_one() -> None:
    said = [(i / 10, f"guest {i % 40}", "x") for i in range(400)]
    question = ask(chat(*said, (41, "bot", "y")))[0]
    assert len(question.options) == 20
    assert question.chosen == "bot" == question.options[-1]


def test_several_users_become_one_side_and_it_is_said() -> None:
    talk = conversations(chat((0, "A", "x"), (0.1, "B", "y"), (0.2, "C", "z")), assistant="C")[0]
    assert texts(talk) == ["u: x\ny", "a: z"]
    assert {f.code for f in talk.found} == {"runs_joined", "speakers_joined"}


def test_a_jump_back_in_time_is_a_seam() -> None:
    seam = chat((100, "A", "x"), (100, "B", "y"), (2, "A", "z"), (2, "B", "w"))
    assert len(conversations(seam, assistant="B")) == 2


def test_messages_without_a_time_are_not_cut() -> None:
    untimed = [Message(i, None, "AB"[i % 2], str(i)) for i in range(1, 5)]
    assert len(conversations(untimed, assistant="A")) == 1


def test_nobody_speaks() -> None:
    assert list(gather([], {})) == []
    assert ask([]) == ()


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("1544006350", 1544006350),
        (1544006350123, 1544006350.123),
        ("1970-01-01T01:00:00", 3600),
        ("1970-01-01 01:00:00", 3600),
        ("1970-01-01T01:00:00.000Z", 3600),
        ("1970-01-01T01:00:00.1234567+01:00", 0.123456),
        ("soon", None),
        (None, None),
        (True, None),
        (float("nan"), None),
        ("9" * 400, None),
    ],
)
def test_times_are_read_as_far_as_they_are_times(written: object, seconds: float | None) -> None:
    assert clock(written) == (seconds if seconds is None else pytest.approx(seconds))


def test_every_reason_has_its_kind() -> None:
    from core.data.formats.sessions import LEFT_OUT

    assert set(LEFT_OUT.values()) <= KINDS.keys()
