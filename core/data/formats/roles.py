"""Who speaks: the names that dialogue formats give to the four roles of the OpenAI format."""

from __future__ import annotations

OPENAI_ROLES = frozenset({"system", "user", "assistant", "tool", "developer", "function"})
"""What the OpenAI format itself writes; the checks of turns read these."""

ROLES: dict[str, str] = {
    "system": "system",
    "sys": "system",
    "developer": "developer",
    "user": "user",
    "human": "user",
    "prompter": "user",
    "usr": "user",
    "customer": "user",
    "client": "user",
    "用户": "user",
    "assistant": "assistant",
    "gpt": "assistant",
    "chatgpt": "assistant",
    "bot": "assistant",
    "chatbot": "assistant",
    "model": "assistant",
    "ai": "assistant",
    "agent": "assistant",
    "bing": "assistant",
    "bard": "assistant",
    "moss": "assistant",
    "助手": "assistant",
    "tool": "tool",
    "function": "function",
    "observation": "tool",
    "function_response": "tool",
    "function-response": "tool",
    "tool_response": "tool",
    "tool_result": "tool",
    "ipython": "tool",
    "function_call": "call",
    "function-call": "call",
    "tool_call": "call",
    "tool_calls": "call",
}
"""Names in lower case; `call` is an assistant's turn whose text is a tool call."""


def role_of(written: object) -> str | None:
    """The OpenAI role (or `call`) that a name stands for; None when it is not known."""
    if not isinstance(written, str):
        return None
    return ROLES.get(written) or ROLES.get(written[:40].strip().casefold())
