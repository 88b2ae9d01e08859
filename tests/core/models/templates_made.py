"""Small chat templates of the kinds that models have, on the starter's tokenizer."""

from __future__ import annotations

import copy
from functools import cache
from typing import Any, NamedTuple

from core.messages import Conversation
from core.models import catalog, readers
from core.models.masks import Masked, Masker
from core.models.readers import ModelReader
from core.models.templates import ChatTemplate
from core.settings import Settings


class Made(NamedTuple):
    """A template, and the token that ends its turns."""

    text: str
    end: str


CHATML = """\
{%- for m in messages %}
{{- '<|im_start|>' + m.role + '\\n' + m.content + '<|im_end|>\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}"""
MARKED = """\
{%- for m in messages %}
{{- '<|im_start|>' + m.role + '\\n' }}
{%- if m.role == 'assistant' %}{%- generation %}{{- m.content + ANSWER_END }}{%- endgeneration %}
{%- else %}{{- m.content + '<|im_end|>' }}{%- endif %}{{- REST }}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}"""
QWEN3 = """\
{%- for m in messages %}
{{- '<|im_start|>' + m.role + '\\n' }}
{%- if m.role == 'assistant' and loop.last %}{{- '<think>\\n\\n</think>\\n\\n' }}{%- endif %}
{{- m.content + '<|im_end|>\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}
{{- '<|im_start|>assistant\\n' }}
{%- if enable_thinking is defined and enable_thinking is false %}
{{- '<think>\\n\\n</think>\\n\\n' }}
{%- endif %}
{%- endif %}"""
LLAMA3 = """\
{{- '<s>' }}
{%- if strftime_now is defined %}{{- 'Today: ' + strftime_now('%d %b %Y') + '\\n' }}{%- endif %}
{%- for m in messages %}
{{- '<|start_header_id|>' + m.role + '<|end_header_id|>\\n\\n' + m.content | trim + '<|eot_id|>' }}
{%- endfor %}
{%- if add_generation_prompt %}
{{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}
{%- endif %}"""
GEMMA = """\
{{- '<s>' }}
{%- if messages[0].role == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}
{%- for m in messages %}
{%- if (m.role == 'user') != (loop.index0 % 2 == 0) %}
{{ raise_exception('Conversation roles must alternate') }}
{%- endif %}
{%- set role = 'model' if m.role == 'assistant' else m.role %}
{{- '<start_of_turn>' + role + '\\n' + m.content | trim + '<end_of_turn>\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<start_of_turn>model\\n' }}{%- endif %}"""


def marked(answer_end: str, rest: str) -> str:
    """ChatML with markers that end after `answer_end`."""
    return MARKED.replace("ANSWER_END", repr(answer_end)).replace("REST", repr(rest))


STARTER = Made("", "<|im_end|>")
TEMPLATES = {
    "starter": STARTER,
    "chatml": Made(CHATML, "<|im_end|>"),
    "chatml, marked": Made(marked("<|im_end|>", "\n"), "<|im_end|>"),
    "chatml, marked without the end": Made(marked("", "<|im_end|>\n"), "<|im_end|>"),
    "qwen3": Made(QWEN3, "<|im_end|>"),
    "llama3": Made(LLAMA3, "<|eot_id|>"),
    "gemma": Made(GEMMA, "<end_of_turn>"),
}
MARKS = ["<s>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"]
MARKS += ["<start_of_turn>", "<end_of_turn>"]


@cache
def starter() -> ModelReader:
    """How the bundled model reads conversations."""
    return readers.read(catalog.resolve("starter", None, Settings(offline=True)))


@cache
def with_marks() -> Any:
    """The starter's tokenizer with the control tokens of other models."""
    tokenizer = copy.deepcopy(starter().template.tokenizer)
    tokenizer.add_special_tokens({"additional_special_tokens": MARKS})
    return tokenizer


def masker(name: str, max_length: int = 500) -> Masker:
    """What decides for one of the templates."""
    made = TEMPLATES[name]
    if made is STARTER:
        return starter().masker(max_length)
    return masker_of(made, max_length)


def masker_of(made: Made, max_length: int = 500) -> Masker:
    """What decides for a template that is not listed."""
    tokenizer = copy.copy(with_marks())
    tokenizer.chat_template = made.text
    stops = frozenset([tokenizer.convert_tokens_to_ids(made.end)])
    return Masker(ChatTemplate.of(tokenizer, "made"), stops, max_length)


def said(*turns: tuple[str, str]) -> Conversation:
    """A conversation of (role, text) turns."""
    messages = [{"role": role, "content": text} for role, text in turns]
    return Conversation.model_validate({"messages": messages})


def learnt(chosen: Masker, masked: Masked) -> list[str]:
    """The learnt stretches as text, decoded from their tokens."""
    return [chosen.template.tokenizer.decode(masked.ids[a:b]) for a, b in masked.spans]
