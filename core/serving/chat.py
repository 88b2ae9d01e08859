"""Ask a model behind an OpenAI-compatible endpoint, streaming, and measure what it took.

Nothing here raises for an answer that can't be had: the Generation says why, with the text so far.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from core.messages import Message
from core.serving.contenders import Lane
from core.serving.growing import Growing, as_chunk
from core.serving.records import Endpoint, Generation, Sampling

if TYPE_CHECKING:
    from openai import AsyncOpenAI

RETRIES = 3
"""Times a request is repeated that the server was too busy for, each after a longer wait."""
CONNECT_S, SILENCE_S = 5.0, 300.0
"""Longest wait for a connection, and for the next piece of an answer; a CPU may prefill slowly."""
UNSEEN_TOKENS = 16
"""Tokens that our engine sends at a time, after the first, when nobody watches: streaming each
one costs as much as it costs to generate it with a tiny model."""
LOOPBACK = ("127.0.0.1", "localhost", "::1")


@asynccontextmanager
async def open_client(
    endpoint: Endpoint, silence_s: float = SILENCE_S
) -> AsyncIterator[AsyncOpenAI]:
    """A client whose connections are kept for many requests; it serves every model of the address.

    It belongs to the event loop that it was opened in.
    """
    from openai import AsyncOpenAI, DefaultAsyncHttpxClient, Timeout

    proxied = urlsplit(endpoint.base_url).hostname not in LOOPBACK
    client = AsyncOpenAI(
        base_url=endpoint.base_url,
        api_key=endpoint.api_key.get_secret_value(),
        max_retries=RETRIES,
        timeout=Timeout(silence_s, connect=CONNECT_S),
        # Nothing on loopback needs certificates; to load them takes 30 ms of the first answer.
        http_client=DefaultAsyncHttpxClient(trust_env=proxied, verify=proxied),
    )
    async with client:
        yield client


async def stream(
    endpoint: Endpoint,
    messages: Sequence[Message],
    sampling: Sampling,
    client: AsyncOpenAI | None = None,
) -> AsyncGenerator[Generation, None]:
    """The growing answer; its last Generation is done. Close the iterator to stop the server too.

    Time and speed are measured here, at the client.
    """
    if client is None:
        async with (
            open_client(endpoint) as own,
            aclosing(stream(endpoint, messages, sampling, own)) as answer,
        ):
            async for generation in answer:
                yield generation
        return
    growing, request = Growing(), _request(endpoint, messages, sampling)
    async with aclosing(_follow(client, request, growing)) as pieces:
        async for _ in pieces:
            yield growing.now()
    yield growing.now()


async def complete(
    endpoint: Endpoint,
    messages: Sequence[Message],
    sampling: Sampling,
    client: AsyncOpenAI | None = None,
) -> Generation:
    """The whole answer; it streams underneath, so that time to first token is measured too."""
    if client is None:
        async with open_client(endpoint) as own:
            return await complete(endpoint, messages, sampling, own)
    growing, request = Growing(), _request(endpoint, messages, sampling)
    if endpoint.engine_id is not None:
        request["stream_interval"] = UNSEEN_TOKENS
    async with aclosing(_follow(client, request, growing)) as pieces:
        async for _ in pieces:
            pass
    return growing.now()


async def stream_both(
    base: Endpoint,
    tuned: Endpoint,
    messages: Sequence[Message],
    sampling: Sampling,
    tuned_messages: Sequence[Message] | None = None,
) -> AsyncGenerator[tuple[Generation, Generation], None]:
    """Both growing answers, as `stream_many` has them.

    The tuned side is asked with `tuned_messages` where its conversation went another way.
    """
    asked = (messages, messages if tuned_messages is None else tuned_messages)
    async with aclosing(_together((base, tuned), asked, sampling)) as answers:
        async for first, second in answers:
            yield first, second


async def stream_many(
    lanes: Sequence[Lane], messages: Sequence[Sequence[Message]], sampling: Sampling
) -> AsyncGenerator[tuple[Generation, ...], None]:
    """The growing answers of all lanes, each at its own speed; whoever reads slowly skips states.

    `messages` has a conversation for each lane. One that fails says so in its last Generation and
    stops nobody else; to ask it again, open it again (`lanes.open_lanes`), as its engine may have
    died. Closing the iterator ends every request on its server.
    """
    endpoints = [lane.endpoint for lane in lanes]
    async with aclosing(_together(endpoints, messages, sampling)) as answers:
        async for states in answers:
            yield states


async def _together(
    endpoints: Sequence[Endpoint], messages: Sequence[Sequence[Message]], sampling: Sampling
) -> AsyncGenerator[tuple[Generation, ...], None]:
    latest = [Generation(text="", done=False)] * len(endpoints)
    changed = asyncio.Event()

    async def follow(place: int, endpoint: Endpoint, asked: Sequence[Message]) -> None:
        async with aclosing(stream(endpoint, asked, sampling)) as answer:
            async for generation in answer:
                latest[place] = generation
                changed.set()

    pairs = zip(endpoints, messages, strict=True)
    tasks = [asyncio.create_task(follow(n, of, asked)) for n, (of, asked) in enumerate(pairs)]
    for task in tasks:
        task.add_done_callback(lambda _: changed.set())
    try:
        over = False
        while not over:
            await changed.wait()
            changed.clear()
            over = all(task.done() for task in tasks)  # seen before the states it is told with
            yield tuple(latest)
        for task in tasks:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _follow(
    client: AsyncOpenAI, request: dict[str, Any], growing: Growing
) -> AsyncGenerator[None, None]:
    """Ask, and say each time that the text has grown; at the end `growing` is done."""
    from openai import APIError, AsyncStream

    growing.began = time.perf_counter()
    try:
        # Not `chat.completions.create`: to build its models costs 1.5 ms of a core an answer.
        chunks = await client.post(
            "/chat/completions",
            body=request,
            cast_to=object,
            stream=True,
            stream_cls=AsyncStream[object],
        )
        async with chunks:
            async for chunk in chunks:
                if growing.take(as_chunk(chunk)):
                    yield
        growing.end()
    except (APIError, ValueError) as error:  # ValueError: what came is no JSON, or no answer
        growing.fail(sentence(error, begun=bool(growing.parts)))


def _request(endpoint: Endpoint, messages: Sequence[Message], sampling: Sampling) -> dict[str, Any]:
    extra: dict[str, Any] = {}
    if endpoint.template_kwargs:
        extra["chat_template_kwargs"] = endpoint.template_kwargs
    if endpoint.stop_token_ids:
        extra["stop_token_ids"] = list(endpoint.stop_token_ids)
    return {
        "model": endpoint.model,
        "messages": [message.as_openai() for message in messages],
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "max_tokens": sampling.max_tokens,
        "seed": sampling.seed,
        "stream": True,
        "stream_options": {"include_usage": True},
        **extra,
    }


def sentence(error: Exception, begun: bool = False) -> str:
    """What went wrong with a request to an endpoint, for a person; `begun`: some text had come."""
    import openai

    if isinstance(error, openai.APITimeoutError):
        return (
            "The model server fell silent." if begun else "The model server did not answer in time."
        )
    if isinstance(error, openai.APIConnectionError):
        return (
            "The model server went away in the middle of the answer."
            if begun
            else "The model server can't be reached: it has stopped, or was never started."
        )
    if isinstance(error, openai.APIStatusError):
        return _status_sentence(error.status_code, _said(error))
    if isinstance(error, openai.APIError):
        return f"The model server broke the answer off: {error.message}"
    return "The model server sent something that is no answer."


def _status_sentence(status: int, said: str) -> str:
    if status == 400 and ("context length" in said or "max_tokens" in said):
        return f"The conversation and its answer are too long for the model. ({said})"
    kinds = {
        401: "The model server does not accept the API key.",
        403: "The model server refuses this API key.",
        404: "The model server does not know this model.",
        429: "The model server is too busy; it was asked several times.",
    }
    if status in kinds:
        return f"{kinds[status]} ({said})"
    if status < 500:
        return f"The model server refuses the request: {said}"
    return f"The model server failed ({status}): {said}"


def _said(error: Any) -> str:
    """The server's own words, short."""
    body = error.body if isinstance(error.body, dict) else {}
    return str(body.get("message") or error.message)[:300]
