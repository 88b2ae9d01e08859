"""Content written in parts or blocks: texts, tool calls, tool results, media."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

from core.data.checks.turns import MEDIA
from core.data.formats.draft import Draft, beside_calls
from core.data.formats.fields import unused_keys
from core.data.formats.tool_texts import calls_in, name_and_arguments
from core.data.problems import ERRORS, Finding, Path, kind_of, shorten

Kind = Literal["text", "call", "result", "thought", "media", "unknown"]
MEDIA_PARTS = {
    "inlineData": "a file",
    "inline_data": "a file",
    "fileData": "a file",
    "file_data": "a file",
    "image": "a picture",
    "image_url": "a picture",
    "video": "a video",
    "audio": "sound",
    "document": "a file",
}
CALL_KEYS = ("functionCall", "function_call", "toolUse")
RESULT_KEYS = ("functionResponse", "function_response", "toolResult")
CALL_IDS = ("call_id", "id", "toolUseId")
RESULT_IDS = ("tool_use_id", "toolUseId", "id")
RESULT_TEXTS = ("content", "response", "output", "value")
CALL_TYPES = frozenset({"tool_use", "tool_call", "function_call"})
RESULT_TYPES = frozenset({"tool_result", "tool_response"})
THOUGHT_TYPES = frozenset({"thinking", "redacted_thinking", "reasoning"})
TEXT_TYPES = frozenset({"text", "input_text", "output_text"})
PART_KEYS = frozenset({"type", "cache_control", "thought", "thoughtSignature", "thought_signature"})
"""What a part of any kind may say about itself that no conversation holds."""
OWN_KEYS = frozenset(
    {"name", "input", "args", "arguments", "parameters", "function", *CALL_IDS, *RESULT_IDS}
) | frozenset(RESULT_TEXTS)
"""Keys of parts that are a call or a result themselves."""


class Part(NamedTuple):
    """One part of a turn's content, told apart."""

    kind: Kind
    value: Any
    """Text, call or result; for the others what it is, in words."""
    path: Path = ()
    """From the part to its value."""


def read_part(part: Any) -> Part:
    """What a part is, in any of the formats that write parts."""
    if not isinstance(part, dict):
        return Part("text", part)
    for keys, kind in ((CALL_KEYS, "call"), (RESULT_KEYS, "result")):
        for key in keys:
            if part.get(key) is not None:
                return Part("call" if kind == "call" else "result", part[key], (key,))
    written = part.get("type")
    if not isinstance(written, str) or written in TEXT_TYPES:
        return _text_part(part, written)
    if written in CALL_TYPES:
        return Part("call", part["value"], ("value",)) if "value" in part else Part("call", part)
    if written in RESULT_TYPES:
        return Part("result", part)
    if written in THOUGHT_TYPES:
        return Part("thought", written)
    if written in MEDIA or written in MEDIA_PARTS:
        return Part("media", MEDIA.get(written) or MEDIA_PARTS[written])
    return Part("unknown", shorten(written))


def _text_part(part: dict[str, Any], written: Any) -> Part:
    if part.get("thought") is True or part.get("reasoningContent") is not None:
        return Part("thought", "thought")
    for key, kind in MEDIA_PARTS.items():
        if part.get(key):
            return Part("media", kind)
    for key in ("text", "value"):
        if part.get(key) is not None:
            return Part("text", part[key], (key,))
    if "text" in part:
        return Part("text", None, ("text",))
    return Part("unknown", shorten(str(written or next(iter(part), "")), 30))


def add_parts(draft: Draft, role: str, parts: list[Any], here: Path, /, **more: Any) -> None:
    """Write down one turn's parts: results first, then its text, then its calls."""
    read = [(read_part(part), (*here, index)) for index, part in enumerate(parts)]
    errors = len(draft.found)
    for (part, path), written in zip(read, parts, strict=True):
        _remark(draft, part, path)
        draft.found += _unused(written, part, path)
    remarks = draft.found[errors:]
    refused = any(finding.code in ERRORS for finding in remarks)
    results = [(part, path) for part, path in read if part.kind == "result"]
    for part, path in results:
        _add_result(draft, part, path)
    texts = [(p.value, (*path, *p.path)) for p, path in read if _is_text(p)]
    called = [(part, path) for part, path in read if part.kind == "call"]
    calls = [call for part, _ in called for call in _calls_of(draft, part)]
    if calls:
        more["tool_calls"] = [*calls, *beside_calls(more.get("tool_calls"))]
    if texts or not (results or calls or refused):
        _add_texts(draft, role, texts, here, more)
    elif calls:
        draft.say("assistant", "", called[0][1], **more)
    else:
        draft.found += unused_keys(more, (), here[:-1])


def _unused(written: Any, part: Part, path: Path) -> Iterator[Finding]:
    """Keys of a part beside those that it was read from; parts that are refused say why."""
    if not isinstance(written, dict) or part.kind not in ("text", "call", "result"):
        return
    own = PART_KEYS if part.path else PART_KEYS | OWN_KEYS
    yield from unused_keys(written, own | {str(key) for key in part.path}, path)


def _is_text(part: Part) -> bool:
    return part.kind == "text" and isinstance(part.value, str)


def _remark(draft: Draft, part: Part, path: Path) -> None:
    if part.kind == "media":
        draft.note("image_not_supported", path, kind=part.value)
    elif part.kind == "unknown":
        draft.note("part_not_supported", path, kind=part.value)
    elif part.kind == "thought":
        draft.note("reasoning_left_out", path)
    elif part.kind == "text" and not isinstance(part.value, str):
        draft.note("content_not_text", (*path, *part.path), kind=kind_of(part.value))


def _add_texts(
    draft: Draft, role: str, texts: list[tuple[str, Path]], here: Path, more: dict[str, Any]
) -> None:
    if len(texts) == 1:
        draft.say(role, *texts[0], **more)
        return
    if texts:
        draft.note("parts_joined", here)
    draft.say(role, "\n".join(text for text, _ in texts), here, **more)


def _calls_of(draft: Draft, part: Part) -> list[Any]:
    given = part.value if isinstance(part.value, dict) else {}
    call_id = next((given[key] for key in CALL_IDS if given.get(key) is not None), None)
    return read_calls(draft, part.value, call_id)


def read_calls(draft: Draft, written: Any, call_id: Any = None) -> list[Any]:
    """The calls of a text or value; what is no call comes back as it is, for the checks."""
    calls = []
    for call in calls_in(written):
        named = name_and_arguments(call)
        own_id = call.get("id") if isinstance(call, dict) else None
        calls.append(call if named is None else draft.call(*named, call_id or own_id))
    return calls


def _add_result(draft: Draft, part: Part, path: Path) -> None:
    result = part.value if isinstance(part.value, dict) else {"content": part.value}
    call_id = next((result[k] for k in RESULT_IDS if result.get(k) is not None), None)
    key = next((k for k in RESULT_TEXTS if k in result), "content")
    inner = result.get(key)
    for index, entry in enumerate(inner if isinstance(inner, list) else ()):
        if (held := read_part(entry)).kind == "media":
            draft.note("image_not_supported", (*path, *part.path, key, index), kind=held.value)
    draft.answer(result_text(result.get(key)), (*path, *part.path, key), call_id)


def result_text(value: Any) -> Any:
    """What a tool answered, as text: texts as they are, everything else as JSON."""
    if isinstance(value, list) and value and all(_text_in(part) is not None for part in value):
        return "\n".join(str(_text_in(part)) for part in value)
    if value is None or isinstance(value, str):
        return value or ""
    text = _json(value)
    return value if text is None else text


def _text_in(part: Any) -> str | None:
    if isinstance(part, str):
        return part
    if not isinstance(part, dict):
        return None
    if "json" in part and "text" not in part:
        return _json(part["json"])
    text = part.get("text")
    return text if isinstance(text, str) else None


def _json(value: Any) -> str | None:
    try:
        return json.dumps(value, ensure_ascii=False, default=str)
    except (RecursionError, ValueError):
        return None
