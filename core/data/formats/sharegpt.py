"""ShareGPT and its relatives: `conversations` of turns, or of pairs of question and answer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from core.data.formats.draft import Draft, as_it_is
from core.data.formats.fields import first_key, unused_keys
from core.data.formats.roles import role_of
from core.data.formats.shape import Answers, Format, Talk
from core.data.formats.turn_lists import ROLE_KEYS, add_turns, is_turn, looks_like_turns

CONTAINERS = ("conversations", "conversation", "items")
SYSTEMS = ("system", "system_prompt", "meta_instruction")
ASKED = ("human", "user", "input", "question", "query", "prompt", "q", "Human")
ANSWERED = ("assistant", "bot", "gpt", "output", "answer", "response", "a", "Assistant")


def container_of(record: Any) -> str | None:
    """The key under which a ShareGPT record keeps its turns."""
    if not isinstance(record, dict):
        return None
    turns = record.get("messages")
    if isinstance(turns, list) and turns and isinstance(turns[0], dict):
        return "messages" if "from" in turns[0] and "value" in turns[0] else None
    for key in CONTAINERS[1:]:
        if looks_like_turns(record.get(key)) and _has_known_role(record[key]):
            return key
    turns = record.get("conversations")
    if turns is None or isinstance(turns, dict):
        return None
    is_list = isinstance(turns, list)
    return "conversations" if not is_list or not turns or looks_like_turns(turns) else None


def _has_known_role(turns: list[Any]) -> bool:
    """Free names under these keys are another format's."""
    return any(
        isinstance(turn, dict) and role_of(turn.get(first_key(turn, ROLE_KEYS) or "")) is not None
        for turn in turns[:4]
    )


def fits(record: Any) -> bool:
    """Whether a record is ShareGPT's."""
    return container_of(record) is not None


def convert(record: Any, _: Answers) -> Iterable[Talk]:
    """The turns, with `system` in front and `tools` decoded."""
    key = container_of(record)
    if key is None:
        return (as_it_is(record),)
    if not isinstance(record[key], list):
        return (Talk({"messages": record[key]}),)
    draft = Draft()
    add_turns(draft, record[key], (key,))
    return (draft.talk(record, (key, *draft.lead_with(record, SYSTEMS)), "tools"),)


def pairs_of(record: Any) -> str | None:
    """The key under which a record keeps pairs such as {"human", "assistant"}."""
    if not isinstance(record, dict):
        return None
    for key in CONTAINERS:
        pairs = record.get(key)
        if isinstance(pairs, list) and pairs and _is_pair(pairs[0]):
            return key
    return None


def _is_pair(value: Any) -> bool:
    if not isinstance(value, dict) or is_turn(value):
        return False
    return first_key(value, ASKED) is not None and first_key(value, ANSWERED) is not None


def convert_pairs(record: Any, _: Answers) -> Iterable[Talk]:
    """Each pair as two turns."""
    key = pairs_of(record)
    if key is None:
        return (as_it_is(record),)
    draft = Draft()
    for index, pair in enumerate(record[key]):
        here = (key, index)
        if not isinstance(pair, dict):
            draft.add(pair, here)
            continue
        used = []
        if isinstance(pair.get("system"), str) and pair["system"]:
            draft.say("system", pair["system"], (*here, "system"))
            used.append("system")
        for role, keys in (("user", ASKED), ("assistant", ANSWERED)):
            name = first_key(pair, keys) or keys[0]
            draft.say(role, pair.get(name), (*here, name))
            used.append(name)
        draft.found += unused_keys(pair, used, here)
    draft.lead(record.get("system"), ("system",))
    return (draft.talk(record, (key, "system"), "tools"),)


SHAREGPT = Format("sharegpt", "ShareGPT", "ShareGPT 格式", fits, convert)
TURN_PAIRS = Format(
    "turn-pairs",
    "Conversation of question and answer pairs (ms-swift, Firefly, XTuner)",
    "问答对组成的对话（ms-swift、Firefly、XTuner）",
    lambda record: pairs_of(record) is not None,
    convert_pairs,
)
FORMATS = (TURN_PAIRS, SHAREGPT)
