"""What is learnt, token by token, under the templates of six families, tool turns included.

The templates are written for these tests, in the shapes of the families they are named after.
"""

from __future__ import annotations

import copy
from functools import cache
from typing import Any

import pytest

from core.messages import Conversation
from core.models.masks import Masker
from core.models.templates import ChatTemplate, RowMismatch
from tests.core.models.templates_made import learnt, starter

TOOLS = """\
{%- if tools %}{{- '<|im_start|>system\\n<tools>' }}{%- for tool in tools %}{{- tool | tojson }}
{%- endfor %}{{- '</tools><|im_end|>\\n' }}{%- endif %}"""
CALLS = """\
{%- for call in m.tool_calls or [] %}
{{- '<tool_call>\\n{"name": "' + call.function.name + '", "arguments": ' }}
{{- call.function.arguments | tojson + '}\\n</tool_call>' }}
{%- endfor %}"""
CHATML = (
    TOOLS
    + """\
{%- for m in messages %}
{%- if m.role == 'tool' %}
{%- if loop.index0 == 0 or messages[loop.index0 - 1].role != 'tool' %}{{- '<|im_start|>user' }}
{%- endif %}
{{- '\\n<tool_response>\\n' + m.content + '\\n</tool_response>' }}
{%- if loop.last or messages[loop.index0 + 1].role != 'tool' %}{{- '<|im_end|>\\n' }}{%- endif %}
{%- else %}
{{- '<|im_start|>' + m.role + '\\n' }}ASSISTANT{{- m.content or '' }}"""
    + CALLS
    + """\
{{- '<|im_end|>\\n' }}
{%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}PROMPT{%- endif %}"""
)
THOUGHT = """\
{%- if m.role == 'assistant' and '</think>' not in (m.content or '') and loop.last %}
{{- '<think>\\n\\n</think>\\n\\n' }}{%- endif %}"""
NO_THOUGHT = """\
{%- if enable_thinking is defined and enable_thinking is false %}
{{- '<think>\\n\\n</think>\\n\\n' }}{%- endif %}"""
LLAMA = """\
{{- '<s>' }}
{%- for m in messages %}
{%- if m.role == 'tool' %}
{{- '<|start_header_id|>ipython<|end_header_id|>\\n\\n' + m.content | tojson + '<|eot_id|>' }}
{%- elif m.tool_calls %}
{{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n{"name": "' }}
{{- m.tool_calls[0].function.name + '", "parameters": ' }}
{{- m.tool_calls[0].function.arguments | tojson + '}<|eot_id|>' }}
{%- else %}
{{- '<|start_header_id|>' + m.role + '<|end_header_id|>\\n\\n' + m.content | trim + '<|eot_id|>' }}
{%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
{{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{%- endif %}"""
GEMMA = """\
{{- '<s>' }}
{%- set system = messages[0].content + '\\n\\n' if messages[0].role == 'system' else '' %}
{%- set turns = messages[1:] if messages[0].role == 'system' else messages %}
{%- for m in turns %}
{{- '<start_of_turn>' + ('model' if m.role == 'assistant' else m.role) + '\\n' }}
{{- (system if loop.first else '') + m.content | trim + '<end_of_turn>\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<start_of_turn>model\\n' }}{%- endif %}"""
MISTRAL = """\
{{- '<s>' }}
{%- set system = messages[0].content + '\\n\\n' if messages[0].role == 'system' else '' %}
{%- set turns = messages[1:] if messages[0].role == 'system' else messages %}
{%- for m in turns %}
{%- if m.role == 'user' %}{{- '[INST] ' + (system if loop.first else '') }}
{{- m.content + '[/INST]' }}
{%- elif m.role == 'tool' %}{{- '[TOOL_RESULTS] ' + m.content + '[/TOOL_RESULTS]' }}
{%- elif m.tool_calls %}{{- '[TOOL_CALLS] [{"name": "' + m.tool_calls[0].function.name }}
{{- '", "arguments": ' + m.tool_calls[0].function.arguments | tojson + '}]</s>' }}
{%- else %}{{- ' ' + m.content + '</s>' }}{%- endif %}
{%- endfor %}"""
PHI = """\
{%- for m in messages %}
{{- '<|' + m.role + '|>\\n' + m.content + '<|end|>\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|assistant|>\\n' }}
{%- else %}{{- '<|endoftext|>' }}{%- endif %}"""
FAMILIES = {
    "chatml": (CHATML.replace("ASSISTANT", "").replace("PROMPT", ""), "<|im_end|>"),
    "qwen without thinking": (
        CHATML.replace("ASSISTANT", THOUGHT).replace("PROMPT", NO_THOUGHT),
        "<|im_end|>",
    ),
    "llama 3": (LLAMA, "<|eot_id|>"),
    "gemma": (GEMMA, "<end_of_turn>"),
    "mistral": (MISTRAL, "</s>"),
    "phi": (PHI, "<|end|>"),
}
MARKS = [
    *("<s>", "</s>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>", "<start_of_turn>"),
    *("<end_of_turn>", "[INST]", "[/INST]", "[TOOL_CALLS]", "[TOOL_RESULTS]", "[/TOOL_RESULTS]"),
    *("<|user|>", "<|assistant|>", "<|system|>", "<|end|>", "<|endoftext|>"),
]
TALK: list[dict[str, Any]] = [
    {"role": "system", "content": "Be kind."},
    {"role": "user", "content": "Is it raining?"},
    {"role": "assistant", "content": "No, 今天很好 🎉."},
    {"role": "user", "content": "And tomorrow?"},
    {"role": "assistant", "content": "Yes."},
]
ARGUMENTS = '{"city": "Bergen", "days": 2}'
CALL = {"id": "call12345", "name": "weather", "arguments": ARGUMENTS}
WITH_TOOLS: list[dict[str, Any]] = [
    {"role": "user", "content": "Weather in Bergen?"},
    {"role": "assistant", "content": "", "tool_calls": [CALL]},
    {"role": "tool", "content": '{"rain": true}', "tool_call_id": "call12345"},
    {"role": "assistant", "content": "Take an umbrella."},
    {"role": "user", "content": "Thanks"},
    {"role": "assistant", "content": "Gladly."},
]
DEFINED = {
    "type": "function",
    "function": {"name": "weather", "parameters": {"type": "object", "properties": {}}},
}
CALLED = {
    "chatml": f'<tool_call>\n{{"name": "weather", "arguments": {ARGUMENTS}}}\n</tool_call>',
    "llama 3": f'{{"name": "weather", "parameters": {ARGUMENTS}}}',
    "mistral": f'[TOOL_CALLS] [{{"name": "weather", "arguments": {ARGUMENTS}}}]',
}
CALLED["qwen without thinking"] = CALLED["chatml"]


@cache
def tokenizer() -> Any:
    """The starter's, with the control tokens of these families."""
    found = copy.deepcopy(starter().template.tokenizer)
    found.add_special_tokens({"additional_special_tokens": MARKS})
    return found


def masker(text: str, end: str) -> Masker:
    """What decides for a template."""
    own = copy.copy(tokenizer())
    own.chat_template = text
    stops = frozenset([own.convert_tokens_to_ids(end)])
    return Masker(ChatTemplate.of(own, "made"), stops, 800)


def talk(turns: list[dict[str, Any]], tools: tuple[dict[str, Any], ...] = ()) -> Conversation:
    return Conversation.model_validate({"messages": turns, "tools": tools})


def learnt_of(family: str, conversation: Conversation) -> list[str]:
    """All learnt stretches, decoded; every other token of the row is context."""
    chosen = masker(*FAMILIES[family])
    made = chosen.row(conversation).sequences
    assert all(one.ids[b - 1] in chosen.stop_ids for one in made for _, b in one.spans)
    return [text for one in made for text in learnt(chosen, one)]


@pytest.mark.parametrize("family", FAMILIES)
def test_of_a_talk_of_several_turns_only_the_answers_and_their_ends_are_learnt(family: str) -> None:
    end, lead = FAMILIES[family][1], " " if family == "mistral" else ""
    found = learnt_of(family, talk(TALK))
    assert found == [f"{lead}No, 今天很好 🎉.{end}", f"{lead}Yes.{end}"]


@pytest.mark.parametrize("family", CALLED)
def test_calls_are_learnt_and_what_tools_answer_is_not(family: str) -> None:
    end, lead = FAMILIES[family][1], " " if family == "mistral" else ""
    found = learnt_of(family, talk(WITH_TOOLS, (DEFINED,)))
    texts = (CALLED[family], f"{lead}Take an umbrella.", f"{lead}Gladly.")
    assert found == [f"{text}{end}" for text in texts]


def test_a_thought_in_the_answer_is_learnt_where_serving_asks_for_thoughts() -> None:
    thinking = CHATML.replace("ASSISTANT", "").replace("PROMPT", "")
    thought = "<think>\nIt is November.\n</think>\n\nYes."
    conversation = talk([*TALK[:2], {"role": "assistant", "content": thought}])
    chosen = masker(thinking, "<|im_end|>")
    (one,) = chosen.row(conversation).sequences
    assert learnt(chosen, one) == [f"{thought}<|im_end|>"]


def test_a_template_that_asks_otherwise_than_it_shows_is_refused_and_not_guessed() -> None:
    moved = MISTRAL.replace("if loop.first else", "if loop.last else")
    with pytest.raises(RowMismatch, match="in another way than it asks for it"):
        masker(moved, "</s>").row(talk(TALK))
