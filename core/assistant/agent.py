"""The agent: one set of tools, driven by a language model, by the offline rules, or by both."""

from __future__ import annotations

import functools
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from pydantic_ai import Agent, DeferredToolRequests, RunContext
from pydantic_ai.exceptions import (
    AgentRunError,
    ModelAPIError,
    ModelConnectionError,
    ModelHTTPError,
    UsageLimitExceeded,
)
from pydantic_ai.messages import ModelMessage, RetryPromptPart
from pydantic_ai.models import Model
from pydantic_ai.models.fallback import FallbackModel
from pydantic_ai.models.function import AgentInfo, DeltaToolCall, DeltaToolCalls, FunctionModel

from core.assistant.hearing import Heard, Step
from core.assistant.offline import next_step
from core.assistant.replies import reply
from core.assistant.tools import toolset
from core.assistant.turn import Turn
from core.identifiers import new_id
from core.settings import EndpointSetting

OFFLINE = "offline"
INSTRUCTIONS = Path(__file__).with_name("instructions.txt")
CONNECT_S, ANSWER_S = 5.0, 120.0
TOOLS = "tool"
LONGEST_MESSAGE = 300


@functools.cache
def build_agent() -> Agent[Turn, str | DeferredToolRequests]:
    """The agent with its tools and instructions; which model drives it is said at each run."""
    agent = Agent(
        deps_type=Turn,
        output_type=[str, DeferredToolRequests],
        instructions=INSTRUCTIONS.read_text(encoding="utf-8"),
        tools=toolset(),
        retries=2,
    )

    @agent.instructions
    def how_things_stand(context: RunContext[Turn]) -> str:
        turn = context.deps
        facts = turn.look().model_dump(exclude_none=True, exclude={"pending"})
        facts["files_dropped_here"] = list(turn.memory.files)
        if waiting := turn.chat.pending:
            facts["waits_for_the_persons_approval"] = waiting.model_dump(
                include={"verb", "arguments"}
            )
        return f"How things stand: {json.dumps(facts, ensure_ascii=False)}"

    return agent


def offline_model(turn: Turn, heard: Heard) -> FunctionModel:
    """The offline rules in the place of a language model."""

    async def answer(
        messages: list[ModelMessage], _info: AgentInfo
    ) -> AsyncIterator[str | DeltaToolCalls]:
        step = next_step(heard, turn.results)
        if any(isinstance(part, RetryPromptPart) for part in messages[-1].parts):
            step = Step(reply("unknown", heard.language))
        if step.text:
            yield step.text
        if step.verb is not None:
            arguments = json.dumps(step.arguments, ensure_ascii=False)
            call = DeltaToolCall(name=step.verb, json_args=arguments, tool_call_id=new_id("call"))
            yield {1: call}

    return FunctionModel(stream_function=answer, model_name=OFFLINE)


@asynccontextmanager
async def driving_model(
    endpoint: EndpointSetting | None, offline: FunctionModel, unusable: Callable[[str, str], None]
) -> AsyncIterator[Model]:
    """The person's language model with the offline rules to fall back on, or these alone.

    `unusable` is told why the language model could not be used, and what to do.
    """
    if endpoint is None:
        yield offline
        return
    from openai import AsyncOpenAI, Timeout
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.openai import OpenAIProvider

    def falls_back(error: Exception) -> bool:
        if isinstance(error, ModelAPIError):
            unusable(*why_unusable(error, endpoint))
        return isinstance(error, ModelAPIError)

    async with AsyncOpenAI(
        base_url=endpoint.base_url,
        api_key=endpoint.api_key.get_secret_value(),
        timeout=Timeout(ANSWER_S, connect=CONNECT_S),
        max_retries=1,
    ) as client:
        chosen = OpenAIChatModel(endpoint.model, provider=OpenAIProvider(openai_client=client))
        yield FallbackModel(chosen, offline, fallback_on=falls_back)


def why_unusable(error: AgentRunError, endpoint: EndpointSetting) -> tuple[str, str]:
    """Why a language model gave no usable answer, and what to do, in words for a person."""
    if isinstance(error, ModelConnectionError):
        return (
            "It can't be reached, or broke off.",
            "Check that its server runs, and that DUOTUNE_ASSISTANT_URL is right.",
        )
    if isinstance(error, UsageLimitExceeded):
        return (
            "It kept using tools without an answer.",
            "Ask in smaller steps, or choose another model.",
        )
    if not isinstance(error, ModelHTTPError):
        return "It gave no usable answer.", "Another model may do better."
    said = _message_of(error)
    if TOOLS in said.casefold():
        return said, (
            "It must be able to call tools; vLLM needs --enable-auto-tool-choice and a "
            "--tool-call-parser for that."
        )
    if error.status_code >= 500:
        return said, "Its server has trouble: look at that server's log."
    return said, f"Check DUOTUNE_ASSISTANT_MODEL ('{endpoint.model}') and DUOTUNE_ASSISTANT_KEY."


def _message_of(error: ModelHTTPError) -> str:
    """What the server said, without the frame that servers put around it."""
    body = error.body
    said = body.get("message") if isinstance(body, dict) else None
    return f"{said or body or error.status_code}"[:LONGEST_MESSAGE]
