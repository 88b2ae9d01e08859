"""What a chat template does is found by rendering it."""

from __future__ import annotations

import pytest

from core.models import catalog, folders
from core.models.template_facts import TemplateFacts, template_facts
from tests.core.models.templates_made import TEMPLATES

MISTRAL = """\
{%- set rest = messages %}{%- set first = '' %}
{%- if messages[0].role == 'system' %}
{%- set first = messages[0].content + '\\n\\n' %}{%- set rest = messages[1:] %}{%- endif %}
{%- for m in rest %}
{%- if m.role == 'user' %}{{- '[INST] ' + (first if loop.first else '') + m.content + '[/INST]' }}
{%- else %}{{- ' ' + m.content + eos_token }}{%- endif %}
{%- endfor %}"""
ALWAYS_THINKS = """\
{%- for m in messages %}{{- '<|' + m.role + '|>' + m.content + '<|end|>' }}{%- endfor %}
{%- if add_generation_prompt %}{{- '<|assistant|><think>\\n' }}{%- endif %}"""
WITH_TOOLS = """\
{%- if tools %}{{- 'TOOLS ' + tools | tojson }}{%- endif %}
{%- for m in messages if m.role != 'system' %}
{{- m.role + ': ' + m.content + '\\n' }}{%- endfor %}"""


def facts(template: str, *stops: str, **marks: str) -> TemplateFacts:
    return template_facts(template, marks, stops)


def test_the_starter_marks_its_answers_and_ends_them_with_a_stop_token() -> None:
    found = facts(folders.chat_template(catalog.STARTER_FOLDER) or "", "<|im_end|>")
    assert (found.thinking, found.system_role, found.tools) == ("none", "supported", False)
    assert found.generation_markers
    assert (found.ends_with_stop, found.answer_end) == (True, "<|im_end|>\n")


def test_thinking_that_can_be_switched_off_is_told_from_thinking_that_can_not() -> None:
    assert facts(TEMPLATES["qwen3"].text).thinking == "hybrid"
    assert facts(ALWAYS_THINKS).thinking == "only"
    assert facts(TEMPLATES["llama3"].text).thinking == "none"


def test_system_turns_are_supported_merged_refused_or_dropped() -> None:
    assert facts(TEMPLATES["llama3"].text).system_role == "supported"
    assert facts(MISTRAL, eos_token="</s>").system_role == "merged"
    assert facts(TEMPLATES["gemma"].text).system_role == "refused"
    assert facts(WITH_TOOLS).system_role == "dropped"


def test_tools_count_when_the_model_gets_to_see_them() -> None:
    assert facts(WITH_TOOLS).tools
    assert not facts("{# tools #}" + MISTRAL, eos_token="</s>").tools


def test_an_answer_must_end_with_what_generation_stops_at() -> None:
    assert facts(MISTRAL, "</s>", eos_token="</s>").ends_with_stop is True
    assert facts(MISTRAL, "<|other|>", eos_token="</s>").ends_with_stop is False
    assert facts(WITH_TOOLS, "</s>").ends_with_stop is False
    assert facts(MISTRAL, eos_token="</s>").ends_with_stop is None


@pytest.mark.parametrize(
    ("template", "says"),
    [
        ("{% for m in %}", "Expected an expression"),
        ("{{ raise_exception('only pictures') }}", "only pictures"),
        ("{{ messages[0].content }}", "leaves the answer out"),
        ("{{ ''.__class__.__mro__ }}", "unsafe"),
        ("x" * 300_000, "300,000 characters"),
    ],
)
def test_a_template_that_cannot_show_a_conversation_says_why(template: str, says: str) -> None:
    assert says in facts(template).refusal
