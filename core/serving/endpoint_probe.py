"""Whether an endpoint that a person names answers: its list of models, then one token."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from core.errors import ServingError
from core.serving import chat
from core.serving.records import Endpoint

if TYPE_CHECKING:
    from openai import OpenAI

SILENCE_S = 20.0
"""Longest wait for one token; a model that is loaded on demand may take a while."""
MOST_NAMED = 8
Say = Callable[[str], None]
CHECK_FIX = "Check its address, model and key, and that it is running."


def probe(endpoint: Endpoint, say: Say) -> None:
    """Ask an endpoint for its models and for one token.

    A server without a list of models passes when it answers. Raises ServingError with one sentence
    for each way to fail.
    """
    from openai import APIError, DefaultHttpxClient, OpenAI, Timeout

    proxied = urlsplit(endpoint.base_url).hostname not in chat.LOOPBACK
    say(f"Asking {endpoint.label} for one token.")
    with OpenAI(
        base_url=endpoint.base_url,
        api_key=endpoint.api_key.get_secret_value(),
        max_retries=0,
        timeout=Timeout(SILENCE_S, connect=chat.CONNECT_S),
        http_client=DefaultHttpxClient(trust_env=proxied),
    ) as client:
        try:
            _answer(client, endpoint)
        except (APIError, ValueError) as error:
            raise _failure(client, endpoint, error) from error


def _answer(client: OpenAI, endpoint: Endpoint) -> None:
    told = client.chat.completions.create(
        model=endpoint.model, messages=[{"role": "user", "content": "Hi"}], max_tokens=1
    )
    if not getattr(told, "choices", None):
        raise ValueError("no choices")


def _failure(client: OpenAI, endpoint: Endpoint, error: Exception) -> ServingError:
    """What went wrong; where the model is unknown, which ones there are."""
    from openai import NotFoundError

    fix = CHECK_FIX
    if isinstance(error, NotFoundError) and (names := _models(client)):
        fix = f"It has these models: {', '.join(names[:MOST_NAMED])}."
    said = chat.sentence(error)
    return ServingError(
        f"The endpoint was not saved. {_without_key(said, endpoint)}", endpoint.base_url, fix
    )


def _models(client: OpenAI) -> list[str]:
    from openai import APIError

    try:
        return [model.id for model in client.models.list()]
    except (APIError, ValueError):
        return []


def _without_key(said: str, endpoint: Endpoint) -> str:
    """A server's words; some repeat the key that they refuse."""
    key = endpoint.api_key.get_secret_value()
    return said.replace(key, "***") if len(key) > 4 else said
