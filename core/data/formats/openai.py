"""The OpenAI chat format, bare lists of turns, and Cohere's names for the same."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from core.data.formats.draft import PLACEHOLDERS, Draft, as_it_is
from core.data.formats.fields import group_of
from core.data.formats.roles import OPENAI_ROLES
from core.data.formats.shape import Answers, Format, Talk, said
from core.data.formats.tool_texts import tool_list
from core.data.formats.turn_lists import add_turns, looks_like_turns

KEYS = ("messages", "tools", "functions", "system", "rejected")
PLAIN_KEYS = frozenset({"messages", "tools", "functions", "parallel_tool_calls", "split", "tags"})
PLAIN_KEYS |= {"id", "metadata", "system"}
TURN_KEYS = frozenset(
    {"role", "content", "tool_calls", "function_call", "tool_call_id", "name", "weight"}
)
COHERE_ROLES = frozenset({"User", "Chatbot", "System", "USER", "CHATBOT", "SYSTEM", "chatbot"})


def is_plain(record: Any) -> bool:
    """Whether a record is plainly OpenAI's: every turn a text by a role of that format.

    Most files are, so this comes first and is quick.
    """
    turns = _turns_of_plain_row(record)
    if not turns:
        return False
    for turn in turns:
        if type(turn) is not dict:
            return False
        if len(turn) != 2 and not turn.keys() <= TURN_KEYS:
            return False
        role = turn.get("role")
        if type(role) is not str or role not in OPENAI_ROLES:
            return False
        content = turn.get("content")
        if type(content) is not str:
            if content is not None or "tool_calls" not in turn:
                return False
        elif "<" in content and any(mark in content for mark in PLACEHOLDERS):
            return False
    return True


def _turns_of_plain_row(record: Any) -> list[Any] | None:
    if type(record) is not dict or not record.keys() <= PLAIN_KEYS or record.get("system"):
        return None
    if (tools := record.get("tools")) and not _are_openai_tools(tools):
        return None
    turns = record.get("messages")
    return turns if type(turns) is list else None


def _are_openai_tools(tools: Any) -> bool:
    return type(tools) is list and type(tools[0]) is dict and "function" in tools[0]


def fits_chat(record: Any) -> bool:
    """Whether a record keeps turns under `messages`."""
    return isinstance(record, dict) and record.get("messages") is not None


def convert_chat(record: Any, _: Answers) -> Iterable[Talk]:
    """The record itself; rewritten only where its roles, parts or tools need it."""
    if is_plain(record):
        return (Talk(record, (), (), group_of(record) if "id" in record else ""),)
    turns = record.get("messages") if isinstance(record, dict) else None
    if not isinstance(turns, list):
        return (as_it_is(record),)
    draft = Draft()
    add_turns(draft, turns, ("messages",), renamed=True)
    tools = record.get("tools")
    if tools and tool_list(tools) != tools:
        draft.note("tools_rewritten", ("tools",))
    talk = draft.talk(record, KEYS, "tools")
    for key in ("functions", "system"):
        if record.get(key) is not None:
            talk.row[key] = record[key]
    if record.get("rejected") is not None:
        talk.row["rejected"] = _answer_turns(record["rejected"])
    return (talk,)


def _answer_turns(written: Any) -> Any:
    """A rejected answer as turns, where it is a text or one turn."""
    if isinstance(written, str):
        return [said("assistant", written)]
    return [written] if isinstance(written, dict) else written


def fits_bare(record: Any) -> bool:
    """Whether a record is a list of turns with nothing around it."""
    return isinstance(record, list) and looks_like_turns(record)


def convert_bare(record: Any, _: Answers) -> Iterable[Talk]:
    """The turns."""
    draft = Draft()
    add_turns(draft, record if isinstance(record, list) else [], ())
    return (draft.talk({}, ()),)


def fits_cohere(record: Any) -> bool:
    """Whether turns are by User, Chatbot and System, or stand under `chat_history`."""
    if not isinstance(record, dict):
        return False
    if isinstance(record.get("chat_history"), list) and "message" in record:
        return True
    turns = record.get("messages")
    return isinstance(turns, list) and any(
        isinstance(turn, dict)
        and isinstance(role := turn.get("role"), str)
        and role in COHERE_ROLES
        for turn in turns[:4]
    )


def convert_cohere(record: Any, _: Answers) -> Iterable[Talk]:
    """The turns, with the last message and its answer where they stand beside the history."""
    record = record if isinstance(record, dict) else {}
    draft, used = Draft(), ["preamble"]
    for key in ("messages", "chat_history"):
        if isinstance(record.get(key), list):
            add_turns(draft, record[key], (key,))
            used.append(key)
    for key, role in (("message", "user"), ("response", "assistant"), ("text", "assistant")):
        if record.get(key) is not None and "messages" not in record:
            draft.say(role, record[key], (key,))
            used.append(key)
    draft.lead(record.get("preamble"), ("preamble",))
    return (draft.talk(record, used, "tools"),)


OPENAI = Format("openai", "OpenAI chat messages", "OpenAI 对话格式", fits_chat, convert_chat)
BARE = Format("turn-list", "Bare list of turns", "裸轮次列表", fits_bare, convert_bare)
COHERE = Format("cohere", "Cohere chat", "Cohere 对话格式", fits_cohere, convert_cohere)
FORMATS = (COHERE, OPENAI, BARE)
