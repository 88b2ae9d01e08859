"""What a row says and the model's chat template does not show, so that the model never reads it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from core.data.problems import make_problem
from core.data.records import Problem
from core.messages import Conversation
from core.models.masks import MaskedRow

WORD = re.compile(r"\w+")
LOOKED_AT = 4
"""Words at the beginning and at the end of a text: templates change white space, escape quotes, and
write a tool's result as JSON, but keep words."""


class Hidden:
    """What templates hide, counted over rows."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str], list[int]] = {}

    def add(self, number: int, conversation: Conversation, row: MaskedRow) -> None:
        """Look at one row; what a template refuses is not shown at all, and said elsewhere."""
        if row.refused or not row.sequences:
            return
        for found in dict.fromkeys(hidden(conversation, row)):
            self._rows.setdefault(found, []).append(number)

    def problems(self) -> Iterator[Problem]:
        """One problem for each kind of thing that is hidden."""
        for (code, role), rows in self._rows.items():
            values = {"count": f"{len(rows):,}", "first": str(rows[0])}
            yield make_problem(code, **values, **({"role": role} if role else {}))


def hidden(conversation: Conversation, row: MaskedRow) -> Iterator[tuple[str, str]]:
    """(Code of the problem, role) of everything that no text of the row shows."""
    # The last text holds the whole conversation, the others what it shows otherwise.
    texts = [masked.passage.text for masked in reversed(row.sequences)]
    if not _are_shown((tool["function"]["name"] for tool in conversation.tools), texts):
        yield "tools_not_shown", ""
    for turn in conversation.messages:
        if not _are_shown((call.name for call in turn.tool_calls), texts):
            yield "calls_not_shown", ""
        words = WORD.findall(turn.content)
        if not _are_shown((*words[:LOOKED_AT], *words[-LOOKED_AT:]), texts):
            yield "turn_not_shown", turn.role
        if turn.name and turn.role != "tool" and not _are_shown((turn.name,), texts):
            yield "name_not_shown", turn.role


def _are_shown(words: Iterable[str], texts: list[str]) -> bool:
    return all(any(word in text for text in texts) for word in words)
