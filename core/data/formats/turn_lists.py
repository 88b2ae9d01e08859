"""Read a list of turns, whatever its format calls speaker and text."""

from __future__ import annotations

from typing import Any

from core.data.checks.tools import decode_text
from core.data.formats.draft import Draft
from core.data.formats.fields import MEDIA_KEYS, TURN_METADATA, first_key
from core.data.formats.parts import add_parts, read_calls, read_part, result_text
from core.data.formats.roles import OPENAI_ROLES, role_of
from core.data.problems import Path, shorten

ROLE_KEYS = ("role", "from", "speaker", "author")
TEXT_KEYS = ("content", "value", "text", "message")
PLAIN_SPEAKERS = {"human": "user", "gpt": "assistant", "system": "system"}
PASSED_OVER = TURN_METADATA | MEDIA_KEYS.keys()
WEIGHT_KEYS = ("weight", "loss_weight", "loss", "train")
"""Whether a turn is learned from, as OpenAI, LLaMA-Factory, ms-swift and Axolotl say it."""


def looks_like_turns(value: object) -> bool:
    """Whether a list holds turns; its first few entries tell."""
    return isinstance(value, list) and any(is_turn(turn) for turn in value[:4])


def is_turn(value: object) -> bool:
    """Whether a value names a speaker and a text."""
    if not isinstance(value, dict) or not any(key in value for key in ROLE_KEYS):
        return False
    return any(key in value for key in TEXT_KEYS) or "tool_calls" in value


def add_turns(draft: Draft, written: list[Any], base: Path, renamed: bool = False) -> None:
    """Write down a list of turns that stands at `base`; `renamed` notes roles of other formats."""
    for index, turn in enumerate(written):
        here = (*base, index)
        if (role := _plain_role(turn)) is not None:
            draft.say(role, turn["value"], (*here, "value"))
        elif isinstance(turn, dict):
            add_turn(draft, turn, here, renamed)
        else:
            draft.add(turn, here)


def _plain_role(turn: Any) -> str | None:
    """The role of a turn that is just ShareGPT's `from` and a text as `value`, as most are."""
    if type(turn) is not dict or len(turn) != 2 or type(turn.get("value")) is not str:
        return None
    speaker = turn.get("from")
    return PLAIN_SPEAKERS.get(speaker) if type(speaker) is str else None


def add_turn(draft: Draft, turn: dict[str, Any], here: Path, renamed: bool = False) -> None:
    """Write down the turn that stands at `here`."""
    role_key = first_key(turn, ROLE_KEYS) or "role"
    text_key = first_key(turn, TEXT_KEYS)
    written = turn.get(role_key)
    role = written if isinstance(written, str) and written in OPENAI_ROLES else role_of(written)
    if renamed and role is not None and role != written:
        known = "assistant" if role == "call" else role
        draft.note("roles_renamed", (*here, role_key), role=shorten(str(written)), known=known)
    for key in MEDIA_KEYS.keys() & turn.keys():
        if turn[key] and key != text_key:
            draft.note("image_not_supported", (*here, key), kind=MEDIA_KEYS[key])
    content = turn.get(text_key) if text_key else None
    origin = (*here, text_key) if text_key else (*here, "content")
    more = _more(turn, {role_key, text_key})
    if role == "call":
        draft.say_calls(read_calls(draft, content), origin, **more)
    elif role is not None and isinstance(content, list) and not _plain_parts(content):
        add_parts(draft, role, content, origin, **more)
    elif role == "tool":
        _add_result(draft, content, origin, more)
    else:
        message = {"role": written if role is None else role, **more}
        if role is None and written is None:
            del message["role"]
        if text_key:
            message["content"] = content
        draft.add(message, origin)


def _more(turn: dict[str, Any], used: set[str | None]) -> dict[str, Any]:
    """What else stands in a turn: the checks read some of it, and say what isn't used."""
    more = {
        key: value
        for key, value in turn.items()
        if key not in used and key not in PASSED_OVER and value is not None
    }
    key = first_key(more, WEIGHT_KEYS)
    if key is not None:
        value = more.pop(key)
        # ms-swift and Axolotl write true and false; 1.0 is what LLaMA-Factory calls 1
        if key in ("loss", "train"):
            more["weight"] = int(value) if isinstance(value, bool) else value
        else:
            more["weight"] = int(value) if isinstance(value, float) and value in (0, 1) else value
    return more


def _plain_parts(parts: list[Any]) -> bool:
    """Whether parts are the OpenAI format's own, which the checks of turns read."""
    return all(
        isinstance(part, str)
        or (isinstance(part, dict) and part.get("type") == "text" and "text" in part)
        for part in parts
    ) and all(read_part(part).kind == "text" for part in parts)


def _add_result(draft: Draft, content: Any, origin: Path, more: dict[str, Any]) -> None:
    call_id = more.pop("tool_call_id", None)
    if call_id is None and isinstance(more.get("call_id"), str):
        call_id = more.pop("call_id")
    results = decode_text(content)[0] if isinstance(content, str) else content
    if (
        call_id is None
        and draft.unanswered > 1
        and isinstance(results, list)
        and len(results) == draft.unanswered
    ):
        for result in results:
            draft.answer(result_text(result), origin, None, **more)
        return
    draft.answer(content, origin, call_id, **more)
