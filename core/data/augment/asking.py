"""Ask an endpoint for a JSON object of a known shape, a bounded number of times.

Whatever goes wrong becomes a sentence with the number of tries, never an exception: failures are
counted by reason, and no row comes of them.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from core.serving import chat
from core.serving.records import Endpoint
from core.settings import EndpointSetting

if TYPE_CHECKING:
    from openai import AsyncOpenAI
    from openai.types.chat import ChatCompletion

ATTEMPTS = 3
"""Times a question is asked whose answers can't be used."""
SILENCE_S = 120.0
THINKING = re.compile(r"\A\s*<think>.*?</think>", re.DOTALL)
MARKER = re.compile(r"\{\{(\w+)\}\}")
CUT = "The reply was cut at the token limit."
FILTERED = "The endpoint filtered its own reply."
NOT_JSON = "The reply is not the JSON that was asked for."
NO_CHOICES = "The reply holds no text."

T = TypeVar("T")


class Question(NamedTuple, Generic[T]):
    """What is asked, and how its answer is read."""

    prompt: str
    schema: dict[str, Any]
    """JSON schema of the object that is wanted."""
    read: Callable[[Any], T | None]
    """The value of a parsed object; None when it is another one."""
    budget: int
    """Tokens for the reply; doubled after a reply that was cut."""
    temperature: float = 0.0
    seed: int = 7


class Reply(NamedTuple, Generic[T]):
    """What came of a question."""

    value: T | None
    """None when no usable reply came."""
    trouble: str
    """Why there is no value, in one sentence; "" when there is one."""
    attempts: int
    replied: bool
    """Whether the endpoint said anything at all, usable or not."""


@dataclass
class Asker:
    """An open endpoint."""

    client: AsyncOpenAI
    model: str
    refused: set[str] = field(default_factory=set)
    """Request fields that this endpoint refused; they are not sent again."""

    async def ask(self, question: Question[T]) -> Reply[T]:
        """Up to three tries: with more tokens after a cut, the last one without a grammar."""
        budget, trouble, replied = question.budget, "", False
        for count in range(1, ATTEMPTS + 1):
            fields = self._fields(question, budget, count)
            completion, trouble, again = await self._send(question.prompt, fields)
            if completion is not None:
                replied = True
                value, trouble = _read(completion, question.read)
                if value is not None:
                    return Reply(value, "", count, replied)
                budget *= 2 if trouble == CUT else 1
            elif not again:
                return Reply(None, trouble, count, replied)
        return Reply(None, trouble, ATTEMPTS, replied)

    def _fields(self, question: Question[T], budget: int, count: int) -> dict[str, Any]:
        fields: dict[str, Any] = {
            "max_tokens": budget,
            "temperature": question.temperature,
            "seed": question.seed + count - 1,  # the same seed would repeat the same mistake
        }
        if count < ATTEMPTS:
            schema = {"name": "reply", "schema": question.schema, "strict": True}
            fields["response_format"] = {"type": "json_schema", "json_schema": schema}
        if "max_tokens" in self.refused:
            fields["max_completion_tokens"] = budget
        return {name: value for name, value in fields.items() if name not in self.refused}

    async def _send(
        self, prompt: str, fields: dict[str, Any]
    ) -> tuple[ChatCompletion | None, str, bool]:
        """The reply, or why there is none and whether asking otherwise could help."""
        from openai import APIError, APIStatusError

        try:
            completion = await self.client.chat.completions.create(
                model=self.model, messages=[{"role": "user", "content": prompt}], **fields
            )
        except APIStatusError as error:
            if error.status_code not in (400, 422):
                return None, chat.sentence(error), False
            named = {name for name in fields if name in error.message}
            before = len(self.refused)
            self.refused |= named or {"response_format"}
            return None, chat.sentence(error), len(self.refused) > before
        except (APIError, ValueError) as error:  # ValueError: what came is no JSON or no UTF-8
            return None, chat.sentence(error), False
        return completion, "", True


@asynccontextmanager
async def open_asker(setting: EndpointSetting, retries: int | None = None) -> AsyncIterator[Asker]:
    """An asker for an endpoint; a request is repeated `retries` times for a server too busy."""
    endpoint = Endpoint(
        label="augment",
        base_url=setting.base_url,
        model=setting.model,
        api_key=setting.api_key,
    )
    async with chat.open_client(endpoint, SILENCE_S) as client:
        patient = client if retries is None else client.with_options(max_retries=retries)
        yield Asker(patient, setting.model)


def fill(template: str, values: dict[str, str]) -> str:
    """A template with its {{markers}} filled in one pass: none in somebody's text is filled."""
    return MARKER.sub(lambda found: values[found[1]], template)


def _read(completion: ChatCompletion, read: Callable[[Any], T | None]) -> tuple[T | None, str]:
    if not completion.choices:
        return None, NO_CHOICES
    choice = completion.choices[0]
    text = THINKING.sub("", choice.message.content or "", count=1)
    for value in _objects(text):
        if (found := read(value)) is not None:
            return found, ""
    if choice.finish_reason == "length":
        return None, CUT
    if choice.finish_reason == "content_filter" or choice.message.refusal:
        return None, FILTERED
    return None, NOT_JSON


def _objects(raw: str) -> Iterator[Any]:
    """The JSON object that a text is, or the outermost ones it holds amid prose or fences."""
    with suppress(ValueError, RecursionError):
        yield json.loads(raw)
        return
    decoder, start = json.JSONDecoder(), raw.find("{")
    while start >= 0:
        try:
            value, end = decoder.raw_decode(raw, start)
        except (ValueError, RecursionError):
            end = start + 1
        else:
            yield value
        start = raw.find("{", end)
