"""What the plain server can be asked; anything else is refused by name."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError


class Refused(Exception):
    """A request that can't be answered."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Ask(_Body):
    """What every question has."""

    model: str
    max_tokens: int | None = Field(default=None, ge=1)
    temperature: float = Field(default=1.0, ge=0, le=10)
    top_p: float = Field(default=1.0, gt=0, le=1)
    seed: int | None = None
    stop: str | list[str] | None = None
    stop_token_ids: list[int] = Field(default_factory=list)
    stream: bool = False
    stream_options: dict[str, bool] | None = None
    n: Literal[1] = 1
    user: str | None = None
    """Ignored, as OpenAI's own does for answers."""
    stream_interval: int | None = None
    """Ignored: each token is sent as it comes."""

    @property
    def most(self) -> int | None:
        """Tokens to generate at most; None for as many as there is room for."""
        return self.max_tokens

    @property
    def stops(self) -> list[str]:
        """Texts that end an answer and are not part of it."""
        found = [self.stop] if isinstance(self.stop, str) else self.stop or []
        return [one for one in found if one]


class ChatRequest(Ask):
    """A conversation to go on with."""

    messages: list[dict[str, Any]] = Field(min_length=1)
    max_completion_tokens: int | None = Field(default=None, ge=1)
    chat_template_kwargs: dict[str, Any] = Field(default_factory=dict)

    @property
    def most(self) -> int | None:
        return self.max_completion_tokens or self.max_tokens


class CompletionRequest(Ask):
    """Texts or token ids to go on with."""

    prompt: str | list[int] | list[str] | list[list[int]]
    max_tokens: int | None = Field(default=16, ge=1)
    prompt_logprobs: int | None = Field(default=None, ge=0, le=20)
    return_token_ids: bool = False

    def prompts(self, tokenizer: Any) -> list[list[int]]:
        """Each prompt as token ids."""
        many = isinstance(self.prompt, list) and not all(isinstance(p, int) for p in self.prompt)
        found: list[Any] = list(self.prompt) if many else [self.prompt]
        return [tokenizer(one).input_ids if isinstance(one, str) else list(one) for one in found]


class LoadRequest(_Body):
    """An adapter to put over the model."""

    lora_name: str = Field(min_length=1)
    lora_path: str


class UnloadRequest(_Body):
    """An adapter to take off the model."""

    lora_name: str


def said(error: ValidationError) -> str:
    """What a request has wrong, with the names of the fields."""
    return "; ".join(
        f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()[:5]
    )
