"""Conversations with both sides, and opening them once however many pages ask."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from core.actions import Say
from core.data.examples import SUPPORT_DESK
from core.messages import Message
from core.serving.records import Generation, Pair
from tests.ui.fake_parts import FakeActions
from ui.opening import Opening, Openings
from ui.talk import Talk, from_sample


def answer(text: str, *, done: bool = True) -> Generation:
    return Generation(text=text, done=done, finish_reason="stop" if done else None)


def test_each_side_remembers_its_own_answers() -> None:
    talk = Talk().asked("Be kind.", "Hello")
    assert [m.role for m in talk.base] == ["system", "user"]
    both = Talk(talk.base, talk.tuned, last=(answer("B"), answer("T")))
    again = both.asked("Be kind.", "And now?")
    assert [m.content for m in again.base] == ["Be kind.", "Hello", "B", "And now?"]
    assert [m.content for m in again.tuned] == ["Be kind.", "Hello", "T", "And now?"]
    assert again.last is None


def test_a_changed_system_prompt_replaces_the_old_one() -> None:
    talk = Talk().asked("Old", "Hello").asked("New", "More")
    assert [m.content for m in talk.base if m.role == "system"] == ["New"]
    assert all(m.role != "system" for m in talk.asked("  ", "Bare").base)


def test_stopping_keeps_what_was_said_so_far() -> None:
    talk = Talk(last=(answer("whole"), answer("ha", done=False))).stopped()
    assert talk.last is not None
    assert talk.last[0].finish_reason == "stop"
    assert (talk.last[1].text, talk.last[1].finish_reason) == ("ha", "abort")
    assert Talk().stopped() == Talk()


def test_a_held_out_question_brings_its_context(actions: FakeActions) -> None:
    dataset = actions.import_data(SUPPORT_DESK)
    sample = next(s for s in actions.samples(dataset.id) if len(s.prompt) > 2)
    talk, system, question = from_sample(sample)
    assert question == sample.prompt[-1].content
    assert system == sample.prompt[0].content
    assert talk.base == talk.tuned == sample.prompt[:-1]
    assert talk.asked(system, question).base[-1] == Message(role="user", content=question)


@pytest.fixture
def trained(actions: FakeActions, small: Path, wait: Callable[[Callable[[], object]], None]) -> str:
    plan = actions.propose_plan(actions.import_data(small).id).plan
    run = actions.start_training(plan)
    wait(lambda: actions.run(run.id).run.status == "succeeded")
    return run.id


async def follow(openings: Openings, run_id: str) -> list[Opening]:
    return [standing async for standing in openings.open(run_id)]


def test_opening_tells_what_it_does_and_ends_with_the_pair(
    actions: FakeActions, trained: str
) -> None:
    openings = Openings(actions)
    assert openings.look(trained) is None
    told = asyncio.run(follow(openings, trained))
    assert isinstance(told[-1].pair, Pair)
    assert asyncio.run(follow(openings, trained)) == [told[-1]]
    actions.stop_engine()
    assert openings.look(trained) is None


def test_two_pages_share_one_opening(actions: FakeActions, trained: str) -> None:
    actions.pace.open_s = 0.2
    asked = []

    async def both() -> tuple[list[Opening], list[Opening]]:
        openings = Openings(actions)
        return await asyncio.gather(follow(openings, trained), follow(openings, trained))

    original = actions.open_pair

    def counted(run_id: str, say: Say) -> Pair:
        asked.append(run_id)
        return original(run_id, say)

    object.__setattr__(actions, "open_pair", counted)
    first, second = asyncio.run(both())
    assert asked == [trained]
    assert first[-1].pair == second[-1].pair


def test_a_failure_is_shown_and_the_next_try_starts_anew(
    actions: FakeActions, trained: str
) -> None:
    openings = Openings(actions)
    actions.pace.fail_engine = "vLLM could not start."
    told = asyncio.run(follow(openings, trained))
    assert told[-1].error is not None
    assert "vLLM could not start." in str(told[-1].error)
    actions.pace.fail_engine = ""
    assert asyncio.run(follow(openings, trained))[-1].pair is not None
