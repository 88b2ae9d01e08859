"""What a chat template does with a conversation, found by rendering small ones with it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from core.disk import sha256_text
from core.messages import Record
from core.models.facts import SystemRole, Thinking
from core.models.templates import MAX_TEMPLATE, REASON_CHARACTERS, REFUSALS, chat_template_kwargs

MARKERS = re.compile(r"\{%-?\s*generation\b")
SYSTEM, QUESTION, ANSWER, TOOL = "sys7em", "que5tion", "an5wer", "too1_name"
"""Words that no template writes by itself."""
ALWAYS = ("reasoning_effort", "<|channel|>analysis")
"""What only the templates of models mention that think before every answer."""
ONE_TOOL = {
    "type": "function",
    "function": {
        "name": TOOL,
        "description": "Looks a thing up.",
        "parameters": {"type": "object", "properties": {"of": {"type": "string"}}},
    },
}


class TemplateFacts(Record):
    """A chat template, as far as tuning has to know it."""

    sha256: str
    thinking: Thinking
    system_role: SystemRole
    tools: bool
    """Whether it shows the model which tools it may call."""
    generation_markers: bool
    """Whether it marks answers itself; Duotune derives what is learnt without them."""
    answer_end: str
    """What it writes after an answer; "" when it writes nothing."""
    ends_with_stop: bool | None
    """Whether generation stops at what ends an answer; None when the stop tokens are not known."""
    refusal: str = ""
    """Why it can't show a question and its answer, in its own words; "" when it can."""


def template_facts(
    template: str, marks: Mapping[str, Any], stops: tuple[str, ...]
) -> TemplateFacts:
    """Render small conversations with a template and see what comes out.

    `marks` are the tokenizer's bos_token and the like; `stops` the texts of the tokens that
    generation stops at.
    """
    shown = Renderer(template, marks)
    end, reason = _answer_end(shown)
    return TemplateFacts(
        sha256=sha256_text(template),
        thinking=_thinking(shown),
        system_role=_system_role(shown),
        tools=TOOL in (shown(_said("user"), tools=[ONE_TOOL]) or ""),
        generation_markers=MARKERS.search(template) is not None,
        answer_end=end,
        ends_with_stop=end.strip().startswith(stops) if stops and not reason else None,
        refusal=reason,
    )


class Renderer:
    """A template with the arguments that it is always given."""

    def __init__(self, template: str, marks: Mapping[str, Any]) -> None:
        self.template = template
        self.given = {**marks, **chat_template_kwargs(template)}
        self.reason = ""
        """Why the last conversation could not be shown."""

    def __call__(self, *messages: dict[str, str], **options: Any) -> str | None:
        """The text of a conversation; None, and a reason, when the template refuses it."""
        from jinja2 import TemplateError
        from transformers.utils.chat_template_utils import render_jinja_template

        if len(self.template) > MAX_TEMPLATE:
            self.reason = f"it has {len(self.template):,} characters"
            return None
        try:
            texts, _ = render_jinja_template(
                conversations=[list(messages)],
                chat_template=self.template,
                **{**self.given, **options},
            )
        except (TemplateError, *REFUSALS) as error:
            self.reason = " ".join(str(error).split())[:REASON_CHARACTERS] or type(error).__name__
            return None
        return str(texts[0])


def _said(role: str) -> dict[str, str]:
    return {"role": role, "content": {"system": SYSTEM, "user": QUESTION}.get(role, ANSWER)}


def _answer_end(shown: Renderer) -> tuple[str, str]:
    """What follows an answer, and why a question with its answer can't be shown."""
    text = shown(_said("user"), _said("assistant"))
    if text is None:
        return "", shown.reason
    if ANSWER not in text:
        return "", "it leaves the answer out"
    return text.rpartition(ANSWER)[2], ""


def _thinking(shown: Renderer) -> Thinking:
    if "enable_thinking" in shown.template:
        return "hybrid"
    prompt = shown(_said("user"), add_generation_prompt=True) or ""
    begun = prompt.rpartition(QUESTION)[2]
    opened = "<think>" in begun and "</think>" not in begun
    return "only" if opened or any(word in shown.template for word in ALWAYS) else "none"


def _system_role(shown: Renderer) -> SystemRole:
    text = shown(_said("system"), _said("user"))
    if text is None:
        return "refused"
    if SYSTEM not in text:
        return "dropped"
    plain = shown(_said("user"))
    between = text.partition(SYSTEM)[2].partition(QUESTION)[0]
    # merged: nothing but blanks between the two, so both stand in one turn
    return "merged" if plain is not None and not between.strip() else "supported"
