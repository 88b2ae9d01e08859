"""Whatever stands in a file, a format answers with conversations or findings, never an error."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.data.formats import (
    discord,
    lists,
    questions,
    roleplay,
    slack,
    telegram,
    wechat,
    whatsapp,
)
from core.data.formats.shape import Format, Numbered, Talk
from core.data.problems import KINDS, make_problem

pytestmark = pytest.mark.full

MODULES = (roleplay, questions, whatsapp, slack, telegram, discord, wechat, lists)
ALL: list[Format] = [entry for module in MODULES for entry in module.FORMATS]
NAMES = """
author bot_id chats content CreateTime date_unixtime dialogue files from history candidates id
is_sender list log message messages msg name personality question answer reference role sentence1
sentence2 speaker subtype system text thread_ts timestamp title ts turns type type_name user
utterances 问题 答案
"""
KEYS = st.sampled_from(NAMES.split())
WORDS = st.sampled_from(
    ["", "message", "service", "usr", "sys", "user", "A", "1", "1544006350.1", "<@U1|a>", "文本"]
)
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), WORDS, st.text(max_size=20),
    st.just(10**400), st.just(-1e308), st.just("\ud83d"),
)  # fmt: skip
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(KEYS, inner, max_size=8),
        st.dictionaries(st.text(max_size=5), inner, max_size=2),
    ),
    max_leaves=12,
)
LINES = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        [
            "12/31/2023, 9:05 PM - Ann: hi",
            "[31/12/23, 21:05:00] \u200eBob: image omitted",
            "0/0/0, 0:00 - : ",
            "99/99/9999, 23:59 - A: \x00",
            "2024-01-01 12:00:00 名字",
            "2024-99-99 99:99:99 名字",
            "名字 2024/1/1 12:00",
            "消息对象:小王",
            "²/²/²²²², ²:²² - A: x",
            "١/٢/٢٠٢٣, ٩:٠٥ ص - A: x",
        ]
    ),
)
ANSWERS = st.dictionaries(
    st.sampled_from(["assistant", "session_gap", "question_column", "answer_column"]),
    st.one_of(WORDS, st.text(max_size=8), KEYS),
    max_size=4,
)
QUICK = settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))


def exercise(entry: Format, values: list[Any], answers: dict[str, str]) -> None:
    for question in entry.ask(values):
        assert question.chosen in question.options or question.id == "session_gap"
    talks: list[Talk] = []
    for value in values:
        assert entry.fits(value) in (True, False)
        if entry.convert is not None:
            talks += entry.convert(value, answers)
    if entry.gather is not None:
        numbered = [Numbered(number, value) for number, value in enumerate(values, 1)]
        gathered = list(entry.gather(numbered, answers))
        assert {row for talk in gathered for row in talk.rows} == {row.number for row in numbered}
        talks += gathered
    for talk in talks:
        assert talk.row or talk.found
        assert len(talk.origins) == len(talk.row.get("messages", ()))
        for finding in talk.found:
            values_of = {"count": "1", "first": "1"} | finding.values
            assert make_problem(finding.code, **values_of).code in KINDS


@pytest.mark.parametrize("entry", ALL, ids=lambda entry: entry.name)
@QUICK
@given(values=st.lists(VALUES, max_size=4), answers=ANSWERS)
def test_any_json(entry: Format, values: list[Any], answers: dict[str, str]) -> None:
    exercise(entry, values, answers)


@pytest.mark.parametrize("entry", ALL, ids=lambda entry: entry.name)
@QUICK
@given(values=st.lists(LINES, max_size=12), answers=ANSWERS)
def test_any_lines(entry: Format, values: list[Any], answers: dict[str, str]) -> None:
    exercise(entry, values, answers)


LONG = [
    "消息对象:" + " " * 50_000 + "\nx",
    "1/1/23, 9:00 - A: " + "<edited " * 10_000,
    "[图片]" * 9_999 + "x",
]


@pytest.mark.parametrize("entry", ALL, ids=lambda entry: entry.name)
@pytest.mark.timeout(5)
def test_long_lines_take_no_longer_than_they_are(entry: Format) -> None:
    headers = ["1/1/23, 9:00 - A: x", "2024-01-01 12:00:00 x"]
    exercise(entry, [*headers, *LONG, " " * 90_000 + "x", "[" * 90_000, "a. " * 30_000], {})
