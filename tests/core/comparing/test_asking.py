"""Several answers growing at once: nothing lost, nothing mixed up, each failing alone."""

from __future__ import annotations

import asyncio

import pytest

from core.compare_actions import CompareActions
from core.comparing.asking import Asking
from core.comparing.clients import Clients
from core.comparing.records import Question
from core.messages import Message
from core.serving import chat
from core.serving.contenders import Contender, Lane
from core.serving.records import Generation, Sampling
from core.settings import Settings
from core.workspace import Workspace
from tests.fakes import Behaviour, FakeServer

WHO = (Contender(kind="base", name="starter"), Contender(kind="run", name="run-1"))


def echo(side: str) -> Behaviour:
    """Answers with the question in every word, so that each piece tells whose it is."""
    return Behaviour(
        lambda messages: " ".join(f"{side}:{messages[-1]['content']}:{n}" for n in range(8))
    )


async def through(asking: Asking) -> list[dict[int, Generation]]:
    return [state async for state in asking.follow()]


def asking(server: FakeServer, told: dict[int, Generation]) -> Asking:
    question = [Message(role="user", content="q")]
    streams = {
        which: chat.stream(server.endpoint(model), question, Sampling())
        for which, model in enumerate(("base", "tuned"))
    }
    return Asking(streams, told.__setitem__)


@pytest.mark.full
def test_fifty_conversations_at_once_lose_and_mix_up_nothing(
    fake_server: FakeServer, workspace: Workspace
) -> None:
    fake_server.models = {"base": echo("base"), "tuned": echo("tuned")}
    actions = CompareActions(workspace, Settings(home=workspace.root))
    lanes = {
        which: Lane(contender=who, title=who.key, endpoint=fake_server.endpoint(model))
        for which, (who, model) in enumerate(zip(WHO, ("base", "tuned"), strict=True))
    }

    clients = Clients()

    async def talk(number: int) -> str:
        session = actions.start_comparison(WHO, ("b", "t"))
        turn = actions.put_question(session.id, Question(text=f"q{number}"))
        seen = await through(actions.ask_lanes(session, turn, lanes, clients))
        assert all(generation.done for generation in seen[-1].values())
        return session.id

    async def all_of_them() -> list[str]:
        return await asyncio.gather(*(talk(number) for number in range(50)))

    for number, session_id in enumerate(asyncio.run(all_of_them())):
        answers = actions.comparison(session_id).turns[0].answers
        for side, answer in zip(("base", "tuned"), answers, strict=True):
            assert answer is not None
            assert answer.text.split() == [f"{side}:q{number}:{n}" for n in range(8)]
            assert (answer.tokens, answer.error) == (8, None)


def test_one_that_breaks_off_says_so_while_the_other_goes_on(fake_server: FakeServer) -> None:
    fake_server.models["base"] = Behaviour("one two three four", dies_after=2, piece_s=0.002)
    fake_server.models["tuned"] = Behaviour("one two three four", piece_s=0.005)
    told: dict[int, Generation] = {}
    asyncio.run(through(asking(fake_server, told)))
    assert told[0].text == "one two"
    assert told[0].error
    assert (told[1].text, told[1].error) == ("one two three four", None)


def test_stopping_keeps_what_was_said_and_frees_the_server(fake_server: FakeServer) -> None:
    fake_server.models["base"] = Behaviour("whole")
    fake_server.models["tuned"] = Behaviour("one two three", stalls_after=2)
    told: dict[int, Generation] = {}

    async def stopped() -> list[dict[int, Generation]]:
        under_way, states = asking(fake_server, told), []
        async for state in under_way.follow():
            states.append(state)
            if state[1].text == "one two" and state[0].done:
                under_way.stop()
        return states

    last = asyncio.run(stopped())[-1]
    assert (told[0].text, told[0].finish_reason) == ("whole", "stop")
    assert (told[1].text, told[1].finish_reason, told[1].done) == ("one two", "abort", True)
    assert last == told


def test_leaving_in_the_middle_keeps_what_was_said(fake_server: FakeServer) -> None:
    fake_server.models["base"] = Behaviour("one two three", stalls_after=1)
    fake_server.models["tuned"] = Behaviour("one two three", stalls_after=1)
    told: dict[int, Generation] = {}

    async def left() -> None:
        states = asking(fake_server, told).follow()
        async for state in states:
            if all(generation.text for generation in state.values()):
                await states.aclose()  # type: ignore[attr-defined]  # it is a generator
                return

    asyncio.run(left())
    assert [told[which].text for which in (0, 1)] == ["one", "one"]
    assert {generation.finish_reason for generation in told.values()} == {"abort"}
