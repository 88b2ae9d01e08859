"""Answers stream, are measured, and every failure becomes a sentence that keeps the text so far."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

import pytest

from core.messages import Message, ToolCall
from core.serving import chat
from core.serving.probing import free_port
from core.serving.records import Endpoint, Generation, Sampling
from tests.fakes import Behaviour, FakeServer

pytestmark = pytest.mark.slow

ASK = (Message(role="system", content="Be brief."), Message(role="user", content="Hello?"))
SAMPLING = Sampling(temperature=0.3, top_p=0.9, max_tokens=12, seed=5)


def complete(endpoint: Endpoint, messages: Sequence[Message] = ASK) -> Generation:
    return asyncio.run(chat.complete(endpoint, messages, SAMPLING))


def test_an_answer_grows_and_ends_with_what_it_took(fake_server: FakeServer) -> None:
    fake_server.models["base"] = Behaviour("one two three", first_s=0.05, piece_s=0.02)

    async def read() -> list[Generation]:
        return [g async for g in chat.stream(fake_server.endpoint(), ASK, SAMPLING)]

    states = asyncio.run(read())
    assert [s.text for s in states[:3]] == ["one", "one two", "one two three"]
    assert [s.done for s in states] == [False, False, False, True]
    last = states[-1]
    assert (last.text, last.finish_reason, last.tokens) == ("one two three", "stop", 3)
    assert last.error is None
    assert last.first_token_s is not None
    assert last.first_token_s >= 0.05
    assert last.tokens_per_s is not None
    assert 0 < last.tokens_per_s < 200


def test_the_request_says_what_sampling_and_endpoint_say(fake_server: FakeServer) -> None:
    call = ToolCall(id="c1", name="look", arguments='{"a": 1}')
    messages = [*ASK, Message(role="assistant", tool_calls=(call,))]
    messages.append(Message(role="tool", content="found", tool_call_id="c1"))
    endpoint = fake_server.endpoint(
        "tuned", template_kwargs={"enable_thinking": False}, stop_token_ids=(2, 7)
    )
    complete(endpoint, messages)
    (body,) = fake_server.requests
    wanted = {"model": "tuned", "temperature": 0.3, "top_p": 0.9, "max_tokens": 12, "seed": 5}
    assert wanted.items() <= body.items()
    assert body["chat_template_kwargs"] == {"enable_thinking": False}
    assert body["stop_token_ids"] == [2, 7]
    assert body["messages"] == [message.as_openai() for message in messages]


def test_figures_that_were_not_measured_are_none(fake_server: FakeServer) -> None:
    fake_server.models["base"] = Behaviour("one two", usage=False)
    answer = complete(fake_server.endpoint())
    assert answer.error is None
    assert (answer.tokens, answer.tokens_per_s) == (None, None)


@pytest.mark.parametrize(
    ("behaviour", "says"),
    [
        (Behaviour("a b c", dies_after=2), "went away in the middle"),
        (Behaviour("a b c", garbage=True), "no answer"),
        (Behaviour("a b c", finish_reason="abort"), "stopped before"),
        (Behaviour(always=401, message="bad key"), "API key. (bad key)"),
        (Behaviour(always=404, message="nope"), "does not know this model. (nope)"),
        (Behaviour(always=418, message="teapot"), "refuses the request: teapot"),
        (
            Behaviour(always=400, message="maximum context length is 10 tokens"),
            "too long for the model",
        ),
    ],
)
def test_failures_are_sentences(fake_server: FakeServer, behaviour: Behaviour, says: str) -> None:
    fake_server.models["base"] = behaviour
    answer = complete(fake_server.endpoint())
    assert answer.done
    assert answer.error is not None
    assert says in answer.error
    assert answer.tokens_per_s is None


def test_a_broken_answer_keeps_the_text_so_far(fake_server: FakeServer) -> None:
    fake_server.models["base"] = Behaviour("one two three", dies_after=2)
    answer = complete(fake_server.endpoint())
    assert answer.text == "one two"
    assert answer.finish_reason is None


def test_silence_ends_with_the_text_so_far(fake_server: FakeServer) -> None:
    fake_server.models["base"] = Behaviour("one two three", stalls_after=1)
    endpoint = fake_server.endpoint()

    async def ask() -> Generation:
        async with chat.open_client(endpoint, silence_s=0.3) as client:
            return await chat.complete(endpoint, ASK, SAMPLING, client)

    answer = asyncio.run(ask())
    assert (answer.text, answer.error) == ("one", "The model server fell silent.")


def test_a_busy_server_is_asked_again_but_not_for_ever(
    fake_server: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("openai._base_client.BaseClient._calculate_retry_timeout", lambda *_: 0.01)
    fake_server.models["base"] = Behaviour(statuses=[429, 429])
    assert complete(fake_server.endpoint()).error is None
    assert len(fake_server.requests) == 3
    fake_server.models["base"] = Behaviour(always=429, message="queue full")
    answer = complete(fake_server.endpoint())
    assert answer.error == "The model server is too busy; it was asked several times. (queue full)"
    assert len(fake_server.requests) == 3 + 1 + chat.RETRIES


def test_a_server_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("openai._base_client.BaseClient._calculate_retry_timeout", lambda *_: 0.01)
    endpoint = Endpoint.model_validate(
        {"label": "base", "base_url": f"http://127.0.0.1:{free_port()}/v1", "model": "base"}
        | {"api_key": "x"}
    )
    answer = complete(endpoint)
    assert answer.error is not None
    assert "can't be reached" in answer.error
    assert answer.first_token_s is None


def test_loopback_is_asked_past_a_proxy(
    fake_server: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    assert complete(fake_server.endpoint()).error is None


def test_both_sides_go_at_their_own_speed(fake_server: FakeServer) -> None:
    fake_server.models["base"] = Behaviour("slow " * 5, piece_s=0.05)
    fake_server.models["tuned"] = Behaviour("fast " * 5)
    base, tuned = fake_server.endpoint("base"), fake_server.endpoint("tuned")

    async def read() -> list[tuple[Generation, Generation]]:
        return [pair async for pair in chat.stream_both(base, tuned, ASK, SAMPLING)]

    states = asyncio.run(read())
    assert any(t.done and not b.done for b, t in states), "tuned did not wait for base"
    assert states[-1][0].done
    assert states[-1][1].done
    assert (states[-1][0].text, states[-1][1].text) == ("slow " * 5, "fast " * 5)


def test_one_side_failing_leaves_the_other_whole(fake_server: FakeServer) -> None:
    fake_server.models["base"] = Behaviour("a b c", dies_after=1)
    fake_server.models["tuned"] = Behaviour("a b c", piece_s=0.05)
    base, tuned = fake_server.endpoint("base"), fake_server.endpoint("tuned")

    async def read() -> list[tuple[Generation, Generation]]:
        return [pair async for pair in chat.stream_both(base, tuned, ASK, SAMPLING)]

    failed, whole = asyncio.run(read())[-1]
    assert failed.error is not None
    assert (whole.text, whole.error) == ("a b c", None)


def test_a_slow_reader_still_gets_the_last_state(fake_server: FakeServer) -> None:
    base, tuned = fake_server.endpoint("base"), fake_server.endpoint("tuned")

    async def read() -> list[tuple[Generation, Generation]]:
        states = []
        async for pair in chat.stream_both(base, tuned, ASK, SAMPLING):
            states.append(pair)
            await asyncio.sleep(0.3)
        return states

    states = asyncio.run(read())
    assert all(side.done for side in states[-1])
    assert len(states) < 6, "states it was too slow for are skipped"


def test_closing_early_leaves_no_request_on_the_server(fake_server: FakeServer) -> None:
    for model in ("base", "tuned"):
        fake_server.models[model] = Behaviour("word " * 20_000, piece_s=0.01)
    base, tuned = fake_server.endpoint("base"), fake_server.endpoint("tuned")

    async def read_a_little() -> None:
        answers = chat.stream_both(base, tuned, ASK, SAMPLING)
        async for left, right in answers:
            if left.text and right.text:
                break
        async with asyncio.timeout(5):
            await answers.aclose()

    asyncio.run(read_a_little())
    assert fake_server.most_active == 2
    deadline = time.monotonic() + 2
    while fake_server.active and time.monotonic() < deadline:
        time.sleep(0.01)
    assert fake_server.active == 0
