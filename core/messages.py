"""Message, ToolCall and Conversation: the one shape every module speaks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

Role = Literal["system", "user", "assistant", "tool"]


class Record(BaseModel):
    """A frozen hand-off between stages; unknown keys are refused rather than lost."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ToolCall(Record):
    """One function call an assistant turn asks for."""

    name: str
    arguments: str
    """JSON text of an object, as the OpenAI format writes it."""
    id: str | None = None


class Message(Record):
    """One turn."""

    role: Role
    content: str = ""
    """Text; empty only for an assistant turn that makes tool calls."""
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None
    name: str | None = None
    weight: Literal[0, 1] | None = None
    """0 keeps an assistant turn as context without training on it; None means 1."""

    def as_openai(self) -> dict[str, Any]:
        """The message as an OpenAI-compatible endpoint and a chat template expect it."""
        message: dict[str, Any] = {"role": self.role, "content": self.content}
        if self.name is not None:
            message["name"] = self.name
        if self.tool_call_id is not None:
            message["tool_call_id"] = self.tool_call_id
        if self.tool_calls:
            message["tool_calls"] = [
                {
                    "id": call.id,
                    "type": "function",
                    "function": {"name": call.name, "arguments": call.arguments},
                }
                for call in self.tool_calls
            ]
        return message


class Conversation(Record):
    """A dialogue in order, with the tools its assistant may call."""

    messages: tuple[Message, ...]
    tools: tuple[dict[str, Any], ...] = ()
    """JSON-schema function definitions, as the OpenAI format writes them."""

    @property
    def first_user(self) -> str:
        """The first user turn's text ("" when there is none): rows that share it stay together."""
        return next((m.content for m in self.messages if m.role == "user"), "")

    @property
    def prompt(self) -> tuple[Message, ...]:
        """Everything before the last assistant turn: what a model is asked."""
        return self.messages[: self._last_assistant()]

    @property
    def reference(self) -> str:
        """The last assistant turn's text: what the data says the answer is."""
        return self.messages[self._last_assistant()].content

    @property
    def answer_start(self) -> int:
        """Where what answers the last question begins: what a rejected answer stands in for."""
        return answer_start([message.role for message in self.messages])

    def answered_by(self, turns: tuple[Message, ...]) -> Conversation:
        """The same dialogue with these turns as its last answer."""
        asked = self.messages[: self.answer_start]
        return self.model_copy(update={"messages": (*asked, *turns)})

    def _last_assistant(self) -> int:
        return max(i for i, m in enumerate(self.messages) if m.role == "assistant")

    def as_openai(self) -> list[dict[str, Any]]:
        """All messages in the OpenAI shape."""
        return [message.as_openai() for message in self.messages]


def answer_start(roles: Sequence[str]) -> int:
    """The number of turns before the assistant's and tools' turns that end a dialogue."""
    start = len(roles)
    while start and roles[start - 1] in ("assistant", "tool"):
        start -= 1
    return start
