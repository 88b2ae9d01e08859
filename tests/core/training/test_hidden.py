"""What a chat template leaves out of a row is said, once for all rows; what it shows is not."""

from __future__ import annotations

import pytest

from core.data.records import Example
from core.messages import Conversation, Message, ToolCall
from core.training.learning import totals
from tests.core.models.templates_made import TEMPLATES, Made, masker, masker_of, said

TOOLS = ({"type": "function", "function": {"name": "find_weather", "parameters": {}}},)
CALLING = Conversation(
    messages=(
        Message(role="user", content="Is it raining?", name="Ann"),
        Message(
            role="assistant", tool_calls=(ToolCall(name="find_weather", arguments="{}", id="1"),)
        ),
        Message(role="tool", content='{"rain": "a \\"little\\"\\nonly"}', tool_call_id="1"),
        Message(role="assistant", content="Only a little."),
    ),
    tools=TOOLS,
)
SHOWS_ALL = """{{ tools | tojson }}{% for m in messages %}<|im_start|>{{ m.role }} {{ m.name }}
{% if m.role == 'tool' %}{{ m.content | tojson }}{% else %}{{ m.content }}{% endif %}\
{{ m.tool_calls | tojson if m.tool_calls }}<|im_end|>
{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant {{ '' }}
{% endif %}"""
NO_SYSTEM = TEMPLATES["chatml"].text.replace("in messages", "in messages if m.role != 'system'")


def told(conversations: list[Conversation], name: str | Made) -> list[tuple[str, dict[str, str]]]:
    chosen = masker(name) if isinstance(name, str) else masker_of(name)
    rows = [
        Example(id=f"ex-{n:016x}", row=n, conversation=one)
        for n, one in enumerate(conversations, 1)
    ]
    problems = totals(rows, chosen).problems
    return sorted((p.code, p.values) for p in problems if p.code.endswith("_not_shown"))


@pytest.mark.parametrize("name", TEMPLATES)
def test_nothing_is_said_of_a_row_that_is_shown(name: str) -> None:
    talk = said(
        ("user", "  Is it 今天\n raining? <b> \"now\" 🎉 "), ("assistant", "没有，今天很好！"),
        ("user", "And\ttomorrow?"), ("assistant", "Yes."),
    )  # fmt: skip
    assert told([talk], name) == []


def test_tools_calls_and_names_that_a_template_leaves_out_are_counted() -> None:
    plain = said(("user", "Hello?"), ("assistant", "Hi."))
    first = {"count": "2", "first": "2"}
    assert told([plain, CALLING, CALLING], "chatml") == [
        ("calls_not_shown", first),
        ("name_not_shown", {**first, "role": "user"}),
        ("tools_not_shown", first),
    ]


def test_a_template_that_shows_all_hides_nothing_though_it_writes_json() -> None:
    assert told([CALLING], Made(SHOWS_ALL, "<|im_end|>")) == []


def test_a_system_prompt_that_a_template_leaves_out_is_said() -> None:
    talk = said(("system", "Speak like a pirate."), ("user", "Hello?"), ("assistant", "Ahoy."))
    assert told([talk], Made(NO_SYSTEM, "<|im_end|>")) == [
        ("turn_not_shown", {"count": "1", "first": "1", "role": "system"})
    ]
