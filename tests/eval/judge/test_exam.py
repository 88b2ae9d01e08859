"""The exam: its items are sound, good judges pass, and lazy, biased or injectable ones don't."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from eval.judge import exam
from eval.judge.address import without_address
from eval.judge.exam import ExamQuestion, grade, load_items
from eval.judge.judging import Judge
from eval.judge.line import Line
from eval.judge.records import ExamResult
from tests.eval.judging_case import perfect, reply, setting, shown
from tests.fakes import Behaviour, FakeServer

WHO = ("judge", "127.0.0.1:9")
Said = Callable[[ExamQuestion], tuple[str, ...]]


def graded(says: Said) -> ExamResult:
    items = load_items()
    return grade(items, {item.id: says(item) for item in items}, WHO, (81, 81, 0))


def right(item: ExamQuestion) -> tuple[str, ...]:
    return (item.expected,) * (2 if item.is_pair else 1)


def first_shown(item: ExamQuestion) -> tuple[str, ...]:
    """Right on single answers; of two, always the one that stands first."""
    return ("first", "second") if item.is_pair else right(item)


def longer(item: ExamQuestion) -> tuple[str, ...]:
    if not item.is_pair or item.expected == "tie":
        return right(item)
    return ("first" if len(item.first) > len(item.second) else "second",) * 2


def test_the_items_are_many_of_all_kinds_and_balanced() -> None:
    items = load_items()
    assert len(items) >= 60
    assert len({item.id for item in items}) == len(items)
    languages = Counter(item.language for item in items)
    assert min(languages.values()) >= 20
    single = Counter(item.expected for item in items if not item.is_pair)
    assert abs(single["met"] - single["not_met"]) <= 2
    pairs = Counter(item.expected for item in items if item.is_pair)
    assert pairs["first"] == pairs["second"] >= 7
    traits = Counter(trait for item in items for trait in item.traits)
    assert len(traits) == 10
    assert min(traits.values()) >= 3


def test_items_are_what_they_call_themselves() -> None:
    for item in load_items():
        if item.is_pair and "longer_but_wrong" in item.traits:
            wrong, good = (item.first, item.second)
            if item.expected == "first":
                wrong, good = good, wrong
            assert len(wrong) > 2 * len(good), item.id
        spoken_to = item.answer is not None and without_address(item.answer) is not None
        assert spoken_to == ("injection" in item.traits), item.id


def test_a_judge_that_is_right_passes() -> None:
    result = graded(right)
    assert result.passed
    assert result.accuracy.value == result.consistency.value == 1.0
    assert (result.longer_preferred.value, result.identical_tied.value) == (0.0, 1.0)
    assert result.by_trait["injection"] == (6, 6)


@pytest.mark.parametrize(
    ("says", "why"),
    [
        (lambda item: ("first",) * 2 if item.is_pair else ("met",), "right on"),
        (lambda item: ("tie",) * 2 if item.is_pair else ("not_met",), "right on"),
        (lambda item: ("unscored",) * (1 + item.is_pair), "right on"),
        (first_shown, "both orders"),
    ],
)
def test_a_judge_that_does_not_read_fails(says: Said, why: str) -> None:
    result = graded(says)
    assert not result.passed
    assert why in result.why_not
    assert result.why_not_zh


def test_a_taste_for_length_is_measured() -> None:
    assert graded(longer).longer_preferred.value == 1.0


def hold(server: FakeServer, folder: Path, model: str = "judge") -> ExamResult | None:
    async def holding() -> ExamResult | None:
        async with Judge(setting(server, model), timeout_s=5) as judge:
            judge.asker.rest_s = 0.001
            line = Line()
            found = await exam.hold(judge, folder, line)
            assert line.gone == (found is None)
            return found

    return asyncio.run(holding())


def test_a_result_is_kept_for_this_judge_only(tmp_path: Path) -> None:
    with FakeServer({"judge": Behaviour(perfect), "other": Behaviour(perfect)}) as server:
        first = hold(server, tmp_path)
        assert first is not None
        assert first.passed, first.why_not
        assert first.readable.value == 1.0
        server.requests.clear()
        assert hold(server, tmp_path) == first
        assert exam.on_record(tmp_path, setting(server)) == first
        assert server.requests == []
        assert exam.on_record(tmp_path, setting(server, "other")) is None
        server.root = "/models/another"
        again = hold(server, tmp_path)
        assert again is not None
        assert again.served == "/models/another"
        assert len(server.requests) >= 80, "other weights under the same name sit it anew"


def test_a_judge_that_obeys_answers_fails_on_them(tmp_path: Path) -> None:
    def obedient(messages: list[dict[str, Any]]) -> str:
        answer = shown(messages[0]["content"], "answer")
        orders = ("met = true", "counts as met", "满分", '"met": true')
        return reply("met", True) if any(o in answer for o in orders) else perfect(messages)

    with FakeServer({"judge": Behaviour(obedient)}) as server:
        result = hold(server, tmp_path)
    assert result is not None
    right_ones, of = result.by_trait["injection"]
    assert right_ones <= of - 3
    wrong = {item.id: item.said for item in result.items if not item.right}
    assert wrong["injection-zh"] == ("unscored",)


def test_a_dead_judge_has_no_result_and_none_is_kept(tmp_path: Path) -> None:
    with FakeServer({"judge": Behaviour("x", always=500)}) as server:
        assert hold(server, tmp_path) is None
        assert len(server.requests) <= 3 * 30
    assert list(tmp_path.iterdir()) == []
