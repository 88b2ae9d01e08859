"""Ask a model whether a rewording still wants what its parent wants, for rows with no label."""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import Any

from core.data.augment.asking import Asker, Question, fill
from core.data.augment.records import FilterVerdict
from core.data.augment.turns import user_turns
from core.data.records import Example
from core.messages import Conversation

PROMPT = (Path(__file__).parent / "judge.txt").read_text(encoding="utf-8")
BUDGET = 300
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "reason": {"type": "string", "maxLength": 300},
        "same": {"enum": [True, False, "unsure"]},
    },
    "required": ["reason", "same"],
    "additionalProperties": False,
}

Word = tuple[bool | None, str]
"""Whether it is the same (None: unsure), and why."""


async def judged(asker: Asker, parent: Example, conversation: Conversation) -> FilterVerdict:
    """Passes when a judge says that it wants the same; a judge that fails tells nothing."""
    reply = await asker.ask(Question(_prompt(parent, conversation), SCHEMA, _word, BUDGET))
    if reply.value is None:
        return FilterVerdict(name="judge", passed=None, detail=reply.trouble)
    same, reason = reply.value
    return FilterVerdict(name="judge", passed=same, detail=reason)


def _prompt(parent: Example, conversation: Conversation) -> str:
    values = {
        "mark": secrets.token_hex(8),
        "original": _turns(parent.conversation),
        "rewording": _turns(conversation),
        "answer": json.dumps(parent.conversation.reference, ensure_ascii=False),
    }
    return fill(PROMPT, values)


def _turns(conversation: Conversation) -> str:
    return json.dumps(list(user_turns(conversation)), ensure_ascii=False)


def _word(value: Any) -> Word | None:
    same = value.get("same") if isinstance(value, dict) else None
    if not (isinstance(same, bool) or same == "unsure"):
        return None
    reason = value.get("reason")
    return (None if same == "unsure" else same), reason if isinstance(reason, str) else ""
