"""The messages a language model is reminded of: the newest part, without what never happened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelResponse,
    ToolCallPart,
    UserPromptPart,
)

REMINDED_OF = 40
"""Messages of the past that a language model is shown, at most."""


def reminded(history: Sequence[ModelMessage]) -> list[ModelMessage]:
    """The newest part of the past, from something the person said on."""
    if len(history) <= REMINDED_OF:
        return list(history)
    starts = [
        place
        for place, message in enumerate(history)
        if isinstance(message, ModelRequest)
        and any(isinstance(part, UserPromptPart) for part in message.parts)
        and place >= len(history) - REMINDED_OF
    ]
    return list(history[starts[0] :]) if starts else list(history)


def without_calls(messages: Sequence[ModelMessage], call_ids: set[str]) -> list[ModelMessage]:
    """The messages without calls that were not carried out, and without responses left empty."""
    kept: list[ModelMessage] = []
    for message in messages:
        if isinstance(message, ModelResponse):
            parts = [
                part
                for part in message.parts
                if not (isinstance(part, ToolCallPart) and part.tool_call_id in call_ids)
            ]
            if parts:
                kept.append(replace(message, parts=parts))
        else:
            kept.append(message)
    return kept
