"""What the model server makes of the questions: the same token ids in, the same figures out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from core.certificates.records import Question, Reading, Written
from core.errors import ServingError
from core.messages import Record

if TYPE_CHECKING:
    from openai import OpenAI


class Ask(Record):
    """What is asked of a served model."""

    texts: tuple[tuple[int, ...], ...]
    questions: tuple[Question, ...]
    limit: int
    stop_ids: tuple[int, ...] = ()
    """Tokens that end an answer beside those that the served files name."""
    template_kwargs: dict[str, Any]
    """Arguments of the chat template, as in training."""
    renders: bool = True
    """Whether the server's own rendering of the prompts is asked for, too."""


def read(client: OpenAI, model: str, base: str | None, ask: Ask, dtype: str) -> Reading:
    """Ask a served model, and its base where one is served beside it.

    Raises ServingError when it can't be asked.
    """
    from openai import APIError

    try:
        return Reading(
            dtype=dtype,
            tuned=tuple(_logprobs(client, model, ids) for ids in ask.texts),
            base=tuple(_logprobs(client, base, ids) for ids in ask.texts) if base else None,
            written=tuple(_answer(client, model, one, ask) for one in ask.questions),
            rendered=tuple(_rendered(client, model, one, ask) for one in ask.questions)
            if ask.renders
            else (),
        )
    except APIError as error:
        raise ServingError(
            f"The model server could not be asked for the certificate: {error.message}",
            model,
            "Stop the engine and try again; its log says more.",
        ) from error


def _logprobs(client: OpenAI, model: str, ids: Sequence[int]) -> tuple[float, ...]:
    """Log-probability of each token but the first."""
    answer = client.completions.create(
        model=model,
        prompt=list(ids),
        max_tokens=1,
        temperature=0,
        extra_body={"prompt_logprobs": 0},
    )
    told = _told(answer.choices[0].model_dump(), "prompt_logprobs", model)
    pairs = list(zip(told, ids, strict=True))[1:]
    return tuple(float(entry[str(token)]["logprob"]) for entry, token in pairs)


def _answer(client: OpenAI, model: str, question: Question, ask: Ask) -> Written:
    body: dict[str, Any] = {"return_token_ids": True}
    if ask.stop_ids:
        body["stop_token_ids"] = list(ask.stop_ids)
    answer = client.completions.create(
        model=model,
        prompt=list(question.prompt),
        max_tokens=ask.limit,
        temperature=0,
        seed=0,
        extra_body=body,
    )
    choice = answer.choices[0].model_dump()
    return Written(
        tokens=tuple(_told(choice, "token_ids", model)), stopped=choice["finish_reason"] == "stop"
    )


def _told(choice: dict[str, Any], name: str, model: str) -> Any:
    """A part of an answer that only vLLM gives; raises ServingError where it is missing."""
    if choice.get(name) is None:
        raise ServingError(
            f"The model server gives no {name}, so it can't be measured exactly.",
            model,
            "Serve it with vLLM.",
        )
    return choice[name]


def _rendered(client: OpenAI, model: str, question: Question, ask: Ask) -> tuple[int, ...] | None:
    """The prompt as the server itself makes tokens of its conversation; None where it has tools."""
    if not question.messages:
        return None
    body = {
        "model": model,
        "messages": list(question.messages),
        "add_generation_prompt": True,
        "chat_template_kwargs": ask.template_kwargs,
    }
    root = str(client.base_url).removesuffix("/").removesuffix("/v1")
    told = client.post(f"{root}/tokenize", body=body, cast_to=object)
    return tuple(told["tokens"]) if isinstance(told, dict) else None


def version(client: OpenAI) -> str:
    """Of the model server; "" when it does not say."""
    root = str(client.base_url).removesuffix("/").removesuffix("/v1")
    told = client.get(f"{root}/version", cast_to=object)
    return str(told.get("version", "")) if isinstance(told, dict) else ""
