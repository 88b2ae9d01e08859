"""MOSS: numbered turns with tags of their own around each text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from core.data.formats.draft import Draft, as_it_is
from core.data.formats.fields import unused_keys
from core.data.formats.shape import Answers, Format, Talk
from core.data.formats.tagged_text import add_tagged

TAG = re.compile(r"\A\s*<\|[A-Za-z ]{2,20}\|>:\s*|\s*<eo[a-z]>\s*\Z")
SPEAKERS = (("Human", "user"), ("MOSS", "assistant"))
PLUGINS = ("Inner Thoughts", "Commands", "Tool Responses", "Results")
KNOWN = frozenset((*dict(SPEAKERS), *PLUGINS))
USED = ("chat", "plain_text", "meta_instruction")


def fits(record: Any) -> bool:
    """Whether a record has MOSS's numbered turns, or its plain text."""
    if not isinstance(record, dict):
        return False
    chat = record.get("chat")
    if isinstance(chat, dict):
        return any(isinstance(key, str) and key.startswith("turn_") for key in chat)
    return isinstance(record.get("plain_text"), str) and "meta_instruction" in record


def convert(record: Any, _: Answers) -> Iterable[Talk]:
    """The turns in the order of their numbers, without tags."""
    if not fits(record):
        return (as_it_is(record),)
    draft = Draft()
    chat = record.get("chat")
    if isinstance(chat, dict):
        for key in sorted((k for k in chat if isinstance(k, str)), key=_turn_number):
            _add_turn(draft, chat[key], key)
    elif not add_tagged(draft, record["plain_text"], ("plain_text",)):
        return (as_it_is({"text": record["plain_text"]}),)
    draft.lead(record.get("meta_instruction"), ("meta_instruction",))
    return (draft.talk(record, USED),)


def _turn_number(key: str) -> tuple[int, str]:
    digits = key.removeprefix("turn_")
    return (int(digits) if digits.isdecimal() and len(digits) < 10 else 1 << 32, key)


def _add_turn(draft: Draft, turn: Any, key: str) -> None:
    if not isinstance(turn, dict):
        draft.add(turn, ("chat", key))
        return
    for name in PLUGINS:
        if isinstance(text := turn.get(name), str) and without_tags(text) not in ("", "None"):
            draft.note("plugin_steps_left_out", ("chat", key, name))
            break
    draft.found += unused_keys(turn, KNOWN, ("chat", key), "chat[]")
    for name, role in SPEAKERS:
        text = turn.get(name)
        said = without_tags(text) if isinstance(text, str) else text
        draft.say(role, said, ("chat", key, name))


def without_tags(text: str) -> str:
    """A turn's text without `<|Human|>:` before and `<eoh>` after it."""
    return TAG.sub("", text)


FORMATS = (Format("moss", "MOSS", "MOSS 格式", fits, convert),)
