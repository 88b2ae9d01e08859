"""What must survive a rewording verbatim: numbers, dates, ids, addresses, and what the answer took.

A value is found by how it is written, so names of people and places are protected only where the
answer repeats them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from core.data.checks.privacy import find_private
from core.data.checks.texts import SPECIAL_TOKEN
from core.data.records import Example
from core.messages import Conversation

VALUE = re.compile(
    r"""
      [\w.+-]+@[\w-]+(?:\.[\w-]+)+              # e-mail address
    | (?:https?://|www\.)[^\s<>"'，。；）)]*[^\s<>"'，。；）).,!?]  # web address
    | \{\{[^{}\n]{1,60}\}\}                     # {{placeholder}}
    | [<\[][A-Z][A-Z_]*(?:_?[0-9]+)?[>\]]       # <NAME_1>, [EMAIL]
    | (?<![\w.])[@#][A-Za-z0-9_]{2,}            # @handle, #order
    | (?=[A-Za-z_/-]*[0-9０-９])                 # number, date, time, order id: has a digit
      [A-Za-z0-9０-９]+ (?: (?:[-_/]|(?<=[0-9])[.,:](?=[0-9])) [A-Za-z0-9０-９]+ )*
    """,
    re.VERBOSE | re.ASCII,
)
QUOTED = re.compile(
    r'“([^“”\n]{1,60})”|"([^"\n]{1,60})"|「([^「」\n]{1,60})」|《([^《》\n]{1,60})》'
)
FENCED = re.compile(r"```(?:json)?\s*(.*?)```", re.DOTALL)
LONGEST_LEAF = 200
DEEPEST = 20


def written_values(text: str) -> list[str]:
    """Numbers, dates, ids, addresses, handles and placeholders in a text, in order, each once."""
    return list(dict.fromkeys(match[0] for match in VALUE.finditer(text)))


def kept_verbatim(text: str, example: Example) -> list[str]:
    """What of a user turn must stand in each rewording of it."""
    quoted = [next(filter(None, match.groups())) for match in QUOTED.finditer(text)]
    answered = [
        found
        for leaf in answer_leaves(example.conversation)
        if leaf.casefold() != example.label.casefold() and (found := standing(leaf, text))
    ]
    return list(dict.fromkeys([*written_values(text), *quoted, *answered]))


def missing(values: list[str], text: str) -> list[str]:
    """The values that do not stand in a text, letter by letter and as wholes."""
    return [value for value in values if not _whole(value).search(text)]


def standing(value: str, text: str) -> str:
    """A value as a text writes it, whatever the case; "" when it is not there."""
    found = re.search(_whole(value).pattern, text, re.IGNORECASE)
    return found[0] if found else ""


def added(before: str, after: str) -> list[str]:
    """Values, private text and special tokens of a rewording that the original does not have."""
    tokens = [match[0] for match in SPECIAL_TOKEN.finditer(after)]
    private = [after[one.start : one.end] for one in find_private(after)]
    found = [*written_values(after), *tokens, *private]
    return missing(list(dict.fromkeys(found)), before)


def answer_leaves(conversation: Conversation) -> list[str]:
    """Texts and numbers in the JSON answers and tool calls of a conversation, each once."""
    said: list[str] = []
    for turn in conversation.messages:
        if turn.role == "assistant":
            said += [turn.content, *(call.arguments for call in turn.tool_calls)]
    leaves = (leaf for text in said for value in _parsed(text) for leaf in _leaves(value))
    return list(dict.fromkeys(leaf for leaf in leaves if _worth_keeping(leaf)))


def _worth_keeping(leaf: str) -> bool:
    return len(leaf) <= LONGEST_LEAF and (len(leaf) > 1 or not leaf.isascii() or leaf.isdigit())


def _parsed(text: str) -> Iterator[Any]:
    """The object or list that a text is, or holds in a fence."""
    for candidate in [text, *FENCED.findall(text)]:
        stripped = candidate.strip()
        if stripped.startswith(("{", "[")):
            with suppress(ValueError, RecursionError):
                yield json.loads(stripped)


def _leaves(value: Any, depth: int = 0) -> Iterator[str]:
    if depth > DEEPEST:
        return
    if isinstance(value, str):
        yield value.strip()
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield str(value)
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _leaves(inner, depth + 1)


def _whole(value: str) -> re.Pattern[str]:
    """The value where no letter or digit of its own kind goes on before or after it."""
    start = "(?<![A-Za-z0-9])" if value[:1].isascii() and value[:1].isalnum() else ""
    end = "(?![A-Za-z0-9])" if value[-1:].isascii() and value[-1:].isalnum() else ""
    return re.compile(f"{start}{re.escape(value)}{end}")
