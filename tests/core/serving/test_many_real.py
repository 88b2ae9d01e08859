"""The real engine with a base and four adapters: official clients, quick loading, little memory."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.request
from typing import Any

import psutil
import pytest
from openai import AsyncOpenAI, OpenAI

from core.messages import Message
from core.processes import group_members
from core.serving import adapters, chat, checking, registry
from core.serving.contenders import Contender, Lane
from core.serving.engines import Engines
from core.serving.records import Adapter, Endpoint, Engine, Generation, Sampling
from tests.core.serving.test_serving_real import train
from tests.fakes import Behaviour, FakeServer

pytestmark = pytest.mark.slow
ASKED = "Where is my order 1207?"
MESSAGES = [{"role": "user", "content": ASKED}]
MOST_LOAD_S = 1.0


@pytest.fixture(scope="module")
def four(engines: Engines, tmp_path_factory: pytest.TempPathFactory) -> list[Adapter]:
    """Adapters that answer differently: one with random weights, and its multiples."""
    from safetensors.torch import load_file, save_file

    source = tmp_path_factory.mktemp("adapters") / "1"
    train(0.03).model.save_pretrained(source)
    made = [adapters.publish(engines.workspace, source)]
    for times in (2, 3, 4):
        copied = source.with_name(str(times))
        shutil.copytree(source, copied)
        weights = load_file(copied / adapters.WEIGHTS)
        changed = {k: v * times if "lora_B" in k else v for k, v in weights.items()}
        save_file(changed, copied / adapters.WEIGHTS)
        made.append(adapters.publish(engines.workspace, copied))
    return made


@pytest.fixture(scope="module")
def engine(engines: Engines) -> Engine:
    return engines.ensure("starter", rank=32)


def memory(engine: Engine) -> int:
    """Bytes that the engine's processes have for themselves or share among them."""
    return sum(psutil.Process(pid).memory_full_info().pss for pid in group_members(engine.process))


def test_base_and_four_adapters_answer_official_clients(
    engines: Engines, engine: Engine, four: list[Adapter], record_property: Any
) -> None:
    key = engines.key(engine).get_secret_value()
    with checking.connect(engine, key) as client:
        told: dict[str, Any] = {"messages": MESSAGES, "max_tokens": 12, "temperature": 0}
        client.chat.completions.create(model="base", **told)
        before, seconds = memory(engine), []
        for adapter in four:
            began = time.perf_counter()
            registry.offer(engines, engine, adapter)
            seconds.append(time.perf_counter() - began)
    names = ["base", *(adapter.id for adapter in four)]
    assert set(names) <= {*registry.offered(engines, engine)}

    with OpenAI(base_url=engine.base_url, api_key=key) as client:
        whole = [
            client.chat.completions.create(model=name, logprobs=True, **told).choices[0]
            for name in names
        ]
    assert len({one.logprobs.content[0].logprob for one in whole}) == len(names), "each is itself"
    texts = [one.message.content for one in whole]

    async def all_at_once() -> list[str]:
        async with AsyncOpenAI(base_url=engine.base_url, api_key=key) as client:

            async def streamed(name: str) -> str:
                parts = await client.chat.completions.create(model=name, stream=True, **told)
                return "".join([chunk.choices[0].delta.content or "" async for chunk in parts])

            return list(await asyncio.gather(*map(streamed, names)))

    assert asyncio.run(all_at_once()) == texts
    assert curl(engine, key, {"model": names[1], **told}) == texts[1]

    after = memory(engine)
    for name, value in (("load_s", seconds), ("memory", [before, after])):
        record_property(name, value)
    print(f"adapters loaded in {seconds} s; memory {before} to {after} bytes")
    assert max(seconds) <= MOST_LOAD_S
    assert after <= 1.1 * before


def test_prompts_own_probabilities_can_be_asked_of_several_at_once(
    engines: Engines, engine: Engine, four: list[Adapter]
) -> None:
    key = engines.key(engine).get_secret_value()
    with checking.connect(engine, key):
        for adapter in four[:2]:
            registry.offer(engines, engine, adapter)
    names = ["base", four[0].id, four[1].id]
    asked = [(name, list(range(100, 108 + length))) for name in names for length in (0, 3, 9)]

    async def answers(at_once: bool) -> list[list[float]]:
        async with AsyncOpenAI(base_url=engine.base_url, api_key=key) as client:

            async def one(name: str, ids: list[int]) -> list[float]:
                found = await client.completions.create(
                    model=name, prompt=ids, max_tokens=1, extra_body={"prompt_logprobs": 0}
                )
                return checking.prompt_logprobs(found.choices[0].model_dump(), ids)

            if at_once:
                return list(await asyncio.gather(*(one(*each) for each in asked)))
            return [await one(*each) for each in asked]

    alone = asyncio.run(answers(at_once=False))
    for row, together in zip(alone, asyncio.run(answers(at_once=True)), strict=True):
        assert together == pytest.approx(row, abs=1e-3)
    assert alone[0] != alone[3] != alone[6], "each is itself"


def curl(engine: Engine, key: str, body: dict[str, Any]) -> str:
    command = ["curl", "-s", "--noproxy", "*", f"{engine.base_url}/chat/completions"]
    headers = [f"Authorization: Bearer {key}", "Content-Type: application/json"]
    command += [part for header in headers for part in ("-H", header)]
    done = subprocess.run([*command, "-d", json.dumps(body)], capture_output=True, check=True)
    return str(json.loads(done.stdout)["choices"][0]["message"]["content"])


@pytest.mark.parametrize(
    "path",
    ["/v1/models", "/metrics", "/tokenize", "/invocations", "/v1/load_lora_adapter", "/version"],
)
def test_no_path_is_open_without_the_key(engine: Engine, path: str) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with pytest.raises(urllib.error.HTTPError) as caught:
        opener.open(f"http://127.0.0.1:{engine.port}{path}")
    assert caught.value.code == 401


@pytest.mark.thorough
def test_killed_in_the_middle_each_says_so_another_goes_on_and_a_retry_works(
    engines: Engines, engine: Engine, four: list[Adapter], fake_server: FakeServer
) -> None:
    registry.offer(engines, engine, four[0])
    fake_server.models["base"] = Behaviour("word " * 60, piece_s=0.1)
    here = [lane_of(engines, engine, name) for name in ("base", four[0].id)]
    lanes = [*here, lane_at(fake_server.endpoint())]
    asked = [(Message(role="user", content="Tell me a very long story."),)] * 3
    long = Sampling(max_tokens=900, temperature=2.0)  # nonsense, which seldom ends

    async def killed() -> tuple[Generation, ...]:
        gone = False
        async for states in chat.stream_many(lanes, asked, long):
            if not gone and all(state.text for state in states[:2]):
                os.kill(engine.process.pid, signal.SIGKILL)
                gone = True
        return states

    base, tuned, far = asyncio.run(killed())
    for one in (base, tuned):
        assert one.error is not None
        assert "went away in the middle" in one.error
        assert one.text, "what had come stays"
    assert (far.error, far.text) == (None, "word " * 60)

    again = engines.ensure("starter", rank=32)
    registry.offer(engines, again, four[0])
    retried = [lane_of(engines, again, name) for name in ("base", four[0].id)]

    async def ask() -> tuple[Generation, ...]:
        async for states in chat.stream_many(retried, asked[:2], Sampling(max_tokens=8)):
            last = states
        return last

    assert [one.error for one in asyncio.run(ask())] == [None, None]


def lane_of(engines: Engines, engine: Engine, model: str) -> Lane:
    facts = {"label": model, "base_url": engine.base_url, "model": model}
    return lane_at(Endpoint.model_validate(facts | {"api_key": engines.key(engine)}))


def lane_at(endpoint: Endpoint) -> Lane:
    one = Contender(kind="endpoint", name=endpoint.label)
    return Lane(contender=one, title=endpoint.label, endpoint=endpoint)
