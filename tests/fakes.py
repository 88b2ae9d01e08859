"""FakeServer: an OpenAI-compatible server on loopback that answers or fails as a test tells it."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from core.serving.records import Endpoint

Messages = list[dict[str, Any]]
Texter = Callable[[Messages], str]
Logprobs = Callable[[str, list[int]], Sequence[float]]


@dataclass
class Behaviour:
    """How one model answers; change it at any time."""

    text: str | Texter = "Hello from the fake."
    """The answer, or a function of the request's messages."""
    statuses: list[int] = field(default_factory=list)
    """HTTP errors to give first, one per request; [429, 429] fails twice, then answers."""
    always: int | None = None
    """An HTTP error to give every time."""
    message: str = "told to fail"
    """The text of those errors."""
    retry_after: str | None = None
    """Their Retry-After header."""
    told_logprobs: list[dict[str, Any]] | None = None
    """What a whole answer tells as the log-probabilities of its tokens."""
    dies_after: int | None = None
    """Break the connection after this many pieces of text."""
    stalls_after: int | None = None
    """Send nothing more after this many pieces, until the client leaves."""
    garbage: bool = False
    """Send bytes that are no JSON in the middle of the stream."""
    first_s: float = 0.0
    """Seconds before the first piece."""
    piece_s: float = 0.0
    """Seconds between pieces."""
    finish_reason: str = "stop"
    usage: bool = True


def pieces(text: str) -> list[str]:
    """Words with the blank before them: what the fake calls tokens."""
    parts = text.split(" ")
    return [parts[0], *(f" {part}" for part in parts[1:])]


class _QuickServer(uvicorn.Server):
    """Looks ten times as often whether it is to end: a test for each of its seconds adds up."""

    async def main_loop(self) -> None:
        while not self.should_exit:
            await asyncio.sleep(0.01)


class FakeServer:
    """Use as a context manager; `models` maps names to behaviours."""

    def __init__(self, models: dict[str, Behaviour] | None = None, key: str = "fake-key") -> None:
        self.models = models or {"base": Behaviour(), "tuned": Behaviour("Hello from the tuned.")}
        self.key = key
        self.logprobs: Logprobs = lambda model, ids: [-1.0] * (len(ids) - 1)
        self.requests: list[dict[str, Any]] = []
        """Bodies of all chat and completion requests, in order."""
        self.loaded: dict[str, str] = {}
        """Adapters by name, with their folders."""
        self.active = 0
        """Chat requests under way."""
        self.most_active = 0
        self.healthy = True
        self.root: str | None = None
        """What it says its models were loaded from."""
        routes = [
            Route("/health", self._health),
            Route("/v1/models", self._models),
            Route("/v1/chat/completions", self._chat, methods=["POST"]),
            Route("/v1/completions", self._completions, methods=["POST"]),
            Route("/v1/load_lora_adapter", self._load, methods=["POST"]),
            Route("/v1/unload_lora_adapter", self._unload, methods=["POST"]),
        ]
        config = uvicorn.Config(
            Starlette(routes=routes), host="127.0.0.1", port=0, log_level="critical", lifespan="off"
        )
        self._server = _QuickServer(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)

    def __enter__(self) -> FakeServer:
        self._thread.start()
        while not self._server.started:
            time.sleep(0.005)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._server.force_exit = True
        self._thread.join(timeout=5)

    @property
    def port(self) -> int:
        return int(self._server.servers[0].sockets[0].getsockname()[1])

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def endpoint(self, model: str = "base", **changes: Any) -> Endpoint:
        """An Endpoint for one of its models."""
        facts = {
            "label": model,
            "base_url": self.base_url,
            "model": model,
            "api_key": SecretStr(self.key),
        }
        return Endpoint.model_validate(facts | changes)

    # -- routes -------------------------------------------------------------------------------

    async def _health(self, _: Request) -> Response:
        return Response(status_code=200 if self.healthy else 503)

    async def _models(self, request: Request) -> Response:
        if refusal := self._refusal(request):
            return refusal
        names = [*self.models, *(name for name in self.loaded if name not in self.models)]
        told = {"object": "model", "created": 0, "owned_by": "fake", "root": self.root}
        data = [{"id": name, **told} for name in names]
        return JSONResponse({"object": "list", "data": data})

    async def _load(self, request: Request) -> Response:
        if refusal := self._refusal(request):
            return refusal
        body = await request.json()
        self.loaded[body["lora_name"]] = body["lora_path"]
        return Response("Success")

    async def _unload(self, request: Request) -> Response:
        if refusal := self._refusal(request):
            return refusal
        self.loaded.pop((await request.json())["lora_name"], None)
        return Response("Success")

    async def _completions(self, request: Request) -> Response:
        if refusal := self._refusal(request):
            return refusal
        body = await request.json()
        self.requests.append(body)
        if body["model"] not in {*self.models, *self.loaded}:
            return _error(404, f"The model `{body['model']}` does not exist.")
        ids = body["prompt"]
        values = self.logprobs(body["model"], ids)
        told = [{str(t): {"logprob": v}} for t, v in zip(ids[1:], values, strict=True)]
        choice = {"index": 0, "text": "x", "finish_reason": "length", "logprobs": None}
        choices = [choice | {"prompt_logprobs": [None, *told]}]
        facts = {"id": "c", "object": "text_completion", "created": 0, "model": body["model"]}
        return JSONResponse(facts | {"choices": choices})

    async def _chat(self, request: Request) -> Response:
        if refusal := self._refusal(request):
            return refusal
        body = await request.json()
        self.requests.append(body)
        if body["model"] not in self.models:
            return _error(404, f"The model `{body['model']}` does not exist.")
        behaviour = self.models[body["model"]]
        status = behaviour.statuses.pop(0) if behaviour.statuses else behaviour.always
        if status is not None:
            headers = {"Retry-After": behaviour.retry_after} if behaviour.retry_after else None
            return _error(status, behaviour.message, headers)
        if body.get("stream"):
            return StreamingResponse(self._stream(behaviour, body), media_type="text/event-stream")
        await asyncio.sleep(behaviour.first_s)
        return JSONResponse(_whole(behaviour, body))

    async def _stream(self, behaviour: Behaviour, body: dict[str, Any]) -> AsyncIterator[bytes]:
        self.active += 1
        self.most_active = max(self.active, self.most_active)
        try:
            await asyncio.sleep(behaviour.first_s)
            said = pieces(_answer(behaviour, body))
            for number, piece in enumerate(said):
                if number == behaviour.dies_after:
                    raise ConnectionError("told to die")
                if number == behaviour.stalls_after:
                    await asyncio.sleep(3600)
                if behaviour.garbage and number == 1:
                    yield b"data: {\xff\n\n"
                yield _event(body, {"delta": {"content": piece}, "finish_reason": None})
                await asyncio.sleep(behaviour.piece_s)
            yield _event(body, {"delta": {}, "finish_reason": behaviour.finish_reason})
            if behaviour.usage and (body.get("stream_options") or {}).get("include_usage"):
                yield _event(body, None, _usage(len(said)))
            yield b"data: [DONE]\n\n"
        finally:
            self.active -= 1

    def _refusal(self, request: Request) -> Response | None:
        if request.headers.get("authorization") == f"Bearer {self.key}":
            return None
        return JSONResponse({"error": "Unauthorized"}, status_code=401)


def _answer(behaviour: Behaviour, body: dict[str, Any]) -> str:
    return behaviour.text if isinstance(behaviour.text, str) else behaviour.text(body["messages"])


def _usage(tokens: int) -> dict[str, int]:
    return {"prompt_tokens": 1, "completion_tokens": tokens, "total_tokens": tokens + 1}


def _event(
    body: dict[str, Any], choice: dict[str, Any] | None, usage: dict[str, int] | None = None
) -> bytes:
    chunk = {
        "id": "c",
        "object": "chat.completion.chunk",
        "created": 0,
        "model": body["model"],
        "choices": [] if choice is None else [{"index": 0} | choice],
        "usage": usage,
    }
    return f"data: {json.dumps(chunk)}\n\n".encode()


def _whole(behaviour: Behaviour, body: dict[str, Any]) -> dict[str, Any]:
    text = _answer(behaviour, body)
    message = {"role": "assistant", "content": text}
    choice = {"index": 0, "message": message, "finish_reason": behaviour.finish_reason}
    if behaviour.told_logprobs is not None:
        choice["logprobs"] = {"content": behaviour.told_logprobs}
    return {
        "id": "c",
        "object": "chat.completion",
        "created": 0,
        "model": body["model"],
        "choices": [choice],
        "usage": _usage(len(pieces(text))),
    }


def _error(status: int, message: str, headers: dict[str, str] | None = None) -> Response:
    body = {"error": {"message": message, "type": "Error", "param": None, "code": status}}
    return JSONResponse(body, status_code=status, headers=headers)
