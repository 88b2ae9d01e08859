"""`prompt` and `completion`: texts of the old OpenAI format, or lists of turns as TRL has them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from core.data.formats.draft import Draft
from core.data.formats.shape import Answers, Format, Talk
from core.data.formats.tagged_text import add_tagged
from core.data.formats.turn_lists import add_turn, add_turns, is_turn

SEPARATORS = (
    "\n\n###\n\n",
    "\n\n===\n\n",
    "\n\n---\n\n",
    "\n\n===>\n\n",
    "\n\n--->\n\n",
    "\n\n$$$\n\n",
    " ->",
)
"""What the old guide told people to end a prompt with."""
ENDS = ("\n\n###", "###", " END", "+++", "&&&", "$$$", "@@@", "%%%")
"""What it told them to end a completion with; looked for only where the prompt has its own."""
KEYS = ("prompt", "completion", "system")


def fits(record: Any) -> bool:
    """Whether a record has a prompt and its completion."""
    if not isinstance(record, dict):
        return False
    prompt, completion = record.get("prompt"), record.get("completion")
    if prompt is None or completion is None:
        return False
    return not isinstance(prompt, dict) or is_turn(prompt)


def convert(record: Any, _: Answers) -> Iterable[Talk]:
    """The prompt's turns, then the completion's."""
    record = record if isinstance(record, dict) else {}
    draft = Draft()
    separated = _add_prompt(draft, record.get("prompt"))
    _add_completion(draft, record.get("completion"), separated)
    draft.lead(record.get("system"), ("system",))
    return (draft.talk(record, KEYS, "tools"),)


def _add_prompt(draft: Draft, prompt: Any) -> bool:
    """Whether the prompt ended with a separator."""
    if add_side(draft, prompt, "prompt", "user"):
        return False
    end = next((end for end in SEPARATORS if isinstance(prompt, str) and prompt.endswith(end)), "")
    if end:
        draft.note("separator_removed", ("prompt",), mark=end.strip())
        prompt = prompt.removesuffix(end)
    draft.say("user", prompt, ("prompt",))
    return bool(end)


def _add_completion(draft: Draft, completion: Any, separated: bool) -> None:
    if not isinstance(completion, str):
        if not add_side(draft, completion, "completion", "assistant"):
            draft.say("assistant", completion, ("completion",))
        return
    text = completion
    if text[:1] == " " and text[1:2].strip():
        draft.note("leading_space_removed", ("completion",))
        text = text[1:]
    end = next((end for end in ENDS if separated and text.endswith(end)), "")
    if end:
        draft.note("separator_removed", ("completion",), mark=end.strip())
        text = text.removesuffix(end)
    draft.say("assistant", text, ("completion",))


def add_side(draft: Draft, written: Any, key: str, role: str) -> bool:
    """Write down a side that is a list of turns, one turn, or a text in several tagged turns."""
    if isinstance(written, list):
        add_turns(draft, written, (key,))
        return True
    if is_turn(written):
        add_turn(draft, written, (key,))
        return True
    if isinstance(written, str) and role == "user":
        return add_tagged(draft, written, (key,), prompt=True)
    return False


FORMATS = (
    Format(
        "prompt-completion",
        "Prompt and completion",
        "prompt/completion 格式",
        fits,
        convert,
    ),
)
