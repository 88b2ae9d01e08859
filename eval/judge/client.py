"""One call to a judge endpoint: what came back, or what is wrong with it. Nothing here raises."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Literal, NamedTuple
from urllib.parse import urlsplit

import msgspec

from core.serving.chat import LOOPBACK
from core.settings import EndpointSetting
from eval.judge.reply import Token, writable

if TYPE_CHECKING:
    from aiohttp import ClientResponse, ClientSession

Trouble = Literal[
    "", "truncated", "invalid", "garbled", "refused", "filtered", "timeout", "unreachable", "busy",
    "too_long", "error",
]  # fmt: skip
TOO_LONG = ("context", "max_model_len", "too long", "too large", "fewer")
"""Words by which servers refuse a question that is too long, not a field of it."""
BUSY = (429, 503, 529)
"""Statuses by which servers ask for a slower pace; all but 429 only with Retry-After."""
OPTIONAL = ("max_tokens", "temperature", "seed", "response_format", "logprobs", "top_logprobs")
"""Fields that some endpoints refuse and that can be left out."""
WEIGHTS = ("root", "parent")
"""What vLLM tells of a model: its path or Hub id, and of an adapter its base."""
IDLE_S = 2.0
"""An idle connection is not used again after this: uvicorn, and so vLLM, closes it after 5 s."""
LONGEST_REPLY = 4 * 1024 * 1024
SAID = 200
"""Characters of a server's error that are told."""


class Told(NamedTuple):
    """What one call brought."""

    text: str = ""
    trouble: Trouble = ""
    words: str = ""
    """The trouble in words."""
    thought: bool = False
    """Whether tokens were spent on thinking."""
    tokens_in: int | None = None
    tokens_out: int | None = None
    tokens: tuple[Token, ...] = ()
    """The reply's tokens with their probabilities, as far as they were told."""
    rest_s: float | None = None
    """Seconds the server asked to be left alone."""
    refused_fields: frozenset[str] = frozenset()

    @property
    def answered(self) -> bool:
        """Whether a model wrote something, be it of use or not."""
        return self.trouble in ("", "truncated", "refused", "filtered")


class JudgeClient:
    """Connections to one endpoint, kept for all calls; opened and closed in one event loop."""

    def __init__(self, endpoint: EndpointSetting, timeout_s: float, most: int) -> None:
        self._endpoint, self._timeout_s, self._most = endpoint, timeout_s, most
        self._url = endpoint.base_url.rstrip("/") + "/chat/completions"
        self._session: ClientSession | None = None

    async def open(self) -> None:
        """Make the connections' pool."""
        # aiohttp, not openai: parsing replies in C takes a tenth of the processor time a call
        from aiohttp import ClientSession, ClientTimeout, TCPConnector

        self._session = ClientSession(
            connector=TCPConnector(limit=self._most, keepalive_timeout=IDLE_S),
            timeout=ClientTimeout(total=self._timeout_s),
            trust_env=not is_local(self._endpoint),
            headers={
                "Authorization": f"Bearer {self._endpoint.api_key.get_secret_value()}",
                "Content-Type": "application/json",
            },
        )

    async def close(self) -> None:
        if self._session:
            await self._session.close()

    async def served(self) -> str:
        """What the endpoint says of the weights behind the name; "" when it says nothing.

        A local server often serves different models under one name, one after the other.
        """
        from aiohttp import ClientError

        if self._session is None:
            raise RuntimeError("the client is not open")
        url = self._endpoint.base_url.rstrip("/") + "/models"
        with suppress(ClientError, OSError, ValueError, LookupError, TypeError, AttributeError):
            async with self._session.get(url, allow_redirects=False) as response:
                found = json.loads(await response.content.read(LONGEST_REPLY))["data"]
                mine: dict[str, Any] = next(
                    (m for m in found if m.get("id") == self._endpoint.model), {}
                )
                return " ".join(str(mine.get(name) or "") for name in WEIGHTS).strip()
        return ""

    async def ask(self, fields: Mapping[str, Any]) -> Told:
        """One chat completion."""
        from aiohttp import ClientError

        if self._session is None:
            raise RuntimeError("the client is not open")
        body = msgspec.json.encode(fields)
        try:
            async with self._session.post(self._url, data=body, allow_redirects=False) as response:
                return await _read(response, fields)
        except TimeoutError:
            return Told(trouble="timeout", words="it did not answer in time")
        except (ClientError, OSError, asyncio.IncompleteReadError) as error:
            words = f"it can't be reached ({error or type(error).__name__})"
            return Told(trouble="unreachable", words=words)


def is_local(endpoint: EndpointSetting) -> bool:
    """Whether an endpoint is on this machine."""
    return urlsplit(endpoint.base_url).hostname in LOOPBACK


def host_of(endpoint: EndpointSetting) -> str:
    """Host and port of an endpoint, without a name or password that may stand in its address."""
    return urlsplit(endpoint.base_url).netloc.rpartition("@")[2]


async def _read(response: ClientResponse, fields: Mapping[str, Any]) -> Told:
    raw = await response.content.read(LONGEST_REPLY)
    while len(raw) < LONGEST_REPLY and (more := await response.content.read(LONGEST_REPLY)):
        raw += more
    if response.status == 200:
        return _completion(raw)
    said = _error_text(raw)
    words = f"it answered with status {response.status} ({said})"
    if any(word in said.lower() for word in TOO_LONG) and response.status in (400, 413, 422):
        words = f"the question does not fit it ({said})"
        return Told(trouble="too_long", words=words)
    rest = _rest(response.headers.get("Retry-After"))
    if response.status == 429 or (response.status in BUSY and rest is not None):
        return Told(trouble="busy", words=words, rest_s=rest)
    refused = frozenset[str]()
    if response.status in (400, 422):
        named = frozenset(name for name in OPTIONAL if name in fields and name in said)
        refused = named or frozenset({"response_format"})
    return Told(trouble="error", words=words, refused_fields=refused)


def _completion(raw: bytes) -> Told:
    """A body that claims to be a chat completion, of which nothing is taken for granted."""
    try:
        body = json.loads(raw)
        choice = body["choices"][0]
        message = choice["message"]
        text = message.get("content") or ""
        refusal = message.get("refusal")
    except (ValueError, RecursionError, LookupError, TypeError, AttributeError):
        return Told(trouble="garbled", words="its reply can't be read as a chat completion")
    if not isinstance(text, str):
        return Told(trouble="garbled", words="its reply holds no text")
    usage = body.get("usage")
    usage = usage if isinstance(usage, dict) else {}
    told = Told(
        text=writable(text),
        thought=bool(message.get("reasoning_content") or message.get("reasoning"))
        or "<think>" in text,
        tokens_in=_count(usage.get("prompt_tokens")),
        tokens_out=_count(usage.get("completion_tokens")),
        tokens=_tokens(choice.get("logprobs")),
    )
    if refusal:
        return told._replace(
            text=writable(str(refusal)), trouble="refused", words="it refused to judge"
        )
    if choice.get("finish_reason") == "length":
        words = "its reply was cut at the token limit"
        return told._replace(trouble="truncated", words=words)
    if choice.get("finish_reason") == "content_filter":
        return told._replace(trouble="filtered", words="its reply was filtered")
    return told


def _error_text(raw: bytes) -> str:
    """The message of an error body, or its first words."""
    with suppress(ValueError, RecursionError, LookupError, TypeError):
        body = json.loads(raw)
        error = body.get("error", body) if isinstance(body, dict) else body
        told = error.get("message", error) if isinstance(error, dict) else error
        return writable(str(told))[:SAID]
    return raw[:SAID].decode(errors="replace")


def _rest(header: str | None) -> float | None:
    """Seconds of a Retry-After; a date in it only says that there is to be a rest."""
    if header is None:
        return None
    with suppress(ValueError):
        return max(0.0, float(header))
    return 1.0


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _tokens(logprobs: object) -> tuple[Token, ...]:
    """Tokens with probabilities; an endpoint that tells none, or nonsense, has told none."""
    if not isinstance(logprobs, dict) or not isinstance(logprobs.get("content"), list):
        return ()
    found = []
    with suppress(LookupError, TypeError, ValueError):
        for token in logprobs["content"]:
            rivals = token.get("top_logprobs") or [token]
            pairs = tuple((str(r["token"]), float(r["logprob"])) for r in rivals)
            found.append(Token(str(token["token"]), pairs))
        return tuple(found)
    return ()
