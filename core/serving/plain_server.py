"""The plain server program: vLLM's API over transformers and PEFT, where vLLM can't run.

`python -m core.serving.plain_server MODEL --port N ...`, in Duotune's own environment. Slow, and
one request at a time; what it does not know it refuses, rather than leave it out in silence.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import threading
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from jinja2 import TemplateError
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from core.serving.plain_model import Asked, PlainModel
from core.serving.plain_requests import (
    Ask,
    ChatRequest,
    CompletionRequest,
    LoadRequest,
    Refused,
    UnloadRequest,
    said,
)
from core.serving.vllm_server import RequireKey, hold_lease, watch_idle

Told = tuple[str, str | None, list[int]]
"""Text that came, why it ended (None while it goes on), and the tokens so far."""


@dataclass
class PlainServer:
    """One model behind vLLM's paths."""

    model: PlainModel
    max_length: int
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    def app(self) -> Starlette:
        """Everything but the health needs the key."""
        routes = [
            Route("/health", self.health),
            Route("/v1/models", self.models),
            Route("/v1/chat/completions", refusing(self.chat), methods=["POST"]),
            Route("/v1/completions", refusing(self.completions), methods=["POST"]),
            Route("/v1/load_lora_adapter", refusing(self.load), methods=["POST"]),
            Route("/v1/unload_lora_adapter", refusing(self.unload), methods=["POST"]),
        ]
        return Starlette(routes=routes, middleware=[Middleware(RequireKey)])

    async def health(self, _: Request) -> Response:
        return Response()

    async def models(self, _: Request) -> Response:
        facts = {"object": "model", "created": 0, "owned_by": "duotune"}
        found = [{"id": self.model.base, "max_model_len": self.max_length, "parent": None}]
        found += [
            {"id": name, "root": folder, "parent": self.model.base}
            for name, folder in self.model.adapters.items()
        ]
        return JSONResponse({"object": "list", "data": [facts | one for one in found]})

    # -- adapters -----------------------------------------------------------------------------

    async def load(self, request: Request) -> Response:
        body = LoadRequest.model_validate_json(await request.body())
        if body.lora_name in (self.model.base, *self.model.adapters):
            raise Refused(f"The lora adapter '{body.lora_name}' has already been loaded.")
        async with self.turn:
            try:
                await asyncio.to_thread(self.model.load, body.lora_name, body.lora_path)
            except FileNotFoundError as error:
                raise Refused(str(error), 404) from error
            except (ValueError, RuntimeError, KeyError, OSError) as error:
                self.model.adapters.pop(body.lora_name, None)
                raise Refused(str(error)[:500], 500) from error
        return Response(f"Success: LoRA adapter '{body.lora_name}' added successfully.")

    async def unload(self, request: Request) -> Response:
        body = UnloadRequest.model_validate_json(await request.body())
        if body.lora_name not in self.model.adapters:
            raise Refused(f"The lora adapter '{body.lora_name}' cannot be found.", 404)
        async with self.turn:
            await asyncio.to_thread(self.model.unload, body.lora_name)
        return Response(f"Success: LoRA adapter '{body.lora_name}' removed successfully.")

    # -- answers ------------------------------------------------------------------------------

    async def chat(self, request: Request) -> Response:
        body = ChatRequest.model_validate_json(await request.body())
        self._need(body.model)
        try:
            ids = self.model.tokenizer.apply_chat_template(
                body.messages,
                add_generation_prompt=True,
                return_dict=False,
                **body.chat_template_kwargs,
            )
        except (TemplateError, LookupError, TypeError, ValueError, AttributeError) as error:
            raise Refused(f"The conversation can't be rendered: {error}") from error
        answer = self._answer(body, list(ids))
        if body.stream:
            return _events(body, answer, len(ids))
        text, reason, new = await whole(answer)
        message = {"role": "assistant", "content": text}
        choice = {"index": 0, "message": message, "finish_reason": reason, "logprobs": None}
        return JSONResponse(_reply(body, "chat.completion", [choice], len(ids), len(new)))

    async def completions(self, request: Request) -> Response:
        body = CompletionRequest.model_validate_json(await request.body())
        self._need(body.model)
        prompts = body.prompts(self.model.tokenizer)
        if body.stream:
            if len(prompts) > 1 or body.prompt_logprobs is not None:
                raise Refused("Only one prompt without prompt_logprobs can be streamed.")
            return _events(body, self._answer(body, prompts[0]), len(prompts[0]))
        choices, made = [], 0
        for number, ids in enumerate(prompts):
            text, reason, new = await whole(self._answer(body, ids))
            made += len(new)
            choice = {"index": number, "text": text, "finish_reason": reason, "logprobs": None}
            if body.prompt_logprobs is not None:
                choice["prompt_logprobs"] = await self._prompt_logprobs(body, ids)
            if body.return_token_ids:
                choice |= {"token_ids": new, "prompt_token_ids": ids}
            choices.append(choice)
        given = sum(map(len, prompts))
        return JSONResponse(_reply(body, "text_completion", choices, given, made))

    async def _prompt_logprobs(self, body: CompletionRequest, ids: list[int]) -> list[Any]:
        """In vLLM's shape: for each token the entries by token id; None for the first."""
        async with self.turn:
            found = await asyncio.to_thread(
                self.model.logprobs, body.model, ids, body.prompt_logprobs or 0
            )
        return [
            {str(token): {"logprob": value} for token, value in one.items()} if one else None
            for one in found
        ]

    def _need(self, name: str) -> None:
        if name not in (self.model.base, *self.model.adapters):
            raise Refused(f"The model `{name}` does not exist.", 404)

    def _answer(self, body: Ask, ids: list[int]) -> AsyncIterator[Told]:
        room = self.max_length - len(ids)
        most = room if body.most is None else body.most
        if not ids or room < 1 or most > room:
            raise Refused(
                f"This model's maximum context length is {self.max_length} tokens. However, you "
                f"requested {len(ids) + most} tokens ({len(ids)} in the prompt)."
            )
        given_up = threading.Event()
        asked = Asked(
            ids=ids,
            most=most,
            temperature=body.temperature,
            top_p=body.top_p,
            seed=body.seed,
            stop_ids=frozenset(body.stop_token_ids),
            is_given_up=given_up.is_set,
        )
        return self._generated(body, asked, given_up)

    async def _generated(
        self, body: Ask, asked: Asked, given_up: threading.Event
    ) -> AsyncIterator[Told]:
        """Text as it comes; whoever leaves ends the work.

        The end of the text is held back while it could be the start of a text that ends it.
        """
        text, tokens, shown = "", list[int](), 0
        held = max(map(len, body.stops), default=1) - 1
        end = self.model.end_ids | asked.stop_ids
        async with self.turn, _fed(lambda: self.model.pieces(body.model, asked), given_up) as fed:
            while (piece := await fed.get()) is not None:
                if isinstance(piece, Exception):
                    raise piece
                tokens.append(piece.token)
                text += piece.text
                cut = min((at for s in body.stops if (at := text.find(s)) >= 0), default=None)
                ended = cut is not None or piece.token in end
                if ended or len(tokens) == asked.most:
                    yield text[shown:cut], "stop" if ended else "length", tokens
                    return
                if (safe := len(text) - held) > shown:
                    yield text[shown:safe], None, tokens
                    shown = safe


@asynccontextmanager
async def _fed(
    make: Callable[[], Any], given_up: threading.Event
) -> AsyncIterator[asyncio.Queue[Any]]:
    """A queue that a thread fills with what an iterator yields, None or its error at the end."""
    loop, fed = asyncio.get_running_loop(), asyncio.Queue[Any]()

    def work() -> None:
        last: Exception | None = None
        try:
            for piece in make():
                loop.call_soon_threadsafe(fed.put_nowait, piece)
        except (RuntimeError, ValueError, IndexError) as error:
            last = error
        loop.call_soon_threadsafe(fed.put_nowait, last)

    thread = asyncio.create_task(asyncio.to_thread(work))
    try:
        yield fed
    finally:
        given_up.set()
        await asyncio.shield(thread)


async def whole(answer: AsyncIterator[Told]) -> tuple[str, str | None, list[int]]:
    """An answer in one piece."""
    text, reason, tokens = "", None, list[int]()
    async for piece, reason, tokens in answer:  # noqa: B007  the last ones are what counts
        text += piece
    return text, reason, tokens


def _events(body: Ask, answer: AsyncIterator[Told], given: int) -> Response:
    """An answer to `given` prompt tokens as server-sent events, as OpenAI's clients read them."""
    chat = isinstance(body, ChatRequest)
    kind = "chat.completion.chunk" if chat else "text_completion"
    facts = {"id": _new_id(), "object": kind, "created": int(time.time()), "model": body.model}

    def event(choices: list[Any], **more: Any) -> bytes:
        return f"data: {json.dumps(facts | {'choices': choices} | more)}\n\n".encode()

    async def send() -> AsyncIterator[bytes]:
        made = 0
        async with aclosing(answer) as pieces:  # type: ignore[type-var]
            async for text, reason, tokens in pieces:
                made = len(tokens)
                shape = {"delta": {"content": text}} if chat else {"text": text}
                yield event([{"index": 0, "finish_reason": reason, "logprobs": None} | shape])
        if (body.stream_options or {}).get("include_usage"):
            yield event([], usage=_usage(given, made))
        yield b"data: [DONE]\n\n"

    return StreamingResponse(send(), media_type="text/event-stream")


def _reply(body: Ask, kind: str, choices: list[Any], given: int, made: int) -> dict[str, Any]:
    facts = {"id": _new_id(), "object": kind, "created": int(time.time()), "model": body.model}
    return facts | {"choices": choices, "usage": _usage(given, made)}


def _usage(given: int, made: int) -> dict[str, int]:
    return {"prompt_tokens": given, "completion_tokens": made, "total_tokens": given + made}


def _new_id() -> str:
    return f"plain-{uuid.uuid4().hex}"


def refusing(
    answer: Callable[[Request], Awaitable[Response]],
) -> Callable[[Request], Awaitable[Response]]:
    """Turn what can't be done into an error of OpenAI's shape."""

    async def guarded(request: Request) -> Response:
        try:
            return await answer(request)
        except ValidationError as error:
            refused = Refused(said(error))
        except Refused as error:
            refused = error
        kind = "NotFoundError" if refused.status == 404 else "BadRequestError"
        told = {"message": str(refused), "type": kind, "param": None, "code": refused.status}
        return JSONResponse({"error": told}, status_code=refused.status)

    return guarded


def main(arguments: list[str]) -> int:
    """Load the model and answer until a SIGTERM."""
    parser = argparse.ArgumentParser(prog="core.serving.plain_server")
    parser.add_argument("model")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--served-model-name", default="base")
    parser.add_argument("--dtype", default="auto")
    parser.add_argument("--max-model-len", type=int, required=True)
    parser.add_argument("--revision")
    given = parser.parse_args(arguments)
    hold_lease(leads=True)
    watch_idle()
    model = PlainModel.open(given.model, given.revision, given.dtype, given.served_model_name)
    app = PlainServer(model, given.max_model_len).app()
    uvicorn.run(
        app, host="127.0.0.1", port=given.port, log_level="warning", timeout_graceful_shutdown=1
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
