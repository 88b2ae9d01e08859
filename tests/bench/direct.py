"""Questions put to a served model past all of Duotune: plain HTTP, as benchmark clients do it."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import httpx

from core.messages import Message
from core.serving.records import Endpoint, Sampling

PATIENCE_S = 300.0


class Asked(NamedTuple):
    """One question to one model."""

    endpoint: Endpoint
    messages: tuple[Message, ...]

    def body(self, sampling: Sampling, stream: bool) -> dict[str, Any]:
        """The same words, sampling, template and stops as Duotune sends."""
        asked: dict[str, Any] = {
            "model": self.endpoint.model,
            "messages": [message.as_openai() for message in self.messages],
            **sampling.model_dump(),
        }
        if self.endpoint.template_kwargs:
            asked["chat_template_kwargs"] = self.endpoint.template_kwargs
        if self.endpoint.stop_token_ids:
            asked["stop_token_ids"] = list(self.endpoint.stop_token_ids)
        if stream:
            asked |= {"stream": True, "stream_options": {"include_usage": True}}
        return asked


@asynccontextmanager
async def open_http() -> AsyncIterator[httpx.AsyncClient]:
    """A client that keeps its connections, past any proxy."""
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(
        trust_env=False, verify=False, timeout=PATIENCE_S, limits=limits
    ) as client:
        yield client


async def whole(client: httpx.AsyncClient, asked: Asked, sampling: Sampling) -> int:
    """Tokens of an answer that comes at once."""
    reply = await client.post(_url(asked), headers=_key(asked), json=asked.body(sampling, False))
    reply.raise_for_status()
    return int(reply.json()["usage"]["completion_tokens"])


async def streamed(client: httpx.AsyncClient, asked: Asked, sampling: Sampling) -> int:
    """Tokens of an answer that comes token by token, each event read, as vLLM's benchmark does."""
    return (await _followed(client, asked, sampling))[0]


async def first_text_s(client: httpx.AsyncClient, asked: Asked, sampling: Sampling) -> float:
    """Seconds from the request to the first text; the answer is read to its end."""
    return (await _followed(client, asked, sampling))[1]


async def _followed(
    client: httpx.AsyncClient, asked: Asked, sampling: Sampling
) -> tuple[int, float]:
    began, first, tokens = time.perf_counter(), 0.0, 0
    request = client.stream(
        "POST", _url(asked), headers=_key(asked), json=asked.body(sampling, True)
    )
    async with request as reply:
        reply.raise_for_status()
        async for line in reply.aiter_lines():
            if not line.startswith("data: {"):
                continue
            event = json.loads(line[6:])
            if event.get("usage"):
                tokens = event["usage"]["completion_tokens"]
            choices = event["choices"]
            if not first and choices and choices[0]["delta"].get("content"):
                first = time.perf_counter() - began
    return tokens, first


async def all_of(wanted: Sequence[Asked], sampling: Sampling, at_once: int, way: Any) -> int:
    """Tokens of all answers by `way`, so many requests under way."""
    queue = iter(wanted)
    async with open_http() as client:

        async def work() -> int:
            return sum([await way(client, asked, sampling) for asked in queue])

        return sum(await asyncio.gather(*(work() for _ in range(at_once))))


def _url(asked: Asked) -> str:
    return f"{asked.endpoint.base_url}/chat/completions"


def _key(asked: Asked) -> dict[str, str]:
    return {"Authorization": f"Bearer {asked.endpoint.api_key.get_secret_value()}"}
