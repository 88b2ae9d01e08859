"""Chat templates: what a conversation looks like as text, and which of it the model must learn.

The loss mask is derived by rendering prefixes of a conversation with the model's own template, the
one that serving uses: an assistant turn is what the text grows by beyond its generation prompt. So
it works for every template, and what is trained is what is served.

A template's own `{% generation %}` markers are not followed, even where it has some: nothing makes
them agree with serving. Some leave out the token that ends a turn, so that the tuned model would
never stop; some hold an empty thinking part that serving itself writes before the answer. Where
markers agree with serving, as the starter's do, the derived mask is the same; a test holds it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, NamedTuple

from core.disk import sha256_text
from core.errors import ModelError, PlanError
from core.messages import Conversation, Message

MAX_TEMPLATE = 200_000
"""Characters; the longest known template has about 30,000."""
REFUSALS = (TypeError, ValueError, LookupError, ArithmeticError, AttributeError, RecursionError)
"""What a template can raise beside its own errors when a conversation is not what it expects."""
MISMATCH_FIX = "Change the row to what this model's template allows, or pick another base model."
REASON_CHARACTERS = 300


def chat_template_kwargs(template: str) -> dict[str, Any]:
    """Arguments that training and serving both give a template: answers without a thinking part.

    The data holds answers, not reasoning, so a template that can switch thinking off is told to.
    """
    return {"enable_thinking": False} if "enable_thinking" in template else {}


class Passage(NamedTuple):
    """A text to train on, and the character ranges of it that are learnt."""

    text: str
    spans: tuple[tuple[int, int], ...]
    """[start, end) of each learnt assistant turn, with what the template ends the turn with."""


class RowMismatch(PlanError):
    """The template can't show one conversation in a way that can be trained."""

    def __init__(self, problem: str, where: str = "", fix: str = "", reason: str = "") -> None:
        super().__init__(problem, where, fix)
        self.args = (problem, where, fix, reason)
        self.reason = reason
        """The template's own words; "" when it shows a turn otherwise than it asks for it."""


@dataclass(frozen=True)
class ChatTemplate:
    """A tokenizer's own chat template with the arguments it is always given."""

    tokenizer: Any
    text: str
    kwargs: dict[str, Any]

    @classmethod
    def of(cls, tokenizer: Any, name: str) -> ChatTemplate:
        """The template that a tokenizer carries; `name` is the model's, for messages.

        Raises ModelError when it has none, or one of absurd size.
        """
        found = tokenizer.chat_template
        text = found.get("default") if isinstance(found, dict) else found
        if not text:
            raise ModelError(
                f"{name} has no chat template, so it does not know how a conversation looks.",
                fix="Pick an instruct or chat model.",
            )
        if len(text) > MAX_TEMPLATE:
            raise ModelError(
                f"The chat template of {name} has {len(text):,} characters, which can't be right.",
                fix="Pick another model.",
            )
        return cls(tokenizer, text, chat_template_kwargs(text))

    @property
    def sha256(self) -> str:
        return sha256_text(self.text)

    def render(
        self, messages: tuple[Message, ...], tools: tuple[dict[str, Any], ...], answer: bool
    ) -> str:
        """The text of these messages; with `answer`, up to where the assistant would go on.

        Raises RowMismatch with the template's own words when it refuses them.
        """
        from jinja2 import TemplateError

        try:
            return str(
                self.tokenizer.apply_chat_template(
                    [_as_template_expects(message) for message in messages],
                    tools=list(tools) or None,
                    tokenize=False,
                    add_generation_prompt=answer,
                    **self.kwargs,
                )
            )
        except (TemplateError, *REFUSALS) as error:
            reason = " ".join(str(error).split())[:REASON_CHARACTERS]
            raise RowMismatch(
                f"The model's chat template refuses this conversation: {reason}.",
                fix=MISMATCH_FIX,
                reason=reason,
            ) from error

    def passages(self, conversation: Conversation) -> tuple[Passage, ...]:
        """One text for the whole conversation, or one per assistant turn where that is not exact.

        A template may show an earlier assistant turn differently from the last one (Qwen3 leaves
        out its empty thinking part). Then each turn is trained in the text it is generated in.
        Turns of weight 0 are context only. Raises RowMismatch.
        """
        turns = [
            index
            for index, message in enumerate(conversation.messages)
            if message.role == "assistant" and message.weight != 0
        ]
        parts = [self._turn(conversation, index) for index in turns]
        if not parts:
            return ()
        ends_there = turns[-1] == len(conversation.messages) - 1
        whole = (
            parts[-1].text
            if ends_there
            else self.render(conversation.messages, conversation.tools, answer=False)
        )
        if all(whole.startswith(part.text) for part in parts):
            return (Passage(whole, tuple(part.spans[0] for part in parts)),)
        return tuple(parts)

    def _turn(self, conversation: Conversation, index: int) -> Passage:
        """The conversation up to one assistant turn, with that turn as the only span."""
        messages, tools = conversation.messages, conversation.tools
        prompt = self.render(messages[:index], tools, answer=True)
        text = self.render(messages[: index + 1], tools, answer=False)
        if not text.startswith(prompt) or len(text) == len(prompt):
            raise RowMismatch(
                "The model's chat template shows the assistant's turn "
                f"{index + 1} in another way than it asks for it, so it can't be learnt.",
                fix=MISMATCH_FIX,
            )
        return Passage(text, ((len(prompt), len(text)),))


def _as_template_expects(message: Message) -> dict[str, Any]:
    """The OpenAI shape with tool-call arguments as objects, as engines hand them to templates."""
    shaped = message.as_openai()
    for call in shaped.get("tool_calls", ()):
        try:
            arguments = json.loads(call["function"]["arguments"])
        except ValueError:
            continue
        if isinstance(arguments, dict):
            call["function"]["arguments"] = arguments
    return shaped
