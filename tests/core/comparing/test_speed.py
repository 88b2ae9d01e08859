"""Speed: the same questions to all, alternating; what was not measured is not there."""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime

import psutil
import pytest

from core.comparing import speed
from core.comparing.clients import Clients
from core.comparing.prompts import Item
from core.comparing.speed import Speed, SpeedProgress
from core.errors import RunError
from core.messages import Message
from core.processes import ProcessId
from core.serving.contenders import Contender, Lane
from core.serving.engine_folder import EngineFolder
from core.serving.records import Engine
from core.settings import Settings
from core.workspace import Workspace
from tests.fakes import Behaviour, FakeServer

WHO = tuple(Contender(kind="endpoint", name=name) for name in ("one", "other"))


def items(count: int) -> list[Item]:
    return [
        Item(id=f"i{n}", row=n, messages=(Message(role="user", content=f"q{n}"),))
        for n in range(count)
    ]


def measured(workspace: Workspace, lanes: list[Lane], count: int, price: float | None) -> Speed:
    settings = Settings(home=workspace.root, gpu_price=price, gpu_currency="EUR")

    async def told() -> list[SpeedProgress]:
        asked = speed.measure(workspace, settings, lanes, items(count), Clients())
        return [progress async for progress in asked]

    last = asyncio.run(told())[-1]
    assert last.result is not None
    assert (last.done, last.total) == (count * len(lanes), count * len(lanes))
    return last.result


def test_everybody_is_asked_the_same_in_alternating_order(
    workspace: Workspace, fake_server: FakeServer
) -> None:
    fake_server.models = {
        "base": Behaviour("a b c", piece_s=0.002),
        "tuned": Behaviour("a b c", piece_s=0.006),
    }
    engine = Engine(
        id="eng-0001", base_model="starter", model_path="starter", port=1, log="", max_length=512,
        process=ProcessId(pid=os.getpid(), started=psutil.Process().create_time()),
        started=datetime.now(UTC).isoformat(timespec="seconds"),
    )  # fmt: skip
    folder = EngineFolder(workspace.engine(engine.id))
    folder.save(engine)
    folder.ready.touch()
    lanes = [
        Lane(
            contender=who, title=who.name,
            endpoint=fake_server.endpoint(model, engine_id="eng-0001"),
        )
        for who, model in zip(WHO, ("base", "tuned"), strict=True)
    ]  # fmt: skip
    found = measured(workspace, lanes, 4, price=3.6)
    asked = [(body["model"], body["messages"][0]["content"]) for body in fake_server.requests[2:]]
    assert asked == [
        ("base", "q0"), ("tuned", "q0"), ("tuned", "q1"), ("base", "q1"),
        ("base", "q2"), ("tuned", "q2"), ("tuned", "q3"), ("base", "q3"),
    ]  # fmt: skip
    base, tuned = found.lanes
    assert (base.answers, base.failed, found.questions) == (4, 0, 4)
    assert base.first_s is not None
    assert base.first_s.n == 4
    assert base.first_s.p95 is None
    assert base.tokens is not None
    assert base.tokens.p50 == 3
    assert found.ratios[0].per_token_s is not None
    assert found.ratios[0].per_token_s.p50 > 1.3
    assert tuned.cost is not None
    assert tuned.answer_s is not None
    assert tuned.cost == pytest.approx(tuned.answer_s.p50, rel=0.9)  # 3.6 an hour is 1 per 1,000 s
    (engine_facts,) = found.engines
    assert engine_facts.titles == ("one", "other")
    assert engine_facts.pss_mib is not None
    assert engine_facts.pss_mib > 10
    assert engine_facts.load_s is not None
    assert engine_facts.load_s < 60
    assert engine_facts.gpu_mib is None
    assert speed.list_speeds(workspace) == (found,)


def test_what_failed_is_not_measured(workspace: Workspace, fake_server: FakeServer) -> None:
    fake_server.models["tuned"].always = 400
    fake_server.models["base"].usage = False
    lanes = [
        Lane(contender=who, title=who.name, endpoint=fake_server.endpoint(model))
        for who, model in zip(WHO, ("base", "tuned"), strict=True)
    ]
    found = measured(workspace, lanes, 2, price=None)
    base, tuned = found.lanes
    assert base.first_s is not None
    assert (base.tokens, base.tokens_per_s, base.answer_s, base.cost) == (None, None, None, None)
    assert (tuned.answers, tuned.failed, tuned.first_s, tuned.cost) == (0, 2, None, None)
    assert (found.ratios[0].first_s, found.ratios[0].per_token_s) == (None, None)
    assert (found.engines, found.currency) == ((), "")


def test_percentiles_need_enough_answers() -> None:
    few, some, many = (speed._spread(list(range(n))) for n in (19, 20, 100))
    assert few is not None
    assert some is not None
    assert many is not None
    assert (few.p95, some.p99) == (None, None)
    assert some.p95 == pytest.approx(18.05)
    assert many.p99 == pytest.approx(98.01)
    assert (many.low, many.p50, many.high) == (24.75, 49.5, 74.25)
    assert speed._spread([None, None]) is None


def test_there_must_be_a_question(workspace: Workspace) -> None:
    async def none() -> None:
        async for _ in speed.measure(workspace, Settings(home=workspace.root), [], [], Clients()):
            pass

    with pytest.raises(RunError):
        asyncio.run(none())
