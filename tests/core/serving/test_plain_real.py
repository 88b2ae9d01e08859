"""Where vLLM can't run, the plain server answers as PEFT does, and official clients can ask it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from openai import APIStatusError, AsyncOpenAI, OpenAI

from core.serving import chat, checking, registry
from core.serving.engines import Engines
from core.serving.launch import SLOW
from core.serving.pairs import open_pair
from core.serving.records import Generation, Pair
from core.settings import Settings
from core.workspace import Workspace
from tests.core.serving.test_serving_real import ASK, GREEDY, Trained, silent, train, trained

__all__ = ["trained"]
pytestmark = [pytest.mark.slow, pytest.mark.thorough]
MESSAGES = [{"role": "user", "content": ASK[0].content}]


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engines]:
    workspace = Workspace.open(tmp_path_factory.mktemp("plain"))
    found = Engines(workspace, Settings(home=workspace.root, offline=True, engine="transformers"))
    yield found
    found.stop_all()


@pytest.fixture(scope="module")
def pair(plain: Engines, trained: Trained) -> Pair:
    return open_pair(plain, trained.save(plain, "run-plain-1"), silent)


def client_of(pair: Pair) -> OpenAI:
    return OpenAI(
        base_url=pair.base.base_url, api_key=pair.base.api_key.get_secret_value(), max_retries=0
    )


def test_the_proof_agrees_and_both_sides_answer_as_peft_does(
    plain: Engines, pair: Pair, trained: Trained
) -> None:
    assert pair.check.worst_difference < 0.001
    assert pair.check.served_change > 0.1
    engine = plain.running()
    assert engine is not None
    assert engine.engine == "transformers"
    assert engine.note == pair.base.note == pair.tuned.note == SLOW

    async def ask() -> tuple[Generation, Generation]:
        async for states in chat.stream_both(pair.base, pair.tuned, ASK, GREEDY):
            last = states
        return last

    base, tuned = asyncio.run(ask())
    assert (base.text, tuned.text) == (trained.answer(tuned=False), trained.answer(tuned=True))
    assert base.text != tuned.text
    assert base.tokens
    assert base.finish_reason in ("stop", "length")


def test_official_clients_ask_it_whole_streaming_and_at_once(pair: Pair, trained: Trained) -> None:
    told = {"model": pair.tuned.model, "messages": MESSAGES, "max_tokens": 24, "temperature": 0}
    with client_of(pair) as client:
        whole = client.chat.completions.create(**told)  # type: ignore[call-overload]
        assert whole.choices[0].message.content == trained.answer(tuned=True)
        again = {**told, "temperature": 1.0, "seed": 3}
        drawn = [
            client.chat.completions.create(**again).choices[0].message.content  # type: ignore[call-overload]
            for _ in range(2)
        ]
        assert drawn[0] == drawn[1]
        text = whole.choices[0].message.content
        ended = client.chat.completions.create(**told, stop=text[4:8])  # type: ignore[call-overload]
        assert ended.choices[0].message.content == text[: text.find(text[4:8])]
        assert ended.choices[0].finish_reason == "stop"

    async def both() -> list[str]:
        async with AsyncOpenAI(base_url=pair.base.base_url, api_key=client.api_key) as asked:

            async def read() -> str:
                usage = {"include_usage": True}
                parts, made = [], 0
                async for chunk in await asked.chat.completions.create(  # type: ignore[call-overload]
                    **told, stream=True, stream_options=usage
                ):
                    parts += [choice.delta.content or "" for choice in chunk.choices]
                    made = chunk.usage.completion_tokens if chunk.usage else made
                assert made == whole.usage.completion_tokens
                return "".join(parts)

            return list(await asyncio.gather(read(), read()))

    assert asyncio.run(both()) == [whole.choices[0].message.content] * 2


@pytest.mark.parametrize(
    ("changes", "status", "says"),
    [
        ({"model": "nobody"}, 404, "does not exist"),
        ({"tools": []}, 400, "tools"),
        ({"logprobs": True}, 400, "logprobs"),
        ({"temperature": -1}, 400, "temperature"),
        ({"messages": []}, 400, "messages"),
        ({"max_tokens": 100_000}, 400, "maximum context length"),
    ],
)
def test_what_it_can_not_do_it_says(
    pair: Pair, changes: dict[str, object], status: int, says: str
) -> None:
    told = {"model": "base", "messages": MESSAGES, "max_tokens": 1} | changes
    with client_of(pair) as client, pytest.raises(APIStatusError) as caught:
        client.chat.completions.create(**told)  # type: ignore[call-overload]
    assert caught.value.status_code == status
    assert says in str(caught.value)


def test_a_wrong_key_is_refused(pair: Pair) -> None:
    wrong = OpenAI(base_url=pair.base.base_url, api_key="wrong")
    with wrong as client, pytest.raises(APIStatusError) as caught:
        list(client.models.list())
    assert caught.value.status_code == 401


def test_adapters_come_and_go_and_the_base_stays_itself(
    plain: Engines, pair: Pair, trained: Trained
) -> None:
    second = open_pair(plain, train(0.02).save(plain, "run-plain-2"), silent)
    engine = plain.running()
    assert engine is not None
    both = {pair.tuned.model, second.tuned.model}
    assert set(registry.offered(plain, engine)) == {"base", *both}
    for name in both:
        registry.withdraw(plain, engine, name)
    assert registry.offered(plain, engine) == ("base",)
    with checking.connect(engine, plain.key(engine).get_secret_value()) as client:
        told = client.chat.completions.create(
            model="base",
            messages=MESSAGES,  # type: ignore[arg-type]
            max_tokens=24,
            temperature=0,
        )
    assert told.choices[0].message.content == trained.answer(tuned=False)
